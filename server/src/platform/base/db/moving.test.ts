import { afterAll, describe, expect, it } from 'vitest';
import { engine, testDatabase, testLogin } from '@plinth/testkit/services';
import {
  commitPoint,
  type Database,
  dbMigrations,
  installationOf,
  leave,
  type Migration,
  migrateUp,
  type Moved,
  moveDatabase,
  openDatabase,
  pendingMigrations,
  reopen,
  statement,
} from './index.ts';

const WRITE = commitPoint('test.moving', 'rows of a test');

/** Parts that products may have: numbers of the database, columns made of others, circles of foreign keys, triggers that write. */
const HARD: Migration = {
  id: 'hard/0001_hard',
  number: '0001',
  up: `
    create schema hard;
    create table hard.words (
      id bigint generated always as identity primary key, word text, upper text generated always as (upper(word)) stored,
      big numeric, whole bigint, near double precision, raw bytea, at timestamptz, took interval, list text[], said jsonb,
      "select" text default 'reserved', span int4range, favourite bigint references hard.words (id), written integer not null default 0);
    create table hard.pairs (
      id uuid primary key, word bigint not null references hard.words (id) on delete cascade);
    alter table hard.words add pair uuid references hard.pairs (id);
    create table hard.empty (a int);
    create sequence hard.numbers start 7;
    create function hard.note() returns trigger language plpgsql as $$ begin new.written := new.written + 1; return new; end $$;
    create trigger note before insert or update on hard.words for each row execute function hard.note();
    create trigger born after insert on hard.words for each row when (new.written > 99) execute function hard.note();
    call app.protect_system('hard.words'); call app.protect_system('hard.pairs'); call app.protect_system('hard.empty');
    grant select, insert, update, delete on all tables in schema hard to plinth_system;
    grant usage on schema hard to plinth_system; grant usage on sequence hard.numbers to plinth_system;`,
  down: 'drop schema hard cascade;',
};

const LATER: Migration = {
  id: 'hard/0002_later',
  number: '0002',
  up: "create table hard.later (a int); call app.protect_system('hard.later'); grant select, insert on hard.later to plinth_system;",
  down: 'drop table hard.later;',
};

const ROWS = `
  insert into hard.words (word, big, whole, near, raw, at, took, list, said, span) values
    (E'a "quoted" \\\\ ''word''\\n\\t{}, NULL', 1234567890123456789.000000000100, 9007199254740993, 0.1::float8 + 0.2, '\\x00ff5c',
      '2026-11-20 10:15:00.123456+02', '1 month 2 days 03:00:00.5', array['a,b', null, 'NULL', '', '"'], 'null', '[1,5)'),
    (null, 'NaN', -9223372036854775808, 'infinity', '', 'infinity', '-1 second', '{}', '{"a": [1, 2.50, "\\u00e9"], "b": null}', 'empty'),
    ('', null, null, '-0', null, '0044-03-15 BC', null, null, null, null);
  insert into hard.words (word) select 'word ' || n from generate_series(1, 2500) n;
  insert into hard.pairs select gen_random_uuid(), id from hard.words where id < 4;
  update hard.words w set pair = p.id from hard.pairs p where p.word = w.id;
  update hard.words set favourite = 2503 - id + 1 where id < 2503;
  select nextval('hard.numbers'), nextval('hard.numbers');`;

/** Rows of the hard tables, and the one of app.clock. */
const ALL = 2_503 + 3 + 1;

const migrations = () => [...dbMigrations(), HARD, LATER];

const target = async () => (await testDatabase({ empty: true })).db;

/** All rows of the hard table as text, which is the same on both sides. */
async function words(db: Database): Promise<unknown[]> {
  const [, rows] = await db.system('db.installation', [
    statement("select set_config('TimeZone', 'UTC', true)"),
    statement('select w::text as line from hard.words w order by id'),
  ]);
  return rows;
}

const count = async (db: Database) =>
  (await db.system('db.installation', [statement('select 1 from hard.words')]))[0].length;

