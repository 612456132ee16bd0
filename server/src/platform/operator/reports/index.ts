import { declareLongUses, migrationsIn } from '#platform/db';
import { marginRoutes } from './margin-routes.ts';
import { revenueRoutes } from './revenue-routes.ts';
import { ownUsageRoutes } from './own-usage.ts';
import { usageRoutes } from './usage-routes.ts';
import { defineModule } from '#platform/module';
import { reportsDataRules } from './data-rules.ts';
import { createReports } from './reports.ts';

export { type AccountMoney, type MoneySpan, moneySpan } from './account-money.ts';
export type { DailyRecurring, Recurring } from './recurring.ts';
export { answerReport, type Report, reportOf, reportQuery } from './report.ts';
export {
  type ArchivedLedger,
  type ArchiveProblem,
  createLedgerArchives,
  type LedgerArchives,
  verifyArchives,
} from './archives/ledger-archives.ts';
export { type BillComparison, type BillDifference, compareBill } from './bill/compare-bill.ts';
export { type BillRow, type CallSums, readBill } from './bill/read-bill.ts';
export { createReports, type Reports, type ReportsParts } from './reports.ts';
export { createRollup, type Difference, type Rollup } from './rollup.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'admin.reports': 'a platform admin’s reports, and what was sold, are of all accounts',
  'reports.rollup': 'one run adds up what was posted of all accounts',
  'reports.archive': 'months of the ledger that are over go into files, account after account',
  'reports.bill': 'a provider’s bill is of all accounts',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('reports.rollup', 'reports.archive', 'reports.bill', 'admin.reports');

/** This module, for the list of all of them. */
export const reportsModule = defineModule({
  name: 'reports',
  purpose: 'usage, cost and margin: sums that equal the rows; CSV; what operators put right',
  migrations: () => migrationsIn('reports', import.meta.url),
  dataRules: reportsDataRules,
  systemUses,
  routes: [...usageRoutes, ...ownUsageRoutes, ...marginRoutes, ...revenueRoutes],
  schedules: {
    'usage-rollup': { cron: '* * * * *', run: (reports) => reports.rollup.roll() },
    'ledger-archives': {
      cron: '41 3 * * *',
      when: (reports) => reports.archives.isOn,
      run: (reports) => reports.archives.run(),
    },
  },
  create: createReports,
});
