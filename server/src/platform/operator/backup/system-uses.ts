import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const backupSystemUses = {
  'backup.revocations':
    'what was erased and revoked is kept outside of the database, for all accounts, for one that is restored',
  'backup.restore': 'a restored database ends all sessions, and does again what it does not know of',
} as const;

declareLongUses('backup.restore');

type Own = typeof backupSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
