import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { FileFacts, LedgerRow } from './archive-file.ts';

/** A UTC month of an account's ledger. */
export interface LedgerMonth {
  readonly accountId: AccountId;
  readonly from: Date;
  readonly until: Date;
}

export interface ArchiveRow {
  readonly account_id: AccountId;
  /** `2026-11` */
  readonly month: string;
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Whether the account's sums of the month are what they were. */
  readonly sums_equal: boolean;
}

/** A day more than clocks of processes are apart: ids begin with their time (UUIDv7). */
const APART = 86_400_000;

/** Ids from this one on were made after an instant. */
function idAfter(instant: Date): string {
  const hex = (instant.getTime() + APART).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

const spanOf = ({ accountId, from, until }: LedgerMonth) => [accountId, from, until, idAfter(until)] as const;

/** The first instant of the months that stay. */
export const cutoff = (months: number) =>
  statement<{ at: Date }>(
    `select (date_trunc('month', app.now() at time zone 'UTC') - make_interval(months => $1)) at time zone 'UTC' as at`,
    [months],
  );

/** Accounts that have rows in the ledger, behind one of them: an index is looked into once for each. */
export const accountsAfter = (after: string, limit: number) =>
  statement<{ account_id: AccountId }>(
    `with recursive found (account_id, number) as (
       (select account_id, 1 from limits.usage_events where account_id > $1 order by account_id limit 1)
       union all
       select (select e.account_id from limits.usage_events e where e.account_id > f.account_id order by e.account_id limit 1), f.number + 1
       from found f where f.account_id is not null and f.number < $2)
     select account_id from found where account_id is not null`,
    [after, limit],
  );

/** The month of the account's first row that may be archived, from an instant on. */
export const nextMonth = (accountId: AccountId, from: Date, until: Date) =>
  statement<{ from: Date; until: Date; refusal: string | null }>(
    `select m.since as from, m.till as until,
       reports.archive_refusal($1, m.since, m.till, $4) as refusal
     from (
       select updated_at from limits.usage_events
       where account_id = $1 and id < $4 and updated_at >= $2 and updated_at < $3 and state in ('posted', 'voided') and reported_id is null
       order by id limit 1) e
     cross join lateral (select date_trunc('month', e.updated_at at time zone 'UTC') at time zone 'UTC' as since,
       (date_trunc('month', e.updated_at at time zone 'UTC') + interval '1 month') at time zone 'UTC' as till) m`,
    [accountId, from, until, idAfter(until)],
  );

/** Rows of a month in the order of their ids, behind one of them. */
export const monthRows = (month: LedgerMonth, after: string, limit: number) =>
  statement<{ row: LedgerRow }>(
    `select to_jsonb(e) as row from reports.archived_rows($1, $2, $3, $4) e where e.id > $5 order by e.id limit $6`,
    [...spanOf(month), after, limit],
  );

export interface ArchivedFile extends FileFacts {
  readonly key: string;
  readonly events: number;
  /** Micro-dollars. */
  readonly cost: number;
  readonly charged: number;
}

export const noteArchive = (month: LedgerMonth, file: ArchivedFile) =>
  statement<{ refusal: string | null }>(
    'select reports.note_archive($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as refusal',
    [...spanOf(month), file.key, file.sha256, file.bytes, file.events, file.cost, file.charged],
  );

export const deleteArchived = (month: LedgerMonth, limit: number) =>
  statement<{ deleted: number | null }>('select reports.delete_archived($1, $2, $3, $4, $5) as deleted', [
    ...spanOf(month),
    limit,
  ]);

export interface ArchivesQuery {
  readonly account?: AccountId | undefined;
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
  /** Those alone of which rows may be left. */
  readonly undeleted?: boolean;
  readonly after?: { readonly account_id: string; readonly month: string } | undefined;
  readonly limit: number;
}

const FIRST = { account_id: '00000000-0000-0000-0000-000000000000', month: '0001-01' };

/** Archives by account and month, of months that have a part in a span. */
export const listArchives = ({ account, from, until, undeleted, after = FIRST, limit }: ArchivesQuery) =>
  statement<ArchiveRow>(
    `select account_id, to_char(month, 'YYYY-MM') as month, key, sha256, bytes,
       cells = reports.cells_digest(account_id, month::timestamp at time zone 'UTC', (month + interval '1 month') at time zone 'UTC') as sums_equal
     from reports.ledger_archives
     where (account_id, month) > ($1::uuid, ($2 || '-01')::date) and ($3::uuid is null or account_id = $3)
       and ($4::timestamptz is null or (month + interval '1 month') at time zone 'UTC' > $4)
       and ($5::timestamptz is null or month::timestamp at time zone 'UTC' < $5) and (not $6 or deleted_at is null)
     order by account_id, month limit $7`,
    [after.account_id, after.month, account ?? null, from ?? null, until ?? null, undeleted ?? false, limit],
  );
