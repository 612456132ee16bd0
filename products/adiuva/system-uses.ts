import { declareLongUses } from 'plinth/product';

/** Uses of `db.system` by this package, with the reason why no single account or user owns the work. */
export const adiuvaSystemUses = {
  'adiuva.records': 'old deletions of records of all accounts go',
  'adiuva.departed': 'what was kept by people who are no members any more goes, in all accounts',
} as const;

declareLongUses('adiuva.records');
declareLongUses('adiuva.departed');

type Own = typeof adiuvaSystemUses;
declare module 'plinth/product' {
  interface ProductSystemUses extends Own {}
}
