import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const reportsSystemUses = {
  'admin.reports': 'a platform admin’s reports, and what was sold, are of all accounts',
  'reports.rollup': 'one run adds up what was posted of all accounts',
  'reports.archive': 'months of the ledger that are over go into files, account after account',
  'reports.bill': 'a provider’s bill is of all accounts',
} as const;

declareLongUses('reports.rollup', 'reports.archive', 'reports.bill', 'admin.reports');

type Own = typeof reportsSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
