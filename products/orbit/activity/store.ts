import {
  type AccountId,
  instantOf,
  microsecondsOf,
  type Put,
  type Statement,
  statement,
  type TimePosition,
  type UserId,
  valuesOf,
} from 'plinth/product';
import type { ScopeKey } from '../changes/store.ts';

/** A line of a feed. */
export interface LineRow {
  readonly id: string;
  readonly account_id: AccountId;
  readonly kind: string;
  readonly scope_id: string | null;
  /** As the scope is called now; null where it is gone. */
  readonly scope_title: string | null;
  readonly actor_user: UserId | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly created_at: Date;
}

/** Which lines, from which place in their order on. */
export interface FeedQuery {
  /** One kind (`scope.created`), or all of a subject (`scope`). */
  readonly kind: string | undefined;
  readonly actor: string | undefined;
  readonly after: TimePosition | undefined;
  readonly limit: number;
}

const LINE = `a.id, a.account_id, a.kind, a.scope_id,
  (select s.title from orbit.scopes s where s.account_id = a.account_id and s.id = a.scope_id and s.deleted_at is null) as scope_title,
  a.actor_user, a.data, a.created_at, ${microsecondsOf('a.created_at')} as at`;
const ORDER = 'order by a.created_at desc, a.id desc';

function feedConditions({ kind, actor, after }: FeedQuery, put: Put): string[] {
  return [
    ...(kind === undefined
      ? []
      : [kind.includes('.') ? `a.kind = ${put(kind)}` : `starts_with(a.kind, ${put(`${kind}.`)})`]),
    ...(actor === undefined ? [] : [`a.actor_user = ${put(actor)}`]),
    ...(after === undefined
      ? []
      : [`(a.created_at, a.id) < (${instantOf(put(after.at))}, ${put(after.id)}::uuid)`]),
  ];
}

/** Changes of a scope. */
export function scopeFeed(
  { accountId, scopeId }: ScopeKey,
  query: FeedQuery,
): Statement<LineRow & TimePosition> {
  const { values, put } = valuesOf(accountId, scopeId, query.limit);
  const conditions = ['a.account_id = $1', 'a.scope_id = $2', ...feedConditions(query, put)];
  return statement<LineRow & TimePosition>(
    `select ${LINE} from orbit.activities a where ${conditions.join(' and ')} ${ORDER} limit $3`,
    values,
  );
}

/** Whose feed: of all workspaces that a user is a member of, or of one of them. */
export interface FeedOf {
  readonly userId: UserId;
  /** The only workspace that it is of. */
  readonly only: string | undefined;
}

/**
 * Changes in a user's workspaces, as their memberships are at this instant: a page of each is read by its own index, and
 * a page of all of these is answered. For the system's scope.
 */
export function userFeed({ userId, only }: FeedOf, query: FeedQuery): Statement<LineRow & TimePosition> {
  const { values, put } = valuesOf(userId, only ?? null, query.limit);
  const conditions = ['a.account_id = m.account_id', ...feedConditions(query, put)];
  return statement<LineRow & TimePosition>(
    `select ${LINE} from accounts.members m
     join accounts.accounts w on w.account_id = m.account_id and w.kind = 'organization' and w.deleted_at is null
     cross join lateral (
       select * from orbit.activities a where ${conditions.join(' and ')} ${ORDER} limit $3) a
     where m.user_id = $1 and ($2::uuid is null or m.account_id = $2) ${ORDER} limit $3`,
    values,
  );
}

/** Whether a user is a member of a workspace at this instant. For the system's scope. */
export const isMember = (userId: UserId, accountId: string) =>
  statement<{ role: string }>(
    `select m.role from accounts.members m join accounts.accounts w on w.account_id = m.account_id
     where m.user_id = $1 and m.account_id = $2 and w.kind = 'organization' and w.deleted_at is null`,
    [userId, accountId],
  );
