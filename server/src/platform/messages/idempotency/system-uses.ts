import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const idempotencySystemUses = {
  'admin.calls': 'an idempotent call of a platform admin acts on accounts that are not their own',
  'idempotency.salt': 'the salt of the names of keys belongs to the server',
  'idempotency.sweep': 'expired keys of all accounts are deleted',
} as const;

declareLongUses('idempotency.sweep');

type Own = typeof idempotencySystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
