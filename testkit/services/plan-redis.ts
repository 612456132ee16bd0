import { Redis } from 'ioredis';
import type { RedisServices } from './global-setup.ts';
import { redisProgram, startRedis } from './redis-server.ts';

/** Test files take turns with these; two run at once. */
const DATABASES = 256;

/** Why the tests that need Redis can't run here, or some of them; undefined when all can. */
export function lackOfRedis(environment: NodeJS.ProcessEnv): string | undefined {
  if (redisProgram() !== undefined) return undefined;
  return environmentUrl(environment) === undefined
    ? 'Redis: there is no redis-server on PATH (Debian: apt-get install redis-server), and TEST_REDIS_URL is not set'
    : 'Redis in trouble: TEST_REDIS_URL is left in peace, and there is no redis-server on PATH to be killed';
}

/** The Redis of a run: `TEST_REDIS_URL`, whose databases are emptied, else a server of its own. */
export async function openRedis(
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly services: RedisServices; readonly said: string; stop(): Promise<void> }> {
  const program = redisProgram();
  const own = program === undefined ? {} : { program };
  const url = environmentUrl(environment);
  if (url !== undefined) {
    const services = { ...own, url, databases: await databasesOf(url) };
    return { services, said: 'Redis (TEST_REDIS_URL)', stop: async () => {} };
  }
  if (program === undefined) return { services: { databases: 0 }, said: 'no Redis', stop: async () => {} };
  const server = await startRedis(program, ['--databases', String(DATABASES)]);
  return {
    services: { program, url: server.url, databases: DATABASES },
    said: `Redis ${server.version} (${program})`,
    stop: () => server.stop(),
  };
}

function environmentUrl(environment: NodeJS.ProcessEnv): string | undefined {
  const url = environment['TEST_REDIS_URL'] ?? '';
  return url === '' ? undefined : url;
}

async function databasesOf(url: string): Promise<number> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  try {
    await client.connect();
    const said: unknown = await client.config('GET', 'databases');
    return Array.isArray(said) ? Number(said[1]) : 16;
  } finally {
    client.disconnect();
  }
}
