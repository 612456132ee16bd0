import { deleteUnheld, type KeyId, type Statement, statement, type UserId } from 'plinth/product';
import type { ScopeKey } from '../changes/store.ts';

/** By what a reader may read a scope. */
export interface ReaderRights extends ScopeKey {
  readonly userId: UserId;
  readonly keyId: KeyId | undefined;
  readonly sessionId: string | undefined;
  /** Beginning of their key when they came: one that was rotated since has another secret. */
  readonly keyPrefix?: string | undefined;
}

/**
 * Which of some readers, by their places from 1, may still read: members of an open account, by a session or key in force, of a
 * scope that is not deleted. It asks what `identity` and `accounts` ask of a call.
 */
export const entitledReaders = (
  readers: readonly ReaderRights[],
): Statement<{ place: number; key_prefix: string | null }> =>
  statement(
    `select asked.place::integer as place, key.prefix as key_prefix
     from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[]) with ordinality
       as asked (account_id, scope_id, user_id, key_id, session_id, key_prefix, place)
     left join identity.api_keys key on key.account_id = asked.account_id and key.id = asked.key_id and key.revoked_at is null
       and (key.expires_at is null or key.expires_at > app.now()) and not identity.is_cut_off(key.account_id, key.makers)
     where exists (
         select from accounts.members m join accounts.accounts a on a.account_id = m.account_id join identity.users u on u.user_id = m.user_id
         where m.account_id = asked.account_id and m.user_id = asked.user_id and a.deleted_at is null and u.status = 'active')
       and exists (
         select from orbit.scopes s where s.account_id = asked.account_id and s.id = asked.scope_id and s.deleted_at is null)
       and (asked.key_id is null or key.prefix = coalesce(asked.key_prefix, key.prefix))
       and (asked.session_id is null or exists (
         select from identity.sessions s where s.user_id = asked.user_id and s.id = asked.session_id and s.revoked_at is null
           and s.expires_at > app.now()))`,
    [
      readers.map(({ accountId }) => accountId),
      readers.map(({ scopeId }) => scopeId),
      readers.map(({ userId }) => userId),
      readers.map(({ keyId }) => keyId ?? null),
      readers.map(({ sessionId }) => sessionId ?? null),
      readers.map(({ keyPrefix }) => keyPrefix ?? null),
    ],
  );

/** A user who has a scope open at this process. */
export interface Present extends ScopeKey {
  readonly userId: UserId;
}

/** Says of some people that they have a scope open here, for so many seconds. */
export const upsertPresence = (process: string, present: readonly Present[], seconds: number) =>
  statement(
    `insert into orbit.presence as p (account_id, scope_id, user_id, process_id, expires_at)
     select account_id, scope_id, user_id, $1::uuid, app.now() + make_interval(secs => $5)
     from unnest($2::uuid[], $3::uuid[], $4::uuid[]) as here (account_id, scope_id, user_id)
     where exists (select from orbit.scopes s where s.account_id = here.account_id and s.id = here.scope_id)
     order by account_id, scope_id, user_id
     on conflict (account_id, scope_id, user_id, process_id) do update set
       created_at = case when p.expires_at > app.now() then p.created_at else app.now() end,
       expires_at = excluded.expires_at, updated_at = app.now()`,
    [process, ...columnsOf(present), seconds],
  );

/** Says which section of a scope a user who has it open edits, at whichever process. A row: there is such a section, or none was named. */
export const setPresentSection = ({ accountId, scopeId, userId }: Present, sectionId: string | null) =>
  statement<{ known: boolean }>(
    `with known as (
       select where $4::uuid is null or exists (
         select from orbit.sections s where s.account_id = $1 and s.scope_id = $2 and s.id = $4)),
     said as (
       update orbit.presence p set section_id = $4, updated_at = app.now()
       where p.account_id = $1 and p.scope_id = $2 and p.user_id = $3 and exists (select from known))
     select true as known from known`,
    [accountId, scopeId, userId, sectionId],
  );

/** They have it open here no more. */
export const deletePresence = (process: string, gone: readonly Present[]) =>
  statement(
    `delete from orbit.presence p using unnest($2::uuid[], $3::uuid[], $4::uuid[]) as gone (account_id, scope_id, user_id)
     where p.process_id = $1 and p.account_id = gone.account_id and p.scope_id = gone.scope_id and p.user_id = gone.user_id`,
    [process, ...columnsOf(gone)],
  );

function columnsOf(people: readonly Present[]): readonly [string[], string[], string[]] {
  return [
    people.map(({ accountId }) => accountId),
    people.map(({ scopeId }) => scopeId),
    people.map(({ userId }) => userId),
  ];
}

/** Deletes what processes that are gone left behind, long after it ran out. */
export const prunePresence = () =>
  statement(deleteUnheld('orbit.presence', "expires_at < (select app.now() - interval '1 hour')"));

export interface PresentRow {
  readonly scope_id: string;
  readonly user_id: UserId;
  readonly full_name: string | null;
  readonly since: Date;
  readonly section_id: string | null;
  /** How many have the scope open; the rows are the first of them. */
  readonly count: number;
}

/** Readers of these scopes, at whichever process: of each the first so many who came. */
export const presentAt = (scopes: readonly ScopeKey[], most: number): Statement<PresentRow> =>
  statement(
    `select scope_id, user_id, full_name, since, section_id, count from (
       select p.scope_id, p.user_id, u.full_name, min(p.created_at) as since,
         (array_agg(p.section_id) filter (where p.section_id is not null))[1] as section_id,
         row_number() over (partition by p.scope_id order by min(p.created_at), p.user_id) as place,
         (count(*) over (partition by p.scope_id))::integer as count
       from orbit.presence p join unnest($1::uuid[], $2::uuid[]) as asked (account_id, scope_id) using (account_id, scope_id)
       join identity.users u on u.user_id = p.user_id
       where p.expires_at > (select app.now())
       group by p.account_id, p.scope_id, p.user_id, u.full_name) here
     where place <= $3 order by scope_id, place`,
    [scopes.map(({ accountId }) => accountId), scopes.map(({ scopeId }) => scopeId), most],
  );
