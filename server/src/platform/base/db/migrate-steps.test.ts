import { describe, expect, it } from 'vitest';
import { engine, projectMigrations, testDatabase } from '@plinth/testkit/services';
import { type Database, migrateDown, migrateUp, pendingMigrations, statement } from './index.ts';

/** The system has thousands of lines, which no migration changes: they are left out before they are written. */
const OURS = (schema: string) => `${schema} !~ '^(pg_|information_schema$)'`;

/** Everything that a migration can leave behind, as text. It is asked after each step: the view of columns would take three times as long. */
async function everything(db: Database): Promise<string[]> {
  const rows = await db.asMigrator(
    statement<{ line: string }>(`
      select line from (
        select format('column %s.%s.%s %s %s %s', n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) as line
          from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
            left join pg_attrdef d on (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
          where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'v', 'f', 'p') and ${OURS('n.nspname')}
        union all select format('constraint %s %s', c.conrelid::regclass, pg_get_constraintdef(c.oid))
          from pg_constraint c join pg_namespace n on n.oid = c.connamespace where c.conrelid <> 0 and ${OURS('n.nspname')}
        union all select format('index %s', indexdef) from pg_indexes where ${OURS('schemaname')}
        union all select format('policy %s.%s %s %s %s', schemaname, tablename, policyname, qual, roles) from pg_policies
        union all select format('function %s.%s(%s) %s', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), p.prosecdef)
          from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${OURS('n.nspname')}
        union all select format('schema %s', nspname) from pg_namespace where nspname !~ '^pg_'
        union all select format('trigger %s %s', tgrelid::regclass, tgname) from pg_trigger where not tgisinternal
      ) lines where line !~ '(pg_catalog|information_schema|pg_toast|plinth_migrations)' order by line collate "C"`),
  );
  return rows.map((row) => row.line);
}

describe('the project’s migrations', () => {
  it('up, down and up again end in the same schema, and down leaves nothing', async () => {
    const { db } = await testDatabase({ empty: true });
    const migrations = projectMigrations();
    const empty = await everything(db);
    const done = await migrateUp(db, migrations);
    expect(done).toHaveLength(migrations.length);
    const first = await everything(db);
    expect(first.length).toBeGreaterThan(empty.length);
    expect(await migrateDown(db, migrations)).toEqual(done.toReversed());
    expect(await everything(db)).toEqual(empty);
    await migrateUp(db, migrations);
    expect(await everything(db)).toEqual(first);
  });

  // A step that is undone is the same text on each engine.
  it.runIf(engine === 'postgres')('each step down undoes exactly its own step up', async () => {
    const { db } = await testDatabase({ empty: true });
    const migrations = projectMigrations().filter((migration) => 'up' in migration);
    const states = [await everything(db)];
    const order: string[] = [];
    for (;;) {
      const pending = await pendingMigrations(db, migrations);
      const next = migrations.find((migration) => migration.id === pending[0]);
      if (next === undefined) break;
      const upTo = migrations.filter(({ id }) => id === next.id || order.includes(id));
      order.push(...(await migrateUp(db, upTo)));
      states.push(await everything(db));
    }
    expect(order).toHaveLength(migrations.length);
    for (const state of states.slice(0, -1).toReversed()) {
      await migrateDown(db, migrations, 1);
      expect(await everything(db)).toEqual(state);
    }
  });
});
