import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Database, DatabaseAway, openDatabase, statement } from '#platform/db';
import { engine, testDatabase } from '@plinth/testkit/services';
import { chanceOf } from './chance.ts';
import { type Link, openLink } from './link.ts';

/** A query that is still under way when its connection breaks; each is known by its length. */
const sleep = (seconds: number) => `select pg_sleep(${seconds})`;
const sleepers = (seconds: number) =>
  statement<{ n: number }>(
    'select count(*)::int as n from pg_stat_activity where datname = current_database() and query = $1',
    [sleep(seconds)],
  );

describe.runIf(engine === 'postgres')(
  'a connection to the database that breaks in the middle of a query',
  () => {
    const uncaught: unknown[] = [];
    const note = (error: unknown) => void uncaught.push(error);
    let db: Database;
    let over: Database;
    let link: Link;

    beforeAll(async () => {
      const database = await testDatabase();
      const way = new URL(database.url);
      link = await openLink(Number(way.port), chanceOf('connections'));
      way.port = String(link.port);
      db = database.db;
      over = await openDatabase({ engine: 'postgres', url: way.href });
      process.on('uncaughtException', note);
    });
    afterAll(async () => {
      process.off('uncaughtException', note);
      await over.close();
      await link.close();
    });

    test.each([
      ['a batch', 61, (sql: string) => over.system('limits.sweep', [statement(sql)])],
      ['a transaction', 62, (sql: string) => over.system('limits.sweep', (tx) => tx.run(statement(sql)))],
      ['a script', 63, (sql: string) => over.script(sql)],
    ])(
      'fails that query and nothing else, of %s: the process lives on, with new connections',
      async (_, seconds, query) => {
        const failed = expect(query(sleep(seconds))).rejects.toBeInstanceOf(DatabaseAway);
        await vi.waitFor(async () => expect(await db.asMigrator(sleepers(seconds))).toEqual([{ n: 1 }]), {
          timeout: 120_000,
        });
        link.cut();
        await failed;
        // It may not have heard yet of those that stood idle.
        await vi.waitFor(() => over.ping(), { timeout: 120_000 });
        expect(uncaught).toEqual([]);
      },
    );
  },
);
