import { deleteUnheld, statement } from '#platform/db';
import type { UserId } from '#platform/kernel';
import type { Method } from './sign-in-replies.ts';

/** A session that is not refreshed for this long is over, and so is one that is older than the settings allow. */
const IDLE = `interval '30 days'`;
/** Kept this long after it is over, so that its device and its address are known again. */
const KEPT = `interval '90 days'`;
/** Two tabs that refresh at once both succeed; a later use of a rotated token is a theft. */
const GRACE = `interval '10 seconds'`;
/**
 * So many refreshes of a session at once, and one more a minute: at most 120 in an hour, each a row that is kept for 30 days.
 * An access token lasts for ten minutes.
 */
const MOST_REFRESHES = 60;
const REMEMBERED = `interval '1 minute'`;

/**
 * How long a session lasts at most. One that single sign-on has opened a day: a user whom the provider no longer knows is
 * outside by then.
 */
const lifetime = (days: string, method: string) =>
  `case ${method} when 'sso' then least(interval '1 day', make_interval(days => ${days})) else make_interval(days => ${days}) end`;

export interface NewSession {
  readonly userId: UserId;
  readonly sessionId: string;
  readonly method: string;
  readonly ip: string;
  readonly ipBlock: string;
  readonly userAgent: string;
  readonly device: string;
  readonly deviceName: string | undefined;
  readonly lifetimeDays: number;
}

export const insertSession = (session: NewSession) =>
  statement(
    `insert into identity.sessions (user_id, id, method, ip, ip_block, user_agent, device, device_name, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, app.now() + least(${IDLE}, ${lifetime('$9', '$3')}))`,
    [
      session.userId,
      session.sessionId,
      session.method,
      session.ip,
      session.ipBlock,
      session.userAgent.slice(0, 300),
      session.device,
      session.deviceName ?? null,
      session.lifetimeDays,
    ],
  );

/** A session that its user left as it was, or signed out of there: who has a refresh token of it is at that device. */
const TRUSTED = `(s.revoked_at is null or s.revoked_for = 'logout')`;
/** SQL for the trusted session of a user that a refresh token is of. */
export const deviceOf = (user: string, tokenHash: string) =>
  `(select s.id from identity.refresh_tokens t join identity.sessions s on s.user_id = t.user_id and s.id = t.session_id
    where t.token_hash = ${tokenHash} and t.user_id = ${user} and ${TRUSTED} limit 1)`;

/** Whether the user of an email was seen before where a log-in comes from. False for an unknown email. */
export const placeOf = (email: string, at: { ipBlock: string; tokenHash: string | undefined }) =>
  statement<{ device: string | null; is_known: boolean }>(
    `select ${deviceOf('u.user_id', '$3')} as device, exists (
       select from identity.sessions s where s.user_id = u.user_id and s.ip_block = $2 and s.revoked_for is distinct from 'reuse'
     ) as is_known
     from identity.users u where lower(u.email) = lower($1)`,
    [email, at.ipBlock, at.tokenHash ?? null],
  );

/** Whether a session would be the first of its user, or of a device and address that they had none on yet. */
export const isNewDevice = (
  userId: UserId,
  at: { device: string; ipBlock: string; tokenHash: string | undefined },
) =>
  statement<{ is_first: boolean; is_new: boolean }>(
    `select not exists (select from identity.sessions s where s.user_id = $1) as is_first,
       ${deviceOf('$1', '$4')} is null and not exists (
         select from identity.sessions s
         where s.user_id = $1 and s.ip_block = $3 and s.device = $2 and s.revoked_for is distinct from 'reuse') as is_new`,
    [userId, at.device, at.ipBlock, at.tokenHash ?? null],
  );

export const insertRefreshToken = (userId: UserId, sessionId: string, tokenHash: string) =>
  statement(
    `insert into identity.refresh_tokens (user_id, session_id, token_hash, expires_at)
     values ($1, $2, $3, app.now() + ${IDLE})`,
    [userId, sessionId, tokenHash],
  );

export const sessionOfToken = (tokenHash: string) =>
  statement<{ user_id: UserId; session_id: string }>(
    'select user_id, session_id from identity.refresh_tokens where token_hash = $1',
    [tokenHash],
  );

export interface SessionToRefresh {
  id: string;
  device: string;
  method: Method;
  /** How long until it may be refreshed again; 0: now. */
  wait_seconds: number;
}

/** Locks a session, so that its tokens are rotated one after the other; none when it is ended or over. */
export const lockSession = (userId: UserId, sessionId: string, lifetimeDays: number) =>
  statement<SessionToRefresh>(
    `select id, device, method, greatest(0, ceil(extract(epoch from
       refreshes_forgotten_at - app.now() - ${MOST_REFRESHES - 1} * ${REMEMBERED})))::int as wait_seconds
     from identity.sessions
     where user_id = $1 and id = $2 and created_at > app.now() - (${lifetime('$3', 'method')})
       and revoked_at is null and expires_at > app.now() for no key update`,
    [userId, sessionId, lifetimeDays],
  );

