import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { createRedisRates } from '#platform/limits';
import { createRedis } from '#platform/redis';
import { redisProgram, startRedis } from '../../test/services/redis-server.ts';
import { contest, type Ratio } from './rounds.ts';

const SUBJECTS = 1_000;
/** So many that nobody is refused: what is compared is the work of allowing. */
const PER_MINUTE = 1_000_000_000;
const RATES = ['route', 'ip', 'user', 'member', 'key'] as const;

/**
 * Five rates of one request, decided together by the program's own store, against the same five composed from
 * rate-limiter-flexible, each on a connection of its own to one Redis. Ours are taken all or none; a composition takes
 * each for itself. Undefined where there is no redis-server.
 */
export async function contestOfRates(how: {
  readonly callers: number;
  readonly rounds: number;
  readonly times: number;
}): Promise<Ratio | undefined> {
  const program = redisProgram();
  if (program === undefined) return undefined;
  const server = await startRedis(program);
  const redis = await createRedis({ url: server.url, deadline: 5_000 });
  const rates = createRedisRates(redis);
  const client = new Redis(server.url);
  const limiters = RATES.map(
    (rate) =>
      new RateLimiterRedis({ storeClient: client, keyPrefix: rate, points: PER_MINUTE, duration: 60 }),
  );
  try {
    return await contest({
      ...how,
      async ours(n) {
        const verdict = await rates.take(keysOf(n).map((key) => ({ key, perMinute: PER_MINUTE })));
        if (verdict?.allowed !== true) throw new Error('a rate was refused');
      },
      theirs(n) {
        const keys = keysOf(n);
        return Promise.all(limiters.map((limiter, place) => limiter.consume(keys[place] ?? '')));
      },
      between: async () => {},
    });
  } finally {
    client.disconnect();
    await redis.close();
    await server.stop();
  }
}

/** As the server makes them: one for all callers of the route, the others by who calls. */
function keysOf(n: number): string[] {
  return RATES.map((rate) => `POST /v1/create ${rate} ${rate === 'route' ? '' : n % SUBJECTS}`);
}
