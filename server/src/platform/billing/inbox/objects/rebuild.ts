import { commitPoint, type Statement, statement, type Transaction } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { ObjectKind } from '../../facts.ts';
import { type ApplyParts, factsOf, applyBodyIn } from './apply-object.ts';
import { customersOf, lockCustomer } from '../store/objects.ts';
import type { Body, ProviderMode, PaymentProvider } from '../../payment-provider.ts';

const REBUILT = commitPoint('billing.retold', "an account's rows, deleted and rebuilt from stored answers");

/** How many objects without an account one commit looks at. */
const PAGE = 100;

/** Counts of a rebuild. */
export interface RebuildResult {
  readonly accounts: number;
  readonly objects: number;
}

/**
 * Rebuilds rows from stored answers alone, after a change of what is read in them or made of them: every account's rows are
 * deleted and written anew in one commit, so that a reader never sees them empty and a run that is cut short is begun again.
 */
export async function rebuild(parts: ApplyParts, provider: PaymentProvider): Promise<RebuildResult> {
  // First the objects that had no account, and the customers among them: what they say may give the others an account.
  let objects = await rebuildUnowned(parts, provider, { customers: true });
  objects += await rebuildUnowned(parts, provider, { customers: false });
  const accounts = await accountsOf(parts, provider);
  for (const accountId of accounts) objects += await rebuildAccount(parts, provider, accountId);
  return { accounts: accounts.length, objects };
}

async function rebuildUnowned(
  parts: ApplyParts,
  provider: PaymentProvider,
  { customers }: { readonly customers: boolean },
): Promise<number> {
  let count = 0;
  let after = 0;
  for (;;) {
    const rows = await parts.db.system('billing.inbox', REBUILT, async (tx) => {
      const found = await tx.run(unownedBodies(modeOf(provider), { customers, after }));
      for (const row of found) await applyBodyIn(parts, tx, toApply(provider, row));
      return found;
    });
    const last = rows.at(-1);
    if (last === undefined) return count;
    count += rows.length;
    after = last.number;
  }
}

async function rebuildAccount(
  parts: ApplyParts,
  provider: PaymentProvider,
  accountId: AccountId,
): Promise<number> {
  const count = await parts.db.system('billing.inbox', REBUILT, async (tx) => {
    await lockIn(tx, modeOf(provider), accountId);
    await tx.runAll(deleteRows(modeOf(provider), accountId));
    const rows = await tx.run(bodiesOf(modeOf(provider), accountId));
    for (const row of rows) await applyBodyIn(parts, tx, toApply(provider, row));
    await parts.projection.deriveIn(tx, { ...modeOf(provider), accountId });
    return rows.length;
  });
  parts.projection.announce(accountId);
  return count;
}

/**
 * Locks in the order of `applyBodyIn`: customers, the account, objects. The bodies are read only then, because they may change while
 * this waits.
 */
async function lockIn(tx: Transaction, providerMode: ProviderMode, accountId: AccountId): Promise<void> {
  for (const { customer } of await tx.run(customersOf(providerMode, accountId)))
    await tx.run(lockCustomer(providerMode, customer));
  await tx.runAll([lockAccount(accountId), lockObjects(providerMode, accountId)]);
}

const modeOf = ({ name, mode }: PaymentProvider): ProviderMode => ({ provider: name, mode });

interface KeptBody {
  readonly kind: ObjectKind;
  readonly id: string;
  readonly number: number;
  readonly body: Body | null;
}

function toApply(provider: PaymentProvider, { kind, id, number, body }: KeptBody) {
  const ref = { kind, id };
  return { provider, ref, number, body, facts: factsOf(provider, { ref, body }), isRebuild: true };
}

async function accountsOf({ db }: ApplyParts, { name, mode }: PaymentProvider): Promise<AccountId[]> {
  const [rows] = await db.system('billing.inbox', [
    statement<{ account_id: AccountId }>(
      'select distinct account_id from billing.objects where store = $1 and mode = $2 and account_id is not null order by 1',
      [name, mode],
    ),
  ]);
  return rows.map(({ account_id }) => account_id);
}

const IN_EFFECT = `select o.kind, o.object_id as id, o.number, b.body
  from billing.objects o join billing.bodies b using (store, mode, kind, object_id, number)
  where o.store = $1 and o.mode = $2`;

/** In the order of their numbers, each of which is of one object. What is applied meanwhile is newer, and stays. */
const unownedBodies = (
  { provider, mode }: ProviderMode,
  { customers, after }: { readonly customers: boolean; readonly after: number },
) =>
  statement<KeptBody>(
    `${IN_EFFECT} and o.account_id is null and (o.kind = 'customer') = $3 and o.number > $4
     order by o.number limit ${PAGE}`,
    [provider, mode, customers, after],
  );

const lockAccount = (accountId: AccountId) =>
  statement('select from accounts.accounts where account_id = $1 for share', [accountId]);

const lockObjects = ({ provider, mode }: ProviderMode, accountId: AccountId) =>
  statement(
    `select from billing.objects where store = $1 and mode = $2 and account_id = $3 order by kind, object_id for update`,
    [provider, mode, accountId],
  );

const bodiesOf = ({ provider, mode }: ProviderMode, accountId: AccountId) =>
  statement<KeptBody>(`${IN_EFFECT} and o.account_id = $3 order by o.number`, [provider, mode, accountId]);

/** An account's rows of a payment provider; the lines of invoices go with them. */
const deleteRows = ({ provider, mode }: ProviderMode, accountId: AccountId): Statement[] =>
  ['subscriptions', 'invoices', 'payments', 'refunds', 'disputes'].map((table) =>
    statement(`delete from billing.${table} where account_id = $1 and store = $2 and mode = $3`, [
      accountId,
      provider,
      mode,
    ]),
  );
