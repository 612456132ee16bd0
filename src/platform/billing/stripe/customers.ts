import { commitPoint, type Database, statement } from '#platform/db';
import { type AccountId, sha256 } from '#platform/kernel';
import { ownerIn } from '../inbox/owners.ts';
import type { Mode } from '../store.ts';
import type { StripeClient } from './client.ts';

const MADE = commitPoint('billing.customer-made', 'which customer of the store an account is');

interface CustomersParts {
  readonly db: Database;
  readonly client: StripeClient;
}

/** The customer that an account is at Stripe: the newest, where it was several; undefined: it was never needed. */
export async function customerOf(
  { db, client: { mode } }: CustomersParts,
  accountId: AccountId,
): Promise<string | undefined> {
  const [rows] = await db.tenant(accountId, [newestCustomer(accountId, mode)]);
  return rows[0]?.customer;
}

/**
 * Makes the account a customer of Stripe's, with its id noted there, so that whatever Stripe tells of it finds home even if we
 * die before we write it down. Asked twice, by two at once or by a later process, it is one customer.
 * `after`: a customer that Stripe no longer has, in whose place it is made.
 */
export async function makeCustomer(
  parts: CustomersParts,
  accountId: AccountId,
  after?: string,
): Promise<string> {
  const { db, client } = parts;
  const [[payer]] = await db.system('billing.customers', [payerOf(accountId)]);
  const told = { name: payer?.name ?? '', email: payer?.email ?? '' };
  const { id } = await client.change((stripe) =>
    stripe.customers.create(
      { ...told, metadata: { plinth_account: accountId } },
      // Stripe refuses a key that comes back with something else: who has another name by now is asked for anew.
      {
        idempotencyKey: `plinth:customer:${accountId}:${after ?? 'first'}:${sha256(JSON.stringify(told)).slice(0, 16)}`,
      },
    ),
  );
  const shop = { store: 'stripe', mode: client.mode } as const;
  await db.system('billing.customers', MADE, (tx) => ownerIn(tx, shop, { customer: id, accountId }));
  return id;
}

const newestCustomer = (accountId: AccountId, mode: Mode) =>
  statement<{ customer: string }>(
    `select customer from billing.customers
      where account_id = $1 and store = 'stripe' and mode = $2
      order by created_at desc, customer desc limit 1`,
    [accountId, mode],
  );

/** An organization is told by its name, a person by their own; mails of the store go to whoever has owned it longest. */
const payerOf = (accountId: AccountId) =>
  statement<{ name: string; email: string }>(
    `select a.name, u.email
       from accounts.accounts a
       join accounts.members m on m.account_id = a.account_id and m.role = 'owner'
       join identity.users u on u.user_id = m.user_id
      where a.account_id = $1
      order by m.created_at, m.user_id limit 1`,
    [accountId],
  );
