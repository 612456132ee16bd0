import type { Actor, RequestOrigin } from '#platform/audit';
import type { Transaction } from '#platform/db';
import { saidAt } from '../proof.ts';
import type { CredentialRow } from '../store.ts';
import type { MfaParts } from './parts.ts';

/** What is told to a user by mail, by what was done. */
const TOLD = {
  'mfa.totp_added': 'An authenticator app was added.',
  'mfa.totp_replaced': 'Your authenticator app was replaced by another.',
  'mfa.totp_removed': 'Your authenticator app was removed.',
  'mfa.passkey_added': 'A passkey was added.',
  'mfa.passkey_removed': 'A passkey was removed.',
  'mfa.passkey_copied': 'A passkey was refused, because there seems to be a copy of it. Remove it.',
  'mfa.recovery_codes_made': 'New recovery codes were made. Those before are no longer good.',
  'mfa.recovery_code_used': 'One of your recovery codes was used.',
  'mfa.codes_closed':
    'Wrong codes were tried, again and again. Whoever did it knows your password, or holds a device on which you are signed in.',
  'mfa.reset': 'An administrator removed all your second factors, and signed you out on every device.',
} as const;

export interface Told {
  readonly user: CredentialRow;
  readonly action: keyof typeof TOLD;
  readonly actor?: Actor;
  readonly changes?: Readonly<Record<string, unknown>>;
  readonly origin: RequestOrigin;
}

/** Writes down what was done to a user's second factors, and has it told to them; in the commit that does it. */
export async function tell(
  { audit, mail, clock }: Pick<MfaParts, 'audit' | 'mail' | 'clock'>,
  tx: Transaction,
  { user, action, actor, changes, origin }: Told,
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
      facts: { change: TOLD[action], at: saidAt(clock) },
      userId,
      requestId: origin.requestId,
    }),
  );
}
