import { type Audit, type Whence } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import { type Caller, type Page, page } from '#platform/http';
import { AppError, type Ids, type Random, randomToken, sha256, type UserId } from '#platform/kernel';
import type { AccessTokens } from './access-tokens.ts';
import type { Callers } from './callers.ts';
import type { Passwords } from './passwords.ts';
import {
  endSession,
  endSessions,
  insertRefreshToken,
  insertSession,
  listSessions,
  lockSession,
  rotate,
  sessionOfToken,
  tokenState,
} from './session-store.ts';
import { type CredentialRow, lockUser, rehash, userByEmail, userById } from './store.ts';

const LOGIN = commitPoint(
  'identity.login',
  'a session and its first refresh token, or the record of a failed log-in',
);
const REFRESH = commitPoint(
  'identity.refresh',
  'a rotated refresh token and its successor, or the end of their family',
);
const LOGOUT = commitPoint('identity.logout', 'the end of one session or of all of a user');

const REFRESH_PREFIX = 'plr_';

/** What a client holds after a log-in; `expires_at` is the access token's end in Unix seconds. */
export interface AuthTokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_at: number;
}

export interface SessionsParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly random: Random;
  readonly audit: Audit;
  readonly tokens: AccessTokens;
  readonly callers: Callers;
  readonly passwords: Passwords;
  readonly emailVerification: 'off' | 'soft' | 'required';
}

/** Log-ins and what keeps them alive. */
export interface Sessions {
  /** Throws `invalid_credentials` for a wrong password and for an unknown email alike, and as slowly. */
  login(input: { readonly email: string; readonly password: string }, whence: Whence): Promise<AuthTokens>;
  /** A new pair for a refresh token, which is used up by it. Coming back with a used one ends the session. */
  refresh(refreshToken: string, whence: Whence): Promise<AuthTokens>;
  /** Ends the caller's own session. */
  logout(caller: Caller, whence: Whence): Promise<void>;
  /** Ends all sessions of the caller. */
  logoutAll(caller: Caller, whence: Whence): Promise<void>;
  /** Ends one of the caller's sessions, on whichever device; `not_found` when it is none of theirs. */
  end(caller: Caller, sessionId: string, whence: Whence): Promise<void>;
  list(
    caller: Caller,
    query: { readonly after: string | undefined; readonly limit: number },
  ): Promise<Page<SessionView>>;
}

export interface SessionView {
  readonly id: string;
  readonly ip: string;
  readonly user_agent: string;
  readonly created_at: string;
  readonly last_used_at: string;
  /** Whether it is the one that asks. */
  readonly current: boolean;
}

export function createSessions(parts: SessionsParts): Sessions {
  return {
    login: (input, whence) => login(parts, input, whence),
    refresh: (refreshToken, whence) => refresh(parts, refreshToken, whence),
    async logout(caller, whence) {
      if (caller.sessionId === undefined) throw new AppError('forbidden');
      await end(parts, { userId: caller.userId, sessionId: caller.sessionId, whence });
    },
    async end(caller, sessionId, whence) {
      const ended = await end(parts, { userId: caller.userId, sessionId, whence });
      if (!ended) throw new AppError('not_found');
    },
    async logoutAll({ userId }, whence) {
      await parts.db.user(userId, LOGOUT, async (tx) => {
        const ended = await tx.run(endSessions(userId, 'logout_all'));
        const changes = { sessions: ended.length };
        await parts.audit.recordIn(tx, {
          action: 'session.all_ended',
          actor: { kind: 'user', userId },
          changes,
          whence,
        });
      });
      parts.callers.forget(userId);
    },
    async list({ userId, sessionId }, { after, limit }) {
      const [rows] = await parts.db.user(userId, [listSessions(userId, after, limit + 1)]);
      return page(rows, limit, {
        item: ({ id, ip, user_agent, created_at, last_used_at }) => ({
          id,
          ip,
          user_agent,
          created_at: created_at.toISOString(),
          last_used_at: last_used_at.toISOString(),
          current: id === sessionId,
        }),
        position: ({ id }) => [id],
      });
    },
  };
}

async function login(
  parts: SessionsParts,
  { email, password }: { readonly email: string; readonly password: string },
  whence: Whence,
): Promise<AuthTokens> {
  const { db, passwords } = parts;
  const [[user]] = await db.system('identity.credentials', [userByEmail(email)]);
  const matches = await passwords.matches(password, user?.password_hash);
  if (user === undefined || !matches) return refuseLogin(parts, user, whence);
  assertMayEnter(user, parts.emailVerification);
  const outdated = user.password_hash !== null && passwords.isOutdated(user.password_hash);
  const stronger = outdated ? await passwords.hash(password) : undefined;

  const opened = await db.system('identity.credentials', LOGIN, async (tx) => {
    const [now] = await tx.run(lockUser(user.user_id));
    // Suspended, or given another password, while the old one was hashed.
    if (now === undefined || now.password_version !== user.password_version)
      throw new AppError('invalid_credentials');
    assertMayEnter(now, parts.emailVerification);
    if (stronger !== undefined && now.password_hash !== null) {
      await tx.run(rehash(now.user_id, { before: now.password_hash, after: stronger }));
    }
    return openSession(parts, tx, { user: now, whence });
  });
  return authTokens(parts, user, opened);
}

