import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { atEndOfFile } from '@plinth/testkit/closing';
import {
  engine,
  temporaryFolder,
  testDatabase,
  type TestDatabase,
  testLogin,
} from '@plinth/testkit/services';
import { applyingFunctions, NEWER } from './applying-functions.ts';
import { type FunctionSet, functionSetIn, partsOf, versionOf } from './function-set.ts';
import {
  type Database,
  dbMigrations,
  migrateDown,
  migrateUp,
  type Migration,
  openDatabase,
  pendingMigrations,
  statement,
  type Step,
} from './index.ts';

const NOTES: Step = {
  id: 'notes/0009_notes',
  number: '0009',
  up: 'create schema notes; create table notes.notes (a int);',
  down: 'drop schema notes cascade;',
};
const RIGHTS = 'grant usage on schema notes to plinth_tenant;\n';
const answers = (value: number) =>
  `create or replace function notes.answer(p_a integer) returns integer language sql as $$ select ${value} + p_a $$;`;
const TRIGGER = `
create or replace function notes.noted() returns trigger language plpgsql as $$ begin return new; end $$;
create or replace trigger notes_noted before insert on notes.notes for each row execute function notes.noted();`;

/** The functions of a module, read from a folder as a module's are. */
function setOf(version: number, functions: string, rights = RIGHTS): FunctionSet {
  const folder = join(temporaryFolder(), 'functions');
  mkdirSync(folder);
  writeFileSync(join(folder, 'notes.sql'), functions);
  writeFileSync(join(folder, 'rights.sql'), rights);
  writeFileSync(join(folder, 'version.json'), JSON.stringify({ version, digest: 'of another text' }));
  const [set] = functionSetIn('notes', folder);
  if (set === undefined) throw new Error('a folder is a set');
  return set;
}

let database: TestDatabase;
let db: Database;

/** One for all, with nothing of these notes: the steps of the database itself stay, and need not be applied again. */
let shared: Promise<TestDatabase> | undefined;
const WITHOUT_NOTES = `
  drop schema if exists notes cascade;
  do $$ begin
    if to_regclass('public.plinth_migrations') is not null then
      delete from public.plinth_migrations where id like 'notes/%';
    end if;
  end $$;`;

/** Another database, for what could not be taken back. */
async function alone(): Promise<void> {
  database = await testDatabase({ empty: true });
  ({ db } = database);
}

const withNotes = (set: FunctionSet): Migration[] => [...dbMigrations(), NOTES, set];
const apply = (set: FunctionSet, on = db) => migrateUp(on, withNotes(set));
const one = async (sql: string) => (await db.asMigrator(statement<{ value: unknown }>(sql)))[0]?.value;
const answer = () => one('select notes.answer(1) as value');
const exists = (name: string) => one(`select to_regprocedure('${name}') is not null as value`);

