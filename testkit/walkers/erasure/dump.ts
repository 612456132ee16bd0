import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, statement } from '#platform/db';

const TABLES = statement<{ name: string }>(
  `select format('%I.%I', schemaname, tablename) as name from pg_tables
   where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
);

/** Every row of every table, as JSON; bytes are written as hex. */
export async function dumpOf(db: Database): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const { name } of await db.asMigrator(TABLES)) {
    const rows = await db.asMigrator(
      statement<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t order by 1`),
    );
    found.set(
      name,
      rows.map(({ row }) => row),
    );
  }
  return found;
}

/** The tables in which a text stands somewhere, also as bytes. */
export async function tablesWith(db: Database, text: string): Promise<string[]> {
  const hex = Buffer.from(text).toString('hex');
  const holds = (row: string) => row.includes(text) || row.includes(hex);
  return [...(await dumpOf(db))].flatMap(([name, rows]) => (rows.some(holds) ? [name] : []));
}

/** The files of a folder, and of those below it, in which a text stands. */
export async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path);
    if (content.includes(text) || content.includes(Buffer.from(text).toString('base64'))) found.push(path);
  }
  return found;
}
