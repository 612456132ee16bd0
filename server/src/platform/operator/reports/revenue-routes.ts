import { accountFilter, JSON_OR_CSV, namedObject, routesFor, routesOf } from '#platform/http';
import { z } from 'zod';
import { LEAVING_DIMENSIONS, leavingColumns, leavingLine } from './leaving.ts';
import { PACK_DIMENSIONS, packColumns, packLine } from './packs.ts';
import { RECURRING_DIMENSIONS, recurringColumns, recurringLine } from './recurring.ts';
import { answerReport, dimensionsIn, groupQuery, reportOf, reportQuery } from './report.ts';
import type { Reports } from './reports.ts';
import { REVENUE_DIMENSIONS, revenueColumns, revenueLine } from './revenue.ts';

const route = routesFor<Reports>();
const tag = 'Billing';

const key = z.string().nullable().optional();
const revenue = namedObject('Revenue', {
  day: z.string().optional(),
  month: z.string().optional(),
  account_id: key,
  account_name: key,
  product: key,
  plan: key.describe('`reel.pro`; null: an add-on, or units past a limit.'),
  item: key.describe(
    'What was sold: `reel.pro`, `reel.pro_boost`, `gateway.calls`; of an item that was sold for a payee the product and its id.',
  ),
  kind: z.enum(['sale', 'refund', 'dispute']).optional(),
  currency: z.string(),
  sales: z.int(),
  gross_minor: z.int().describe('What customers paid, taxes included, less what went back.'),
  fee_minor: z.int().describe('What providers kept.'),
  tax_minor: z.int(),
  net_minor: z.int().describe('gross − fee − tax'),
  share_minor: z.int().describe('What payees have of it, for items that were sold for them.'),
  fees_missing: z.int().describe('Of how many sales the provider has not said yet what it kept.'),
});

export const readRevenue = route(
  'GET /v1/admin/billing/revenue',
  {
    summary: 'Report revenue: sales less refunds and fees',
    description:
      'By currency, and by what `group` says. Each sale, refund and dispute counts on the day of its own, in the shares of what it was for. Sales that were recorded by hand are in it, unless their store tells of them too. JSON in pages; with `format=csv` or `Accept: text/csv` all of it as CSV.',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 60, by: 'user' },
    query: z.strictObject({
      group: groupQuery(REVENUE_DIMENSIONS, 'month,product'),
      ...accountFilter,
      product: z.string().min(1).max(100).optional(),
      ...reportQuery,
    }),
    reply: { 200: reportOf(revenue) },
    produces: JSON_OR_CSV,
  },
  async (call, reports) => {
    const { from, until, zone, product, account_id: accountId } = call.query;
    const group = dimensionsIn(call.query.group, REVENUE_DIMENSIONS);
    const report = await reports.revenue({ group, from, until, zone, product, accountId });
    return answerReport(call, report, {
      name: 'revenue',
      columns: revenueColumns(group),
      line: revenueLine(group),
    });
  },
);

const rate = z.number().nullable();
const recurring = namedObject('RecurringRevenue', {
  month: z.string(),
  currency: z.string(),
  product: z.string().optional(),
  plan: z.string().optional(),
  customers_before: z.int().describe('Accounts that paid when the month began.'),
  customers: z.int().describe('And when it ended: now, of the present one.'),
  new_customers: z.int(),
  returned_customers: z.int().describe('Had paid before, and not when the month began.'),
  churned_customers: z.int(),
  mrr_before_minor: z.int(),
  mrr_minor: z
    .int()
    .describe('A twelfth of what subscriptions bring in a year, discounts taken off, without taxes.'),
  new_minor: z.int(),
  returned_minor: z.int(),
  expansion_minor: z.int(),
  contraction_minor: z.int(),
  churned_minor: z.int(),
  arr_minor: z.int(),
  logo_churn: rate.describe('churned_customers ÷ customers_before; null: there were none.'),
  revenue_churn: rate.describe('(churned + contraction) ÷ mrr_before'),
});

