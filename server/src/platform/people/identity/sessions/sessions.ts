import type { RequestOrigin } from '#platform/audit';
import { commitPoint } from '#platform/db';
import { type Caller, type Page, page } from '#platform/http';
import { AppError, type UserId } from '#platform/kernel';
import type { AuthTokens, SignedIn } from './sign-in-replies.ts';
import { type Login, login, type LoginParts } from './login.ts';
import { refresh, type RefreshingParts } from './refresh.ts';
import { completeSignIn, type ProvenSignIn } from './session-opening.ts';
import { endSession, endSessions, listSessions, pruneSessions } from './session-store.ts';
import { userById } from '../users/user-store.ts';

const PRUNED = commitPoint('identity.sessions-pruned', 'sessions that were over long ago, deleted');
const PRUNE_BATCH = 1_000;
const LOGOUT = commitPoint('identity.logout', 'the end of one session or of all of a user');

export interface SessionsParts extends LoginParts, RefreshingParts {}

/** Log-ins and what keeps them alive. */
export interface Sessions {
  /** Throws `invalid_credentials` for a wrong password and for an unknown email alike, and as slowly. */
  login(input: Login, origin: RequestOrigin): Promise<SignedIn>;
  /** Signs in a user whom a module above has found proven. Throws what `assertMaySignIn` throws. */
  open(proven: ProvenUser, origin: RequestOrigin): Promise<SignedIn>;
  /** A new pair for a refresh token, which is used up by it. Coming back with a used one ends the session. */
  refresh(refreshToken: string, origin: RequestOrigin): Promise<AuthTokens>;
  /** Ends the caller's own session. */
  logout(caller: Caller, origin: RequestOrigin): Promise<void>;
  /** Ends all sessions of the caller. */
  logoutAll(caller: Caller, origin: RequestOrigin): Promise<void>;
  /** Ends one of the caller's sessions, on whichever device; `not_found` when it is none of theirs. */
  end(caller: Caller, sessionId: string, origin: RequestOrigin): Promise<void>;
  list(
    caller: Caller,
    query: { readonly after: string | undefined; readonly limit: number },
  ): Promise<Page<SessionView>>;
  /** Deletes sessions that were over 90 days ago. */
  prune(): Promise<number>;
}

export interface ProvenUser extends Pick<ProvenSignIn, 'method' | 'device'> {
  readonly userId: UserId;
}

export interface SessionView {
  readonly id: string;
  /** Its owner's name for the device, or the one by its user agent. */
  readonly name: string;
  readonly ip: string;
  readonly user_agent: string;
  readonly created_at: string;
  readonly last_used_at: string;
  /** Whether it is the one that asks. */
  readonly current: boolean;
}

export function createSessions(parts: SessionsParts): Sessions {
  return {
    login: (input, origin) => login(parts, input, origin),
    async open({ userId, ...how }, origin) {
      const [[user]] = await parts.db.system('identity.credentials', [userById(userId)]);
      if (user === undefined) throw new AppError('invalid_credentials');
      return completeSignIn(parts, { user, ...how, origin });
    },
    refresh: (refreshToken, origin) => refresh(parts, refreshToken, origin),
    async logout(caller, origin) {
      if (caller.sessionId === undefined) throw new AppError('forbidden');
      await end(parts, { userId: caller.userId, sessionId: caller.sessionId, reason: 'logout', origin });
    },
    async end(caller, sessionId, origin) {
      const ended = await end(parts, { userId: caller.userId, sessionId, reason: 'ended', origin });
      if (!ended) throw new AppError('not_found');
    },
    async logoutAll({ userId }, origin) {
      await parts.db.user(userId, LOGOUT, async (tx) => {
        const ended = await tx.run(endSessions(userId, 'logout_all'));
        const changes = { sessions: ended.length };
        await parts.audit.recordIn(tx, {
          action: 'session.all_ended',
          actor: { kind: 'user', userId },
          changes,
          origin,
        });
      });
      parts.callers.forget(userId);
    },
    async list({ userId, sessionId }, { after, limit }) {
      const [rows] = await parts.db.user(userId, [listSessions(userId, after, limit + 1)]);
      return page(rows, limit, {
        item: ({ id, name, ip, user_agent, created_at, last_used_at }) => ({
          id,
          name,
          ip,
          user_agent,
          created_at: created_at.toISOString(),
          last_used_at: last_used_at.toISOString(),
          current: id === sessionId,
        }),
        position: ({ id }) => [id],
      });
    },
    async prune() {
      for (let total = 0; ; ) {
        const [[row]] = await parts.db.system('identity.prune', PRUNED, [pruneSessions(PRUNE_BATCH)]);
        total += row?.deleted ?? 0;
        if ((row?.deleted ?? 0) < PRUNE_BATCH) return total;
      }
    },
  };
}

async function end(
  { db, audit, callers }: SessionsParts,
  {
    userId,
    sessionId,
    reason,
    origin,
  }: {
    readonly userId: UserId;
    readonly sessionId: string;
    /** `logout`: at that device, which stays known; `ended`: from elsewhere, perhaps because it was lost. */
    readonly reason: 'logout' | 'ended';
    readonly origin: RequestOrigin;
  },
): Promise<boolean> {
  const ended = await db.user(userId, LOGOUT, async (tx) => {
    const rows = await tx.run(endSession(userId, sessionId, reason));
    if (rows.length === 0) return false;
    const target = { kind: 'session', id: sessionId };
    await audit.recordIn(tx, { action: 'session.ended', actor: { kind: 'user', userId }, target, origin });
    return true;
  });
  callers.forget(sessionId);
  return ended;
}
