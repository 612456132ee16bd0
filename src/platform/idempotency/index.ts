import './errors.ts';
import { type Migration, migrationsIn } from '#platform/db';

export {
  createKeptAnswers,
  type GivenAnswer,
  type KeptAnswer,
  type KeptAnswers,
  type KeySender,
  openKeptAnswers,
} from './answers.ts';
export { idempotencyDataRules } from './data-rules.ts';
export { createIdempotency, type Idempotency, type KeyedCall, replayed, type Scope } from './idempotency.ts';
export type { KeyName } from './store.ts';

export const idempotencyMigrations = (): Migration[] => migrationsIn('idempotency', import.meta.url);
