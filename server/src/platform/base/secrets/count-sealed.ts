import { type Database, type Statement, statement } from '#platform/db';
import { sealedColumns } from './sealed-columns.ts';

/** How many secrets of a column are sealed under a key. */
export interface SealedCount {
  readonly place: string;
  /** null: they are no sealed texts. */
  readonly key_id: string | null;
  readonly count: number;
}

/** Sealed rows by key, over all declared columns. It reads them whole. */
export async function countSealed(db: Database): Promise<SealedCount[]> {
  const [rows] = await db.system('secrets.keys', [sealedCounts()]);
  return rows;
}

/** The same, for a transaction. */
export function sealedCounts(): Statement<SealedCount> {
  const columns = sealedColumns().map(
    ({ table, column }) =>
      `select '${table}.${column}' as place, substring(${column} from '^ps1[.]([^.]+)[.]') as key_id, count(*)::int as count
       from ${table} where ${column} is not null group by 2`,
  );
  const none = 'select null as place, null as key_id, 0 as count where false';
  return statement(`${[none, ...columns].join('\nunion all\n')}\norder by place, key_id`);
}
