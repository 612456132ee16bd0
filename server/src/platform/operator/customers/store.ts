import { type Statement, statement } from '#platform/db';
import type { MoneySpan } from '#platform/reports';

export interface CustomerRow {
  readonly account_id: string;
  /** The part of it that a text names. */
  readonly found_by: string;
  readonly kind: 'personal' | 'organization';
  readonly name: string;
  readonly status: 'active' | 'suspended';
  readonly owner_id: string | null;
  readonly owner_email: string | null;
  readonly members: number;
  readonly calls: number;
  readonly cost_micros: number;
  readonly charged_micros: number;
  readonly denied: number;
  readonly last_call_at: Date | null;
  readonly created_at: Date;
}

/** A row of a list, with its place in it. */
export interface ListedRow extends CustomerRow {
  readonly key: string;
}

/** A search of customers, and what can be read out of its text. */
export interface CustomerQuestion {
  readonly text: string;
  /** The text, where it is a UUID. */
  readonly id: string | undefined;
  /** Permits of the seconds after a request whose id tells its time: the first and the last id that they may have. */
  readonly permits: readonly [first: string, last: string] | undefined;
  /** Accounts that products find by it, and why. */
  readonly products: readonly { readonly account_id: string; readonly found_by: string }[];
}

/** In which order a list is, and how much of it is read. `mode`: whose sales are told. */
export interface CustomerList {
  readonly sort: CustomerSort;
  readonly status: 'active' | 'suspended' | undefined;
  /** Only those whose last payment of a subscription failed. */
  readonly payment: 'failing' | undefined;
  readonly mode: string;
  readonly span: MoneySpan;
  readonly limit: number;
  /** The last row of the page before. */
  readonly after: readonly [key: string, account: string] | undefined;
}

type Bind = (value: unknown) => string;

interface Sort {
  /** The key that rows are sorted by, and its type in the database. */
  readonly key: string;
  readonly type: string;
  /** Joins the key's source; `bind` adds a parameter to the statement, and answers its name there. */
  readonly from?: (bind: Bind, list: Pick<CustomerList, 'mode' | 'span'>) => string;
  readonly isAscending?: boolean;
}

const AMOUNT = { key: 'coalesce(sorted.key, 0)', type: 'numeric' };
/** With amounts in several currencies the largest counts, in minor units: most servers sell in one. */
const largest = (amounts: string) =>
  `left join (select account_id, max(amount) as key from (select account_id, sum(amount) as amount from (${amounts}) as one group by account_id, currency) as sums
     group by account_id) as sorted on sorted.account_id = a.account_id`;
const ofSpent = (sum: string) => ({
  ...AMOUNT,
  from: (bind: Bind, { span }: Pick<CustomerList, 'span'>) =>
    `left join (select account_id, sum(${sum}) as key from reports.usage_cells where slot > ${bind(span.since)} group by account_id) as sorted on sorted.account_id = a.account_id`,
});

/** The last call in the ledger, or in what was archived from it. */
const LAST_CALL = `coalesce((select e.created_at from limits.usage_events e where e.account_id = a.account_id order by e.id desc limit 1),
  (select max(l.last_call_at) from reports.ledger_archives l where l.account_id = a.account_id))`;

/** Orders of the list of all accounts. */
const SORTS = {
  newest: { key: 'a.created_at', type: 'timestamptz' },
  name: { key: 'lower(a.name) collate "C"', type: 'text', isAscending: true },
  calls: ofSpent('calls'),
  cost: ofSpent('posted + estimated + corrections'),
  paid: {
    ...AMOUNT,
    from: (bind, { mode, span: { since, now } }) =>
      largest(
        `select account_id, currency, gross as amount from reports.revenue(${bind(since)}, ${bind(now)}, ${bind(mode)})`,
      ),
  },
  mrr: {
    ...AMOUNT,
    from: (bind, { mode, span }) =>
      largest(
        `select account_id, currency, yearly as amount from billing.recurring(${bind(span.now)}, ${bind(mode)})`,
      ),
  },
  denied: {
    ...AMOUNT,
    from: (bind, { span }) =>
      `left join (select account_id, sum(denied) as key from limits.denials where (hour at time zone 'UTC') > (${bind(span.now)}::timestamptz - interval '7 days') at time zone 'UTC' group by account_id) as sorted
      on sorted.account_id = a.account_id`,
  },
  last_call: {
    key: `coalesce(sorted.key, '-infinity')`,
    type: 'timestamptz',
    from: () => `left join lateral (select ${LAST_CALL} as key) as sorted on true`,
  },
} satisfies Readonly<Record<string, Sort>>;
export type CustomerSort = keyof typeof SORTS;
export const CUSTOMER_SORTS = Object.keys(SORTS) as [CustomerSort, ...CustomerSort[]];