describe('functions and rights', () => {
  beforeEach(async () => {
    database = await (shared ??= testDatabase({ empty: true }));
    ({ db } = database);
    await db.script(WITHOUT_NOTES);
  });

  test('are replaced when they changed, by the same migrations that brought them, and only then', async () => {
    expect(await apply(setOf(1, answers(1)))).toContain('notes/functions');
    expect(await apply(setOf(1, answers(1)))).toEqual([]);
    const id = await one(`select 'notes.answer(integer)'::regprocedure::oid as value`);
    const changed = setOf(2, answers(2));
    expect(await pendingMigrations(db, withNotes(changed))).toEqual(['notes/functions']);
    expect(await apply(changed)).toEqual(['notes/functions']);
    expect(await answer()).toBe(3);
    expect(await pendingMigrations(db, withNotes(changed))).toEqual([]);
    expect(await one(`select 'notes.answer(integer)'::regprocedure::oid as value`), 'it is the same').toBe(
      id,
    );
  });

  test('that left the set are gone, and one whose arguments or answer changed is made anew', async () => {
    await apply(setOf(1, `${answers(1)}${TRIGGER}`));
    const trigger = await one(`select oid as value from pg_trigger where tgname = 'notes_noted'`);
    await apply(
      setOf(
        2,
        `create or replace function notes.answer(p_b integer, p_c text default 'a;b') returns text language sql as $$ select p_c $$;${TRIGGER}`,
      ),
    );
    expect(await exists('notes.answer(integer)')).toBe(false);
    expect(await answer()).toBe('a;b');
    expect(await one(`select oid as value from pg_trigger where tgname = 'notes_noted'`)).toBe(trigger);
    await apply(
      setOf(
        3,
        `create or replace function notes.answer(p_d integer, p_c text) returns integer language sql as $$ select 7 $$;`,
      ),
    );
    expect(await one(`select notes.answer(1, '') as value`)).toBe(7);
    expect(await exists('notes.noted()')).toBe(false);
    expect(await one(`select count(*) as value from pg_trigger where tgname = 'notes_noted'`)).toBe(0);
  });

  test('give what they say and nothing else: a right that left them is gone', async () => {
    const may = async () => [
      await one(
        `select has_function_privilege('plinth_tenant', 'notes.answer(integer)', 'execute') as value`,
      ),
      await one(`select has_table_privilege('plinth_tenant', 'notes.notes', 'select') as value`),
      await one(`select has_column_privilege('plinth_tenant', 'notes.notes', 'a', 'update') as value`),
      await one(`select prosecdef as value from pg_proc where proname = 'answer'`),
    ];
    const all = `${RIGHTS}grant select, update (a) on notes.notes to plinth_tenant;
      call app.run_as_system('notes.answer(integer)');
      grant execute on function notes.answer(integer) to plinth_tenant;`;
    await apply(setOf(1, answers(1), all));
    expect(await may()).toEqual([true, true, true, true]);
    await apply(setOf(2, answers(2)));
    expect(await may()).toEqual([false, false, false, false]);
    expect(
      await one(
        `select has_function_privilege('plinth_system', 'notes.answer(integer)', 'execute') as value`,
      ),
    ).toBe(true);
    await apply(setOf(3, answers(2), all));
    expect(await may()).toEqual([true, true, true, true]);
  });

  test('of an older program never take the place of newer ones, and it serves with them', async () => {
    const [older, newer] = [setOf(1, answers(1)), setOf(2, answers(2))];
    await apply(newer);
    const says = {
      code: 'migration_unknown',
      message: expect.stringContaining('notes/functions are version 2, and this one has 1'),
    };
    await expect(apply(older)).rejects.toMatchObject(says);
    await expect(migrateDown(db, withNotes(older))).rejects.toMatchObject(says);
    expect(await pendingMigrations(db, withNotes(older))).toEqual([]);
    // As one that looked before the newer ones came, and waited for the lock since.
    await expect(db.script(applyingFunctions([older]))).rejects.toMatchObject({ code: NEWER });
    expect(await answer()).toBe(3);
  });

  test('of one version take turns: somebody works on them', async () => {
    for (const value of [1, 2, 1]) {
      await apply(setOf(1, answers(value)));
      expect(await answer()).toBe(value + 1);
    }
  });

  test('that fail half way leave everything as it was', async () => {
    await apply(setOf(1, answers(1)));
    const broken = setOf(2, answers(2), `${RIGHTS}grant select on notes.missing to plinth_tenant;`);
    await expect(apply(broken)).rejects.toThrow('missing');
    expect(await answer()).toBe(2);
    expect(await one(`select has_schema_privilege('plinth_tenant', 'notes', 'usage') as value`)).toBe(true);
    expect(await pendingMigrations(db, withNotes(broken))).toEqual(['notes/functions']);
    expect(await pendingMigrations(db, withNotes(setOf(1, answers(1))))).toEqual([]);
  });

  test('go before the steps that they stand on, and come back with them', async () => {
    await alone();
    const migrations = withNotes(setOf(1, `${answers(1)}${TRIGGER}`));
    const done = await migrateUp(db, migrations);
    expect(await migrateDown(db, migrations, 1)).toEqual(['notes/functions', 'db/functions', NOTES.id]);
    expect(await exists('app.run_as_system(regprocedure)')).toBe(false);
    expect(await migrateUp(db, migrations)).toEqual([NOTES.id, 'db/functions', 'notes/functions']);
    expect(await migrateDown(db, migrations)).toEqual(done.toReversed());
  });

  test.runIf(engine === 'postgres').each([
    ['owns nothing', []],
    ['owns the schema and its functions, and not the history', ['schema notes', 'function notes.answer']],
  ])(
    'are refused to a login that %s, in a sentence that says whose it is, and stay whole',
    async (_, owned) => {
      await alone();
      await apply(setOf(1, answers(1)));
      const changed = setOf(2, answers(2), `${RIGHTS}grant select on notes.notes to plinth_tenant;\n`);
      const login = await testLogin(
        database,
        'grant plinth_system to $login',
        ...owned.map((what) => `alter ${what} owner to $login`),
      );
      const without = await openDatabase({ engine: 'postgres', url: login.url, poolSize: 1 });
      atEndOfFile(() => without.close());
      await expect(apply(changed, without)).rejects.toMatchObject({
        code: 'schema_not_owned',
        message: expect.stringContaining('Run "plinth migrate up" with the owner\'s login in DIRECT_URL'),
      });
      expect(await answer()).toBe(2);
      expect(await one(`select has_table_privilege('plinth_tenant', 'notes.notes', 'select') as value`)).toBe(
        false,
      );
      expect(await pendingMigrations(db, withNotes(changed))).toEqual(['notes/functions']);
      expect(await pendingMigrations(db, withNotes(setOf(1, answers(1))))).toEqual([]);
    },
  );

  test.runIf(engine === 'postgres')('of two programs at once are applied one after the other', async () => {
    await apply(setOf(1, answers(1)));
    const changed = setOf(2, answers(2));
    await Promise.all([apply(changed), apply(changed)]);
    expect(await answer()).toBe(3);
    expect(await pendingMigrations(db, withNotes(changed))).toEqual([]);
  });
});

describe('a folder of functions', () => {
  test('has another digest with other rights, the same with line ends of Windows, and asks for a newer version', () => {
    const set = setOf(4, `${answers(1)}\n`);
    expect(setOf(4, `${answers(1)}\r\n`).digest).toBe(set.digest);
    expect(setOf(4, `${answers(1)}\n`, `${RIGHTS}-- why\n`).digest).not.toBe(set.digest);
    expect(JSON.parse(versionOf(set))).toEqual({ version: 5, digest: set.digest });
    expect(functionSetIn('notes', join(temporaryFolder(), 'none'))).toEqual([]);
  });

  test('holds nothing but what can be done again', () => {
    for (const sql of ['create table a.b ();', 'create function a.b() returns void language sql as $$ $$;'])
      expect(() => partsOf('a/functions/b.sql', sql)).toThrow(
        'a/functions/b.sql: this is no "create or replace"',
      );
    const [part] = partsOf(
      '',
      `create or replace function a.b(p_c numeric(10, 2), out d text, p_e text[] default '{,}', inout f a.g) returns record language plpgsql
       -- why; and how
       set jit = off as $x$ begin; end $x$;`,
    );
    expect(part?.name).toBe('a.b(numeric(10, 2), text[], a.g)');
  });
});
