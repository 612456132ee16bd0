import { describe, expect, it } from 'vitest';
import { engine, projectMigrations, testDatabase } from '@plinth/testkit/services';
import { migrateDown, migrateUp, pendingMigrations, statement, type Step } from './index.ts';

describe('migrations', () => {
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
