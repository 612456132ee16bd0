import { type DataRule, THE_ACCOUNTS, THE_BOOKS } from '#platform/db';

/** How erasure and export treat sums and sales. */
export const reportsDataRules: DataRule[] = [
  {
    table: 'reports.usage_cells',
    account: THE_BOOKS,
    user: THE_ACCOUNTS,
    withheld: 'sums of limits.usage_events, which is exported',
  },
  {
    table: 'reports.proceeds',
    account: THE_BOOKS,
    withheld: 'what a payment provider kept and what is earned is the operator’s affair',
  },
  {
    table: 'reports.ledger_archives',
    account: THE_BOOKS,
    withheld: 'where rows of limits.usage_events lie that were archived; they are exported among the others',
  },
];
