import { commitPoint, type Database, statement } from '#platform/db';
import { type AccountId, sha256 } from '#platform/kernel';
import { resolveOwnerIn } from '../../inbox/objects/customer-owner.ts';
import type { Mode } from '../../payment-provider.ts';
import { askOnce, refusedFor, type StripeClient } from './client.ts';

const MADE = commitPoint('billing.customer-made', 'which customer of the provider an account is');

export interface CustomersParts {
  readonly db: Database;
  readonly client: StripeClient;
}

/** The customers that an account is at Stripe, the newest first: none before one is needed, and several where Stripe had others. */
export async function customersOf(
  { db, client: { mode } }: CustomersParts,
  accountId: AccountId,
): Promise<string[]> {
  const [rows] = await db.tenant(accountId, [allCustomers(accountId, mode)]);
  return rows.map(({ customer }) => customer);
}

/** The customer who pays: for a subscription that runs, else the newest; undefined: there is none. */
export async function payingCustomer(
  { db, client: { mode } }: CustomersParts,
  accountId: AccountId,
): Promise<string | undefined> {
  const [rows] = await db.system('billing.customers', [customersByPaying(accountId, mode)]);
  return rows[0]?.customer;
}

/**
 * Makes the account a customer of Stripe's, with its id noted there, so that all that Stripe tells of it finds home even if we
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
  const { name = '', email = '' } = payer ?? {};
  // A customer of the operator's may have no address: then Stripe's page asks for one.
  const told = { name, ...(email === null ? {} : { email }), metadata: { plinth_account: accountId } };
  // Stripe refuses a key that comes back with something else: who has another name by now is asked for anew.
  const key = `plinth:customer:${accountId}:${after ?? 'first'}:${sha256(JSON.stringify({ name, email })).slice(0, 16)}`;
  const id = await askOnce(client, {
    key,
    ask: async (stripe, once) => (await stripe.customers.create(told, once)).id,
    find: () => madeBefore(client, { accountId, email, after }),
  });
  const providerMode = { provider: 'stripe', mode: client.mode } as const;
  await db.system('billing.customers', MADE, (tx) =>
    resolveOwnerIn(tx, providerMode, { customer: id, accountId }),
  );
  return id;
}

/** The account's customer: made when it is first needed, and anew when the provider has it no longer. */
export async function presentCustomer(parts: CustomersParts, accountId: AccountId): Promise<string> {
  const [known] = await customersOf(parts, accountId);
  if (known === undefined) return makeCustomer(parts, accountId);
  const isThere = await isDeleted(parts.client, known).then(
    (gone) => !gone,
    (error: unknown) => {
      if (refusedFor(error, 'resource_missing')) return false;
      throw error;
    },
  );
  return isThere ? known : makeCustomer(parts, accountId, known);
}

/** The account's customer that was made, but whose answer was lost. */
async function madeBefore(
  client: StripeClient,
  {
    accountId,
    email,
    after,
  }: { readonly accountId: AccountId; readonly email: string | null; readonly after: string | undefined },
): Promise<string | undefined> {
  const { data } = await client.read((stripe) =>
    stripe.customers.list({ ...(email === null ? {} : { email }), limit: 100 }),
  );
  return data.find(({ id, metadata }) => metadata['plinth_account'] === accountId && id !== after)?.id;
}

const allCustomers = (accountId: AccountId, mode: Mode) =>
  statement<{ customer: string }>(
    `select customer from billing.customers
      where account_id = $1 and store = 'stripe' and mode = $2
      order by created_at desc, customer desc`,
    [accountId, mode],
  );

const customersByPaying = (accountId: AccountId, mode: Mode) =>
  statement<{ customer: string }>(
    `select c.customer from billing.customers c
      where c.account_id = $1 and c.store = 'stripe' and c.mode = $2
      order by c.customer in (
          select coalesce(o.customer, '') from billing.subscriptions s
            join billing.objects o on o.store = s.store and o.mode = s.mode and o.kind = 'subscription' and o.object_id = s.store_id
          where s.account_id = $1 and s.store = 'stripe' and s.mode = $2
            and s.state in ('trialing', 'active', 'past_due', 'paused')) desc,
        c.created_at desc, c.customer desc limit 1`,
    [accountId, mode],
  );

/**
 * An organization is told by its name, a person by their own; the provider mails its longest-standing owner, and of a customer of the
 * operator's the address that it was given.
 */
export const payerOf = (accountId: AccountId) =>
  statement<{
    name: string;
    email: string | null;
    kind: 'personal' | 'organization';
    is_archived: boolean;
    is_closed: boolean;
  }>(
    `select a.name, coalesce(c.email, u.email) as email, a.kind, c.archived_at is not null as is_archived, a.deleted_at is not null as is_closed
       from accounts.accounts a
       join accounts.members m on m.account_id = a.account_id and m.role = 'owner'
       join identity.users u on u.user_id = m.user_id
       left join accounts.customers c on c.account_id = a.account_id
      where a.account_id = $1
      order by m.created_at, m.user_id limit 1`,
    [accountId],
  );

/** Whether Stripe has deleted a customer, of whom it goes on telling that. Throws `store_refused` for one that it never had: the key is of another account. */
export async function isDeleted(client: StripeClient, customer: string): Promise<boolean> {
  return (await client.read((stripe) => stripe.customers.retrieve(customer))).deleted === true;
}
