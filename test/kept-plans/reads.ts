import { type Database, statement } from '#platform/db';
import type { Admin } from './history.ts';

/** How many rows of each table were read so far, by any index or none. Connections but this one count what they read later. */
export async function rowsRead(db: Database, admin: Admin): Promise<Map<string, number>> {
  await db.system('limits.settlement', [statement('select pg_stat_force_next_flush()')]);
  const rows = await admin(
    `select schemaname || '.' || relname as name, coalesce(idx_tup_fetch, 0) + seq_tup_read as read from pg_stat_user_tables`,
  );
  return new Map(rows.map(({ name, read }) => [String(name), Number(read)]));
}
