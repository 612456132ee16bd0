import { commitPoint, type Database, type Statement, statement } from '#platform/db';
import { AppError } from '#platform/kernel';
import { countSealed, type SealedCount, sealedCounts } from './count-sealed.ts';
import { retireKeys } from './proofs.ts';
import { type Sealed, sealedColumns } from './sealed-columns.ts';
import { type Secrets, sealedPrefix } from './secrets.ts';

const RESEALED = commitPoint('secrets.resealed', 'a batch of secrets, sealed under the newest master key');
const BATCH = 200;
/** Errors of a secret that does not open: changed, never sealed, or sealed by a process with another key. */
const UNREADABLE = new Set(['secret_unreadable', 'master_key_missing']);

export interface ResealResult {
  readonly changed: number;
  /** Old keys under which nothing is sealed any more: they may be taken out of MASTER_KEYS. */
  readonly idle: readonly string[];
  /** Rows still under another key than the sealing one: another process sealed them meanwhile. */
  readonly left: readonly SealedCount[];
  /** Rows whose secret opens no more, as `table.column/primary key`: they stay as they are. */
  readonly unreadable: readonly string[];
}

/**
 * Seals all secrets under the first master key that another one has sealed, in batches: killed half-way, the next run goes
 * on with what is left. Concurrent readers and writers are not held up; what they change is not overwritten.
 */
export async function reseal(db: Database, secrets: Secrets): Promise<ResealResult> {
  let changed = 0;
  const unreadable: string[] = [];
  for (const column of sealedColumns()) {
    const done = await resealColumn(db, secrets, column);
    changed += done.changed;
    unreadable.push(...done.unreadable);
  }
  const idle = await retireKeys(db, secrets, sealedCounts());
  const left = (await countSealed(db)).filter(({ key_id }) => key_id !== secrets.current);
  return { changed, idle, left, unreadable };
}

async function resealColumn(
  db: Database,
  secrets: Secrets,
  column: Sealed,
): Promise<Pick<ResealResult, 'changed' | 'unreadable'>> {
  let changed = 0;
  const unreadable: string[] = [];
  let after: readonly string[] | undefined;
  for (;;) {
    const [rows] = await db.system('secrets.keys', [oldTexts(column, secrets.current, after)]);
    after = rows.at(-1)?.key;
    if (after === undefined) return { changed, unreadable };
    const replacing: Statement[] = [];
    for (const row of rows) {
      const by = sealedAnew(secrets, row.sealed, column.context(...row.key));
      if (by === undefined) unreadable.push([`${column.table}.${column.column}`, ...row.key].join('/'));
      else replacing.push(replaceText(column, { ...row, by }));
    }
    const answers = await db.system('secrets.keys', RESEALED, replacing);
    changed += answers.flat().length;
  }
}

/** One that does not open keeps none of the others under the old key. */
function sealedAnew(secrets: Secrets, sealed: string, context: string): string | undefined {
  try {
    return secrets.seal(secrets.open(sealed, context), context);
  } catch (error) {
    if (error instanceof AppError && UNREADABLE.has(error.code)) return undefined;
    throw error;
  }
}

interface Row {
  readonly key: readonly string[];
  readonly sealed: string;
}

/** The next texts under other keys, in the order of the primary key. */
function oldTexts(column: Sealed, current: string, after: readonly string[] | undefined): Statement<Row> {
  const names = column.key.join(', ');
  const places = column.key.map((_, index) => `$${index + 3}`).join(', ');
  return statement(
    `select array[${column.key.map((name) => `${name}::text`).join(', ')}] as key, ${column.column} as sealed
     from ${column.table}
     where not starts_with(${column.column}, $1) ${after === undefined ? '' : `and (${names}) > (${places})`}
     order by ${names} limit $2`,
    [sealedPrefix(current), BATCH, ...(after ?? [])],
  );
}

/** Only where it is still what was read. */
function replaceText(
  { table, column, key: names }: Sealed,
  { key, sealed, by }: Row & { readonly by: string },
): Statement<{ done: number }> {
  const isRow = names.map((name, index) => `${name} = $${index + 3}`).join(' and ');
  return statement(
    `update ${table} set ${column} = $1 where ${isRow} and ${column} = $2 returning 1 as done`,
    [by, sealed, ...key],
  );
}
