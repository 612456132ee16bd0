import { calendarDay, fileReply, routesFor, routesOf, sendCsv } from '#platform/http';
import { invalidInput } from '#platform/kernel';
import { z } from 'zod';
import { type Balance, COLUMNS } from './balance.ts';

const route = routesFor<Balance>();
const DAY = 86_400_000;
/** Each payout is read from Stripe. */
const MOST_DAYS = 92;

const exportBalance = route(
  'GET /v1/admin/billing/balance-transactions',
  {
    summary: 'Export Stripe’s balance transactions by payout, as CSV',
    description:
      'Charges, refunds, disputes, fees and transfers of the payouts that Stripe made in a range of days of UTC, each with our account and invoice: one line a transaction, read from Stripe now. The `net_minor` of an automatic payout’s lines, without its own (`type` is `payout`), add up to what Stripe paid. What no payout has paid yet comes with the one that will. A file that ends early is incomplete: fetch it again.',
    tag: 'Billing',
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 10, by: 'user' },
    query: z.strictObject({
      from: calendarDay.describe('The first day on which a payout was made.'),
      until: calendarDay.describe(`The day after the last, ${MOST_DAYS} days later at most.`),
    }),
    reply: { 200: fileReply },
    produces: ['text/csv'],
    errors: ['nothing_sold', 'store_unavailable', 'store_refused', 'store_unreadable'],
  },
  async ({ query, wire, origin }, balance) => {
    const [from, until] = [new Date(query.from), new Date(query.until)];
    if (from >= until) throw invalidInput('query.until', 'It must be after the first day.');
    if (until.getTime() - from.getTime() > MOST_DAYS * DAY)
      throw invalidInput('query.until', `A file has ${MOST_DAYS} days at most.`);
    const batches = balance.lines({ from, until });
    return sendCsv(wire, { name: 'balance-transactions', columns: COLUMNS, batches }, origin.signal);
  },
);

export const balanceRoutes = routesOf({ exportBalance });
