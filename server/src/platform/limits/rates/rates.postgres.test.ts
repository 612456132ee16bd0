import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Database, DatabaseAway, statement } from '#platform/db';
import { type Clock, systemClock } from '#platform/kernel';
import { stopTime } from '@plinth/testkit/factories';
import { holdRows, waitsForLocks } from '@plinth/testkit/fixtures/limits';
import { assertWithin } from '@plinth/testkit/property';
import { testDatabase } from '@plinth/testkit/services';
import { LEASED_SHARE } from './rates.leased.ts';
import { createPostgresRates } from './rates.postgres.ts';

const { db, url, engine } = await testDatabase();
await stopTime(db);
const failures: unknown[] = [];
const open = () =>
  createPostgresRates({
    db,
    clock: systemClock,
    onFailure: (error) => failures.push(error),
    // A call that waits here waits for the test.
    patience: 600_000,
  });

async function ahead(seconds: number): Promise<void> {
  await db.script(`update app.clock set ahead = ahead + make_interval(secs => ${seconds})`);
}

const call = fc.record({
  entries: fc.uniqueArray(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      most: fc.integer({ min: 0, max: 30 }),
      spare: fc.integer({ min: 0, max: 5 }),
    }),
    { minLength: 1, maxLength: 3, selector: ({ key }) => key },
  ),
  pass: fc.constantFrom(0, 0, 1, 30, 60, 61, -5, -120),
});
let histories = 0;

test('a lone caller is told, and counted, as one of a crowd is', async () => {
  await assertWithin(
    fc.asyncProperty(fc.array(call, { minLength: 4, maxLength: 20 }), async (calls) => {
      histories += 1;
      const [crowd, alone] = [`crowd ${histories} `, `alone ${histories} `];
      const known = new Set<string>();
      for (const { entries, pass } of calls) {
        await ahead(pass);
        const sorted = entries.toSorted((one, other) => (one.key < other.key ? -1 : 1));
        const isNew = sorted.some(({ key }) => !known.has(key));
        const answered = await asOneOfACrowd(crowd, sorted);
        const answeredAlone = await asALoneCaller(alone, sorted);
        expect(answeredAlone).toEqual(isNew ? [] : answered);
        if (isNew) expect(await asOneOfACrowd(alone, sorted)).toEqual(answered);
        for (const { key } of sorted) known.add(key);
        expect(await readCounted(alone)).toEqual(await readCounted(crowd));
      }
    }),
    { numRuns: 20, within: 5_000 },
  );
});

type Entries = readonly { readonly key: string; readonly most: number; readonly spare: number }[];
interface Answer {
  readonly left_over: number;
  readonly spare: number;
  readonly ends: number;
  readonly milliseconds: number;
}

async function asALoneCaller(prefix: string, entries: Entries): Promise<Answer[]> {
  return db.asMigrator(
    statement<Answer>(
      'select left_over, spare, ends, milliseconds from limits.take_rates_alone($1::text[], $2::integer[], $3::integer[], $4::integer)',
      [...columns(prefix, entries), LEASED_SHARE],
    ),
  );
}

async function asOneOfACrowd(prefix: string, entries: Entries): Promise<Answer[]> {
  const [keys, maxima, spares] = columns(prefix, entries);
  const slots = entries.map((_, at) => at + 1);
  return db.asMigrator(
    statement<Answer>(
      `select left_over, spare, ends, milliseconds
       from limits.take_rates($1::text[], $2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::integer)`,
      [keys, slots.map(() => 1), slots, maxima, spares, LEASED_SHARE],
    ),
  );
}

function columns(prefix: string, entries: Entries) {
  return [
    entries.map(({ key }) => prefix + key),
    entries.map(({ most }) => most),
    entries.map(({ spare }) => spare),
  ] as const;
}

function readCounted(prefix: string) {
  return db.asMigrator(
    statement<object>(
      `select right(key, 1) as key, limits.micros(starts_at) as starts, used from limits.rates where starts_with(key, $1) order by key`,
      [prefix],
    ),
  );
}

test.skipIf(engine === 'pglite')(
  'lone callers of many processes wait for each other, and count by what they waited for',
  async () => {
    const entries = ['waited', 'waited too'].map((key) => ({ key, perMinute: 8 }));
    expect(await open().take(entries)).toMatchObject({ allowed: true, remaining: 7 });
    const letGo = await holdRows(url, [
      statement(`update limits.rates set used = used + 4 where key = 'waited'`),
    ]);
    const verdicts = Promise.all(
      Array.from({ length: 6 }, (_, n) => open().take(n % 2 === 0 ? entries : entries.toReversed())),
    );
    await expect.poll(() => waitsForLocks(db)).toBeGreaterThan(0);
    await letGo();
    expect((await verdicts).filter((verdict) => verdict?.allowed)).toHaveLength(3);
    expect(failures).toEqual([]);
  },
);

test.skipIf(engine === 'pglite')(
  'a lone caller who has waited decides by the time at which it may',
  async () => {
    const entry = { key: 'later', perMinute: 1 };
    expect(await open().take([entry])).toMatchObject({ allowed: true });
    const letGo = await holdRows(url, [statement(`select from limits.rates where key = 'later' for update`)]);
    const verdict = open().take([entry]);
    await expect.poll(() => waitsForLocks(db)).toBe(1);
    await ahead(61);
    await letGo();
    expect(await verdict).toMatchObject({ allowed: true });
    expect(failures).toEqual([]);
  },
);

test('a process that was away asks once more, and counts; only where the database is silent all the same do its callers pass', async () => {
  const told: unknown[] = [];
  let [pause, failing] = [40_000, 1];
  const at = { ms: 0, wall: 0 };
  const clock: Clock = { monotonic: () => at.ms, now: () => at.wall };
  // Its connections broke meanwhile.
  const after: Database = Object.assign(Object.create(db), {
    system: async (...given: Parameters<Database['system']>) => {
      if (failing <= 0) return db.system(...given);
      failing -= 1;
      at.wall += pause;
      throw new DatabaseAway('the connection broke', undefined);
    },
  });
  const rates = createPostgresRates({ db: after, clock, onFailure: (error) => told.push(error) });
  const entry = { key: 'away', perMinute: 2 };
  expect(await rates.take([entry])).toMatchObject({ allowed: true, remaining: 1 });
  expect(told).toEqual([]);
  failing = 2;
  expect(await rates.take([entry])).toBeUndefined();
  [pause, failing] = [900, 1];
  expect(await rates.take([entry])).toBeUndefined();
  expect(told).toHaveLength(2);
  expect(await rates.take([entry])).toMatchObject({ allowed: true, remaining: 0 });
});
