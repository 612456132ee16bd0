import { type DataRule, erased, THE_ACCOUNTS, THE_BOOKS, unlinked } from '#platform/db';

/**
 * How erasure and export treat limits and the ledger. An open permit keeps its account from being erased, so that no charge
 * goes back to a meter that is gone.
 */
export const limitsDataRules: DataRule[] = [
  { table: 'limits.usage_events', account: THE_BOOKS, user: THE_ACCOUNTS },
  {
    table: 'limits.permits',
    // A subject is named by the product, or by a backend outside; meters of subjects stand in the charges.
    account: unlinked(
      { subject: 'null', tags: 'null', charges: `'[]'`, slots: `'{}'` },
      'the books: reports tell the plan of a call by its permit',
    ),
    user: THE_ACCOUNTS,
  },
  {
    table: 'limits.adjustments',
    account: unlinked({ reason: `''` }, 'the books: figures that an operator corrected'),
  },
  { table: 'limits.meters', account: erased() },
  { table: 'limits.credits', account: erased() },
  { table: 'limits.gauges', account: erased() },
  { table: 'limits.seats', account: erased() },
  { table: 'limits.anchors', account: erased() },
  { table: 'limits.alerts', account: erased() },
  { table: 'limits.denials', account: erased() },
  { table: 'limits.errors', account: erased() },
  { table: 'limits.holders', nobodys: 'processes' },
  { table: 'limits.rates', nobodys: 'counted by IP and key; a row of a minute, gone an hour later' },
  { table: 'limits.postings', nobodys: 'ids of what was posted and is in no sum yet' },
  { table: 'limits.operator_budgets', nobodys: 'the operator’s' },
  { table: 'limits.operator_spending', nobodys: 'sums over all accounts' },
];
