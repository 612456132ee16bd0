import { statement } from '#platform/db';
import type { UserId } from '#platform/kernel';

/** A session that nobody refreshes for this long is over. */
const IDLE = `interval '30 days'`;
/** Two tabs that refresh at once both get along; whoever comes later with a rotated token has stolen it, or was stolen from. */
const GRACE = `interval '10 seconds'`;
/** More tabs than this don't come at once. */
const GRACE_TOKENS = 20;

export const insertSession = (session: {
  userId: UserId;
  sessionId: string;
  method: string;
  ip: string;
  userAgent: string;
}) =>
  statement(
    `insert into identity.sessions (user_id, id, method, ip, user_agent, expires_at)
     values ($1, $2, $3, $4, $5, app.now() + ${IDLE})`,
    [session.userId, session.sessionId, session.method, session.ip, session.userAgent.slice(0, 300)],
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

/** Locks a session, so that its tokens are rotated one after the other; none when it is ended or over. */
export const lockSession = (userId: UserId, sessionId: string) =>
  statement<{ id: string }>(
    `select id from identity.sessions
     where user_id = $1 and id = $2 and revoked_at is null and expires_at > app.now() for no key update`,
    [userId, sessionId],
  );

/** How a refresh token stands; read after the lock, so that no other refresh is between. */
export const tokenState = (token: { userId: UserId; sessionId: string; tokenHash: string }) =>
  statement<{ state: 'fresh' | 'in_grace' | 'reused' | 'expired' }>(
    `select case
       when t.expires_at <= app.now() then 'expired'
       when t.rotated_at is null then 'fresh'
       when t.rotated_at > app.now() - ${GRACE} and (
         select count(*) from identity.refresh_tokens s
         where s.user_id = t.user_id and s.session_id = t.session_id and s.created_at >= t.rotated_at
       ) < ${GRACE_TOKENS} then 'in_grace'
       else 'reused' end as state
     from identity.refresh_tokens t where t.user_id = $1 and t.session_id = $2 and t.token_hash = $3`,
    [token.userId, token.sessionId, token.tokenHash],
  );

/** Marks a token as used up (the first time alone counts) and its session as used; drops what is long over. */
export const rotate = (token: { userId: UserId; sessionId: string; tokenHash: string }) =>
  [
    statement(
      `update identity.refresh_tokens set rotated_at = coalesce(rotated_at, app.now())
       where user_id = $1 and session_id = $2 and token_hash = $3`,
      [token.userId, token.sessionId, token.tokenHash],
    ),
    statement(
      `update identity.sessions set last_used_at = app.now(), updated_at = app.now(), expires_at = app.now() + ${IDLE}
       where user_id = $1 and id = $2`,
      [token.userId, token.sessionId],
    ),
    statement(
      'delete from identity.refresh_tokens where user_id = $1 and session_id = $2 and expires_at <= app.now()',
      [token.userId, token.sessionId],
    ),
  ] as const;

/** The session, if its user proved lately who they are: what is asked for in it is not asked by whoever found it open. */
export const freshSession = (userId: UserId, sessionId: string) =>
  statement<{ id: string }>(
    `select id from identity.sessions where user_id = $1 and id = $2 and proven_at > app.now() - interval '15 minutes'`,
    [userId, sessionId],
  );

/** Ends one session. Rows come back where it was not ended before. */
export const endSession = (userId: UserId, sessionId: string, reason: string) =>
  statement<{ id: string }>(
    `update identity.sessions set revoked_at = app.now(), revoked_for = $3, updated_at = app.now()
     where user_id = $1 and id = $2 and revoked_at is null returning id`,
    [userId, sessionId, reason],
  );

/** Ends all sessions of a user. */
export const endSessions = (userId: UserId, reason: string) =>
  statement<{ id: string }>(
    `update identity.sessions set revoked_at = app.now(), revoked_for = $2, updated_at = app.now()
     where user_id = $1 and revoked_at is null returning id`,
    [userId, reason],
  );

export interface SessionRow {
  id: string;
  ip: string;
  user_agent: string;
  created_at: Date;
  last_used_at: Date;
}

/** Sessions that still stand, newest first, from a place in that order on. */
export const listSessions = (userId: UserId, after: string | undefined, limit: number) =>
  statement<SessionRow>(
    `select id, ip, user_agent, created_at, last_used_at from identity.sessions
     where user_id = $1 and revoked_at is null and expires_at > app.now() and ($2::uuid is null or id < $2)
     order by id desc limit $3`,
    [userId, after ?? null, limit],
  );
