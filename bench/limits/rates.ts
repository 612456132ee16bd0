import { systemClock } from '#platform/kernel';
import { createRedisRates } from '#platform/limits';
import { createRedis } from '#platform/redis';
import type { Limiter, Peers } from './peers.ts';
import { contest, type Ratio } from './rounds.ts';

const SUBJECTS = 1_000;
/** So many that no call is refused: the benchmark compares the work of allowing. */
const PER_MINUTE = 1_000_000_000;
const RATES = ['route', 'ip', 'user', 'member', 'key'] as const;

interface How {
  readonly callers: number;
  readonly rounds: number;
  readonly times: number;
}

/**
 * Five rates of one request, decided together by the program's own store, against the same five composed from
 * rate-limiter-flexible and from @upstash/ratelimit, on a connection of its own to one Redis. Ours are taken all or
 * none; a composition takes each for itself.
 */
export async function contestsOfRates(peers: Peers, how: How): Promise<{ rlf: Ratio; upstash: Ratio }> {
  const redis = await createRedis({ url: peers.url, deadline: 5_000 });
  const rates = createRedisRates(redis, systemClock);
  const against = (limiters: readonly Limiter[]) =>
    contest({
      ...how,
      async ours(n) {
        const verdict = await rates.take(keysOf(n).map((key) => ({ key, perMinute: PER_MINUTE })));
        if (verdict?.allowed !== true) throw new Error('a rate was refused');
      },
      async theirs(n) {
        const keys = keysOf(n);
        const allowed = await Promise.all(limiters.map((limiter, place) => limiter.take(keys[place] ?? '')));
        if (allowed.includes(false)) throw new Error("a peer's rate was refused");
      },
      between: async () => {},
    });
  try {
    return {
      rlf: await against(RATES.map((rate) => peers.rateLimiterFlexible(`rlf ${rate}`, PER_MINUTE, 60))),
      upstash: await against(RATES.map((rate) => peers.upstash(`upstash ${rate}`, PER_MINUTE, 60))),
    };
  } finally {
    await redis.close();
  }
}

/** As the server makes them: one for all callers of the route, the others by who calls. */
function keysOf(n: number): string[] {
  return RATES.map((rate) => `POST /v1/create ${rate} ${rate === 'route' ? '' : n % SUBJECTS}`);
}
