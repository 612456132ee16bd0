import { actorOf, type RequestOrigin } from '#platform/audit';
import { commitPoint, type Transaction } from '#platform/db';
import type { Caller } from '#platform/http';
import { AppError, type Clock, sha256, type UserId } from '#platform/kernel';
import { type Mail, mailTimeNow } from '#platform/mail';
import type { Callers } from '../callers/callers.ts';
import {
  type EmailKind,
  emailToken,
  endEmailTokens,
  setPassword,
  useEmailToken,
} from '../email/email-store.ts';
import { wrongLink } from '../guessing/guessing.ts';
import { tellUnlinked } from '../federation/identities.ts';
import { unlinkStrangers } from '../federation/identity-store.ts';
import { endCodes } from '../federation/state-store.ts';
import { revokeKeysOf } from '../keys/key-store.ts';
import { deleteFactors } from '../mfa/delete-factors.ts';
import type { PasswordRules } from './password-rules.ts';
import { lockedUser, proven, type ProofParts } from '../sessions/proof.ts';
import { endSessions } from '../sessions/session-store.ts';
import type { CredentialRow } from '../users/user-store.ts';

const PASSWORD = commitPoint(
  'identity.password-set',
  'a new password, the end of all sessions and links, and the mail that says so',
);

const RESETTING: readonly EmailKind[] = ['reset_password'];

export interface NewPasswordsParts extends ProofParts {
  readonly clock: Clock;
  readonly rules: PasswordRules;
  readonly callers: Callers;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
}

/** The two ways to a new password; each ends every session. */
export interface NewPasswords {
  /** Uses up the link of a mail. Throws `link_invalid`, `validation_failed` for a weak password. */
  reset(input: { readonly token: string; readonly password: string }, origin: RequestOrigin): Promise<void>;
  /** For users who know the old one. Throws `wrong_password`, `validation_failed` for a weak new one. */
  change(
    caller: Caller,
    change: { readonly password: string; readonly newPassword: string },
    origin: RequestOrigin,
  ): Promise<void>;
}

export function createNewPasswords(parts: NewPasswordsParts): NewPasswords {
  return {
    reset: (input, origin) => reset(parts, input, origin),
    async change(caller, { password, newPassword }, origin) {
      const user = await proven(parts, { caller, password, origin });
      await parts.rules.assertStrong(newPassword, user.email, 'new_password');
      const hash = await parts.passwords.hash(newPassword);
      await parts.db.system('identity.credentials', PASSWORD, async (tx) => {
        const now = await lockedUser(tx, user.user_id);
        // Changed by another while this one was hashed: what was proven is the old one.
        if (now?.password_version !== user.password_version) throw new AppError('wrong_password');
        const action = 'user.password_changed';
        await passwordSet(parts, tx, { user: now, hash, action, actor: actorOf(caller), origin });
      });
      afterCommit(parts, user.user_id);
    },
  };
}

async function reset(
  parts: NewPasswordsParts,
  { token, password }: { readonly token: string; readonly password: string },
  origin: RequestOrigin,
): Promise<void> {
  const tokenHash = sha256(token);
  const { db } = parts;
  // Looked up before anything is hashed: made-up links cost no more than that.
  const [[found]] = await db.system('identity.credentials', [emailToken(tokenHash, RESETTING)]);
  if (found === undefined) throw await wrongLink(parts.guessing, origin.ip);
  await parts.rules.assertStrong(password, found.email);
  const hash = await parts.passwords.hash(password);
  await db.system('identity.credentials', PASSWORD, async (tx) => {
    const user = await lockedUser(tx, found.user_id);
    const [used] = await tx.run(useEmailToken(tokenHash, RESETTING));
    if (used === undefined || user === undefined) throw new AppError('link_invalid');
    const actor = { kind: 'user', userId: user.user_id } as const;
    await passwordSet(parts, tx, { user, hash, action: 'user.password_reset', actor, origin });
  });
  afterCommit(parts, found.user_id);
  await parts.guessing.forget(found.email, origin.ip);
}

interface NewPassword {
  readonly user: CredentialRow;
  readonly hash: string;
  readonly action: 'user.password_reset' | 'user.password_changed';
  readonly actor: ReturnType<typeof actorOf>;
  readonly origin: RequestOrigin;
}

/** People who got in by the old password are out: their sessions end, and the links that they asked for. */
async function passwordSet(
  parts: NewPasswordsParts,
  tx: Transaction,
  { user, hash, action, actor, origin }: NewPassword,
): Promise<void> {
  const { audit, mail, clock } = parts;
  const { user_id: userId } = user;
  const isReset = action === 'user.password_reset';
  const isFirstProof = isReset && !user.email_verified;
  await tx.runAll([
    // The person who signed up with this address before was perhaps not its owner, and left keys and passkeys to come back by.
    ...(isFirstProof ? [revokeKeysOf(userId), ...deleteFactors(userId)] : []),
    setPassword(userId, hash, isReset),
    endSessions(userId, 'new_password'),
    endEmailTokens(userId),
    endCodes(userId),
  ]);
  const strangers = isReset ? await tx.run(unlinkStrangers(userId)) : [];
  for (const { provider } of strangers) await tellUnlinked(parts, tx, { user, provider, actor, origin });
  await audit.recordIn(tx, { action, actor, target: { kind: 'user', id: userId }, origin });
  await tx.runAll(
    mail.sending({
      to: user.email,
      template: 'password_changed',
      facts: { at: mailTimeNow(clock) },
      userId,
      requestId: origin.requestId,
    }),
  );
}

/** After the commit: every node forgets who was signed in. */
function afterCommit({ callers, mail }: NewPasswordsParts, userId: UserId): void {
  callers.forget(userId);
  mail.wake();
}
