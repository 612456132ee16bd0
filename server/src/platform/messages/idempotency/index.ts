import './errors.ts';
import { declareLongUses, migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { idempotencyDataRules } from './data-rules.ts';
import { createIdempotency } from './idempotency.ts';

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

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'admin.calls': 'an idempotent call of a platform admin acts on accounts that are not their own',
  'idempotency.salt': 'the salt of the names of keys belongs to the server',
  'idempotency.sweep': 'expired keys of all accounts are deleted',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('idempotency.sweep');

/** This module, for the list of all of them. */
export const idempotencyModule = defineModule({
  name: 'idempotency',
  purpose: 'answers kept under an Idempotency-Key',
  migrations: () => migrationsIn('idempotency', import.meta.url),
  dataRules: idempotencyDataRules,
  systemUses,
  schedules: { 'expired-keys': { cron: '7 * * * *', run: (idempotency) => idempotency.sweep() } },
  create: createIdempotency,
});
