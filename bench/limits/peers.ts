import { createHash } from 'node:crypto';
import { Ratelimit } from '@upstash/ratelimit';
import { Redis as UpstashRedis } from '@upstash/redis';
import { Redis } from 'ioredis';
import { type RateLimiterAbstract, RateLimiterRedis } from 'rate-limiter-flexible';
import { redisProgram, startRedis } from '@plinth/testkit/services/redis-server';

export interface Limiter {
  /** Takes one unit; answers whether there was room. */
  take(key: string): Promise<boolean>;
  /** How many units it has counted. */
  used(key: string): Promise<number>;
}

/** A limiter of rate-limiter-flexible, with any store. */
export function flexibleLimiter(limiter: RateLimiterAbstract): Limiter {
  return {
    take: (key) =>
      limiter.consume(key).then(
        () => true,
        (refusal: unknown) => {
          // The library throws its result when the limit is reached: that is no error.
          if (refusal instanceof Error) throw refusal;
          return false;
        },
      ),
    used: async (key) => (await limiter.get(key))?.consumedPoints ?? 0,
  };
}

/** The limiters that others compose, on a Redis of their own. */
export interface Peers {
  readonly url: string;
  /** At most so many in a window of so many seconds. */
  rateLimiterFlexible(name: string, most: number, seconds: number): Limiter;
  upstash(name: string, most: number, seconds: number): Limiter;
  close(): Promise<void>;
}

/** Undefined where there is no redis-server. */
export async function openPeers(): Promise<Peers | undefined> {
  const program = redisProgram();
  if (program === undefined) return undefined;
  const server = await startRedis(program);
  const client = new Redis(server.url);
  const wired = upstashOver(client);
  return {
    url: server.url,
    rateLimiterFlexible(name, most, seconds) {
      const limiter = new RateLimiterRedis({
        storeClient: client,
        keyPrefix: name,
        points: most,
        duration: seconds,
      });
      return flexibleLimiter(limiter);
    },
    upstash(name, most, seconds) {
      const limiter = new Ratelimit({
        redis: wired,
        prefix: name,
        limiter: Ratelimit.fixedWindow(most, `${seconds} s`),
        // What it remembers of denials in this process would answer in place of Redis.
        ephemeralCache: false,
      });
      return {
        take: async (key) => (await limiter.limit(key)).success,
        used: async (key) => most - (await limiter.getRemaining(key)).remaining,
      };
    },
    async close() {
      client.disconnect();
      await server.stop();
    },
  };
}

/**
 * Its own client speaks HTTP to a service; here its commands take the same connection as everybody's. The flag in the
 * first line of its scripts is known to that service alone: it is left out, and the script is kept under both digests.
 */
function upstashOver(client: Redis): UpstashRedis {
  const kept = new Map<string, string>();
  async function call(command: string, words: readonly string[]): Promise<unknown> {
    const [script = '', ...more] = words;
    if (command === 'evalsha') return client.call(command, kept.get(script) ?? script, ...more);
    if (command !== 'eval') return client.call(command, ...words);
    const plain = script.replace(/^#!lua.*\n/, '');
    kept.set(digestOf(script), digestOf(plain));
    return client.call(command, plain, ...more);
  }
  return new UpstashRedis({
    async request<Answer>({ body }: { body?: unknown }) {
      const [command = '', ...words] = (body as unknown[]).map(String);
      return { result: (await call(command, words)) as Answer };
    },
  });
}

function digestOf(script: string): string {
  return createHash('sha1').update(script).digest('hex');
}
