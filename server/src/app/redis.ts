import type { Config } from '#platform/config';
import type { Database } from '#platform/db';
import { createRedis, type Redis } from '#platform/redis';
import type { Telemetry } from '#platform/telemetry';

interface RedisParts {
  readonly db: Database;
  readonly telemetry: Telemetry;
}

/**
 * Opens Redis where the settings name one, has signals between processes go through it, and tells operators how it is.
 * If Redis is away, PostgreSQL or memory is used instead.
 */
export async function openRedis(
  { redis: settings }: Config,
  { db, telemetry }: RedisParts,
  opened: AsyncDisposableStack,
): Promise<Redis | undefined> {
  if (settings === undefined) return undefined;
  const { logger, metrics } = telemetry;
  const redis = await createRedis({
    ...settings,
    onState(state, err) {
      metrics.redisBreaker(state);
      if (state === 'closed') logger.info({}, 'redis is in use');
      else logger.warn({ err }, 'redis is away or too slow: the database does its work');
    },
    onFailure: () => metrics.redisFailure(),
  });
  opened.defer(() => redis.close());
  const stop = db.carrySignals({
    publish: (message) => redis.publish('signals', message),
    subscribe: (hear) => redis.subscribe('signals', hear),
  });
  opened.defer(stop);
  return redis;
}
