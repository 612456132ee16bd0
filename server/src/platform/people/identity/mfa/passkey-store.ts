import { statement } from '#platform/db';
import { sha256, type UserId } from '#platform/kernel';

/** Longer than anybody looks for their key, shorter than a page left open. */
const LIFETIME = `interval '5 minutes'`;
/** Keeps up with ceremonies that begin and never end: each that is made deletes so many that are over. */
const PRUNED = 10;

/** Purpose of a ceremony: an answer that was made for something else is none. */
export type Purpose =
  | { readonly kind: 'registration' | 'step_up'; readonly userId: UserId; readonly sessionId: string }
  | { readonly kind: 'challenge'; readonly tokenHash: string }
  | { readonly kind: 'sign_in' };

const boundTo = (purpose: Purpose): string => {
  if (purpose.kind === 'sign_in') return sha256('sign_in');
  if (purpose.kind === 'challenge') return sha256(`challenge/${purpose.tokenHash}`);
  return sha256(`${purpose.kind}/${purpose.userId}/${purpose.sessionId}`);
};

/** Keeps the bytes that an authenticator is to sign. */
export const putCeremony = (challenge: string, purpose: Purpose) =>
  [
    statement(
      `with chosen as materialized (
         select challenge_hash from identity.passkey_ceremonies where expires_at <= app.now()
         order by expires_at limit ${PRUNED} for update skip locked)
       delete from identity.passkey_ceremonies p using chosen where p.challenge_hash = chosen.challenge_hash`,
    ),
    statement(
      `insert into identity.passkey_ceremonies (challenge_hash, bound_to, expires_at)
       values ($1, $2, app.now() + ${LIFETIME})`,
      [sha256(challenge), boundTo(purpose)],
    ),
  ] as const;

/** Uses a ceremony up: of two answers at once, one gets the row. */
export const useCeremony = (challenge: string, purpose: Purpose) =>
  statement<{ done: number }>(
    `delete from identity.passkey_ceremonies
     where challenge_hash = $1 and bound_to = $2 and expires_at > app.now() returning 1 as done`,
    [sha256(challenge), boundTo(purpose)],
  );

export interface PasskeyRow {
  user_id: UserId;
  id: string;
  credential_id: string;
  public_key: string;
  transports: string[];
}

const KEY = 'user_id, id, credential_id, public_key, transports';

export const passkeysOf = (userId: UserId) =>
  statement<PasskeyRow>(`select ${KEY} from identity.passkeys where user_id = $1 order by id`, [userId]);

export const passkeyOf = (userId: UserId, credentialId: string) =>
  statement<PasskeyRow>(`select ${KEY} from identity.passkeys where user_id = $1 and credential_id = $2`, [
    userId,
    credentialId,
  ]);

export interface PasskeyViewRow {
  id: string;
  name: string;
  synced: boolean;
  created_at: Date;
  last_used_at: Date | null;
}

const VIEW = 'id, name, synced, created_at, last_used_at';

export interface NewPasskey {
  readonly userId: UserId;
  readonly id: string;
  readonly credentialId: string;
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly synced: boolean;
  readonly name: string;
}

/** No row comes back where the user has it already. */
export const insertPasskey = (key: NewPasskey) =>
  statement<PasskeyViewRow>(
    `insert into identity.passkeys (user_id, id, credential_id, public_key, counter, transports, synced, name)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (user_id, credential_id) do nothing returning ${VIEW}`,
    [key.userId, key.id, key.credentialId, key.publicKey, key.counter, key.transports, key.synced, key.name],
  );

/** Notes a use; no row comes back where the authenticator has counted no further, as a copy of it would not. */
export const usePasskey = (userId: UserId, id: string, counter: number) =>
  statement<{ id: string }>(
    `update identity.passkeys set counter = $3, last_used_at = app.now(), updated_at = app.now()
     where user_id = $1 and id = $2 and (counter < $3 or (counter = 0 and $3 = 0)) returning id`,
    [userId, id, counter],
  );

/** As their user sees them, in their own scope. */
export const listPasskeys = (userId: UserId) =>
  statement<PasskeyViewRow>(`select ${VIEW} from identity.passkeys where user_id = $1 order by id`, [userId]);

export const renamePasskey = (userId: UserId, id: string, name: string) =>
  statement<PasskeyViewRow>(
    `update identity.passkeys set name = $3, updated_at = app.now() where user_id = $1 and id = $2 returning ${VIEW}`,
    [userId, id, name],
  );

export const deletePasskey = (userId: UserId, id: string) =>
  statement<{ id: string }>('delete from identity.passkeys where user_id = $1 and id = $2 returning id', [
    userId,
    id,
  ]);

export const deletePasskeys = (userId: UserId) =>
  statement('delete from identity.passkeys where user_id = $1', [userId]);
