import type { Actor, RequestOrigin } from '#platform/audit';
import { mailTimeNow } from '#platform/mail';
import type { Transaction } from '#platform/db';
import type { CredentialRow } from '../users/user-store.ts';
import type { MfaParts } from './mfa-parts.ts';

/** Texts of mails to a user, by what was done. */
const MESSAGES = {
  'mfa.totp_added': 'An authenticator app was added.',
  'mfa.totp_replaced': 'Your authenticator app was replaced by another.',
  'mfa.totp_removed': 'Your authenticator app was removed.',
  'mfa.passkey_added': 'A passkey was added.',
  'mfa.passkey_removed': 'A passkey was removed.',
  'mfa.passkey_copied': 'A passkey was refused, because there seems to be a copy of it. Remove it.',
  'mfa.recovery_codes_made': 'New recovery codes were made. Those before are no longer good.',
  'mfa.recovery_code_used': 'One of your recovery codes was used.',
  'mfa.codes_closed':
    'Wrong codes were tried, again and again. The person who tried knows your password, or has a device on which you are signed in.',
  'mfa.reset': 'An administrator removed all your second factors, and signed you out on every device.',
} as const;

export interface FactorNotice {
  readonly user: CredentialRow;
  readonly action: keyof typeof MESSAGES;
  readonly actor?: Actor;
  readonly changes?: Readonly<Record<string, unknown>>;
  readonly origin: RequestOrigin;
}

/** Writes down what was done to a user's second factors, and has it told to them; in the commit that does it. */
export async function notify(
  { audit, mail, clock }: Pick<MfaParts, 'audit' | 'mail' | 'clock'>,
  tx: Transaction,
  { user, action, actor, changes, origin }: FactorNotice,
): Promise<void> {
  const { user_id: userId, email } = user;
  await audit.recordIn(tx, {
    action,
    actor: actor ?? { kind: 'user', userId },
    target: { kind: 'user', id: userId },
    ...(changes === undefined ? {} : { changes }),
    origin,
  });
  await tx.runAll(
    mail.sending({
      to: email,
      template: 'mfa_changed',
      facts: { change: MESSAGES[action], at: mailTimeNow(clock) },
      userId,
      requestId: origin.requestId,
    }),
  );
}
