import { commitPoint, type Database, type Transaction } from '#platform/db';
import { AppError, isUuid } from '#platform/kernel';
import type { Facts, ObjectRef } from '../../facts.ts';
import type { Folding } from '../../projection/projection.ts';
import type { Body, Store } from '../../payment-provider.ts';
import { type MessageState, settleMessages } from '../store/events.ts';
import { customerOf, keepBody, lockObject, noteObject, type ObjectState } from '../store/objects.ts';
import { type Owner, ownerIn } from './customer-owner.ts';
import { dropWant, markUnknown, reviveWant } from '../store/fetch-tasks.ts';

const APPLIED = commitPoint(
  'billing.applied',
  'a body of a store, what follows from it, and the end of its hints',
);

export interface ApplyingParts {
  readonly db: Database;
  readonly folding: Pick<Folding, 'applyIn' | 'deriveIn' | 'announce'>;
}

/** What a store answered. */
export interface Fetched {
  readonly ref: ObjectRef;
  /** Taken before it was asked. */
  readonly number: number;
  readonly body: Body | null;
}

const MESSAGES: Readonly<Record<ObjectState, MessageState>> = {
  applied: 'applied',
  gone: 'applied',
  waiting: 'waiting',
  foreign: 'ignored',
};

/** Applies an answer and keeps it; one that was asked for before that which is in effect is only kept. In one commit. */
export async function apply(parts: ApplyingParts, store: Store, fetched: Fetched): Promise<void> {
  const facts = factsOf(store, fetched);
  const accountId = await parts.db.system('billing.inbox', APPLIED, async (tx) => {
    const { ref, number } = fetched;
    const shop = { store: store.name, mode: store.mode };
    const told = await tellIn(parts, tx, { ...fetched, store, facts });
    if (told === undefined) return undefined;
    const { state, isErased: forgets } = told;
    await tx.runAll([
      markUnknown(shop, facts.also),
      dropWant(shop, ref, number),
      reviveWant(shop, ref, number),
      settleMessages(shop, ref, { number, state: MESSAGES[state], forgets }),
    ]);
    return told.accountId;
  });
  if (accountId !== undefined) parts.folding.announce(accountId);
}

/** What a body says. Throws `store_unreadable`. */
export function factsOf(store: Store, { ref, body }: Pick<Fetched, 'ref' | 'body'>): Facts {
  try {
    return store.read(ref, body);
  } catch (cause) {
    throw new AppError('store_unreadable', { cause });
  }
}

interface Told extends Owner {
  readonly state: ObjectState;
}

/** A body that is to be the one in effect. */
export interface Telling extends Fetched {
  readonly store: Store;
  readonly facts: Facts;
  readonly isRetold?: boolean;
}

/**
 * Makes a body the one in effect, in a transaction; undefined: a newer one is. Locks: its customer, their account, the
 * object, and then what the folding locks. Whoever erases somebody locks the account before the objects, too.
 */
export async function tellIn(
  { folding }: Pick<ApplyingParts, 'folding'>,
  tx: Transaction,
  { store, facts, ref, number, body, isRetold = false }: Telling,
): Promise<Told | undefined> {
  const shop = { store: store.name, mode: store.mode };
  // Of what is gone nothing says whose it was but what was known before.
  const customer = facts.customer ?? (await tx.run(customerOf(shop, ref)))[0]?.customer ?? null;
  const owner = customer === null ? NOBODY : await ownerIn(tx, shop, { customer, accountId: facts.claims });
  const [known] = await tx.run(lockObject(shop, ref));
  if (known === undefined) throw new Error('an object of a store was not noted');
  if (customer === null && known.customer !== null)
    throw new Error('whose an object is was found out just now');
  if (!owner.isErased) await tx.run(keepBody(shop, ref, { number, body }));
  if (known.number > number) return undefined;
  const { accountId } = owner;
  const state = stateOf({ body, facts, ...owner });
  const claims = state === 'waiting' && isUuid(facts.claims ?? '') ? (facts.claims ?? null) : null;
  await tx.run(noteObject(shop, ref, { number, customer, account_id: accountId ?? null, state, claims }));
  if (accountId !== undefined) await folding.applyIn(tx, { ...shop, ref, facts, accountId, isRetold });
  return { ...owner, state };
}

const NOBODY: Owner = { accountId: undefined, isErased: false };

function stateOf({
  body,
  facts,
  accountId,
  isErased,
}: Owner & { readonly body: Body | null; readonly facts: Facts }): ObjectState {
  if (body === null) return 'gone';
  if (facts.foreign || isErased) return 'foreign';
  return accountId === undefined ? 'waiting' : 'applied';
}
