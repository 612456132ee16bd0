import type { Patch } from './patch.ts';

const ROLLUP = 'src/platform/reports/rollup.test.ts ::';
const USAGE = 'src/platform/reports/usage.test.ts ::';
const ADJUSTING = 'src/platform/limits/adjustments.test.ts ::';
const HTTP = 'test/reports/http.test.ts ::';
const SUMS = 'src/platform/reports/functions/reports.sql';
const POSTINGS = 'src/platform/limits/functions/postings.sql';
const REVENUE = 'test/reports/revenue.test.ts :: revenue >';
const RECURRING = 'test/reports/recurring.test.ts :: recurring revenue >';
const MONEY = 'src/platform/billing/functions/money.sql';
const ADJUSTMENTS = 'src/platform/limits/functions/adjustments.sql';

/** Sums of the ledger, adjustments, margins and CSV. */
export const REPORTS: readonly Patch[] = [
  {
    name: 'costs-of-their-own-in-the-margin',
    file: 'src/platform/reports/margin.ts',
    find: 'where not own ${ofAccount}',
    replace: 'where true ${ofAccount}',
    expects: `${HTTP} margins > leave out what a backend of the account’s own says of its costs`,
  },
  {
    name: 'credits-given-back-twice',
    file: 'src/platform/limits/functions/credits.sql',
    find: 'set remaining = least(c.amount, c.remaining + (charge->>4)::bigint)',
    replace: 'set remaining = c.remaining + (charge->>4)::bigint',
    expects: `${ADJUSTING} a limit > that is credits and was handed back is not handed back again by the work that had drawn it`,
  },
  {
    name: 'rolled-up-and-left-in-the-queue',
    file: SUMS,
    find: 'delete from limits.postings p using chosen where p.id = chosen.id returning p.id, p.accounts, p.events',
    replace: 'select p.id, p.accounts, p.events from limits.postings p join chosen on p.id = chosen.id',
    expects: `${ROLLUP} verify > is content with what is not rolled up yet, and repair leaves that in the queue`,
  },
  {
    name: 'queue-taken-in-order-without-locks',
    file: SUMS,
    find: 'limit p_max for update skip locked',
    replace: 'limit p_max',
    expects: `${ROLLUP} two runs at once > take each row once, and pass over what the other has taken`,
  },
  {
    name: 'tail-left-out-of-reports',
    file: SUMS,
    find: 'select * from reports.tail() where slot >= p_from',
    replace: 'select * from reports.tail() where false and slot >= p_from',
    expects: `${USAGE} an account’s report > tells sums apart by what it is asked for, rolled up or not`,
  },
  {
    name: 'corrections-not-queued',
    file: POSTINGS,
    find: "for each row when (new.state = 'posted') execute",
    replace: 'for each row when (false) execute',
    expects: `${HTTP} CSV > leaves numbers below 0 numbers`,
  },
  {
    name: 'plan-of-a-call-forgotten',
    file: 'src/platform/limits/functions/batches.sql',
    find: "v_held, v_due, v_budgets, v_segments[r.meter]->>'plan')::limits.admitted;",
    replace: 'v_held, v_due, v_budgets, null)::limits.admitted;',
    expects: `${USAGE} an account’s report > counts a call under the plan that admitted it, whatever the account holds today`,
  },
  {
    name: 'adjusted-below-nothing',
    file: ADJUSTMENTS,
    find: 'v_applied := greatest(p_cost, least(-v_total, 0));',
    replace: 'v_applied := p_cost;',
    expects: `${ADJUSTING} a call > never costs less than nothing`,
  },
  {
    name: 'credits-given-back-that-nobody-used',
    file: ADJUSTMENTS,
    find: 'v_left := v_left - least(v_left, v_row.used);',
    replace: 'v_left := 0;',
    expects: `${ADJUSTING} a limit > that is credits draws like a call, gives back no more than was used, and is never below 0`,
  },
  {
    name: 'sale-told-twice-counts-twice',
    file: 'src/platform/reports/migrations/0001_reports.up.sql',
    find: 'on reports.proceeds (source, source_id);',
    replace: 'on reports.proceeds (source, source_id, id);',
    expects: `${HTTP} margins > know a sale by its source and id: told again it is the same, told otherwise it is refused, and all with it`,
  },
  {
    name: 'rate-of-a-later-day',
    file: 'src/platform/reports/exchange-rates.ts',
    find: 'if (published <= date && ',
    replace: 'if (',
    expects:
      'src/platform/reports/exchange-rates.test.ts :: a file of rates > gives the last rate published on or before a day, and says of which day it is',
  },
  {
    name: 'amounts-cut-off',
    file: 'src/platform/reports/exchange-rates.ts',
    find: 'const half = divisor / 2n;',
    replace: 'const half = 0n;',
    expects:
      'src/platform/reports/exchange-rates.test.ts :: dollars in another currency > are rounded once, to the nearest, and the same way above and below 0',
  },
  {
    name: 'next-batch-begins-at-the-first',
    file: 'src/platform/reports/report.ts',
    find: 'position = report.positionOf(last);',
    replace: 'position = after;',
    expects: `${HTTP} CSV > of more lines than one query reads, or a socket holds, arrives whole`,
  },
  {
    name: 'accounts-after-the-first-few-left-out',
    file: 'src/platform/reports/usage.ts',
    find: 'if (next === undefined || page.length >= limit) return page;',
    replace: 'return page;',
    expects: `${USAGE} a report > of many accounts is read some at a time, and leaves none out, not even one that is rolled up nowhere`,
  },
  {
    name: 'refunds-on-the-day-of-the-sale',
    file: MONEY,
    find: '-r.amount, -r.fee_returned, r.occurred_at',
    replace: '-r.amount, -r.fee_returned, p.occurred_at',
    expects: `${REVENUE} goes down by a refund in the month of the refund, and leaves that of the sale as it was`,
  },
  {
    name: 'disputes-that-were-won-taken-off',
    file: MONEY,
    find: "case when d.state = 'won' then 0 else -d.amount end",
    replace: '-d.amount',
    expects: `${REVENUE} of a dispute that is won is 0, less its fee`,
  },
  {
    name: 'cents-lost-between-lines',
    file: MONEY,
    find: 'coalesce(round(m.amount::numeric * s.amount_upto / s.total) - round(m.amount::numeric * (s.amount_upto - s.amount) / s.total), m.amount)',
    replace: 'coalesce(round(m.amount::numeric * s.amount / s.total), m.amount)',
    expects: `${REVENUE} is split over what was sold to the last cent`,
  },
  {
    name: 'revenue-of-a-test-mode',
    file: MONEY,
    find: "where p.mode = p_mode and p.state = 'succeeded' and p.occurred_at",
    replace: "where p.state = 'succeeded' and p.occurred_at",
    expects: `${REVENUE} of a sandbox or a payment provider’s test mode is none`,
  },
  {
    name: 'other-business-as-revenue',
    file: MONEY,
    find: "p.state = 'succeeded' and p.occurred_at >= p_from and p.occurred_at < p_until\n      and exists",
    replace:
      "p.state = 'succeeded' and p.occurred_at >= p_from and p.occurred_at < p_until\n      and p.amount > 0 or false and exists",
    expects: `${REVENUE} is none of an invoice that is not ours, nor of what was given or taken back of it`,
  },
  {
    name: 'sales-told-by-hand-and-by-the-store',
    file: 'src/platform/reports/functions/revenue.sql',
    find: ' and not billing.is_told(p.source, p_mode, p.source_id)',
    replace: '',
    expects: `${REVENUE} counts a sale once that an operator had recorded by hand`,
  },
  {
    name: 'credits-as-the-plan-in-effect',
    file: MONEY,
    find: 'l.cycle is not null and l.amount >= 0 and',
    replace: 'l.cycle is not null and',
    expects: `${RECURRING} of a plan that was changed half-way is that of the new plan`,
  },
  {
    name: 'a-part-of-a-period-as-a-whole-one',
    file: MONEY,
    find: 'when l.proration then',
    replace: 'when false then',
    expects: `${RECURRING} of a plan that was changed half-way is that of the new plan`,
  },
  {
    name: 'mrr-of-who-has-not-begun',
    file: MONEY,
    find: "(s.state = 'incomplete' or least",
    replace: '(least',
    expects:
      'test/selling/debits.test.ts :: a plan by a debit > is had once it is paid, is sold once meanwhile, and its money is of that day',
  },
  {
    name: 'mrr-of-who-has-gone',
    file: MONEY,
    find: "(s.state = 'incomplete' or least(s.ended_at, s.suspends_at) < p_at)",
    replace: "(s.state = 'incomplete')",
    expects: `${RECURRING} ends when a subscription does, or is suspended, and whoever comes back is no new customer`,
  },
  {
    name: 'formulas-in-csv',
    file: 'src/platform/http/csv.ts',
    find: "test(value) ? `'${value}` : value;",
    replace: 'test(value) ? value : value;',
    expects: `${HTTP} CSV > of an account that is called "=1+1" is text, and no formula`,
  },
];
