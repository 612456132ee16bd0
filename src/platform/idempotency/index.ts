import './errors.ts';
import { type Migration, migrationsIn } from '#platform/db';

export { idempotencyDataRules } from './data-rules.ts';
export { createIdempotency, type Idempotency, type KeyedCall, replayed, type Scope } from './idempotency.ts';
export type { GivenAnswer, KeptAnswer } from './kept.ts';

export const idempotencyMigrations = (): Migration[] => migrationsIn('idempotency', import.meta.url);
