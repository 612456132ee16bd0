import { describe, expect, it } from 'vitest';
import { engine, projectMigrations, testDatabase } from '@plinth/testkit/services';
import { type Database, migrateDown, migrateUp, pendingMigrations, statement, type Step } from './index.ts';

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

describe('migrations', () => {
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

  it('that are looked for in an empty database are all pending, and the look leaves nothing', async () => {
    const { db } = await testDatabase({ empty: true });
    const migrations = projectMigrations();
    expect(await pendingMigrations(db, migrations)).toHaveLength(migrations.length);
    expect(await migrateDown(db, migrations)).toEqual([]);
    const history = statement<{ name: string | null }>(
      "select to_regclass('public.plinth_migrations')::text as name",
    );
    expect(await db.asMigrator(history)).toEqual([{ name: null }]);
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

  if (engine === 'postgres')
    it('two processes that migrate at once apply each migration once', () => atOnce());

  it('a migration that fails leaves nothing of itself', async () => {
    const { db } = await testDatabase({ empty: true });
    const broken = {
      id: 'test/0001_broken',
      number: '0001',
      up: 'create table public.half (a int); select 1 / 0;',
      down: '',
    };
    await expect(migrateUp(db, [broken])).rejects.toThrow('zero');
    expect(await db.asMigrator(statement("select 1 from pg_class where relname = 'half'"))).toEqual([]);
    expect(await pendingMigrations(db, [broken])).toEqual(['test/0001_broken']);
  });

  it('one that was changed after it had been applied stops both migrating and serving, and says what to do', async () => {
    const { db } = await testDatabase({ empty: true });
    const first = step('test/0001_first');
    await migrateUp(db, [first]);
    const changed = { ...first, up: `${first.up} alter table public.first add column b int;` };
    const says = {
      code: 'migration_changed',
      message: expect.stringMatching(
        /^The migration test\/0001_first was changed after .* Restore test\/0001_first\.up\.sql .* nothing of the data is to be kept/,
      ),
    };
    const later = step('test/0002_second');
    await expect(migrateUp(db, [changed, later])).rejects.toMatchObject(says);
    await expect(pendingMigrations(db, [changed, later])).rejects.toMatchObject(says);
    expect(await pendingMigrations(db, [first, later]), 'nothing was applied after it').toEqual([later.id]);
    // In development: undone by what it says now, and applied anew.
    expect(await migrateDown(db, [changed])).toEqual([first.id]);
    expect(await migrateUp(db, [changed])).toEqual([first.id]);
    expect(await pendingMigrations(db, [changed])).toEqual([]);
  });

  it('one that the program does not know stops a process that would change the schema, and none that only serves', async () => {
    const { db } = await testDatabase({ empty: true });
    const [first, second] = [step('test/0001_first'), step('test/0002_second')];
    await migrateUp(db, [first, second]);
    const says = {
      code: 'migration_unknown',
      message: expect.stringContaining('it has test/0002_second, which this one does not know'),
    };
    await expect(migrateUp(db, [first, step('test/0001_third')])).rejects.toMatchObject(says);
    await expect(migrateDown(db, [first])).rejects.toMatchObject(says);
    expect(await pendingMigrations(db, [first])).toEqual([]);
    const other = { ...first, id: 'other/0001_first', up: 'create table public.third (a int);' };
    expect(await migrateUp(db, [other]), 'a product that was taken out is in nobody’s way').toEqual([
      other.id,
    ]);
  });
});

/** A migration that makes a table of its name. */
function step(id: string): Step {
  const [number = '', name = ''] = id.slice('test/'.length).split('_');
  return { id, number, up: `create table public.${name} (a int);`, down: `drop table public.${name};` };
}

async function atOnce(): Promise<void> {
  const { db } = await testDatabase({ empty: true });
  const migrations = projectMigrations();
  const both = await Promise.all([migrateUp(db, migrations), migrateUp(db, migrations)]);
  expect(both.flat().length).toBeGreaterThanOrEqual(migrations.length);
  expect(await pendingMigrations(db, migrations)).toEqual([]);
}
