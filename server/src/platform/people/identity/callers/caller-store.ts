import { statement } from '#platform/db';
import type { AccountId, KeyId, UserId } from '#platform/kernel';

/** The caller, as a session or key says at this moment. */
export interface CallerRow {
  role: 'user' | 'admin';
  account_id: AccountId;
}

/** The user of a session that is neither ended nor over, if they may call. */
export const callerOfSession = (userId: UserId, sessionId: string) =>
  statement<CallerRow>(
    `select u.role, u.default_account_id as account_id
     from identity.sessions s join identity.users u using (user_id)
     where s.user_id = $1 and s.id = $2 and s.revoked_at is null and s.expires_at > app.now()
       and u.status = 'active' and u.default_account_id is not null`,
    [userId, sessionId],
  );

export interface KeyRow extends CallerRow {
  id: KeyId;
  user_id: UserId;
  scopes: string[];
  /** The keys that it comes from. */
  makers: KeyId[];
  expires_at: Date | null;
  /** Whether its last use was written down more than a minute ago. */
  use_is_old: boolean;
}

/** The key of a hash, when it and all that it comes from are in force, its account is open and its user may call. */
export const callerOfKey = (tokenHash: string) =>
  statement<KeyRow>(
    `select k.id, k.account_id, k.user_id, k.scopes, k.makers, k.expires_at, u.role,
       k.last_used_at is null or k.last_used_at < app.now() - interval '1 minute' as use_is_old
     from identity.api_keys k join identity.users u using (user_id)
     where k.token_hash = $1 and k.revoked_at is null and not identity.is_cut_off(k.account_id, k.makers) and (k.expires_at is null or k.expires_at > app.now())
       and u.status = 'active'
       and exists (select from accounts.accounts a where a.account_id = k.account_id and a.deleted_at is null)`,
    [tokenHash],
  );

/** At most one write a minute and key, whichever process comes first. */
export const keyUsed = (accountId: AccountId, keyId: KeyId) =>
  statement(
    `update identity.api_keys set last_used_at = app.now() where account_id = $1 and id = $2
       and (last_used_at is null or last_used_at < app.now() - interval '1 minute')`,
    [accountId, keyId],
  );