/** How a refresh token stands; read after the lock, so that no other refresh is between. */
export const tokenState = (token: { userId: UserId; sessionId: string; tokenHash: string }) =>
  statement<{ state: 'fresh' | 'in_grace' | 'reused' | 'expired' }>(
    `select case
       when t.expires_at <= app.now() then 'expired'
       when t.rotated_at is null then 'fresh'
       when t.rotated_at > app.now() - ${GRACE} then 'in_grace'
       else 'reused' end as state
     from identity.refresh_tokens t where t.user_id = $1 and t.session_id = $2 and t.token_hash = $3`,
    [token.userId, token.sessionId, token.tokenHash],
  );

export interface RotatedRow {
  token_hash: string;
  successor_hash: string;
  rotated_from: string;
}

/** Tokens that were rotated in a session within the grace. */
export const rotatedLately = (userId: UserId, sessionId: string) =>
  statement<RotatedRow>(
    `select token_hash, successor_hash, rotated_from from identity.refresh_tokens
     where user_id = $1 and session_id = $2 and rotated_at > app.now() - ${GRACE}
       and successor_hash is not null and rotated_from is not null`,
    [userId, sessionId],
  );

export interface Rotation {
  readonly userId: UserId;
  readonly sessionId: string;
  readonly tokenHash: string;
  readonly successorHash: string;
  readonly ipBlock: string;
}

/** Puts its successor in the place of a token, and marks its session as used; drops what is long over. */
export const rotate = (token: Rotation, lifetimeDays: number) =>
  [
    statement(
      `update identity.refresh_tokens set rotated_at = app.now(), rotated_from = $4, successor_hash = $5
       where user_id = $1 and session_id = $2 and token_hash = $3`,
      [token.userId, token.sessionId, token.tokenHash, token.ipBlock, token.successorHash],
    ),
    insertRefreshToken(token.userId, token.sessionId, token.successorHash),
    statement(
      `update identity.sessions set last_used_at = app.now(), updated_at = app.now(),
         refreshes_forgotten_at = greatest(refreshes_forgotten_at, app.now()) + ${REMEMBERED},
         expires_at = least(app.now() + ${IDLE}, created_at + ${lifetime('$3', 'method')})
       where user_id = $1 and id = $2`,
      [token.userId, token.sessionId, lifetimeDays],
    ),
    statement(
      'delete from identity.refresh_tokens where user_id = $1 and session_id = $2 and expires_at <= app.now()',
      [token.userId, token.sessionId],
    ),
  ] as const;

/** The session, if its user proved lately who they are: then no intruder who found it open is asking. */
export const freshSession = (userId: UserId, sessionId: string) =>
  statement<{ id: string }>(
    `select id from identity.sessions
     where user_id = $1 and id = $2 and revoked_at is null and proven_at > app.now() - interval '15 minutes'`,
    [userId, sessionId],
  );

/** Notes that the user of a session has proven who they are. */
export const markProven = (userId: UserId, sessionId: string) =>
  statement(
    `update identity.sessions set proven_at = app.now(), updated_at = app.now()
     where user_id = $1 and id = $2 and revoked_at is null`,
    [userId, sessionId],
  );

/** Ends one session. Rows come back where it was not ended before. */
export const endSession = (userId: UserId, sessionId: string, reason: string) =>
  statement<{ id: string }>(
    `update identity.sessions set revoked_at = app.now(), revoked_for = $3, updated_at = app.now()
     where user_id = $1 and id = $2 and revoked_at is null returning id`,
    [userId, sessionId, reason],
  );

/** Deletes all sessions of a user, with what they told of where the user was. */
export const deleteSessions = (userId: UserId) =>
  statement('delete from identity.sessions where user_id = $1', [userId]);

/** Ends all sessions of a user. */
export const endSessions = (userId: UserId, reason: string) =>
  statement<{ id: string }>(
    `update identity.sessions set revoked_at = app.now(), revoked_for = $2, updated_at = app.now()
     where user_id = $1 and revoked_at is null returning id`,
    [userId, reason],
  );

export interface SessionRow {
  id: string;
  name: string;
  ip: string;
  user_agent: string;
  created_at: Date;
  last_used_at: Date;
}

/** Sessions that still stand, newest first, from a place in that order on. */
export const listSessions = (userId: UserId, after: string | undefined, limit: number) =>
  statement<SessionRow>(
    `select id, coalesce(device_name, device) as name, ip, user_agent, created_at, last_used_at from identity.sessions
     where user_id = $1 and revoked_at is null and expires_at > app.now() and ($2::uuid is null or id < $2)
     order by id desc limit $3`,
    [userId, after ?? null, limit],
  );

/** Deletes sessions that were over long ago, so many at most; the newest of a user stays, so that none seems to be their first. */
export const pruneSessions = (most: number) =>
  statement<{ deleted: number }>(
    `with gone as (
       ${deleteUnheld(
         'identity.sessions',
         `least(expires_at, revoked_at) < app.now() - ${KEPT}
           and exists (select from identity.sessions n where n.user_id = sessions.user_id and n.id > sessions.id) limit $1`,
       )} returning 1
     )
     select count(*)::int as deleted from gone`,
    [most],
  );
