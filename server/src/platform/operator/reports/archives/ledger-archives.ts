import type { BlobHome } from '#platform/blobs';
import { commitPoint, type Database } from '#platform/db';
import { type AccountId, AppError, declareErrors, sha256 } from '#platform/kernel';
import type { Telemetry } from '#platform/telemetry';
import type { Span } from '../rollup.ts';
import { factsOf, type FileFacts, type LedgerRow, readRows, writeRows } from './archive-file.ts';
import {
  accountsAfter,
  type ArchivedFile,
  type ArchiveRow,
  type ArchivesQuery,
  cutoff,
  deleteArchived,
  type LedgerMonth,
  listArchives,
  monthRows,
  nextMonth,
  noteArchive,
} from './store.ts';

declareErrors({
  archive_broken: {
    status: 500,
    message: 'A file with archived rows of the ledger is gone or was changed (docs/tuning.md).',
  },
});

const ARCHIVED = commitPoint('reports.archived', 'that a month of an account’s ledger lies in a file');
const DELETED = commitPoint('reports.archive-deleted', 'rows of the ledger that lie in a file, deleted');

/** Rows that are read at a time, those that one commit deletes, and accounts and archives that are listed at a time. */
const BATCH = 500;
const DELETED_AT_A_TIME = 1_000;
const LISTED = 200;
const FIRST = '00000000-0000-0000-0000-000000000000';

export interface LedgerArchivesParts {
  readonly db: Database;
  readonly home: Pick<BlobHome, 'head' | 'read' | 'write'>;
  readonly log: Pick<Telemetry['logger'], 'info' | 'warn' | 'error'>;
  /** Months that stay in the ledger beside the present one; 0: all. */
  readonly months: number;
}

/** A part of an archive that is not as it was written. */
export interface ArchiveProblem {
  readonly account_id: AccountId;
  /** `2026-11` */
  readonly month: string;
  /** Its file is gone or is another one, or the sums of its month were changed. */
  readonly problem: 'missing' | 'changed' | 'sums';
}

/** The archived rows of one account. */
export interface ArchivedLedger {
  /** Whether a row of the ledger is among them, and is therefore passed over where they are read. */
  has(row: LedgerRow): boolean;
  readonly rows: AsyncIterable<readonly LedgerRow[]>;
}

/** Closed months of the ledger as files: a CSV for each account and month, so that an account's export and an operator find its own alone. */
export interface LedgerArchives {
  readonly isOn: boolean;
  /** Archives all months that are over, and deletes what lies in files. What one run leaves, the next one does. */
  run(): Promise<void>;
  /** Throws `archive_broken` at the first row of a file that is not as it was written. */
  of(accountId: AccountId): Promise<ArchivedLedger>;
}

export function createLedgerArchives(parts: LedgerArchivesParts): LedgerArchives {
  const { db, home } = parts;
  return {
    isOn: parts.months > 0,
    async run() {
      for await (const archive of archives(db, { undeleted: true })) await deleteProven(parts, archive);
      const [[last]] = await db.system('reports.archive', [cutoff(parts.months)]);
      if (parts.months === 0 || last === undefined) return;
      for await (const accountId of accounts(db)) await archiveAccount(parts, accountId, last.at);
    },
    async of(account) {
      const all: ArchiveRow[] = [];
      for await (const archive of archives(db, { account })) all.push(archive);
      const months = new Set(all.map(({ month }) => month));
      return {
        has: ({ updated_at: at, reported_id: reported }) =>
          reported === null && months.has(new Date(String(at)).toISOString().slice(0, 7)),
        rows: rowsOf(home, all),
      };
    },
  };
}

/** Problems of archives of a span, by account and month. Reads each file. */
export async function verifyArchives(
  { db, home }: Pick<LedgerArchivesParts, 'db' | 'home'>,
  span: Span,
): Promise<ArchiveProblem[]> {
  const problems: ArchiveProblem[] = [];
  for await (const archive of archives(db, span)) {
    const { account_id, month, sums_equal: isSummedUp } = archive;
    const problem = (await problemOf(home, archive)) ?? (isSummedUp ? undefined : 'sums');
    if (problem !== undefined) problems.push({ account_id, month, problem });
  }
  return problems;
}

async function* archives(
  db: Database,
  query: Omit<ArchivesQuery, 'limit' | 'after'>,
): AsyncGenerator<ArchiveRow> {
  for (let after: ArchiveRow | undefined; ; ) {
    const [rows] = await db.system('reports.archive', [listArchives({ ...query, after, limit: LISTED })]);
    yield* rows;
    after = rows.at(-1);
    if (rows.length < LISTED) return;
  }
}

async function* accounts(db: Database): AsyncGenerator<AccountId> {
  for (let after = FIRST; ; ) {
    const [rows] = await db.system('reports.archive', [accountsAfter(after, LISTED)]);
    for (const { account_id: accountId } of rows) yield accountId;
    after = rows.at(-1)?.account_id ?? after;
    if (rows.length < LISTED) return;
  }
}

