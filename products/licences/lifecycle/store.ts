import { type AccountId, type Statement, statement } from 'plinth/product';
import type { KeptKey } from '../licenses/license.ts';
import type { HeadRow } from '../licenses/store.ts';

/** A licence as it was last written. */
export interface StoredLicense {
  readonly account_id: AccountId;
  readonly id: string;
  readonly tier: string;
  readonly status: HeadRow['status'];
  readonly status_reason: string | null;
  readonly suspended_at: Date | null;
  readonly deactivated_at: Date | null;
  readonly period_end: Date | null;
  readonly holds_until: Date | null;
  readonly version: number;
}

/** The licence of an account, locked until the transaction ends. */
export const lockLicense = (accountId: AccountId) =>
  statement<StoredLicense>(
    `select account_id, id, tier, status, status_reason, suspended_at, deactivated_at, period_end, holds_until, version
     from coditect.licenses where account_id = $1 for update`,
    [accountId],
  );

export interface NewLicense extends KeptKey {
  readonly accountId: AccountId;
  readonly id: string;
  readonly tier: string;
}

/** Answers it, unless the account has one already. */
export const insertLicense = (license: NewLicense) =>
  statement<{ id: string }>(
    `insert into coditect.licenses (account_id, id, key_hash, key_hash_by, key_sealed, key_tail, tier, status)
     values ($1, $2, $3, $4, $5, $6, $7, 'active') on conflict (account_id) do nothing returning id`,
    [
      license.accountId,
      license.id,
      license.keyHash,
      license.keyHashBy,
      license.keySealed,
      license.keyTail,
      license.tier,
    ],
  );

/** Writes how a licence stands now. */
export const writeLicense = (to: StoredLicense) =>
  statement(
    `update coditect.licenses set tier = $3, status = $4, status_reason = $5, suspended_at = $6, deactivated_at = $7, period_end = $8,
       holds_until = $9, version = $10, updated_at = app.now()
     where account_id = $1 and id = $2`,
    [
      to.account_id,
      to.id,
      to.tier,
      to.status,
      to.status_reason,
      to.suspended_at,
      to.deactivated_at,
      to.period_end,
      to.holds_until,
      to.version,
    ],
  );

/** Signed files of this version, and those before it, hold no more: listed until the last of them has run out by itself. */
export function revokeFiles(license: StoredLicense, reason: string): Statement {
  return statement(
    `insert into coditect.revocations as r (account_id, license_id, version, reason, listed_until)
     values ($1, $2, $3, $4, coditect.files_until($1))
     on conflict (account_id, license_id) do update set version = excluded.version, reason = excluded.reason,
       revoked_at = app.now(), listed_until = excluded.listed_until, updated_at = app.now()`,
    [license.account_id, license.id, license.version, reason],
  );
}

/** Accounts whose licence stands otherwise than when it was last written: what they held is over, or what they owed. */
export const lapsedAccounts = (limit: number) =>
  statement<{ account_id: AccountId }>(
    `select l.account_id from coditect.licenses l cross join lateral coditect.head(l.account_id) h
     where (l.holds_until <= app.now() or l.status = 'suspended')
       and (h.status, h.tier, h.holds_until) is distinct from (l.status, l.tier, l.holds_until) limit $1`,
    [limit],
  );

/** Accounts whose plan with seats is in effect, and that have no licence: it was given for a time that has begun since. Of one alone, or of all. */
export const begunAccounts = (accountId: AccountId | null, limit: number) =>
  statement<{ account_id: AccountId }>(
    `select distinct g.account_id from entitlements.grants g join accounts.accounts a on a.account_id = g.account_id
     where g.product = 'coditect' and ($1::uuid is null or g.account_id = $1) and g.plan is not null and g.revoked_at is null
       and g.starts_at <= app.now() and (g.ends_at is null or g.ends_at > app.now()) and a.status = 'active' and a.deleted_at is null
       and not exists (select from coditect.licenses l where l.account_id = g.account_id)
       and (entitlements.segment(g.account_id, 'coditect', app.now())->'grants'->>'seats')::integer > 0 limit $2`,
    [accountId, limit],
  );
