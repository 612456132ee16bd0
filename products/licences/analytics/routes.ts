import { answerReport, JSON_OR_CSV, namedObject, productRoutes, reportOf, reportQuery } from 'plinth/product';
import { z } from 'zod';
import type { Licences } from '../service.ts';
import type { AnalyticsDay } from './analytics.ts';

const route = productRoutes<Licences>();
const rate = z.number().nullable();

const analyticsDay = namedObject('LicenseAnalytics', {
  day: z.string().describe('Of UTC; the present one until now.'),
  sign_ups: z.int().describe('People who registered on this server.'),
  licenses_issued: z.int().describe('Accounts that got their licence.'),
  active_subscriptions: z
    .int()
    .describe('When the day ended: paid, tried, or not paid while the promised days last.'),
  trials: z.int().describe('Of these, those that are tried.'),
  seats: z.int().describe('Of all licences, when the day ended.'),
  seats_used: z.int().describe('At the busiest moment of each licence.'),
  utilization: rate.describe('seats_used ÷ seats; null: there were none.'),
  sessions: z.int().describe('Sessions that began.'),
  sessions_ended: z.int(),
  mean_session_seconds: z.int().nullable().describe('Of those that ended; null: none did.'),
  worked_seconds: z.int().describe('Of all sessions, on this day.'),
  denials: z.int().describe('Acquires for which no seat was free.'),
  currency: z.string().describe('What follows is of subscriptions in it.'),
  customers: z.int().describe('Accounts that paid when the day ended.'),
  new_customers: z.int(),
  returned_customers: z.int().describe('Had paid before, and not when the day began.'),
  churned_customers: z.int(),
  mrr_minor: z.int(),
  arr_minor: z.int(),
  new_minor: z.int(),
  returned_minor: z.int(),
  expansion_minor: z.int(),
  contraction_minor: z.int(),
  churned_minor: z.int(),
  logo_churn: rate.describe('churned_customers ÷ those when the day began; null: there were none.'),
  revenue_churn: rate.describe('(churned + contraction) ÷ MRR when the day began.'),
});

const analyticsTotals = namedObject('LicenseAnalyticsTotals', {
  currency: z.string(),
  mrr_minor: z.int(),
  arr_minor: z.int(),
  active_subscriptions: z.int(),
  sign_ups: z.int().describe('People who registered this month.'),
  churned_customers: z.int().describe('Paid when the month began, and do not now.'),
  churn: rate.describe('churned_customers ÷ all who paid when the month began; null: there were none.'),
  running_sessions: z.int(),
  seats: z.int(),
  utilization: rate.describe('running_sessions ÷ seats; null: there are none.'),
});

/** Columns of the CSV file, in the order of the fields. */
const COLUMNS = Object.keys(analyticsDay.shape) as (keyof AnalyticsDay)[];
const { zone: _, ...query } = reportQuery;

export const readAnalytics = route(
  'GET /v1/admin/licenses/analytics',
  {
    tag: 'Coditect for operators',
    summary: 'Report licence subscriptions, revenue, seats and denials by day',
    description:
      'A row for each day of UTC that has begun, the newest first, with zeros where nothing was. Without `from` since the first of the month. `totals` are of now and of the present month, whatever days are asked for. JSON in pages; with `format=csv` or `Accept: text/csv` the days as CSV. Amounts are minor units of `currency`.',
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 60, by: 'user' },
    aliases: ['GET /v1/admin/analytics'],
    query: z.strictObject({
      ...query,
      currency: z
        .string()
        .regex(/^[a-z]{3}$/, { error: 'is no currency such as usd' })
        .default('usd')
        .describe('Of the amounts, and of the customers who pay.'),
    }),
    reply: {
      200: namedObject('LicenseAnalyticsReport', {
        ...reportOf(analyticsDay).shape,
        totals: analyticsTotals,
      }),
    },
    produces: JSON_OR_CSV,
  },
  async (call, { analytics }) => {
    const { from, until, currency } = call.query;
    const report = await analytics.open({ from, until, currency });
    const answered = await answerReport(call, report, {
      name: 'license-analytics',
      columns: COLUMNS,
      line: (day) => COLUMNS.map((column) => day[column]),
    });
    return answered === undefined ? undefined : { ...answered, totals: await analytics.totals(currency) };
  },
);
