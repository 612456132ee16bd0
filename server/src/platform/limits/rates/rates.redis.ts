import type { Clock } from '#platform/kernel';
import { type Redis, scriptIn } from '#platform/redis';
import { createBatcher } from '../batcher.ts';
import {
  createLeasedRates,
  LEASED_SHARE,
  type RateAnswer,
  type RateRequest,
  type RateStore,
} from './rates.leased.ts';
import type { Rates } from './rates.ts';

const TAKE = scriptIn(new URL('./rates.lua', import.meta.url));
const GIVE_BACK = scriptIn(new URL('./rates-back.lua', import.meta.url));
/** Callers that one script decides for. Redis does nothing else meanwhile: 0.3 ms with five rates each. */
const LARGEST_BATCH = 50;
/** Keys that one script gives back. */
const GIVE_BACK_BATCH = 500;
/** Batches under way at once: while Redis decides one, this process reads the last and writes the next. */
const MAX_IN_FLIGHT = 3;
/** Numbers of the answer for each entry. */
const EACH = 3;

/** Rates in Redis, under leases. */
export function createRedisRates(redis: Redis, clock: Clock): Rates {
  return createLeasedRates({ store: createRedisStore(redis), clock });
}

/**
 * The answers of PostgreSQL's store, by one Lua call for all callers that are waiting. A caller whose batch has no answer in
 * time gets none, and nothing is thrown.
 */
function createRedisStore(redis: Redis): RateStore {
  const batcher = createBatcher<readonly RateRequest[], readonly RateAnswer[]>({
    name: 'limits.rates',
    flush: (callers) => decide(redis, callers),
    maxBatch: LARGEST_BATCH,
    maxInFlight: MAX_IN_FLIGHT,
  });
  return {
    async take(requests) {
      return redis.state === 'open' ? undefined : batcher.add(requests).catch(() => undefined);
    },
    async giveBack(unused) {
      for (let at = 0; at < unused.length; at += GIVE_BACK_BATCH) {
        const part = unused.slice(at, at + GIVE_BACK_BATCH);
        const told = part.flatMap(({ endsAt, count }) => [endsAt, count]);
        await redis.run(
          GIVE_BACK,
          part.map(({ key }) => nameOf(key)),
          [JSON.stringify(told)],
        );
      }
    },
    // Each key expires with its minute.
    sweep: () => Promise.resolve(0),
  };
}

function nameOf(key: string): string {
  return `rate:${key}`;
}

async function decide(
  redis: Redis,
  callers: readonly (readonly RateRequest[])[],
): Promise<readonly (readonly RateAnswer[])[]> {
  const positions = new Map<string, number>();
  const asked: number[] = [];
  for (const requests of callers) {
    asked.push(requests.length);
    for (const { key, perMinute, spare } of requests) {
      const position = positions.get(key) ?? positions.size + 1;
      positions.set(key, position);
      asked.push(position, perMinute, spare);
    }
  }
  const [now = 0, ...figures] = numbers(
    await redis.run(TAKE, [...positions.keys()].map(nameOf), [JSON.stringify(asked), String(LEASED_SHARE)]),
  );
  let at = 0;
  return callers.map((requests) =>
    requests.map(() => {
      const [left = 0, spare = 0, endsAt = 0] = figures.slice(at, at + EACH);
      at += EACH;
      return { left, spare, endsAt, milliseconds: endsAt - now };
    }),
  );
}

function numbers(answer: unknown): number[] {
  if (!Array.isArray(answer)) throw new Error('rates.lua answered with something else than a list');
  return answer.map(Number);
}
