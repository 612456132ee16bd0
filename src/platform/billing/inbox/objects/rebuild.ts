import { commitPoint, type Statement, statement, type Transaction } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { ObjectKind } from '../../facts.ts';
import { type ApplyingParts, factsOf, tellIn } from './apply-object.ts';
import { customersOf, lockCustomer } from '../store/objects.ts';
import type { Body, Shop, Store } from '../../payment-provider.ts';

const RETOLD = commitPoint('billing.retold', "an account's rows, emptied and told again from kept bodies");

/** Objects of nobody that one commit looks at. */
const PAGE = 100;

/** What a retelling did. */
export interface Retold {
  readonly accounts: number;
  readonly objects: number;
}

/**
 * Tells from kept bodies alone what stores have said, after a change of what is read in them or made of them: every account's
 * rows are emptied and written anew in one commit, so that nobody sees them empty and a run that is cut short is begun again.
 */
export async function retell(parts: ApplyingParts, store: Store): Promise<Retold> {
  // First what was nobody's, and of it the customers: what they say may make the rest somebody's.
  let objects = await retellNobodys(parts, store, { customers: true });
  objects += await retellNobodys(parts, store, { customers: false });
  const accounts = await accountsOf(parts, store);
  for (const accountId of accounts) objects += await retellAccount(parts, store, accountId);
  return { accounts: accounts.length, objects };
}

async function retellNobodys(
  parts: ApplyingParts,
  store: Store,
  { customers }: { readonly customers: boolean },
): Promise<number> {
  let count = 0;
  let after = 0;
  for (;;) {
    const rows = await parts.db.system('billing.inbox', RETOLD, async (tx) => {
      const found = await tx.run(nobodysBodies(shopOf(store), { customers, after }));
      for (const row of found) await tellIn(parts, tx, tellingOf(store, row));
      return found;
    });
    const last = rows.at(-1);
    if (last === undefined) return count;
    count += rows.length;
    after = last.number;
  }
}

async function retellAccount(parts: ApplyingParts, store: Store, accountId: AccountId): Promise<number> {
  const count = await parts.db.system('billing.inbox', RETOLD, async (tx) => {
    await lockIn(tx, shopOf(store), accountId);
    await tx.runAll(emptying(shopOf(store), accountId));
    const rows = await tx.run(bodiesOf(shopOf(store), accountId));
    for (const row of rows) await tellIn(parts, tx, tellingOf(store, row));
    await parts.folding.deriveIn(tx, { ...shopOf(store), accountId });
    return rows.length;
  });
  parts.folding.announce(accountId);
  return count;
}

/**
 * In the order of whoever applies one object: customers, the account, objects. What is in effect of them is read only then, for
 * it may change while they are waited for.
 */
async function lockIn(tx: Transaction, shop: Shop, accountId: AccountId): Promise<void> {
  for (const { customer } of await tx.run(customersOf(shop, accountId)))
    await tx.run(lockCustomer(shop, customer));
  await tx.runAll([lockAccount(accountId), lockObjects(shop, accountId)]);
}

const shopOf = ({ name, mode }: Store): Shop => ({ store: name, mode });

interface KeptBody {
  readonly kind: ObjectKind;
  readonly id: string;
  readonly number: number;
  readonly body: Body | null;
}

function tellingOf(store: Store, { kind, id, number, body }: KeptBody) {
  const ref = { kind, id };
  return { store, ref, number, body, facts: factsOf(store, { ref, body }), isRetold: true };
}

async function accountsOf({ db }: ApplyingParts, { name, mode }: Store): Promise<AccountId[]> {
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
const nobodysBodies = (
  { store, mode }: Shop,
  { customers, after }: { readonly customers: boolean; readonly after: number },
) =>
  statement<KeptBody>(
    `${IN_EFFECT} and o.account_id is null and (o.kind = 'customer') = $3 and o.number > $4
     order by o.number limit ${PAGE}`,
    [store, mode, customers, after],
  );

const lockAccount = (accountId: AccountId) =>
  statement('select from accounts.accounts where account_id = $1 for share', [accountId]);

const lockObjects = ({ store, mode }: Shop, accountId: AccountId) =>
  statement(
    `select from billing.objects where store = $1 and mode = $2 and account_id = $3 order by kind, object_id for update`,
    [store, mode, accountId],
  );

const bodiesOf = ({ store, mode }: Shop, accountId: AccountId) =>
  statement<KeptBody>(`${IN_EFFECT} and o.account_id = $3 order by o.number`, [store, mode, accountId]);

/** An account's rows of a store; the lines of invoices go with them. */
const emptying = ({ store, mode }: Shop, accountId: AccountId): Statement[] =>
  ['subscriptions', 'invoices', 'payments', 'refunds', 'disputes'].map((table) =>
    statement(`delete from billing.${table} where account_id = $1 and store = $2 and mode = $3`, [
      accountId,
      store,
      mode,
    ]),
  );