/** Accounts that one part of a name or an email may name, before the closest are chosen. */
const MOST_LIKE = 1_000;
const ANYWHERE = `(array['stripe', 'app_store', 'google_play']) and mode = any(array['live', 'test', 'sandbox'])`;

/** All accounts, a page of them in some order. */
export function listCustomers({
  sort,
  status,
  payment,
  mode,
  span,
  limit,
  after,
}: CustomerList): Statement<ListedRow> {
  const { key, type, from, isAscending = false }: Sort = SORTS[sort];
  const values: unknown[] = [status ?? null, after?.[0] ?? null, after?.[1] ?? null, limit];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const failing =
    payment === undefined
      ? ''
      : `and exists (select from billing.subscriptions s where s.account_id = a.account_id and s.mode = ${bind(mode)}
           and s.ended_at is null
           and (s.state = 'past_due' or s.suspended_by = 'payment'))`;
  const join = from?.(bind, { mode, span }) ?? '';
  const [sign, order] = isAscending ? ['>', 'asc'] : ['<', 'desc'];
  const keys = `${key}, a.account_id`;
  return statement<ListedRow>(
    `with page as materialized (
       select a.account_id, 'account' as found_by, (${key})::text as key, row_number() over (order by ${key} ${order}, a.account_id ${order}) as place
       from accounts.accounts a ${join}
       where a.deleted_at is null and ($1::text is null or a.status = $1) ${failing}
         and ($2::text is null or (${keys}) ${sign} ($2::${type}, $3::uuid))
       order by ${key} ${order}, a.account_id ${order} limit $4)
     ${SUMS} select page.key, ${FACTS} order by page.place`,
    values,
  );
}

/**
 * Accounts that a text names, at most so many, the closest first: by id of account, person, key, permit or request, by what is shown of a key, by what a
 * payment provider calls its customer, subscription, invoice, payment or charge, by what products know, by a part of an email or a name.
 */
export const searchCustomers = (
  { text, id, permits, products }: CustomerQuestion,
  { status, limit }: Pick<CustomerList, 'status' | 'limit'>,
): Statement<CustomerRow> =>
  statement<CustomerRow>(
    `with found as (
       select account_id, 'account' as found_by, 1 as rank from accounts.accounts where account_id = $2::uuid
       union all select account_id, 'external_id', 1 from accounts.customers where external_id = $1
       union all select m.account_id, 'user', 2 from accounts.members m where m.user_id = $2::uuid
       union all select k.account_id, 'key', 3 from identity.api_keys k
         where k.id = $2::uuid or k.prefix = any(array(select left($1, n) from generate_series(1, length($1)) n))
       union all select e.account_id, 'permit', 4 from limits.usage_events e where e.permit_id = $2::uuid
       union all select e.account_id, 'request', 5 from limits.usage_events e where e.permit_id between $3::uuid and $4::uuid and e.request_id = $1
       union all select d.account_id, 'request', 5 from limits.denials d where d.last_request_id = $1
         and (d.hour at time zone 'UTC') > ($8::timestamptz - interval '1 hour') at time zone 'UTC' and (d.hour at time zone 'UTC') <= ($8::timestamptz + interval '1 minute') at time zone 'UTC'
       union all select o.account_id, 'store', 6 from billing.objects o where o.account_id is not null and o.object_id = $1
         and o.kind = any(array['customer', 'subscription', 'invoice', 'payment', 'checkout']) and o.store = any${ANYWHERE}
       union all select p.account_id, 'store', 6 from billing.payments p where p.store_id = $1 and p.store = any${ANYWHERE}
       union all select p.account_id, 'store', 6 from billing.payments p where p.payment = $1 and p.store = any${ANYWHERE}
       union all select account_id, found_by, 7 from jsonb_to_recordset($6::text::jsonb) as of_products (account_id uuid, found_by text)
       union all (select m.account_id, 'email', 8 from identity.users u join accounts.members m on m.user_id = u.user_id
         where lower(u.email) like lower($9) limit ${MOST_LIKE})
       union all (select a.account_id, 'name', 9 from accounts.accounts a where lower(a.name) like lower($9) limit ${MOST_LIKE})
     ), firsts as (
       select account_id, min(rank) as rank, (array_agg(found_by order by rank))[1] as found_by from found group by account_id
     ), page as materialized (
       select f.* from firsts f join accounts.accounts a on a.account_id = f.account_id
       where a.deleted_at is null and ($7::text is null or a.status = $7) order by f.rank, f.account_id limit $5)
     ${SUMS} select ${FACTS} order by page.rank, a.account_id`,
    [
      text,
      id ?? null,
      permits?.[0] ?? null,
      permits?.[1] ?? null,
      limit,
      JSON.stringify(products),
      status ?? null,
      permits === undefined ? null : timeOf(permits[0]),
      // Indexes of trigrams serve it, from three letters on.
      `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`,
    ],
  );

