import { type Redis, scriptIn } from '#platform/redis';
import { createBatcher } from './batcher.ts';
import type { RateEntry, Rates, RateVerdict } from './rates.ts';

const TAKE = scriptIn(new URL('./rates.lua', import.meta.url));
/** Callers that one script decides for. Redis does nothing else meanwhile: 0.3 ms with five rates each. */
const LARGEST_BATCH = 50;
/** Batches under way at once: while Redis decides one, this process reads the last and writes the next. */
const FLIGHTS = 3;
/** Numbers of the answer for each caller. */
const EACH = 3;

/**
 * Rates in Redis: the answers of `createPostgresRates`, by one Lua call for all callers that are waiting. A caller
 * whose batch has no answer in time gets none, and nothing is thrown.
 */
export function createRedisRates(redis: Redis): Rates {
  const batcher = createBatcher<readonly RateEntry[], RateVerdict>({
    flush: (callers) => decide(redis, callers),
    maxBatch: LARGEST_BATCH,
    flights: FLIGHTS,
  });
  return {
    async take(entries) {
      if (entries.length === 0 || redis.state === 'open') return undefined;
      return batcher.add(entries).catch(() => undefined);
    },
    // Each key expires with its minute.
    sweep: () => Promise.resolve(0),
  };
}

async function decide(redis: Redis, callers: readonly (readonly RateEntry[])[]): Promise<RateVerdict[]> {
  const places = new Map<string, number>();
  const asked: number[] = [];
  for (const entries of callers) {
    asked.push(entries.length);
    for (const { key, perMinute } of entries) {
      const place = places.get(key) ?? places.size + 1;
      places.set(key, place);
      asked.push(place, perMinute);
    }
  }
  const keys = [...places.keys()].map((key) => `rate:${key}`);
  const [seconds, micros, ...figures] = numbers(await redis.run(TAKE, keys, [JSON.stringify(asked)]));
  const now = Number(seconds) * 1_000 + Number(micros) / 1_000;
  return callers.map((entries, caller) => {
    const [left = 0, entry = 0, milliseconds = 0] = figures.slice(caller * EACH, (caller + 1) * EACH);
    return {
      allowed: left > 0,
      entry,
      limit: entries[entry]?.perMinute ?? 0,
      remaining: Math.max(0, left - 1),
      resetsAt: new Date(now + milliseconds),
      seconds: Math.max(1, Math.ceil(milliseconds / 1_000)),
    };
  });
}

function numbers(answer: unknown): number[] {
  if (!Array.isArray(answer)) throw new Error('rates.lua answered with something else than a list');
  return answer.map(Number);
}
