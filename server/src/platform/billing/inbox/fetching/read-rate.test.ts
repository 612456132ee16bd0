import { expect, test } from 'vitest';
import { systemClock } from '#platform/kernel';
import { advance, stopTime } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import { createReadRate } from './read-rate.ts';

const { db } = await testDatabase();
await stopTime(db);
const providerMode = { provider: 'stripe', mode: 'test' } as const;
const parts = { db, clock: systemClock, readsPerSecond: 20 };
const here = createReadRate(parts, providerMode);
const elsewhere = createReadRate(parts, providerMode);

/** Waits of so many turns, taken by two processes in turn, in milliseconds. */
async function waits(count: number): Promise<(number | undefined)[]> {
  const all: (number | undefined)[] = [];
  for (let n = 0; n < count; n += 1) {
    const wait = await (n % 2 === 0 ? here : elsewhere).takeToken();
    all.push(wait === undefined ? undefined : Math.round(wait * 1_000));
  }
  return all;
}
const holdBack = (seconds: number) =>
  here.contextFor({ signal: new AbortController().signal }).holdBack(seconds);

test('reads go out at the rate that all processes share, a quarter of a second’s worth at once', async () => {
  expect(await waits(8)).toEqual([0, 0, 0, 0, 0, 50, 100, 150]);
  // Unused reads are not saved up.
  await advance(db, '1 hour');
  expect(await waits(7)).toEqual([0, 0, 0, 0, 0, 50, 100]);
});

test('no turn is taken more than five seconds ahead', async () => {
  await advance(db, '1 hour');
  await waits(5 + 100);
  expect((await waits(2)).at(-1)).toBeUndefined();
  await advance(db, '1 second');
  expect((await waits(1))[0]).toBeGreaterThan(4_000);
});

test('a payment provider that asks for peace has it from all processes', async () => {
  await advance(db, '1 hour');
  await holdBack(3);
  expect(await waits(2)).toEqual([3_000, 3_050]);
  await holdBack(1);
  expect(await waits(1)).toEqual([3_100]);
});

test.each([31_536_000, Number.POSITIVE_INFINITY])(
  'a payment provider that asks for %s seconds of peace is asked again after an hour',
  async (seconds) => {
    await advance(db, '2 hours');
    await holdBack(seconds);
    expect(await waits(1)).toEqual([undefined]);
    await advance(db, '1 hour');
    expect(await waits(1)).toEqual([0]);
  },
);

test('nobody reads when it is too late, or when they were told to stop', async () => {
  await advance(db, '1 hour');
  const { signal } = new AbortController();
  const late = here.contextFor({ signal, until: systemClock.monotonic() - 1 });
  await expect(late.takeToken()).rejects.toMatchObject({ code: 'store_unavailable' });
  const stopped = here.contextFor({ signal: AbortSignal.abort() });
  await expect(stopped.takeToken()).rejects.toMatchObject({ name: 'AbortError' });
});