/** Archives the months of an account before an instant, the first one first. */
async function archiveAccount(parts: LedgerArchivesParts, accountId: AccountId, before: Date): Promise<void> {
  for (let from = new Date(0); ; ) {
    const [[month]] = await parts.db.system('reports.archive', [nextMonth(accountId, from, before)]);
    if (month === undefined) return;
    from = month.until;
    const one = { accountId, from: month.from, until: month.until };
    const refusal = month.refusal ?? (await archiveMonth(parts, one));
    if (refusal !== null)
      parts.log.info({ account_id: accountId, month: nameOf(one), refusal }, 'a month of the ledger stays');
  }
}

/** Answers why the month stays; null: it lies in a file. */
async function archiveMonth(parts: LedgerArchivesParts, month: LedgerMonth): Promise<string | null> {
  const { db, home } = parts;
  const sums = { events: 0, cost: 0, charged: 0 };
  // Twice the same rows, which never change: a home wants to know length and digest before the bytes, and they fit into no memory.
  const facts = await factsOf(writeRows(counted(rowsIn(db, month), sums)));
  const file: ArchivedFile = { ...facts, ...sums, key: keyOf(month, facts) };
  const { Readable } = await import('node:stream');
  await home.write(file.key, Readable.from(writeRows(rowsIn(db, month))), { ...facts, type: 'text/csv' });
  const archive = { account_id: month.accountId, month: nameOf(month), key: file.key, ...facts };
  if ((await problemOf(home, archive)) !== undefined) return 'file';
  const [[noted]] = await db.system('reports.archive', ARCHIVED, [noteArchive(month, file)]);
  if (noted?.refusal !== null) return noted?.refusal ?? 'rows';
  await deleteRows(parts, archive);
  return null;
}

/**
 * Where the file lies: in two levels of folders as files of accounts do, so that backups and moves take it with them. Named after what is in it, so that
 * a process that comes late, and sees some of the rows alone, never writes over the file of all of them.
 */
function keyOf(month: LedgerMonth, facts: FileFacts): string {
  const hash = sha256(`${month.accountId} ${nameOf(month)}`);
  const name = ['ledger', month.accountId, nameOf(month), facts.sha256.slice(0, 16)].join('-');
  return `${hash.slice(0, 2)}/${hash.slice(2, 4)}/${name}`;
}

const nameOf = ({ from }: LedgerMonth): string => from.toISOString().slice(0, 7);

type FileOfArchive = Pick<ArchiveRow, 'account_id' | 'month' | 'key' | 'sha256' | 'bytes'>;

async function problemOf(
  home: LedgerArchivesParts['home'],
  { key, sha256: digest, bytes }: FileOfArchive,
): Promise<'missing' | 'changed' | undefined> {
  if ((await home.head(key)) === undefined) return 'missing';
  const facts = await factsOf(await home.read(key));
  return facts.sha256 === digest && facts.bytes === bytes ? undefined : 'changed';
}

/** Deletes rows that a run before has left, once their file was read again. */
async function deleteProven(parts: LedgerArchivesParts, archive: FileOfArchive): Promise<void> {
  const { account_id, month } = archive;
  const problem = await problemOf(parts.home, archive);
  if (problem === undefined) return deleteRows(parts, archive);
  parts.log.error({ account_id, month, problem }, 'an archive of the ledger is not what was written');
}

async function deleteRows(
  { db, log }: LedgerArchivesParts,
  { account_id: accountId, month }: FileOfArchive,
): Promise<void> {
  const from = new Date(`${month}-01T00:00:00Z`);
  const until = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1));
  for (;;) {
    const batch = deleteArchived({ accountId, from, until }, DELETED_AT_A_TIME);
    const [[row]] = await db.system('reports.archive', DELETED, [batch]);
    if ((row?.deleted ?? 0) < DELETED_AT_A_TIME) break;
  }
  log.info({ account_id: accountId, month }, 'a month of the ledger was archived');
}

async function* rowsIn(db: Database, month: LedgerMonth): AsyncGenerator<readonly LedgerRow[]> {
  for (let after = FIRST; ; ) {
    const [rows] = await db.system('reports.archive', [monthRows(month, after, BATCH)]);
    if (rows.length > 0) yield rows.map(({ row }) => row);
    after = String(rows.at(-1)?.row['id']);
    if (rows.length < BATCH) return;
  }
}

async function* counted(
  batches: AsyncIterable<readonly LedgerRow[]>,
  sums: { events: number; cost: number; charged: number },
): AsyncGenerator<readonly LedgerRow[]> {
  for await (const rows of batches) {
    for (const { cost, charged } of rows) {
      sums.events += 1;
      sums.cost += Number(cost);
      sums.charged += Number(charged);
    }
    yield rows;
  }
}

async function* rowsOf(
  home: LedgerArchivesParts['home'],
  all: readonly ArchiveRow[],
): AsyncGenerator<readonly LedgerRow[]> {
  for (const archive of all) {
    const problem = await problemOf(home, archive);
    if (problem !== undefined)
      throw new AppError('archive_broken', {
        message: `The archive of ${archive.month} of account ${archive.account_id} is ${problem} (docs/tuning.md).`,
      });
    yield* readRows(await home.read(archive.key));
  }
}
