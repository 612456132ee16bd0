import './errors.ts';
import { migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { idempotencyDataRules } from './data-rules.ts';
import { createIdempotency } from './idempotency.ts';
import { idempotencySystemUses } from './system-uses.ts';

export {
  createKeptAnswers,
  type GivenAnswer,
  type KeptAnswer,
  type KeptAnswers,
  type KeySender,
  openKeptAnswers,
} from './answers.ts';
export {
  createIdempotency,
  type Idempotency,
  type KeyedCall,
  replayAnswer,
  type Scope,
} from './idempotency.ts';
export type { KeyName } from './store.ts';

/** This module, for the list of all of them. */
export const idempotencyModule = defineModule({
  name: 'idempotency',
  purpose: 'answers kept under an Idempotency-Key',
  migrations: () => migrationsIn('idempotency', import.meta.url),
  dataRules: idempotencyDataRules,
  systemUses: idempotencySystemUses,
  schedules: { 'expired-keys': { cron: '7 * * * *', run: (idempotency) => idempotency.sweep() } },
  create: createIdempotency,
});
