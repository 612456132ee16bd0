import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const privacySystemUses = {
  'privacy.release': 'a release counts over all accounts that take part',
  'privacy.read': 'what was released is of no account, and the same for all',
  'admin.privacy':
    'a platform admin reads what was released, and what of the budget is left, and takes accounts out',
} as const;

declareLongUses('privacy.release');

type Own = typeof privacySystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
