import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createIds, systemClock, systemRandom, type UserId } from '#platform/kernel';
import { onCommitAsked, temporaryFolder } from '@plinth/testkit/services';
import { commitPoint, dbMigrations, migrateUp, openDatabase, statement } from './index.ts';
import { DatabaseAway, mayBeDone } from './away.ts';

const WRITE = commitPoint('test.embedded-deadline', 'rows of this test');
const user = createIds({ clock: systemClock, random: systemRandom }).next<UserId>();
/** Long for a statement of one row on a busy machine, short for one that does not end. */
const WITHIN = 2_000;
const ENDLESS = statement(
  'select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b',
);
const note = (text: string) => statement('insert into notes.notes values ($1)', [text]);
const texts = statement<{ text: string }>('select text from notes.notes order by text');
const SOON = { timeout: 60_000, interval: 100 };

const said: string[] = [];
const db = await openDatabase({
  engine: 'pglite',
  dataDir: join(temporaryFolder(), 'database'),
  answerWithin: WITHIN,
  onIdleError: (error) => said.push(`${error.message} ${String(error.cause)}`),
});
await migrateUp(db, dbMigrations());
await db.script(`create schema notes; grant usage on schema notes to plinth_tenant;
  create table notes.notes (text text primary key); grant select, insert on notes.notes to plinth_tenant`);
const add = (text: string) => db.user(user, WRITE, [note(text)]);
const read = async () => (await db.user(user, [texts]))[0].map(({ text }) => text);

test('a statement that does not end is refused in time, is named in the log, and what waits behind it is done', async () => {
  await add('before');
  const failed = expect(
    db.user(user, WRITE, async (tx) => {
      await tx.run(note('with it'));
      await tx.run(ENDLESS);
    }),
  ).rejects.toSatisfy((error) => error instanceof DatabaseAway && !mayBeDone(error));
  const behind = add('behind');
  await failed;
  await behind;
  expect(await read()).toEqual(['before', 'behind']);
  expect(said).toEqual([
    expect.stringMatching(/did not end in time .* \(57014\).* select count\(\*\) from gen/),
  ]);
  // A batch includes its commit, which may be done.
  await expect(db.user(user, WRITE, [ENDLESS])).rejects.toSatisfy(mayBeDone);
  await expect(db.user(user, [ENDLESS])).rejects.not.toSatisfy(mayBeDone);
});

const ROUNDS = 8;

test('a thread that is ended at any instant of a commit has lost no row that was acknowledged', async () => {
  const acknowledged: string[] = [];
  const undone: string[] = [];
  const attempt = async (text: string, work: () => Promise<unknown>) => {
    try {
      await work();
      acknowledged.push(text);
    } catch (error) {
      expect(error).toBeInstanceOf(DatabaseAway);
      if (!mayBeDone(error)) undone.push(text);
    }
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    await vi.waitFor(() => add(`round ${round} begins`), SOON);
    acknowledged.push(`round ${round} begins`);
    const stop = onCommitAsked((thread) => void setTimeout(() => void thread.terminate(), randomInt(3)));
    await Promise.all([
      attempt(`${round} in a batch`, () => add(`${round} in a batch`)),
      attempt(`${round} in a transaction`, () =>
        db.user(user, WRITE, (tx) => tx.run(note(`${round} in a transaction`))),
      ),
      attempt(`${round} waits`, () => add(`${round} waits`)),
    ]);
    stop();
  }
  const kept = await vi.waitFor(read, SOON);
  expect(acknowledged.filter((text) => !kept.includes(text))).toEqual([]);
  expect(undone.filter((text) => kept.includes(text))).toEqual([]);
});

test('a database is closed while a statement runs that does not end', async () => {
  const failed = expect(db.user(user, [ENDLESS])).rejects.toThrow(DatabaseAway);
  await db.close();
  await failed;
});
