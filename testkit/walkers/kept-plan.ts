import { randomUUID } from 'node:crypto';
import { type Database, statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';

/** Whose rows a walk reads. */
export interface RowOwners {
  readonly accounts: readonly AccountId[];
  readonly users: readonly UserId[];
}

/**
 * A question to all tables of a database, which names them as `p_accounts` and `p_users` and answers in these columns. A function keeps its
 * plan: a walk asks a thousand times, and to parse and plan 30 kB of SQL takes PostgreSQL as long again as to answer it (10 ms).
 */
export async function keepPlan<Row>(
  db: Database,
  columns: string,
  question: string,
): Promise<(owners: RowOwners) => Promise<Row[]>> {
  const name = `public.asked_${randomUUID().replaceAll('-', '')}`;
  await db.script(`
    create function ${name}(p_accounts uuid[], p_users uuid[]) returns table (${columns})
      language plpgsql set plan_cache_mode = force_generic_plan as $$
    #variable_conflict use_column
    begin
      return query ${question};
    end $$`);
  return ({ accounts, users }) =>
    db.asMigrator(
      statement<Row>(`select * from ${name}($1::uuid[], $2::uuid[])`, [
        `{${accounts.join()}}`,
        `{${users.join()}}`,
      ]),
    );
}
