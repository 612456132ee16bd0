import { accountNameFields, ONE_ACCOUNT_ID } from '#platform/accounts';
import {
  accountFilter,
  instant,
  JSON_OR_CSV,
  namedObject,
  page,
  pageOf,
  pageQuery,
  positionOf,
  routesFor,
  routesOf,
} from '#platform/http';
import { z } from 'zod';
import { MARGIN_DIMENSIONS, marginColumns, marginLine } from './margin.ts';
import { type RecordedSale, SOURCES } from './proceeds.ts';
import { answerReport, dimensionsIn, groupQuery, reportOf, reportQuery } from './report.ts';
import type { Reports } from './reports.ts';

const route = routesFor<Reports>();
const tag = 'Billing';

const minor = z.int().min(-1_000_000_000_000).max(1_000_000_000_000);
const sale = namedObject('Sale', {
  product: z.string().min(1).max(100),
  plan: z.string().min(1).max(100).nullable().default(null).describe('`reel.pro`'),
  currency: z
    .string()
    .regex(/^[a-z]{3}$/, 'is three small letters, as prices have it: usd')
    .describe('ISO 4217.'),
  gross_minor: minor.describe('What the customer paid, tax included; of a refund, below 0.'),
  fee_minor: minor.default(0).describe('What the provider kept.'),
  tax_minor: minor.default(0),
  occurred_at: instant,
  source: z.enum(SOURCES).default('manual'),
  source_id: z
    .string()
    .min(1)
    .max(200)
    .describe('The provider’s own id. The same one again is the same sale.'),
});

const recordedSale = namedObject('SaleProceeds', {
  ...sale.shape,
  id: z.uuid(),
  account_id: z.uuid(),
  net_minor: z.int().describe('gross − fee − tax'),
  created_at: z.iso.datetime(),
});

export const recordSales = route(
  'POST /v1/admin/proceeds',
  {
    operation: 'createAdminProceeds',
    summary: 'Record sales of an account',
    description:
      'Up to 500 sales, all or none. A sale is known by its source and id for ever: the same one again is not recorded twice.',
    tag,
    auth: 'admin',
    scope: 'admin:write',
    rate: { perMinute: 120, by: 'user' },
    maxBody: 512 * 1_024,
    body: z
      .strictObject({ ...accountNameFields, sales: z.array(sale).min(1).max(500) })
      .refine(...ONE_ACCOUNT_ID)
      .meta({ id: 'RecordProceedsRequest' }),
    reply: {
      200: namedObject('ProceedsResultList', {
        data: z.array(
          namedObject('ProceedsResult', {
            source: z.string(),
            source_id: z.string(),
            status: z.enum(['recorded', 'known']),
          }),
        ),
      }),
    },
    errors: ['not_found', 'sale_differs'],
  },
  async ({ body: { sales, ...named }, caller, origin, once }, { accountByName, proceeds }) => {
    const account_id = await accountByName(named);
    const all = sales.map((one) => ({ ...one, account_id }));
    return proceeds.record(all, { caller, origin, once });
  },
);

export const listSales = route(
  'GET /v1/admin/proceeds',
  {
    summary: 'List recorded sales, newest first',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject({ ...accountFilter, ...pageQuery }),
    reply: { 200: pageOf(recordedSale) },
  },
  async ({ query }, { proceeds }) => {
    const before = query.cursor === undefined ? undefined : positionOf(query.cursor, z.tuple([z.uuid()]))[0];
    const rows = await proceeds.list({ accountId: query.account_id, before, limit: query.limit + 1 });
    return page(rows, query.limit, { item: saleToJson, position: ({ id }) => [id] });
  },
);

function saleToJson(row: RecordedSale) {
  return { ...row, occurred_at: row.occurred_at.toISOString(), created_at: row.created_at.toISOString() };
}

const key = z.string().nullable().optional();
const margin = namedObject('Margin', {
  month: z.string(),
  currency: z.string(),
  account_id: key,
  account_name: key,
  product: key,
  plan: key,
  sales: z.int(),
  gross_minor: z.int(),
  fee_minor: z.int(),
  tax_minor: z.int(),
  net_minor: z.int(),
  share_minor: z.int().describe('What payees have of it, for items that were sold for them.'),
  cost_micros: z.int().describe('What the model calls cost, in micro-dollars.'),
  charged_micros: z.int().describe('What of it counted against the accounts’ budgets.'),
  cost_minor: z.int().nullable().describe('The same in the currency, rounded half away from zero.'),
  margin_minor: z.int().nullable().describe('net − share − cost; null: there is no rate for the currency.'),
  rate: namedObject('ExchangeRate', {
    date: z.string(),
    usd_per_eur: z.string(),
    currency_per_eur: z.string(),
  })
    .nullable()
    .describe('What the cost was converted at; null: the sale was in dollars, or there is no rate.'),
});

export const readMargin = route(
  'GET /v1/admin/margin',
  {
    summary: 'Report margins: net proceeds less the cost of model calls',
    description:
      'By month and currency of the sale, and by what `group` says. Each row names the rate that its cost was converted at. JSON in pages; with `format=csv` or `Accept: text/csv` all of it as CSV.',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 60, by: 'user' },
    query: z.strictObject({
      group: groupQuery(MARGIN_DIMENSIONS, 'product'),
      ...accountFilter,
      product: z.string().min(1).max(100).optional(),
      ...reportQuery,
    }),
    reply: {
      200: namedObject('MarginReport', {
        ...reportOf(margin).shape,
        rates: namedObject('ExchangeRateSource', { source: z.string(), newest: z.string() }).describe(
          'The file of exchange rates, and its newest day.',
        ),
      }),
    },
    produces: JSON_OR_CSV,
  },
  async (call, reports) => {
    const { from, until, zone, product, account_id: accountId } = call.query;
    const group = dimensionsIn(call.query.group, MARGIN_DIMENSIONS);
    const report = await reports.margin({ group, from, until, zone, product, accountId });
    const table = { name: 'margin', columns: marginColumns(group), line: marginLine(group) };
    const answered = await answerReport(call, report, table);
    const { source, newest } = reports.rates;
    return answered === undefined ? undefined : { ...answered, rates: { source, newest } };
  },
);

export const marginRoutes = routesOf({ recordSales, listSales, readMargin });
