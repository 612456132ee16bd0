import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const erasureSystemUses = {
  'erasure.run': 'a person who closed their account 14 days ago is erased, from the rows of all modules',
  'erasure.export': 'an archive holds what a tenant’s role does not read: the mails, the audit of a person',
} as const;

declareLongUses('erasure.run', 'erasure.export');

type Own = typeof erasureSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
