import { commitPoint, type Database, type Transaction } from '#platform/db';
import { AppError, isUuid } from '#platform/kernel';
import type { Facts, ObjectRef } from '../../facts.ts';
import type { Projection } from '../../projection/projection.ts';
import type { Body, PaymentProvider, ProviderMode } from '../../payment-provider.ts';
import { type EventState, settleEvents } from '../store/events.ts';
import { customerOf, insertBody, lockObject, updateObject, type ObjectState } from '../store/objects.ts';
import { type Owner, resolveOwnerIn } from './customer-owner.ts';
import {
  deleteTask,
  requestFetches,
  requestUnknown,
  requestUnpaidTrials,
  requeueTask,
} from '../store/fetch-tasks.ts';

const APPLIED = commitPoint(
  'billing.applied',
  'a body of a payment provider, what follows from it, and the end of its events',
);

export interface ApplyParts {
  readonly db: Database;
  readonly projection: Pick<Projection, 'applyIn' | 'applyErasedIn' | 'deriveIn' | 'moveIn' | 'announce'>;
}

/** A payment provider's answer. */
export interface FetchedObject {
  readonly ref: ObjectRef;
  /** Taken before it was asked. */
  readonly number: number;
  readonly body: Body | null;
}

const EVENT_STATE_OF: Readonly<Record<ObjectState, EventState>> = {
  applied: 'applied',
  gone: 'applied',
  waiting: 'waiting',
  foreign: 'ignored',
};

/** Applies and stores an answer, in one commit; an answer older than the one in effect is only stored. */
export async function applyObject(
  parts: ApplyParts,
  provider: PaymentProvider,
  fetched: FetchedObject,
): Promise<void> {
  const facts = factsOf(provider, fetched);
  const accountId = await parts.db.system('billing.inbox', APPLIED, async (tx) => {
    const { ref, number } = fetched;
    const providerMode = { provider: provider.name, mode: provider.mode };
    const told = await applyBodyIn(parts, tx, { ...fetched, provider, facts });
    if (told === undefined) return undefined;
    const { state, isErased: forgets } = told;
    const replaced = told.isNew ? replacedBy(facts) : [];
    await tx.runAll([
      requestUnknown(providerMode, facts.also),
      ...(ref.kind === 'customer' ? [requestUnpaidTrials(providerMode, ref.id)] : []),
      ...(replaced.length === 0 ? [] : [requestFetches(providerMode, replaced, { low: false })]),
      deleteTask(providerMode, ref, number),
      requeueTask(providerMode, ref, number),
      settleEvents(providerMode, ref, { number, state: EVENT_STATE_OF[state], forgets }),
    ]);
    return told.accountId;
  });
  if (accountId !== undefined) parts.projection.announce(accountId);
}

/** Facts of a body. Throws `store_unreadable`. */
export function factsOf(
  provider: PaymentProvider,
  { ref, body }: Pick<FetchedObject, 'ref' | 'body'>,
): Facts {
  try {
    return provider.read(ref, body);
  } catch (cause) {
    throw new AppError('store_unreadable', { cause });
  }
}

/** The subscription that this purchase replaces, whether or not its provider has told of that. */
function replacedBy({ subscription }: Facts): ObjectRef[] {
  return subscription?.replaces === undefined ? [] : [{ kind: 'subscription', id: subscription.replaces }];
}

interface AppliedBody extends Owner {
  readonly state: ObjectState;
  /** Nothing of the object was in effect before. */
  readonly isNew: boolean;
}

/** A body that is to be the one in effect. */
export interface BodyToApply extends FetchedObject {
  readonly provider: PaymentProvider;
  readonly facts: Facts;
  readonly isRebuild?: boolean;
}

/**
 * Makes a body the one in effect, in a transaction; undefined: a newer one is. Locks: its customer, their account, the
 * object, and then what the projection locks. Erasure locks the account before the objects, too.
 */
export async function applyBodyIn(
  { projection }: Pick<ApplyParts, 'projection'>,
  tx: Transaction,
  { provider, facts, ref, number, body, isRebuild = false }: BodyToApply,
): Promise<AppliedBody | undefined> {
  const providerMode = { provider: provider.name, mode: provider.mode };
  // A deleted object has no customer: the one that was stored before is taken.
  const customer = (await formerCustomer(tx, providerMode, { ref, facts })) ?? facts.customer;
  const owner =
    customer === null
      ? NOBODY
      : await resolveOwnerIn(tx, providerMode, {
          customer,
          accountId: facts.claims,
          takesOver: takeoverOf({ ref, number, facts }),
        });
  const [known] = await tx.run(lockObject(providerMode, ref));
  if (known === undefined) throw new Error('an object of a payment provider was not noted');
  if (
    known.customer !== customer &&
    (customer === null || (facts.keepsCustomer === true && known.customer !== null))
  )
    throw new Error('the owner of an object changed meanwhile');
  if (!owner.isErased) await tx.run(insertBody(providerMode, ref, { number, body }));
  if (known.number > number) return undefined;
  const { accountId } = owner;
  const state = stateOf({ body, facts, ...owner });
  const claims = state === 'waiting' && isUuid(facts.claims ?? '') ? (facts.claims ?? null) : null;
  await tx.run(
    updateObject(providerMode, ref, { number, customer, account_id: accountId ?? null, state, claims }),
  );
  if (accountId !== undefined && owner.movedFrom !== undefined && customer !== null)
    await projection.moveIn(tx, { ...providerMode, customer, accountId, from: owner.movedFrom });
  if (accountId !== undefined)
    await projection.applyIn(tx, { ...providerMode, ref, facts, accountId, isRebuild });
  else if (owner.isErased) await projection.applyErasedIn(tx, { ...providerMode, ref, facts, isRebuild });
  return { ...owner, state, isNew: known.number === 0 };
}

/** The stored customer of the object, or of the one it replaces; undefined: none is stored, or the answer names its customer. */
async function formerCustomer(
  tx: Transaction,
  providerMode: ProviderMode,
  { ref, facts }: Pick<BodyToApply, 'ref' | 'facts'>,
): Promise<string | undefined> {
  if (facts.customer !== null && facts.keepsCustomer !== true) return undefined;
  for (const known of [ref, ...replacedBy(facts)]) {
    const [former] = await tx.run(customerOf(providerMode, known));
    if (former !== undefined && former.customer !== null) return former.customer;
  }
  return undefined;
}

/** The move to another account that the store has signed; undefined: the purchase may not move. */
function takeoverOf({ ref, number, facts }: Pick<BodyToApply, 'ref' | 'number' | 'facts'>) {
  const { isNamed, subscription, sales = [] } = facts;
  if (isNamed !== true) return undefined;
  const periodStartsAt = subscription?.periodStartsAt ?? sales[0]?.invoice.issuedAt;
  return (
    periodStartsAt && { ref, number, periodStartsAt, startsAt: subscription?.startsAt ?? periodStartsAt }
  );
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
