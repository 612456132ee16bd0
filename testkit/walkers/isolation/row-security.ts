import type { Database } from '#platform/db';
import { readTables } from '../tables.ts';

/** Turns row security on or off in the whole database: off, what a statement says of its owner is all that is left. */
export async function setRowSecurity(db: Database, on: boolean): Promise<void> {
  const tables = (await readTables(db)).filter(({ policies }) => policies.length > 0);
  const [enable, force] = on ? ['enable', 'force'] : ['disable', 'no force'];
  const each = tables.map(
    ({ name }) => `alter table ${name} ${enable} row level security, ${force} row level security;`,
  );
  await db.script(each.join('\n'));
}
