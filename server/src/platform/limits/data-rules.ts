import { type DataRule, erased, THE_ACCOUNTS, THE_BOOKS, unlinked } from '#platform/db';

/**
 * How erasure and export treat limits and the ledger. An open permit keeps its account from being erased, so that no charge
 * goes back to a meter that is gone. An export says nothing of what model calls cost: that is the operator's.
 */
export const limitsDataRules: DataRule[] = [
  {
    table: 'limits.usage_events',
    account: THE_BOOKS,
    user: THE_ACCOUNTS,
    withheld: ['reserve', 'cost', 'charged'],
  },
  {
    table: 'limits.permits',
    // A subject is named by the product, or by a backend outside; meters of subjects stand in the charges.
    account: unlinked(
      { subject: 'null', tags: 'null', charges: `'[]'`, slots: `'{}'` },
      'the books: reports tell the plan of a call by its permit',
    ),
    user: THE_ACCOUNTS,
    withheld: ['reserve', 'charges'],
  },
  {
    table: 'limits.adjustments',
    accountShows: `t.counted_in = 'units'`,
    account: unlinked({ reason: `''` }, 'the books: figures that an operator corrected'),
  },
  {
    table: 'limits.meters',
    account: erased(),
    withheld: 'counts of the present windows, which `GET /v1/usage` tells',
  },
  { table: 'limits.credits', account: erased() },
  { table: 'limits.gauges', account: erased() },
  { table: 'limits.seats', account: erased() },
  { table: 'limits.anchors', account: erased() },
  { table: 'limits.alerts', account: erased(), accountShows: `t.kind <> 'budget'` },
  { table: 'limits.denials', account: erased(), accountShows: `t.kind not in ('budget', 'failures')` },
  { table: 'limits.errors', account: erased() },
  { table: 'limits.holders', nobodys: 'processes' },
  { table: 'limits.rates', nobodys: 'counted by IP and key; a row of a minute, gone an hour later' },
  { table: 'limits.postings', nobodys: 'ids of what was posted and is in no sum yet' },
  { table: 'limits.operator_budgets', nobodys: 'the operator’s' },
  { table: 'limits.operator_spending', nobodys: 'sums over all accounts' },
];
