import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { testDatabase } from '#test/services';
import { createPostgresRates } from './rates.postgres.ts';

const { db } = await testDatabase();
const failures: unknown[] = [];
const rates = createPostgresRates({ db, onFailure: (error) => failures.push(error) });
const ahead = (interval: string) => db.script(`update app.clock set ahead = interval '${interval}'`);

test('calls past the rate are refused until the minute is over', async () => {
  const entry = [{ key: 'a', perMinute: 3 }];
  const verdicts = [];
  for (let call = 0; call < 4; call += 1) verdicts.push(await rates.take(entry));
  expect(verdicts.map((verdict) => verdict?.allowed)).toEqual([true, true, true, false]);
  expect(verdicts.map((verdict) => verdict?.remaining)).toEqual([2, 1, 0, 0]);
  expect(verdicts[3]?.seconds).toBeGreaterThan(50);
  await ahead('61 seconds');
  expect(await rates.take(entry)).toMatchObject({ allowed: true, limit: 3, remaining: 2 });
  await ahead('0');
});

test('entries are taken all or none, and the one that decides is named', async () => {
  const narrow = { key: 'narrow', perMinute: 1 };
  const wide = { key: 'wide', perMinute: 5 };
  expect(await rates.take([wide, narrow])).toMatchObject({ allowed: true, entry: 1, remaining: 0 });
  for (let call = 0; call < 10; call += 1) {
    expect(await rates.take([wide, narrow])).toMatchObject({ allowed: false, entry: 1, limit: 1 });
  }
  expect(await rates.take([wide])).toMatchObject({ allowed: true, remaining: 3 });
});

test('callers that come at once are counted each, in few statements', async () => {
  const verdicts = await Promise.all(
    Array.from({ length: 500 }, (_, caller) =>
      rates.take([
        { key: 'crowd', perMinute: 120 },
        { key: `own ${caller}`, perMinute: 1 },
      ]),
    ),
  );
  expect(verdicts.filter((verdict) => verdict?.allowed)).toHaveLength(120);
});

test('two processes that count the same keys never let more pass', async () => {
  const other = createPostgresRates({ db, onFailure: (error) => failures.push(error) });
  const entries = ['x', 'y', 'z'].map((key) => ({ key, perMinute: 40 }));
  const verdicts = await Promise.all(
    Array.from({ length: 200 }, (_, caller) =>
      (caller % 2 === 0 ? rates : other).take(caller % 3 === 0 ? entries : entries.toReversed()),
    ),
  );
  expect(verdicts.filter((verdict) => verdict?.allowed)).toHaveLength(40);
  expect(failures).toEqual([]);
});

test('keys that nobody used for an hour are forgotten', async () => {
  await rates.take([{ key: 'old', perMinute: 1 }]);
  await ahead('2 hours');
  expect(await rates.sweep()).toBeGreaterThan(0);
  await ahead('0');
  expect(await db.asMigrator(statement('select key from limits.rates'))).toEqual([]);
});

test('a database that is away lets everybody pass, and is reported', async () => {
  const { db: lost, close } = await testDatabase();
  await close();
  const reported: unknown[] = [];
  const orphan = createPostgresRates({ db: lost, onFailure: (error) => reported.push(error) });
  expect(await orphan.take([{ key: 'a', perMinute: 1 }])).toBeUndefined();
  expect(reported).toHaveLength(1);
});
