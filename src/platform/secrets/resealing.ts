import { commitPoint, type Database, type Statement, statement } from '#platform/db';
import { retireKeys } from './proofs.ts';
import { type Sealed, sealedColumns } from './sealed.ts';
import { type Secrets, sealedPrefix } from './secrets.ts';

const RESEALED = commitPoint('secrets.resealed', 'a batch of secrets, sealed under the newest master key');
const BATCH = 200;

/** How many secrets of a column are sealed under a key. */
export interface SealedCount {
  readonly place: string;
  /** null: they are no sealed texts. */
  readonly key_id: string | null;
  readonly count: number;
}

export interface Resealed {
  readonly changed: number;
  /** Old keys under which nothing is sealed any more: they may be taken out of MASTER_KEYS. */
  readonly idle: readonly string[];
  /** What is still under another key than the sealing one: somebody sealed it meanwhile. */
  readonly left: readonly SealedCount[];
}

/** What is sealed under which key, over all declared columns. It reads them whole. */
export async function countSealed(db: Database): Promise<SealedCount[]> {
  const [rows] = await db.system('secrets.keys', [counts()]);
  return rows;
}

function counts(): Statement<SealedCount> {
  const columns = sealedColumns().map(
    ({ table, column }) =>
      `select '${table}.${column}' as place, substring(${column} from '^ps1[.]([^.]+)[.]') as key_id, count(*)::int as count
       from ${table} where ${column} is not null group by 2`,
  );
  const none = 'select null as place, null as key_id, 0 as count where false';
  return statement(`${[none, ...columns].join('\nunion all\n')}\norder by place, key_id`);
}

/**
 * Seals all secrets under the first master key that another one has sealed, in batches: killed half-way, the next run goes
 * on with what is left. Whoever reads and writes meanwhile is not held up; what they change is not overwritten.
 */
export async function reseal(db: Database, secrets: Secrets): Promise<Resealed> {
  let changed = 0;
  for (const column of sealedColumns()) changed += await resealColumn(db, secrets, column);
  const idle = await retireKeys(db, secrets, counts());
  const left = (await countSealed(db)).filter(({ key_id }) => key_id !== secrets.current);
  return { changed, idle, left };
}

async function resealColumn(db: Database, secrets: Secrets, column: Sealed): Promise<number> {
  let changed = 0;
  let after: readonly string[] | undefined;
  for (;;) {
    const [rows] = await db.system('secrets.keys', [oldTexts(column, secrets.current, after)]);
    after = rows.at(-1)?.key;
    if (after === undefined) return changed;
    const answers = await db.system(
      'secrets.keys',
      RESEALED,
      rows.map(({ key, sealed }) => {
        const context = column.context(...key);
        return replaceText(column, { key, sealed, by: secrets.seal(secrets.open(sealed, context), context) });
      }),
    );
    changed += answers.flat().length;
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
