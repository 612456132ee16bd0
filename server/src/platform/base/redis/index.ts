export type { RedisState } from './breaker.ts';
export { createRedis, type Redis, type RedisOptions } from './redis.ts';
export { type Script, scriptIn } from './script.ts';
