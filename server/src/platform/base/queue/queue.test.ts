import { expect, test } from 'vitest';
import { createIds, systemClock, systemRandom } from '#platform/kernel';
import { createQueue, PLATFORM_ACCOUNT } from './index.ts';

const ids = createIds({ clock: systemClock, random: systemRandom });
const handler = { kind: 'tick', attempts: 3, run: async () => {}, giveUp: async () => {} };

function openQueue() {
  const signals: string[] = [];
  return { signals, queue: createQueue({ db: { signal: (topic) => void signals.push(topic) }, ids }) };
}

test('a kind has one handler, and a schedule one name', () => {
  const { queue } = openQueue();
  queue.handle(handler);
  expect(() => queue.handle(handler)).toThrow('two handlers for jobs of kind tick');
  queue.schedule({ name: 'hourly', cron: '0 * * * *', kind: 'tick' });
  expect(() => queue.schedule({ name: 'hourly', cron: '1 * * * *', kind: 'tick' })).toThrow(
    'two schedules are called hourly',
  );
  expect(() => queue.schedule({ name: 'daily', cron: '0 0 * * *', kind: 'tock' })).toThrow('no handler');
  expect(() => queue.schedule({ name: 'never', cron: '0 0 31 2 *', kind: 'tick' })).toThrow(
    'no next instant',
  );
  expect([[...queue.handlers.keys()], [...queue.schedules.keys()]]).toEqual([['tick'], ['hourly']]);
});

test('a job is enqueued for a kind that is handled, and workers are woken', () => {
  const { queue, signals } = openQueue();
  const job = { kind: 'tick', lane: 'batch', payload: {}, requestId: ids.next() } as const;
  expect(() => queue.enqueueing(PLATFORM_ACCOUNT, job)).toThrow('no handler for jobs of kind tick');
  queue.handle(handler);
  expect(queue.enqueueing(PLATFORM_ACCOUNT, job)).toHaveLength(1);
  queue.wake();
  expect(signals).toEqual(['jobs']);
});
