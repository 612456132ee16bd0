import { declareLongUses } from 'plinth/product';

/** Uses of `db.system` by this package, with the reason why no single account or user owns the work. */
export const memorySystemUses = {
  'coditect.departed': 'what was kept in memory by people who are no members any more goes, in all accounts',
  'coditect.pending':
    'what follows from another level or the deletion of a large session is done, in all accounts',
  'coditect.digests': 'sessions of all accounts that messages came to are found; each is read as its author',
} as const;

declareLongUses('coditect.departed');

type Own = typeof memorySystemUses;
declare module 'plinth/product' {
  interface ProductSystemUses extends Own {}
}