export const readRecurring = route(
  'GET /v1/admin/billing/recurring',
  {
    summary: 'Report MRR, ARR, churn and new customers by month',
    description:
      'By month and currency, and by what `group` says: what subscriptions bring in at the end of each month against its beginning. JSON in pages; with `format=csv` or `Accept: text/csv` all of it as CSV.',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 60, by: 'user' },
    query: z.strictObject({ group: groupQuery(RECURRING_DIMENSIONS, ''), ...reportQuery }),
    reply: { 200: reportOf(recurring) },
    produces: JSON_OR_CSV,
  },
  async (call, reports) => {
    const { from, until, zone } = call.query;
    const group = dimensionsIn(call.query.group, RECURRING_DIMENSIONS);
    const report = await reports.recurring({ group, from, until, zone });
    return answerReport(call, report, {
      name: 'recurring-revenue',
      columns: recurringColumns(group),
      line: recurringLine(group),
    });
  },
);

const packs = namedObject('PackRevenue', {
  month: z.string().optional().describe('In which it was paid.'),
  account_id: key,
  account_name: key,
  product: z.string().optional(),
  item: z.string().optional().describe('`gateway.image_pack`'),
  currency: z.string(),
  packs: z.int(),
  sold_minor: z.int().describe('What they cost, discounts taken off, without taxes.'),
  back_minor: z.int().describe('Of it, what went back by refunds and disputes.'),
  used_minor: z.int().describe('The part of the credits that were used.'),
  deferred_minor: z.int().describe('The part of those that are left: deferred revenue.'),
  expired_minor: z.int().describe('The part of those that expired unused: breakage.'),
});

export const readPacks = route(
  'GET /v1/admin/billing/packs',
  {
    summary: 'Report packs of credits: deferred revenue and breakage',
    description:
      'Packs that were paid in a range of days, by currency and by what `group` says, as they are now: sold = back + used + deferred + expired. Packs of erased accounts are in no row. JSON in pages; with `format=csv` or `Accept: text/csv` all of it as CSV.',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 60, by: 'user' },
    query: z.strictObject({
      group: groupQuery(PACK_DIMENSIONS, 'month,item'),
      ...accountFilter,
      product: z.string().min(1).max(100).optional(),
      ...reportQuery,
    }),
    reply: { 200: reportOf(packs) },
    produces: JSON_OR_CSV,
  },
  async (call, reports) => {
    const { from, until, zone, product, account_id: accountId } = call.query;
    const group = dimensionsIn(call.query.group, PACK_DIMENSIONS);
    const report = await reports.packs({ group, from, until, zone, product, accountId });
    return answerReport(call, report, { name: 'packs', columns: packColumns(group), line: packLine(group) });
  },
);

const leaving = namedObject('Leaving', {
  month: z.string().optional().describe('In which it ended.'),
  product: z.string().optional(),
  plan: z.string().optional().describe('`reel.pro`'),
  reason: key.describe(
    'As Stripe tells it: `cancellation_requested`, `payment_failed`, `payment_disputed`; null: not told.',
  ),
  feedback: key.describe(
    'What the customer chose, as Stripe tells it: `too_expensive`, `missing_features`, `switched_service`, `unused`, `customer_service`, `too_complex`, `low_quality`, `other`; null: not said.',
  ),
  currency: z.string(),
  subscriptions: z.int(),
  trials: z.int().describe('Of them, those that ended as trials.'),
  lost_minor: z.int().describe('What the others cost a month, before discounts and taxes.'),
});

export const readLeaving = route(
  'GET /v1/admin/billing/leaving',
  {
    summary: 'Report why customers left',
    description:
      'Subscriptions that ended in a range of days, by currency and by what `group` says. The comments of customers are in no report. JSON in pages; with `format=csv` or `Accept: text/csv` all of it as CSV.',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 60, by: 'user' },
    query: z.strictObject({
      group: groupQuery(LEAVING_DIMENSIONS, 'month,reason,feedback'),
      product: z.string().min(1).max(100).optional(),
      ...reportQuery,
    }),
    reply: { 200: reportOf(leaving) },
    produces: JSON_OR_CSV,
  },
  async (call, reports) => {
    const { from, until, zone, product } = call.query;
    const group = dimensionsIn(call.query.group, LEAVING_DIMENSIONS);
    const report = await reports.leaving({ group, from, until, zone, product });
    return answerReport(call, report, {
      name: 'leaving',
      columns: leavingColumns(group),
      line: leavingLine(group),
    });
  },
);

export const revenueRoutes = routesOf({ readRevenue, readRecurring, readPacks, readLeaving });
