import {
  type AccountId,
  instantOf,
  microsecondsOf,
  type Statement,
  statement,
  type TimePosition,
  type UserId,
  valuesOf,
  versionUpdate,
  type WhichVersion,
  type WorkKey,
} from 'plinth/product';
import type { ScopeKey } from '../changes/store.ts';

/** A comment as it is stored. */
export interface CommentRow {
  readonly id: string;
  readonly scope_id: string;
  readonly section_id: string | null;
  /** The comment that began its thread; null: it did itself. */
  readonly thread_id: string | null;
  readonly user_id: UserId;
  /** Empty once it is deleted. */
  readonly body: string;
  readonly mentions: readonly string[];
  readonly edited_at: Date | null;
  readonly resolved_at: Date | null;
  readonly resolved_by: UserId | null;
  readonly deleted_at: Date | null;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  /** How many replies its thread has. */
  readonly replies: number;
}

const COLUMNS = `id, scope_id, section_id, thread_id, user_id, body, edited_at, resolved_at, resolved_by, deleted_at, version, created_at, updated_at`;

/** Parts of a comment that are read beside its own columns. */
const MORE = `coalesce((select jsonb_agg(m.user_id order by m.user_id) from orbit.comment_mentions m
    where m.account_id = c.account_id and m.comment_id = c.id and m.removed_at is null), '[]') as mentions,
  (select count(*) from orbit.comments r where r.account_id = c.account_id and r.thread_id = c.id)::integer as replies`;

const SHOWN = `${COLUMNS}, ${MORE}`;

/** Whether the scope is not deleted; a comment of a deleted one is gone with it. */
const IN_USE = `exists (select from orbit.scopes s where s.account_id = c.account_id and s.id = c.scope_id and s.deleted_at is null)`;

export interface ThreadQuery {
  readonly section: string | undefined;
  readonly resolved: boolean | undefined;
  readonly after: TimePosition | undefined;
  readonly limit: number;
}

/** The threads of a scope, those that were begun last first. */
export function listThreads(
  { accountId, scopeId }: ScopeKey,
  { section, resolved, after, limit }: ThreadQuery,
): Statement<CommentRow & TimePosition> {
  const { values, put } = valuesOf(accountId, scopeId, limit);
  const conditions = [
    'account_id = $1 and scope_id = $2 and thread_id is null',
    IN_USE,
    ...(section === undefined ? [] : [`section_id = ${put(section)}`]),
    ...(resolved === undefined ? [] : [resolved ? 'resolved_at is not null' : 'resolved_at is null']),
    ...(after === undefined
      ? []
      : [`(created_at, id) < (${instantOf(put(after.at))}, ${put(after.id)}::uuid)`]),
  ];
  return statement<CommentRow & TimePosition>(
    `select ${SHOWN}, ${microsecondsOf('created_at')} as at from orbit.comments c where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $3`,
    values,
  );
}

/** The first replies of some threads, in the order in which they were written. */
export const firstReplies = (accountId: AccountId, threads: readonly string[], each: number) =>
  statement<CommentRow>(
    `select ${SHOWN} from unnest($2::uuid[]) as asked (thread) cross join lateral (
       select * from orbit.comments r where r.account_id = $1 and r.thread_id = asked.thread order by r.created_at, r.id limit $3) c
     order by c.thread_id, c.created_at, c.id`,
    [accountId, threads, each],
  );

/** The replies of a thread, the oldest first. */
export const listReplies = (
  { accountId, id }: WorkKey,
  { after, limit }: Pick<ThreadQuery, 'after' | 'limit'>,
): Statement<CommentRow & TimePosition> =>
  statement<CommentRow & TimePosition>(
    `select ${SHOWN}, ${microsecondsOf('created_at')} as at from orbit.comments c
     where account_id = $1 and thread_id = $2 and (created_at, id) > (${instantOf('$3')}, $4::uuid)
     order by created_at, id limit $5`,
    [accountId, id, after?.at ?? 0, after?.id ?? '00000000-0000-0000-0000-000000000000', limit],
  );

export const readComment = ({ accountId, id }: WorkKey) =>
  statement<CommentRow>(
    `select ${SHOWN} from orbit.comments c where account_id = $1 and id = $2 and ${IN_USE}`,
    [accountId, id],
  );

/** Locks it until the transaction ends: against changes, replies and its deletion. */
export const lockComment = ({ accountId, id }: WorkKey) =>
  statement('select from orbit.comments where account_id = $1 and id = $2 for update', [accountId, id]);

