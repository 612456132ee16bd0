import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDeadlines, type Watched } from './deadlines.ts';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';

const watch = (expire: () => void): Watched => ({ due: 0, slot: -1, expire });

test('each call ends within a tick of its limit, never before it', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 30 }), (limits) => {
      const time = drivenTime();
      const deadlines = createDeadlines(time);
      const ended: number[] = [];
      limits.forEach((limit, index) =>
        deadlines.watch(
          watch(() => (ended[index] = time.clock.monotonic())),
          limit,
        ),
      );
      for (let step = 0; step < 60; step += 1) time.advance(97);
      limits.forEach((limit, index) => {
        expect(ended[index]).toBeGreaterThanOrEqual(limit);
        expect(ended[index]).toBeLessThanOrEqual(limit + 60);
      });
    }),
  );
});

test('a limit that is moved on holds at its new place', () => {
  const time = drivenTime();
  const deadlines = createDeadlines(time);
  let ended = 0;
  const call = watch(() => (ended = time.clock.monotonic()));
  deadlines.watch(call, 100);
  time.advance(80);
  call.due = deadlines.now + 1_000;
  time.advance(900);
  expect(ended).toBe(0);
  time.advance(200);
  expect(ended).toBeGreaterThanOrEqual(1_060);
});

test('what has ended is not ended again, and with nothing to watch nothing ticks', () => {
  const time = drivenTime();
  const deadlines = createDeadlines(time);
  let ended = 0;
  const call = watch(() => (ended += 1));
  deadlines.watch(call, 100);
  deadlines.forget(call);
  time.advance(40);
  let ticks = 0;
  const { after } = time.timers;
  time.timers.after = (milliseconds, run) => {
    ticks += 1;
    return after(milliseconds, run);
  };
  time.advance(10_000);
  expect([ended, ticks]).toEqual([0, 0]);
});