describe.runIf(engine === 'postgres')('a move', () => {
  const closing: Database[] = [];
  afterAll(() => Promise.all(closing.map((db) => db.close())));
  let opened: Promise<Database> | undefined;

  /** An embedded database, once for all these tests: no move changes more of it than a mark. */
  async function source(): Promise<Database> {
    opened ??= (async () => {
      const db = await openDatabase({ engine: 'pglite' });
      closing.push(db);
      await migrateUp(db, migrations());
      await db.script(ROWS);
      return db;
    })();
    const db = await opened;
    await reopen(db);
    return db;
  }

  async function move(to: Database, from?: Database): Promise<Moved> {
    return moveDatabase({
      source: from ?? (await source()),
      target: to,
      targetName: 'host/target',
      migrations: migrations(),
      sums: [statement("select 'words' as name, sum(written)::text as sum from hard.words")],
    });
  }

  it('takes every value as it is, the numbers of sequences, and nothing that a trigger adds', async () => {
    const to = await target();
    const moved = await move(to);
    expect(moved).toMatchObject({
      outcome: 'moved',
      rows: ALL,
      sums: [{ name: 'words', sum: String(2_503 + 3 + 2_502) }],
    });
    const from = await source();
    expect(await words(to)).toEqual(await words(from));
    expect((await installationOf(to)).id).toBe((await installationOf(from)).id);
  });

  it('goes on where one was stopped while it made the tables, whose rights come last', async () => {
    const to = await target();
    await migrateUp(to, migrations().slice(0, -1));
    await to.script('revoke usage on schema hard from plinth_system');
    expect(await move(to)).toMatchObject({ outcome: 'moved', rows: ALL });
  });

  it('leaves numbers, triggers, foreign keys and row security of the target as they were', async () => {
    const to = await target();
    await move(to);
    const insert = statement(
      "insert into hard.words (word) values ('next') returning id, written, nextval('hard.numbers') as number",
    );
    expect(await to.system('db.installation', WRITE, [insert])).toEqual([
      [{ id: 2_504, written: 1, number: 9 }],
    ]);
    const dangling = statement('update hard.words set favourite = 99999 where id = 1');
    await expect(to.system('db.installation', WRITE, [dangling])).rejects.toMatchObject({
      code: '23503',
    });
    const changed = `
      select relname as name from pg_class where relnamespace = 'hard'::regnamespace and relkind = 'r' and not relforcerowsecurity
      union all select tgname from pg_trigger where tgenabled <> 'O'
      union all select conname from pg_constraint where condeferrable or condeferred`;
    expect(await to.asMigrator(statement(changed))).toEqual([]);
  });

  it('that is repeated finds everything there; once the target was used, it leaves that alone', async () => {
    const to = await target();
    await move(to);
    // Killed before the source was marked: it looks as if nothing had been moved.
    expect(await move(to)).toMatchObject({ outcome: 'already', rows: ALL });
    const from = await source();
    await to.script("set role plinth_system; insert into hard.words (word) values ('later')");
    await expect(move(to)).rejects.toMatchObject({
      code: 'move_target_differs',
      message: expect.stringContaining('hard.words differ'),
    });
    await leave(from, 'host/target');
    expect(await move(to, from)).toMatchObject({ outcome: 'used' });
    expect(await count(to)).toBe(2_504);
  });

  it('into a database with other data is refused, and changes nothing there', async () => {
    const [to, foreign] = [await target(), await target()];
    await migrateUp(to, [...dbMigrations(), HARD]);
    await to.script("set role plinth_system; insert into hard.words (word) values ('theirs')");
    await foreign.script('create schema hard; create table hard.theirs (a int)');
    for (const db of [to, foreign])
      await expect(move(db)).rejects.toMatchObject({
        code: 'move_target_not_empty',
        message: expect.stringMatching(
          /^The database host\/target is not empty: it has .* Nothing was changed\./,
        ),
      });
    expect(await pendingMigrations(to, migrations())).toEqual([LATER.id]);
    expect(
      await foreign.asMigrator(statement("select to_regclass('public.plinth_migrations') as name")),
    ).toEqual([{ name: null }]);
    expect(await installationOf(await source())).toMatchObject({ movedTo: null });
  });

  it('of which something arrives otherwise keeps nothing, and says what', async () => {
    const to = await target();
    await migrateUp(to, migrations());
    await to.script(`create function hard.bend() returns trigger language plpgsql as
        $$ begin if new.id = 1234 then new.word := 'bent'; end if; return new; end $$;
      create trigger bend before insert on hard.words for each row execute function hard.bend();
      alter table hard.words enable always trigger bend`);
    await expect(move(to)).rejects.toMatchObject({
      code: 'move_not_equal',
      message: expect.stringContaining('What arrived of hard.words is not what was sent. Nothing was kept'),
    });
    expect(await count(to)).toBe(0);
    expect(await installationOf(await source())).toMatchObject({ movedTo: null });
  });

  it('that has to do with a login without the tables, or with a table that somebody else has open, says so', async () => {
    const database = await testDatabase({ empty: true });
    await migrateUp(database.db, migrations());
    const login = await testLogin(database, 'grant plinth_system to $login');
    const other = await openDatabase({ engine: 'postgres', url: login.url });
    closing.push(other);
    await expect(move(other)).rejects.toMatchObject({ code: 'schema_not_owned' });
    const waits = database.db.transactAsMigrator(WRITE, async (tx) => {
      await tx.run(statement('lock table hard.words in access share mode'));
      await expect(move(database.db)).rejects.toMatchObject({ code: 'move_target_in_use' });
    });
    await waits;
    expect(await count(database.db)).toBe(0);
  });
});