/** A scope that may be commented on, kept from being deleted until the transaction ends, and the title of one of its sections. */
export const lockCommentedScope = ({ accountId, scopeId }: ScopeKey, section: string | undefined) =>
  statement<{ title: string; has_section: boolean }>(
    `select s.title, $3::uuid is null or exists (
         select from orbit.sections c where c.account_id = $1 and c.scope_id = $2 and c.id = $3) as has_section
     from orbit.scopes s where s.account_id = $1 and s.id = $2 and s.deleted_at is null for share of s`,
    [accountId, scopeId, section ?? null],
  );

/** A comment that is to be written. */
export interface NewComment extends ScopeKey {
  readonly id: string;
  readonly sectionId: string | undefined;
  readonly threadId: string | undefined;
  readonly userId: UserId;
  readonly body: string;
}

export const insertComment = (comment: NewComment) =>
  statement(
    `insert into orbit.comments (account_id, id, scope_id, section_id, thread_id, user_id, body) values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      comment.accountId,
      comment.id,
      comment.scopeId,
      comment.sectionId ?? null,
      comment.threadId ?? null,
      comment.userId,
      comment.body,
    ],
  );

/** Another text, of this version (any, when not said). No row: it has another version. */
export function changeBody(which: WhichVersion, body: string): Statement<{ id: string }> {
  const { text, values } = versionUpdate({ table: 'orbit.comments', returning: 'id' }, which, (put) => ({
    sets: [`body = ${put(body)}`, 'edited_at = app.now()'],
    where: ['deleted_at is null'],
  }));
  return statement<{ id: string }>(text, values);
}

/** Begins or ends that a thread is resolved. */
export const resolve = ({ accountId, id }: WorkKey, by: UserId | undefined) =>
  statement(
    `update orbit.comments set resolved_at = case when $3::uuid is null then null else app.now() end, resolved_by = $3,
       version = version + 1, updated_at = app.now()
     where account_id = $1 and id = $2`,
    [accountId, id, by ?? null],
  );

/** Takes the text out of a comment that others replied to. */
export const emptyComment = ({ accountId, id }: WorkKey) =>
  statement(
    `update orbit.comments set body = '', deleted_at = app.now(), version = version + 1, updated_at = app.now()
     where account_id = $1 and id = $2`,
    [accountId, id],
  );

export const deleteComment = ({ accountId, id }: WorkKey) =>
  statement('delete from orbit.comments where account_id = $1 and id = $2', [accountId, id]);

/** Deletes an emptied first comment once its last reply is gone. */
export const deleteIfHollow = ({ accountId, id }: WorkKey) =>
  statement(
    `delete from orbit.comments c where account_id = $1 and id = $2 and deleted_at is not null
       and not exists (select from orbit.comments r where r.account_id = $1 and r.thread_id = $2)`,
    [accountId, id],
  );

/** Has a comment mention exactly these people; answers those whom it never mentioned before. */
export const writeMentions = ({ accountId, id }: WorkKey, users: readonly string[]) =>
  statement<{ user_id: UserId }>(
    `with removed as (
       update orbit.comment_mentions set removed_at = app.now(), updated_at = app.now()
       where account_id = $1 and comment_id = $2 and removed_at is null and user_id <> all ($3::uuid[])),
     again as (
       update orbit.comment_mentions set removed_at = null, updated_at = app.now()
       where account_id = $1 and comment_id = $2 and removed_at is not null and user_id = any ($3::uuid[]))
     insert into orbit.comment_mentions (account_id, comment_id, user_id)
     select $1, $2, asked.id from unnest($3::uuid[]) as asked (id) on conflict do nothing returning user_id`,
    [accountId, id, users],
  );

/** A member who may be written to. */
export interface MemberRow {
  readonly user_id: UserId;
  readonly email: string;
  readonly full_name: string | null;
}

/** Those of these people who are members of the account. */
export const membersAmong = (accountId: AccountId, users: readonly string[]) =>
  statement<MemberRow>(
    `select p.user_id, p.email, p.full_name from unnest($2::uuid[]) as asked (id)
     cross join lateral accounts.people($1, asked.id, null, 1) p order by p.user_id`,
    [accountId, users],
  );

/** Whether a user is a member of an open workspace, and may sign in: else nothing of it is sent to them. */
export const isPresent = (accountId: AccountId, userId: UserId) =>
  statement<{ user_id: UserId }>(
    `select m.user_id from accounts.members m join accounts.accounts a on a.account_id = m.account_id
       join identity.users u on u.user_id = m.user_id
     where m.account_id = $1 and m.user_id = $2 and a.deleted_at is null and u.status = 'active'`,
    [accountId, userId],
  );

export const workspaceName = (accountId: AccountId) =>
  statement<{ name: string }>('select name from accounts.accounts where account_id = $1', [accountId]);
