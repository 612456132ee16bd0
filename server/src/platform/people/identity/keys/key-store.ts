import { statement } from '#platform/db';
import type { AccountId, KeyId, UserId } from '#platform/kernel';
import type { BoundsRow, toBoundsPatch } from './bounds.ts';

export interface NewKey {
  readonly accountId: AccountId;
  readonly userId: UserId;
  readonly keyId: KeyId;
  readonly name: string;
  readonly prefix: string;
  readonly tokenHash: string;
  readonly scopes: readonly string[];
  readonly expiresAt: string | undefined;
  readonly bounds: ReturnType<typeof toBoundsPatch>;
  /** The key that makes it, if one does: it outlives its maker in no case, and may spend no more. */
  readonly maker: KeyId | undefined;
}

export interface KeyRow extends BoundsRow {
  id: KeyId;
  user_id: UserId;
  name: string;
  prefix: string;
  scopes: string[];
  made_by: KeyId | null;
  expires_at: Date | null;
  last_used_at: Date | null;
  created_at: Date;
}

/** A key ends with any of those that it comes from: docs/identity.md. */
const IN_FORCE = 'revoked_at is null and not identity.is_cut_off(account_id, makers)';
const SHOWN =
  'id, user_id, name, prefix, scopes, makers[cardinality(makers)] as made_by, monthly_budget_micros, bounds, models, labels, expires_at, last_used_at, created_at';

/** How many keys a key comes from; no row: it is not in force. */
export const depthOf = (accountId: AccountId, keyId: KeyId) =>
  statement<{ depth: number }>(
    `select cardinality(makers) as depth from identity.api_keys where account_id = $1 and id = $2 and ${IN_FORCE}`,
    [accountId, keyId],
  );

export const insertKey = (key: NewKey) =>
  statement<KeyRow>(
    `insert into identity.api_keys (account_id, id, user_id, name, prefix, token_hash, scopes, expires_at, monthly_budget_micros, makers, bounds, models, labels)
     select $1, $2, $3, $4, $5, $6, $7, least($8::timestamptz, m.expires_at), least($10::bigint, m.monthly_budget_micros), case when m.id is null then '{}' else m.makers || m.id end,
       nullif(jsonb_strip_nulls($11::jsonb), '{}'), $12::text[], $13::jsonb
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
      key.bounds.monthly_budget_micros ?? null,
      JSON.stringify(key.bounds.bounds),
      key.bounds.models ?? null,
      key.bounds.labels ? JSON.stringify(key.bounds.labels) : null,
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

/** A change of a key: what `patch` does not name stays. With `by`, a key, only of one that comes from it. No end is later than the maker's. */
export const changeKey = (
  accountId: AccountId,
  keyId: KeyId,
  change: {
    readonly userId: UserId | undefined;
    readonly by: KeyId | undefined;
    readonly patch: ReturnType<typeof toBoundsPatch> & {
      readonly name?: string | undefined;
      readonly expires_at?: string | null | undefined;
    };
  },
) =>
  statement<KeyRow>(
    `update identity.api_keys k set updated_at = app.now(), name = coalesce(p->>'name', k.name),
       expires_at = case when p ? 'expires_at' then least((p->>'expires_at')::timestamptz, m.expires_at) else k.expires_at end,
       monthly_budget_micros = case when p ? 'monthly_budget_micros' then least((p->>'monthly_budget_micros')::bigint, m.monthly_budget_micros) else k.monthly_budget_micros end,
       bounds = nullif(jsonb_strip_nulls(coalesce(k.bounds, '{}') || (p->'bounds')), '{}'),
       models = case when p ? 'models' then nullif(array(select jsonb_array_elements_text(nullif(p->'models', 'null'))), '{}') else k.models end,
       labels = case when p ? 'labels' then nullif(p->'labels', 'null') else k.labels end
     from (select $5::jsonb as p) asked left join identity.api_keys m on m.account_id = $1
       and m.id = (select makers[cardinality(makers)] from identity.api_keys where account_id = $1 and id = $2)
     where k.account_id = $1 and k.id = $2 and ($3::uuid is null or k.user_id = $3) and ($4::uuid is null or $4 = any(k.makers))
       and k.revoked_at is null and not identity.is_cut_off(k.account_id, k.makers)
     returning k.id, k.user_id, k.name, k.prefix, k.scopes, k.makers[cardinality(k.makers)] as made_by, k.monthly_budget_micros, k.bounds, k.models, k.labels,
       k.expires_at, k.last_used_at, k.created_at`,
    [accountId, keyId, change.userId ?? null, change.by ?? null, JSON.stringify(change.patch)],
  );

/** Revokes all keys of a user, in all accounts. */
export const revokeKeysOf = (userId: UserId) =>
  statement(
    'update identity.api_keys set revoked_at = app.now(), updated_at = app.now() where user_id = $1 and revoked_at is null',
    [userId],
  );
