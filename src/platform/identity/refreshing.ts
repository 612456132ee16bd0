import type { Whence } from '#platform/audit';
import { commitPoint, type Transaction } from '#platform/db';
import { AppError, sha256 } from '#platform/kernel';
import type { Callers } from './callers.ts';
import {
  assertVerified,
  type AuthTokens,
  authTokens,
  type EnteringParts,
  newRefreshToken,
  type SignInRule,
} from './entering.ts';
import { saidAt } from './proof.ts';
import {
  endSession,
  insertRefreshToken,
  lockSession,
  rotate,
  sessionOfToken,
  tokenState,
} from './session-store.ts';
import { type CredentialRow, userById } from './store.ts';

const REFRESH = commitPoint(
  'identity.refresh',
  'a rotated refresh token and its successor, or the end of their family',
);

export interface RefreshingParts extends EnteringParts {
  readonly callers: Callers;
}

/** A new pair for a refresh token, which is used up by it. Coming back with a used one ends the session. */
export async function refresh(
  parts: RefreshingParts,
  refreshToken: string,
  whence: Whence,
): Promise<AuthTokens> {
  const { db, random } = parts;
  const tokenHash = sha256(refreshToken);
  const [[found]] = await db.system('identity.credentials', [sessionOfToken(tokenHash)]);
  if (found === undefined) throw over();
  const token = { userId: found.user_id, sessionId: found.session_id, tokenHash };
  const next = newRefreshToken(random);

  const outcome = await db.system('identity.credentials', REFRESH, async (tx) => {
    // The family's lock: of two refreshes at once the second sees what the first did.
    const [[session], [how], [user]] = await tx.runAll([
      lockSession(token.userId, token.sessionId, parts.sessionDays),
      tokenState(token),
      // Not locked: whoever suspends a user locks first the user, then the sessions, and finds this one then.
      userById(token.userId),
    ]);
    if (session === undefined || user?.status !== 'active' || how === undefined) return 'over';
    if (how.state === 'expired') return 'over';
    if (how.state === 'reused') {
      await replayed(parts, tx, { user, session, whence });
      return 'reused';
    }
    assertVerified(user, parts.emailVerification);
    if (!(await mayGoOn(parts, tx, { userId: token.userId, method: session.method, whence }))) return 'over';
    await tx.runAll([
      ...rotate(token, parts.sessionDays),
      insertRefreshToken(token.userId, token.sessionId, sha256(next)),
    ]);
    return user;
  });
  if (outcome === 'reused') {
    parts.callers.forget(token.sessionId);
    parts.mail.wake();
  }
  if (typeof outcome === 'string') throw over();
  return authTokens(parts, outcome, { sessionId: token.sessionId, refreshToken: next });
}

/** What binds the user by now counts, also when they signed in before it did. */
async function mayGoOn(
  { signInRule }: RefreshingParts,
  tx: Transaction,
  entrant: Omit<Parameters<SignInRule>[1], 'opens'>,
): Promise<boolean> {
  try {
    await signInRule?.(tx, { ...entrant, opens: false });
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

/** Whoever came second with a token has stolen it, or was stolen from: nobody can tell, so the session ends for both. */
async function replayed(
  { audit, mail, clock }: RefreshingParts,
  tx: Transaction,
  { user, session, whence }: Replay,
): Promise<void> {
  const { user_id: userId } = user;
  await tx.run(endSession(userId, session.id, 'reuse'));
  await audit.recordIn(tx, {
    action: 'session.reuse_detected',
    actor: { kind: 'system' },
    target: { kind: 'user', id: userId },
    changes: { session: session.id },
    whence,
  });
  const facts = { device: session.device, at: saidAt(clock) };
  const { requestId } = whence;
  await tx.runAll(mail.sending({ to: user.email, template: 'session_replayed', facts, userId, requestId }));
}

interface Replay {
  readonly user: CredentialRow;
  readonly session: { readonly id: string; readonly device: string };
  readonly whence: Whence;
}

/** One answer for whatever is wrong with a refresh token. */
function over(): AppError {
  return new AppError('unauthenticated', { message: 'This session is over. Sign in again.' });
}
