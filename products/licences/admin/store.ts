import {
  type AccountId,
  instantOf,
  microsecondsOf,
  type Statement,
  statement,
  type TimePosition,
  valuesOf,
} from 'plinth/product';
import { type HeadRow, type LicenseRow, SHOWN_LICENSE } from '../licenses/store.ts';

/** A licence as an operator finds it. */
export interface FoundLicense extends LicenseRow, TimePosition {
  readonly account_id: AccountId;
  /** Seats that an operator set in place of the plan's. */
  readonly seats_by_admin: number | null;
}

/** An operator's search. */
export interface LicenseSearch {
  /** Hashes that a key is looked up by, one for each master key. */
  readonly keyHashes?: readonly string[] | undefined;
  readonly tails?: readonly string[] | undefined;
  /** Email of a user who belongs to the account. */
  readonly email?: string | undefined;
  readonly accountId?: string | undefined;
  readonly id?: string | undefined;
  readonly status?: HeadRow['status'] | undefined;
  readonly tier?: string | undefined;
  readonly expiresBefore?: string | undefined;
  readonly expiresAfter?: string | undefined;
}

interface Page {
  readonly after?: TimePosition | undefined;
  readonly limit: number;
}

/** Licences of all accounts, newest first. Each filter that is asked for is a condition, so that each search has a plan of its own. */
export function searchLicenses(search: LicenseSearch, { after, limit }: Page): Statement<FoundLicense> {
  const { values, put } = valuesOf();
  const asked: [unknown, (value: string) => string][] = [
    [search.keyHashes, (hashes) => `l.key_hash = any(${hashes}::text[])`],
    [search.tails, (tails) => `l.key_tail = any(${tails}::text[])`],
    [
      search.email,
      (email) =>
        `l.account_id in (select m.account_id from accounts.members m join identity.users u on u.user_id = m.user_id where lower(u.email) = lower(${email}))`,
    ],
    [search.accountId, (id) => `l.account_id = ${id}::uuid`],
    [search.id, (id) => `l.id = ${id}::uuid`],
    [search.status, (status) => `h.status = ${status}`],
    [search.tier, (tier) => `h.tier = ${tier}`],
    [search.expiresBefore, (before) => `h.period_end < ${before}::timestamptz`],
    [search.expiresAfter, (from) => `h.period_end >= ${from}::timestamptz`],
  ];
  const conditions = asked.flatMap(([value, condition]) =>
    value === undefined ? [] : [condition(put(value))],
  );
  if (after !== undefined)
    conditions.push(`(l.issued_at, l.id) < (${instantOf(put(after.at))}, ${put(after.id)}::uuid)`);
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  return statement<FoundLicense>(
    `select ${SHOWN_LICENSE}, l.account_id, l.seats_by_admin, ${microsecondsOf('l.issued_at')} as at
     from coditect.licenses l cross join lateral coditect.head(l.account_id) h ${where}
     order by l.issued_at desc, l.id desc limit ${put(limit)}`,
    values,
  );
}

/** Whose licence it is. What operators do with one comes one after the other. */
export const lockForAdmin = (id: string) =>
  statement<{ account_id: AccountId }>(
    `select l.account_id from coditect.licenses l, pg_advisory_xact_lock(hashtextextended('coditect.admin ' || $1, 0)) where l.id = $1::text::uuid`,
    [id],
  );

/** An operator stops a licence. */
export const suspendByAdmin = (accountId: AccountId) =>
  statement(
    `update coditect.licenses set status = 'suspended', status_reason = 'admin', updated_at = app.now() where account_id = $1`,
    [accountId],
  );

/** Nothing that an operator said stands in a licence's way: how it stands follows from what its account holds. */
export const unsuspendByAdmin = (accountId: AccountId) =>
  statement(
    `update coditect.licenses set status = 'active', status_reason = null, updated_at = app.now() where account_id = $1`,
    [accountId],
  );

/** Terms that an operator sets of a licence. */
export interface LicenseTerms {
  /** In place of the plan's; null: those of the plan. A signed file of before tells of others. */
  readonly seats: number | null;
  readonly offlineMinutes: number;
}

export const setTerms = (accountId: AccountId, { seats, offlineMinutes }: LicenseTerms) =>
  statement(
    `update coditect.licenses set seats_by_admin = $2, offline_minutes = $3, version = version + 1, updated_at = app.now()
     where account_id = $1`,
    [accountId, seats, offlineMinutes],
  );
