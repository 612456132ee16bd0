import { statement } from '#platform/db';
import type { AccountId, KeyId, UserId } from '#platform/kernel';

export interface NewKey {
  readonly accountId: AccountId;
  readonly userId: UserId;
  readonly keyId: KeyId;
  readonly name: string;
  readonly prefix: string;
  readonly tokenHash: string;
  readonly scopes: readonly string[];
  readonly expiresAt: string | undefined;
  readonly monthlyBudget: number | undefined;
  /** The key that makes it, if one does: it outlives its maker in no case, and may spend no more. */
  readonly maker: KeyId | undefined;
}

export interface KeyRow {
  id: KeyId;
  user_id: UserId;
  name: string;
  prefix: string;
  scopes: string[];
  made_by: KeyId | null;
  monthly_budget_micros: number | null;
  expires_at: Date | null;
  last_used_at: Date | null;
  created_at: Date;
}

/** A key ends with any of those that it comes from: docs/identity.md. */
const IN_FORCE = 'revoked_at is null and not identity.is_cut_off(account_id, makers)';
const SHOWN =
  'id, user_id, name, prefix, scopes, makers[cardinality(makers)] as made_by, monthly_budget_micros, expires_at, last_used_at, created_at';

/** How many keys a key comes from; no row: it is not in force. */
export const depthOf = (accountId: AccountId, keyId: KeyId) =>
  statement<{ depth: number }>(
    `select cardinality(makers) as depth from identity.api_keys where account_id = $1 and id = $2 and ${IN_FORCE}`,
    [accountId, keyId],
  );

export const insertKey = (key: NewKey) =>
  statement<KeyRow>(
    `insert into identity.api_keys (account_id, id, user_id, name, prefix, token_hash, scopes, expires_at, monthly_budget_micros, makers)
     select $1, $2, $3, $4, $5, $6, $7, least($8::timestamptz, m.expires_at), least($10::bigint, m.monthly_budget_micros), case when m.id is null then '{}' else m.makers || m.id end
     from (select 1) one left join identity.api_keys m on m.account_id = $1 and m.id = $9 returning ${SHOWN}`,
    [
      key.accountId,
      key.keyId,
      key.userId,
      key.name,
      key.prefix,
      key.tokenHash,
      key.scopes,
      key.expiresAt ?? null,
      key.maker ?? null,
      key.monthlyBudget ?? null,
    ],
  );

/** Keys in force, newest first: of one user, or, for those who manage the account, of all. */
export const listKeys = (
  accountId: AccountId,
  of: { readonly userId: UserId | undefined; readonly after: string | undefined; readonly limit: number },
) =>
  statement<KeyRow>(
    `select ${SHOWN} from identity.api_keys
     where account_id = $1 and ${IN_FORCE} and ($2::uuid is null or user_id = $2) and ($3::uuid is null or id < $3)
     order by id desc limit $4`,
    [accountId, of.userId ?? null, of.after ?? null, of.limit],
  );

export const revokeKey = (accountId: AccountId, keyId: KeyId, userId: UserId | undefined) =>
  statement<{ id: KeyId; user_id: UserId; scopes: string[] }>(
    `update identity.api_keys set revoked_at = app.now(), updated_at = app.now()
     where account_id = $1 and id = $2 and ${IN_FORCE} and ($3::uuid is null or user_id = $3)
     returning id, user_id, scopes`,
    [accountId, keyId, userId ?? null],
  );

/** Another secret for a key of a user; with `by`, a key, only for itself and for what comes from it. */
export const rotateKey = (
  accountId: AccountId,
  keyId: KeyId,
  next: {
    readonly userId: UserId;
    readonly by: KeyId | undefined;
    readonly prefix: string;
    readonly tokenHash: string;
  },
) =>
  statement<KeyRow>(
    `update identity.api_keys set prefix = $5, token_hash = $6, updated_at = app.now()
     where account_id = $1 and id = $2 and user_id = $3 and ($4::uuid is null or id = $4 or $4 = any(makers))
       and ${IN_FORCE} and (expires_at is null or expires_at > app.now())
     returning ${SHOWN}`,
    [accountId, keyId, next.userId, next.by ?? null, next.prefix, next.tokenHash],
  );

/** Revokes all keys of a user, in all accounts. */
export const revokeKeysOf = (userId: UserId) =>
  statement(
    'update identity.api_keys set revoked_at = app.now(), updated_at = app.now() where user_id = $1 and revoked_at is null',
    [userId],
  );
