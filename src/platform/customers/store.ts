import { type Statement, statement } from '#platform/db';

/** Why an account was found. */
export type FoundBy = 'account' | 'user' | 'email' | 'name' | 'key' | 'request' | 'permit';

export interface CustomerRow {
  readonly account_id: string;
  readonly found_by: FoundBy;
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

/** What somebody looks for, and what can be read out of it. */
export interface CustomerQuestion {
  readonly text: string;
  /** The text, where it is a UUID. */
  readonly id: string | undefined;
  /** Permits of the seconds after a request whose id tells its time: the first and the last id that they may have. */
  readonly permits: readonly [first: string, last: string] | undefined;
}

/** Accounts that a text names, at most so many: by id of account, person, key, permit or request, by a part of an email or a name, by what is shown of a key. */
export const searchCustomers = (
  { text, id, permits }: CustomerQuestion,
  limit: number,
): Statement<CustomerRow> =>
  statement<CustomerRow>(
    `with found as (
       select account_id, 'account' as found_by, 1 as rank from accounts.accounts where account_id = $2::uuid
       union all select m.account_id, 'user', 2 from accounts.members m where m.user_id = $2::uuid
       union all select k.account_id, 'key', 3 from identity.api_keys k where k.id = $2::uuid or k.prefix = left($1, length(k.prefix))
       union all select e.account_id, 'permit', 4 from limits.usage_events e where e.permit_id = $2::uuid
       union all select e.account_id, 'request', 5 from limits.usage_events e where e.permit_id between $3::uuid and $4::uuid and e.request_id = $1
       union all (select m.account_id, 'email', 6 from identity.users u join accounts.members m on m.user_id = u.user_id
         where position(lower($1) in lower(u.email)) > 0 limit $5)
       union all (select a.account_id, 'name', 7 from accounts.accounts a where position(lower($1) in lower(a.name)) > 0 limit $5)
     ), firsts as (
       select account_id, min(rank) as rank, (array_agg(found_by order by rank))[1] as found_by from found group by account_id
     )
     select a.account_id, f.found_by, ${FACTS}
     from firsts f join accounts.accounts a on a.account_id = f.account_id
     left join lateral (${OWNER}) as owner on true
     left join lateral (${SPENT}) as spent on true
     where a.deleted_at is null
     order by f.rank, a.account_id limit $5`,
    [text, id ?? null, permits?.[0] ?? null, permits?.[1] ?? null, limit],
  );

export const readCustomer = (accountId: string): Statement<CustomerRow> =>
  statement<CustomerRow>(
    `select a.account_id, 'account' as found_by, ${FACTS}
     from accounts.accounts a
     left join lateral (${OWNER}) as owner on true
     left join lateral (${SPENT}) as spent on true
     where a.account_id = $1 and a.deleted_at is null`,
    [accountId],
  );

const FACTS = `a.kind, a.name, a.status, owner.user_id as owner_id, owner.email as owner_email,
  (select count(*) from accounts.members m where m.account_id = a.account_id)::integer as members,
  coalesce(spent.calls, 0)::bigint as calls, coalesce(spent.cost, 0)::bigint as cost_micros, coalesce(spent.charged, 0)::bigint as charged_micros,
  coalesce((select sum(d.denied) from limits.denials d where d.account_id = a.account_id and d.hour > app.now() - interval '7 days'), 0)::bigint as denied,
  (select e.created_at from limits.usage_events e where e.account_id = a.account_id order by e.id desc limit 1) as last_call_at, a.created_at`;
/** The first of them. */
const OWNER = `select u.user_id, u.email from accounts.members m join identity.users u on u.user_id = m.user_id
  where m.account_id = a.account_id and m.role = 'owner' order by m.created_at, u.user_id limit 1`;
const SPENT = `select sum(c.calls) as calls, sum(c.posted + c.estimated + c.corrections) as cost, sum(c.charged) as charged
  from reports.usage_cells c where c.account_id = a.account_id and c.slot > app.now() - interval '30 days'`;