/** The answer for a wrong password and an unknown email. Both write a row, so that the time tells nothing either. */
async function refuseLogin(
  parts: SessionsParts,
  user: CredentialRow | undefined,
  whence: Whence,
): Promise<never> {
  await parts.db.system('identity.credentials', LOGIN, (tx) =>
    parts.audit.recordIn(tx, {
      action: 'session.refused',
      actor: { kind: 'system' },
      ...(user === undefined ? {} : { target: { kind: 'user', id: user.user_id } }),
      whence,
    }),
  );
  throw new AppError('invalid_credentials');
}

/** What may stand in a user's way is told to those alone who know the password. */
function assertMayEnter(user: CredentialRow, emailVerification: SessionsParts['emailVerification']): void {
  if (user.status !== 'active') throw new AppError('user_suspended');
  assertVerified(user, emailVerification);
}

/** `soft` gives a week from the registration on; `off` never asks. */
function assertVerified(user: CredentialRow, emailVerification: SessionsParts['emailVerification']): void {
  if (user.email_verified || emailVerification === 'off') return;
  if (emailVerification === 'required' || user.is_overdue) throw new AppError('email_not_verified');
}

interface Opened {
  readonly sessionId: string;
  readonly refreshToken: string;
}

async function openSession(
  { ids, random, audit }: SessionsParts,
  tx: Transaction,
  { user, whence }: { readonly user: CredentialRow; readonly whence: Whence },
): Promise<Opened> {
  const { user_id: userId } = user;
  const sessionId = ids.next();
  const refreshToken = randomToken(random, REFRESH_PREFIX);
  await tx.runAll([
    insertSession({ userId, sessionId, ip: whence.ip, userAgent: whence.userAgent }),
    insertRefreshToken(userId, sessionId, sha256(refreshToken)),
  ]);
  const target = { kind: 'session', id: sessionId };
  await audit.recordIn(tx, { action: 'session.opened', actor: { kind: 'user', userId }, target, whence });
  return { sessionId, refreshToken };
}

async function refresh(parts: SessionsParts, refreshToken: string, whence: Whence): Promise<AuthTokens> {
  const { db, random, audit } = parts;
  const tokenHash = sha256(refreshToken);
  const [[found]] = await db.system('identity.credentials', [sessionOfToken(tokenHash)]);
  if (found === undefined) throw over();
  const token = { userId: found.user_id, sessionId: found.session_id, tokenHash };
  const next = randomToken(random, REFRESH_PREFIX);

  const outcome = await db.system('identity.credentials', REFRESH, async (tx) => {
    // The family's lock: of two refreshes at once the second sees what the first did.
    const [[session], [how], [user]] = await tx.runAll([
      lockSession(token.userId, token.sessionId),
      tokenState(token),
      // Not locked: whoever suspends a user locks first the user, then the sessions, and finds this one then.
      userById(token.userId),
    ]);
    if (session === undefined || user?.status !== 'active' || how === undefined) return 'over';
    if (how.state === 'expired') return 'over';
    if (how.state === 'reused') {
      await tx.run(endSession(token.userId, token.sessionId, 'reuse'));
      const target = { kind: 'session', id: token.sessionId };
      await audit.recordIn(tx, {
        action: 'session.reuse_detected',
        actor: { kind: 'system' },
        target,
        whence,
      });
      return 'reused';
    }
    assertVerified(user, parts.emailVerification);
    await tx.runAll([...rotate(token), insertRefreshToken(token.userId, token.sessionId, sha256(next))]);
    return user;
  });
  if (outcome === 'reused') parts.callers.forget(token.sessionId);
  if (typeof outcome === 'string') throw over();
  return authTokens(parts, outcome, { sessionId: token.sessionId, refreshToken: next });
}

/** One answer for whatever is wrong with a refresh token. */
function over(): AppError {
  return new AppError('unauthenticated', { message: 'This session is over. Sign in again.' });
}

async function end(
  { db, audit, callers }: SessionsParts,
  {
    userId,
    sessionId,
    whence,
  }: { readonly userId: UserId; readonly sessionId: string; readonly whence: Whence },
): Promise<boolean> {
  const ended = await db.user(userId, LOGOUT, async (tx) => {
    const rows = await tx.run(endSession(userId, sessionId, 'logout'));
    if (rows.length === 0) return false;
    const target = { kind: 'session', id: sessionId };
    await audit.recordIn(tx, { action: 'session.ended', actor: { kind: 'user', userId }, target, whence });
    return true;
  });
  callers.forget(sessionId);
  return ended;
}

async function authTokens(
  { tokens }: SessionsParts,
  user: CredentialRow,
  opened: Opened,
): Promise<AuthTokens> {
  const { token, expiresAt } = await tokens.sign({
    userId: user.user_id,
    sessionId: opened.sessionId,
    role: user.role,
    accountId: user.default_account_id,
  });
  return { access_token: token, refresh_token: opened.refreshToken, expires_at: expiresAt };
}
