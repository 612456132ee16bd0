import type { RequestOrigin } from '#platform/audit';
import { mailTimeNow } from '#platform/mail';
import { commitPoint, type Transaction } from '#platform/db';
import { addressBlock } from '#platform/http';
import { AppError, sha256, type UserId } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import type { Callers } from '../callers/callers.ts';
import {
  assertVerified,
  authTokens,
  type SessionOpeningParts,
  REFRESH_PREFIX,
  type SignInRule,
} from './session-opening.ts';
import type { AuthTokens } from './sign-in-replies.ts';
import {
  endSession,
  lockSession,
  rotate,
  rotatedLately,
  sessionOfToken,
  type SessionToRefresh,
  tokenState,
} from './session-store.ts';
import { type CredentialRow, userById } from '../users/user-store.ts';

const REFRESH = commitPoint(
  'identity.refresh',
  'a rotated refresh token and its successor, or the end of their family',
);

export interface RefreshingParts extends SessionOpeningParts {
  readonly callers: Callers;
  readonly secrets: Pick<Secrets, 'derived'>;
}

/** A refresh token that a caller came with, whose session is locked. */
interface PresentedToken {
  readonly userId: UserId;
  readonly sessionId: string;
  readonly tokenHash: string;
  readonly text: string;
  readonly origin: RequestOrigin;
}

/**
 * A new pair for a refresh token, which is used up by it. It has one successor: a second use within the grace gets
 * that one, and a later use ends the session. Throws `refreshed_too_often`.
 */
export async function refresh(
  parts: RefreshingParts,
  refreshToken: string,
  origin: RequestOrigin,
): Promise<AuthTokens> {
  const { db } = parts;
  const tokenHash = sha256(refreshToken);
  const [[found]] = await db.system('identity.credentials', [sessionOfToken(tokenHash)]);
  if (found === undefined) throw sessionOverError();
  const { user_id: userId, session_id: sessionId } = found;
  const token = { userId, sessionId, tokenHash, text: refreshToken, origin };

  const outcome = await db.system('identity.credentials', REFRESH, async (tx) => {
    // The family's lock: of two refreshes at once the second sees what the first did.
    const [[session], [how], [user]] = await tx.runAll([
      lockSession(userId, sessionId, parts.sessionDays),
      tokenState(token),
      // Not locked: a suspension locks the user first, then the sessions, and finds this one then.
      userById(userId),
    ]);
    if (session === undefined || user?.status !== 'active' || how === undefined) return 'over';
    if (how.state === 'expired') return 'over';
    if (how.state === 'reused') {
      await endReplayedSession(parts, tx, { user, session, origin });
      return 'reused';
    }
    assertVerified(user, parts.emailVerification);
    if (!(await mayGoOn(parts, tx, { userId, method: session.method, origin }))) return 'over';
    const next =
      how.state === 'fresh'
        ? await rotateToken(parts, tx, { token, session })
        : await newest(parts, tx, token);
    return next === undefined ? 'over' : { user, next };
  });
  if (outcome === 'reused') {
    parts.callers.forget(sessionId);
    parts.mail.wake();
  }
  if (typeof outcome === 'string') throw sessionOverError();
  return authTokens(parts, outcome.user, { sessionId, refreshToken: outcome.next });
}

/** Successors of a token, by each of our keys: made of the token itself, so that each rests nowhere and is the same each time. */
function successorsOf({ secrets }: RefreshingParts, text: string): string[] {
  return secrets.derived(text, 'refresh token').map((derived) => `${REFRESH_PREFIX}${derived}`);
}

async function rotateToken(
  parts: RefreshingParts,
  tx: Transaction,
  { token, session }: { readonly token: PresentedToken; readonly session: SessionToRefresh },
): Promise<string | undefined> {
  if (session.wait_seconds > 0)
    throw new AppError('refreshed_too_often', { retryAfter: session.wait_seconds });
  const [next] = successorsOf(parts, token.text);
  if (next === undefined) return undefined;
  const ipBlock = addressBlock(token.origin.ip);
  await tx.runAll(rotate({ ...token, successorHash: sha256(next), ipBlock }, parts.sessionDays));
  return next;
}

/**
 * The newest of those that came of a token within the grace. A page and the server that renders it refresh from two addresses,
 * and so does a telephone that leaves a house: it is written down, and not refused. Both hold one token then, and who
 * is second to use that one up ends the session. undefined: its key is gone.
 */
async function newest(
  parts: RefreshingParts,
  tx: Transaction,
  { userId, sessionId, tokenHash, text, origin }: PresentedToken,
): Promise<string | undefined> {
  const rows = await tx.run(rotatedLately(userId, sessionId));
  const after = new Map(rows.map((row) => [row.token_hash, row]));
  if (after.get(tokenHash)?.rotated_from !== addressBlock(origin.ip))
    await parts.audit.recordIn(tx, {
      action: 'session.refreshed_elsewhere',
      actor: { kind: 'user', userId },
      target: { kind: 'session', id: sessionId },
      origin,
    });
  let last = text;
  for (let row = after.get(tokenHash); row !== undefined; row = after.get(sha256(last))) {
    const { successor_hash: hash } = row;
    const next = successorsOf(parts, last).find((one) => sha256(one) === hash);
    if (next === undefined) return undefined;
    last = next;
  }
  return last;
}

/** A rule that binds the user by now counts, also when they signed in before it did. */
async function mayGoOn(
  { signInRule }: RefreshingParts,
  tx: Transaction,
  signIn: Omit<Parameters<SignInRule>[1], 'opens'>,
): Promise<boolean> {
  try {
    await signInRule?.(tx, { ...signIn, opens: false });
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

/** A token that is used twice was stolen, and it is unknown from whom: the session ends for both. */
async function endReplayedSession(
  { audit, mail, clock }: RefreshingParts,
  tx: Transaction,
  { user, session, origin }: Replay,
): Promise<void> {
  const { user_id: userId } = user;
  await tx.run(endSession(userId, session.id, 'reuse'));
  await audit.recordIn(tx, {
    action: 'session.reuse_detected',
    actor: { kind: 'system' },
    target: { kind: 'user', id: userId },
    changes: { session: session.id },
    origin,
  });
  const facts = { device: session.device, at: mailTimeNow(clock) };
  const { requestId } = origin;
  await tx.runAll(mail.sending({ to: user.email, template: 'session_replayed', facts, userId, requestId }));
}

interface Replay {
  readonly user: CredentialRow;
  readonly session: { readonly id: string; readonly device: string };
  readonly origin: RequestOrigin;
}

/** One answer for all that can be wrong with a refresh token. */
function sessionOverError(): AppError {
  return new AppError('unauthenticated', { message: 'This session is over. Sign in again.' });
}
