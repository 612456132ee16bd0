import { statement } from '#platform/db';
import type { Role } from '#platform/http';
import type { AccountId, UserId } from '#platform/kernel';

/** `restored`: from its deletion, `reopened`: from the archive; of the last two nothing was written. */
export type PutOutcome =
  | 'created'
  | 'restored'
  | 'reopened'
  | 'changed'
  | 'unchanged'
  | 'other_kind'
  | 'closing';

/** A customer for `accounts.put_customers`: the ids are those of a new one, and a field that is missing stays as it is. */
export interface PutRow {
  readonly external_id: string;
  readonly account_id: string;
  readonly owner_id: string;
  readonly [field: string]: unknown;
}

export const putCustomers = (customers: readonly PutRow[]) =>
  statement<{ external_id: string; account_id: AccountId; outcome: PutOutcome }>(
    'select * from accounts.put_customers($1::text::jsonb)',
    [JSON.stringify(customers)],
  );

export interface CustomerRow {
  account_id: AccountId;
  external_id: string;
  kind: 'personal' | 'organization';
  name: string;
  email: string | null;
  time_zone: string;
  locale: string | null;
  metadata: Readonly<Record<string, string>>;
  status: 'active' | 'suspended' | 'archived' | 'closing';
  is_claimed: boolean;
  created_at: Date;
  updated_at: Date;
}

const SHOWN = `c.account_id, c.external_id, a.kind, a.name, c.email, a.time_zone, c.locale, c.metadata,
  case when a.deleted_at is not null then 'closing' when c.archived_at is not null then 'archived' else a.status end as status,
  exists (select from accounts.members m join identity.users u on u.user_id = m.user_id
    where m.account_id = c.account_id and m.role = 'owner' and u.email is not null) as is_claimed,
  c.created_at, greatest(c.updated_at, a.updated_at) as updated_at`;

export const customerByExternalId = (externalId: string) =>
  statement<CustomerRow>(
    `select ${SHOWN} from accounts.customers c join accounts.accounts a using (account_id) where c.external_id = $1`,
    [externalId],
  );

/** Accounts of customers by their external ids; those of ids that there are not are missing. */
export const customersNamed = (externalIds: readonly string[]) =>
  statement<{ external_id: string; account_id: AccountId; is_closing: boolean }>(
    `select c.external_id, c.account_id, a.deleted_at is not null as is_closing
     from accounts.customers c join accounts.accounts a using (account_id) where c.external_id = any($1::text[])`,
    [externalIds],
  );

/** Newest first. */
export const listCustomers = (after: string | undefined, limit: number) =>
  statement<CustomerRow>(
    `select ${SHOWN} from accounts.customers c join accounts.accounts a using (account_id)
     where $1::uuid is null or c.account_id < $1 order by c.account_id desc limit $2`,
    [after ?? null, limit],
  );

/** Customers that one part of an id, email or name may name, before the newest are chosen. */
const MOST_LIKE = 1_000;

/** Those that a text names: by the id itself, which comes first, or by a part of id, email or name; indexes of trigrams serve the parts. */
export const searchCustomers = (text: string, after: string | undefined, limit: number) =>
  statement<CustomerRow>(
    `with found as (
       select account_id from accounts.customers where external_id = $1
       union (select account_id from accounts.customers where lower(external_id) like lower($2) limit ${MOST_LIKE})
       union (select account_id from accounts.customers where lower(email) like lower($2) limit ${MOST_LIKE})
       union (select k.account_id from accounts.accounts n join accounts.customers k using (account_id) where lower(n.name) like lower($2) limit ${MOST_LIKE}))
     select ${SHOWN} from found join accounts.customers c using (account_id) join accounts.accounts a using (account_id)
     where $3::uuid is null or c.account_id < $3 and c.external_id <> $1
     order by c.external_id = $1 desc, c.account_id desc limit $4`,
    [text, `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`, after ?? null, limit],
  );

/** Archives one that is not; a row comes back where it was done. */
export const archiveCustomer = (accountId: AccountId) =>
  statement<{ account_id: AccountId }>(
    `update accounts.customers set archived_at = app.now(), updated_at = app.now()
     where account_id = $1 and archived_at is null returning account_id`,
    [accountId],
  );

/** Closes the account, of either kind: it is erased when the time for an undo is over. */
export const closeCustomer = (accountId: AccountId) =>
  statement<{ restorable_until: Date }>(
    `update accounts.accounts set deleted_at = coalesce(deleted_at, app.now()), updated_at = app.now()
     where account_id = $1 returning deleted_at + interval '14 days' as restorable_until`,
    [accountId],
  );

/** An account as a backend calls for it; no row: there is no such account or customer. */
export interface ServedRow {
  account_id: AccountId;
  /** The member who has owned it for the longest, closed or not: what was under way there is still settled. */
  user_id: UserId | null;
  kind: 'personal' | 'organization';
  is_archived: boolean;
  is_closed: boolean;
}

const SERVED = `a.account_id, a.kind, c.archived_at is not null as is_archived, a.deleted_at is not null as is_closed, (
  select m.user_id from accounts.members m where m.account_id = a.account_id and m.role = 'owner' order by m.created_at, m.user_id limit 1) as user_id`;

export const servedAccount = (accountId: AccountId) =>
  statement<ServedRow>(
    `select ${SERVED} from accounts.accounts a left join accounts.customers c using (account_id) where a.account_id = $1`,
    [accountId],
  );

export const servedCustomer = (externalId: string) =>
  statement<ServedRow>(
    `select ${SERVED} from accounts.customers c join accounts.accounts a using (account_id) where c.external_id = $1`,
    [externalId],
  );

export interface CustomerMemberRow {
  external_user_id: string;
  user_id: UserId;
  full_name: string | null;
  email: string | null;
  role: Role;
  created_at: Date;
}

const MEMBERS = `select t.external_user_id, t.user_id, u.full_name, t.email, m.role, m.created_at
  from accounts.customer_members t join accounts.members m on m.account_id = t.account_id and m.user_id = t.user_id
  join identity.users u on u.user_id = t.user_id where t.account_id = $1`;

/** Members by their external ids, in the order of these. */
export const customerMembers = (accountId: AccountId, after: string | undefined, limit: number) =>
  statement<CustomerMemberRow>(
    `${MEMBERS} and ($2::text is null or t.external_user_id > $2) order by t.external_user_id limit $3`,
    [accountId, after ?? null, limit],
  );

export const customerMember = (accountId: AccountId, externalUserId: string) =>
  statement<CustomerMemberRow>(`${MEMBERS} and t.external_user_id = $2`, [accountId, externalUserId]);

export const putMember = (externalUserId: string, userId: UserId, member: object) =>
  statement<{ user_id: UserId; outcome: 'created' | 'changed' | 'unchanged'; role_before: Role | null }>(
    'select * from accounts.put_customer_member($1, $2, $3::text::jsonb)',
    [externalUserId, userId, JSON.stringify(member)],
  );

export const removeMember = (externalUserId: string) =>
  statement<{ user_id: UserId | null }>('select accounts.remove_customer_member($1) as user_id', [
    externalUserId,
  ]);

/** Users who are of a customer alone, and go with its account. */
export const customerUsers = (accountId: AccountId) =>
  statement<{ user_id: UserId }>(
    `select u.user_id from identity.users u where u.email is null and (
       u.user_id in (select owner_id from accounts.customers where account_id = $1)
       or u.user_id in (select user_id from accounts.customer_members where account_id = $1))
     order by u.user_id`,
    [accountId],
  );
