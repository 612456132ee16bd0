import type { DoneAgain, PastEvent } from '#platform/audit';
import { type Statement, statement } from '#platform/db';
import type { AccountId, KeyId, UserId } from '#platform/kernel';
import { setRole } from './admins/admin-store.ts';
import { revokeKey } from './keys/key-store.ts';
import { setStatus } from './users/user-store.ts';

const key = ({ account, target }: PastEvent) => revokeKey(account as AccountId, target as KeyId, undefined);
const user = ({ target }: PastEvent) => target as UserId;

/** Closed as of an instant, also a suspended user. */
const closeAsOf = (event: PastEvent, at: string) =>
  statement(
    `update identity.users set status = 'closed', closed_at = ${at}, updated_at = app.now() where user_id = $1`,
    [user(event), event.at],
  );

/** Repeats the ends of access of a key or a person, for a database that is of an instant before. */
export const identityDoneAgain: DoneAgain = {
  'key.revoked': key,
  // The new secret is nowhere, and the former one was given up.
  'key.rotated': key,
  'admin.revoked': (event) => setRole(user(event), 'user'),
  'user.suspended': (event) => setStatus(user(event), 'suspended'),
  'user.reinstated': (event) => setStatus(user(event), 'active'),
  'user.closed': (event) => closeAsOf(event, '$2::timestamptz'),
  'user.restored': (event) =>
    statement(
      `update identity.users set status = 'active', closed_at = null, updated_at = app.now()
       where user_id = $1 and status = 'closed'`,
      [user(event)],
    ),
  // Due at once: the next erasure takes it.
  'user.erased': (event) => closeAsOf(event, `$2::timestamptz - interval '14 days'`),
};

/** Ends all that lets in without a password: sessions, links, codes, sign-ins under way, invitations of admins. */
export const endAllSignIns: readonly Statement[] = [
  statement(
    `update identity.sessions set revoked_at = app.now(), revoked_for = 'restored', updated_at = app.now()
     where revoked_at is null`,
  ),
  ...[
    'refresh_tokens',
    'email_tokens',
    'mfa_challenges',
    'passkey_ceremonies',
    'sign_in_states',
    'sign_in_codes',
    'admin_invitations',
    'mail_sign_ins',
  ].map((table) => statement(`delete from identity.${table}`)),
];
