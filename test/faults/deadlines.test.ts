import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  commitPoint,
  type Database,
  openDatabase,
  type Statement,
  statement,
  systemCall,
} from '#platform/db';
import { holdRows, waitsForLocks } from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase } from '@plinth/testkit/services';
import { chanceOf } from './chance.ts';
import { type Link, openLink } from './link.ts';

const WRITE = commitPoint('test.deadlines', 'a row of this test');
/** The end of a statement, which is a message of its own. */
const SYNC = 5;
const SOON = { timeout: 120_000 };

const add = statement<{ n: number }>('select notes.add(1) as n');
const call = systemCall(add);
const held = statement('select from notes.notes where id = 1 for update nowait');
const PATIENCE = ['lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout'].map((name) =>
  statement<{ is: string }>(`select current_setting('${name}') as is`),
);

const writes = (over: Database, one: Statement) => over.system('limits.sweep', WRITE, [one]);

describe.runIf(engine === 'postgres')('a statement', () => {
  let db: Database;
  let url: string;
  let through: Database;
  let link: Link;

  beforeAll(async () => {
    ({ db, url } = await testDatabase());
    await db.script(`
      create schema notes;
      grant usage on schema notes to plinth_system;
      create table notes.notes (id int primary key, n int not null);
      insert into notes.notes values (1, 0);
      grant select, update on notes.notes to plinth_system;
      create function notes.add(one int) returns int language sql as $$ update notes.notes set n = n + 1 where id = one returning n $$;
      revoke execute on function notes.add(int) from public;
      call app.run_as_system('notes.add(int)');`);
    const way = new URL(url);
    link = await openLink(Number(way.port), chanceOf('deadlines'));
    way.port = String(link.port);
    through = await openDatabase({ engine: 'postgres', url: way.href, answerWithin: 300 });
  });
  // There are connections that nothing is the matter with.
  beforeEach(async () => {
    link.cut();
    link.resume();
    await vi.waitFor(() => through.ping(), SOON);
  });
  afterAll(async () => {
    link.cut();
    link.resume();
    await through.close();
    await link.close();
  });

  const isHeld = () =>
    db.system('limits.sweep', WRITE, [held]).then(
      () => false,
      () => true,
    );

  test('has limits for rows that others have and for itself, in each transaction; what takes minutes has its own', async () => {
    const ofAccount = await db.system('limits.sweep', PATIENCE);
    const ofReports = await db.system('admin.reports', PATIENCE);
    const inPieces = await db.system('limits.sweep', (tx) => tx.runAll(PATIENCE));
    expect(ofAccount.flat().map(({ is }) => is)).toEqual(['10s', '12s', '30s']);
    expect(inPieces).toEqual(ofAccount);
    expect(ofReports.flat().map(({ is }) => is)).toEqual(['30s', '10min', '30s']);
  });

  test('has one for rows too where it is a function that is called with no transaction around it', async () => {
    const without = await db.asMigrator(
      statement(
        `select oid::regprocedure::text as name from pg_proc
         where prosecdef and proowner = 'plinth_system'::regrole and not 'lock_timeout=10s' = any (proconfig)`,
      ),
    );
    expect(without).toEqual([]);
  });

  test('that waits for a row in vain is told of it as undone, and its connection serves on', async () => {
    const limit = (of: string) => db.script(`alter function notes.add(int) set lock_timeout = '${of}'`);
    const release = await holdRows(url, [held]);
    await limit('50ms');
    const waits = [
      writes(db, call),
      writes(db, add),
      db.system('limits.sweep', WRITE, (tx) => tx.run(add)),
    ].map((wait) =>
      expect(wait).rejects.toMatchObject({ name: 'DatabaseAway', code: '55P03', mayBeDone: false }),
    );
    await Promise.all(waits);
    await limit('10s');
    await release();
    expect(await writes(db, call)).toHaveLength(1);
  });

  test.each([
    ['a call', true, () => writes(through, call)],
    ['a batch', true, () => through.system('limits.sweep', WRITE, [add, add])],
    ['a batch that reads', false, () => through.system('limits.sweep', [held])],
    [
      'the beginning of a transaction',
      false,
      () => through.system('limits.sweep', WRITE, (tx) => tx.run(add)),
    ],
    ['a ping', true, () => through.ping()],
  ])('that is never answered has an end, and may be done if it commits: %s', async (_, mayBeDone, ask) => {
    link.silence();
    await expect(ask()).rejects.toMatchObject({ name: 'DatabaseAway', code: 'ETIMEDOUT', mayBeDone });
  });

  test.each(['run', 'commit'])(
    'that is never answered in the middle of a transaction undoes it; a commit that is not may be made: %s',
    async (work) => {
      const silent = through.system('limits.sweep', WRITE, async (tx) => {
        await tx.run(add);
        link.silence();
        if (work === 'run') await tx.run(add);
      });
      await expect(silent).rejects.toMatchObject({ code: 'ETIMEDOUT', mayBeDone: work === 'commit' });
    },
  );

  test.each([
    ['a call', [call]],
    ['a batch', [add]],
  ])(
    'whose second half never comes holds its rows until another process ends it: %s',
    async (_, statements) => {
      link.silence((chunk) => {
        const commit = chunk.indexOf('commit');
        // In a batch the statement before its commit has no end.
        return (commit < 0 ? chunk.length : chunk.lastIndexOf('S\0\0\0\u0004', commit) + SYNC) - SYNC;
      });
      await expect(through.system('limits.sweep', WRITE, statements)).rejects.toMatchObject({
        code: 'ETIMEDOUT',
      });
      // The client has left, and the database has not heard of it.
      expect(await isHeld()).toBe(true);
      expect(await db.endAbandoned()).toBe(0);
      expect(await isHeld()).toBe(true);
      expect(await db.endAbandoned(0)).toBeGreaterThan(0);
      await vi.waitFor(async () => expect(await isHeld()).toBe(false), SOON);
    },
  );

  test('that waits for a row, or whose transaction is idle, is not ended as one whose client is gone', async () => {
    const release = await holdRows(url, [held]);
    const over = await openDatabase({ engine: 'postgres', url });
    const waits = over.system('limits.sweep', WRITE, [add, add]);
    await vi.waitFor(async () => expect(await waitsForLocks(db)).toBe(1), SOON);
    expect(await db.endAbandoned(0)).toBe(0);
    await release();
    expect(await waits).toHaveLength(2);
    await over.close();
  });
});
