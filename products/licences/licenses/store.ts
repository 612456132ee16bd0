import { type AccountId, sealedColumn, statement } from 'plinth/product';

const KEY = sealedColumn({
  table: 'coditect.licenses',
  column: 'key_sealed',
  key: ['account_id', 'id'],
});

/** Binds a sealed key to its row. */
export const placeOfKey = (accountId: AccountId, id: string): string => KEY.context(accountId, id);

/** Worth of a licence at the instant of the transaction. */
export interface HeadRow {
  readonly id: string;
  readonly tier: string;
  readonly status: 'active' | 'suspended' | 'inactive';
  readonly reason: string | null;
  readonly seats: number;
  readonly machines: number;
  /** Options of the plan that are granted. */
  readonly features: readonly string[];
  readonly offline_minutes: number;
  readonly grace_ends_at: Date | null;
  readonly period_end: Date | null;
  /** When a signed file of now runs out; null: never. */
  readonly file_ends_at: Date | null;
  readonly trial_ends_at: Date | null;
  readonly next_billing_date: Date | null;
  readonly last_renewal_at: Date | null;
  /** When what the account holds gives way to something else; null: nothing ends it. */
  readonly holds_until: Date | null;
  readonly now: Date;
}

export const readHead = (accountId: AccountId) =>
  statement<HeadRow>('select * from coditect.head($1)', [accountId]);

/** The account of a key, by what its hash is under each of the master keys. */
export const accountOfKey = (hashes: readonly string[]) =>
  statement<{ account_id: AccountId }>(
    'select account_id from coditect.licenses where key_hash = any($1::text[])',
    [hashes],
  );

/** A licence as it is shown: its row, what it is worth now, and what is used of it. */
export interface LicenseRow extends HeadRow {
  readonly key_sealed: string;
  readonly key_tail: string;
  readonly issued_at: Date;
  readonly activated_at: Date | null;
  readonly suspended_at: Date | null;
  readonly deactivated_at: Date | null;
  readonly version: number;
  readonly seats_used: number;
  readonly machines_used: number;
  readonly organization: string;
}

/** Filter of lists. */
export interface LicenseFilter {
  readonly active: boolean | null;
  readonly tier: string | null;
  readonly expiresBefore: string | null;
  readonly expiresAfter: string | null;
}

export const EVERY_LICENSE: LicenseFilter = {
  active: null,
  tier: null,
  expiresBefore: null,
  expiresAfter: null,
};

/** Columns that are shown of a licence `l` and of its worth now, `h`. A lapse that was not written down yet was when the plan ended. */
export const SHOWN_LICENSE = `h.*, l.key_sealed, l.key_tail, l.issued_at, l.activated_at, l.version,
       case when h.status = 'suspended' then coalesce(l.suspended_at, least(l.holds_until, h.now)) end as suspended_at,
       case when h.status = 'inactive' then coalesce(l.deactivated_at, least(l.holds_until, h.now)) end as deactivated_at,
       (select count(*)::int from limits.seats s where s.account_id = l.account_id and s.product = 'coditect' and s.name = 'seats'
          and greatest(s.expires_at, s.owed_until) > h.now) as seats_used,
       (select count(*)::int from coditect.machines m where m.account_id = l.account_id and m.license_id = l.id
          and m.deactivated_at is null) as machines_used,
       (select a.name from accounts.accounts a where a.account_id = l.account_id) as organization`;

/** The licence of an account, if it is one of these. */
export const readLicense = (accountId: AccountId, filter: LicenseFilter = EVERY_LICENSE) =>
  statement<LicenseRow>(
    `select ${SHOWN_LICENSE}
     from coditect.licenses l cross join lateral coditect.head(l.account_id) h
     where l.account_id = $1 and ($2::boolean is null or (h.status = 'active') = $2) and ($3::text is null or h.tier = $3)
       and ($4::timestamptz is null or h.period_end < $4) and ($5::timestamptz is null or h.period_end >= $5)`,
    [accountId, filter.active, filter.tier, filter.expiresBefore, filter.expiresAfter],
  );