export const readCustomer = (accountId: string): Statement<CustomerRow> =>
  statement<CustomerRow>(
    `with page as materialized (
       select account_id, 'account' as found_by from accounts.accounts where account_id = $1 and deleted_at is null)
     ${SUMS} select ${FACTS}`,
    [accountId],
  );

export interface PersonRow {
  readonly user_id: string;
  readonly email: string | null;
  readonly role: 'viewer' | 'member' | 'admin' | 'owner';
  readonly status: 'active' | 'suspended' | 'closed';
  readonly second_factor: boolean;
}

/** People of an account, owners first. */
export const peopleOf = (accountId: string, limit: number): Statement<PersonRow> =>
  statement<PersonRow>(
    `select u.user_id, u.email, m.role, u.status, exists (select from identity.totp t where t.user_id = u.user_id and t.confirmed_at is not null)
       or exists (select from identity.passkeys p where p.user_id = u.user_id) as second_factor
     from accounts.members m join identity.users u on u.user_id = m.user_id where m.account_id = $1
     order by array_position(array['owner', 'admin', 'member', 'viewer'], m.role), u.email limit $2`,
    [accountId, limit],
  );

export interface PaymentRow {
  readonly store: 'stripe' | 'app_store' | 'google_play';
  readonly mode: 'live' | 'test' | 'sandbox';
  readonly payment: string;
  readonly invoice: string | null;
  readonly state: 'pending' | 'succeeded' | 'failed';
  readonly failure_code: string | null;
  readonly amount: number;
  readonly currency: string;
  readonly refunded: number;
  /** The subscription that it was for, by its id here; null: an add-on, a pack or an item. */
  readonly subscription_id: string | null;
  readonly occurred_at: Date;
}

/** Its newest payments, with what went back of each. */
export const paymentsOf = (accountId: string, limit: number): Statement<PaymentRow> =>
  statement<PaymentRow>(
    `select p.store, p.mode, p.payment, p.invoice, p.state, p.failure_code, p.amount, p.currency, p.occurred_at,
       coalesce((select sum(r.amount) from billing.refunds r where r.store = p.store and r.mode = p.mode and r.charge = p.store_id and r.state = 'succeeded'), 0)::bigint as refunded,
       (select s.id from billing.invoices i join billing.subscriptions s on s.account_id = i.account_id and s.store = i.store and s.mode = i.mode and s.store_id = i.subscription
        where i.account_id = p.account_id and i.store = p.store and i.mode = p.mode and i.store_id = p.invoice) as subscription_id
     from billing.payments p where p.account_id = $1 order by p.occurred_at desc, p.id desc limit $2`,
    [accountId, limit],
  );

/** The time in the first 48 bits of a UUIDv7. */
const timeOf = (id: string): string =>
  new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toISOString();

const OF_PAGE = 'account_id = any(array(select account_id from page))';
/** Sums of the accounts of `page`, read once for all of them: account by account costs too much where statistics are wrong. */
const SUMS = `, spent as (
       select account_id, sum(calls) as calls, sum(posted + estimated + corrections) as cost, sum(charged) as charged
       from reports.usage_cells where ${OF_PAGE} and slot > (select app.now() - interval '30 days') group by account_id
     ), refused as (
       select account_id, sum(denied) as denied
       from limits.denials where ${OF_PAGE} and hour > (select app.now() - interval '7 days') group by account_id
     )`;
const FACTS = `a.account_id, page.found_by, a.kind, a.name, a.status, owner.user_id as owner_id, owner.email as owner_email,
       (select count(*) from accounts.members m where m.account_id = a.account_id)::integer as members,
       coalesce(spent.calls, 0)::bigint as calls, coalesce(spent.cost, 0)::bigint as cost_micros, coalesce(spent.charged, 0)::bigint as charged_micros,
       coalesce(refused.denied, 0)::bigint as denied, ${LAST_CALL} as last_call_at, a.created_at
     from page join accounts.accounts a on a.account_id = page.account_id
     left join spent on spent.account_id = a.account_id
     left join refused on refused.account_id = a.account_id
     left join lateral (
       select u.user_id, u.email from accounts.members m join identity.users u on u.user_id = m.user_id
       where m.account_id = a.account_id and m.role = 'owner' order by m.created_at, u.user_id limit 1) as owner on true`;
