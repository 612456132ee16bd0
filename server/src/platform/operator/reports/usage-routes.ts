import { accountNameFields, ONE_ACCOUNT_ID } from '#platform/accounts';
import {
  accountFilter,
  concealModelCost,
  JSON_OR_CSV,
  modelCost,
  namedObject,
  page,
  pageOf,
  pageQuery,
  positionOf,
  routesFor,
  routesOf,
} from '#platform/http';
import { type AccountId, invalidInput } from '#platform/kernel';
import { z } from 'zod';
import { answerReport, dimensionsIn, groupQuery, reportOf, reportQuery } from './report.ts';
import type { Reports } from './reports.ts';
import { columnsOf, type Dimension, DIMENSION_NAMES, type Filters, isTag, type UsageSum } from './usage.ts';

const route = routesFor<Reports>();
const tag = 'Usage';

const OWN = DIMENSION_NAMES.filter((name) => name !== 'account');

const dimensionsOf = (text: string): Dimension[] =>
  text.split(',').flatMap((word) => (isTag(word) ? word : dimensionsIn(word, DIMENSION_NAMES)));

const filters = {
  user_id: z.uuid().optional(),
  key_id: z.uuid().optional(),
  plan: z.string().min(1).max(100).optional(),
  product: z.string().min(1).max(100).optional(),
  feature: z.string().min(1).max(100).optional(),
  model: z.string().min(1).max(200).optional(),
  tag: z
    .string()
    .max(200)
    .regex(/^[^:]{1,64}:/, { error: 'is `name:value`' })
    .optional()
    .describe('`team:search`: calls with this tag alone. Grouped by `tag:team`, sums are by its values.'),
};

const key = z.string().nullable().optional();
const usageSum = namedObject('UsageTotal', {
  account_id: key,
  account_name: key,
  user_id: key,
  plan: key.describe('The one that admitted the calls.'),
  product: key,
  feature: key,
  key_id: key.describe('null: a person called.'),
  provider: key,
  model: key,
  day: key,
  tag: key.describe(
    'The value of the tag that was asked for: the thousand that cost most, and `other`; null: calls without it.',
  ),
  month: key.describe('A calendar month of the zone, as `2026-11`.'),
  calls: z.int(),
  estimated_calls: z.int().describe('Calls for which the provider gave no figures.'),
  prompt_tokens: z.int(),
  cached_tokens: z.int(),
  completion_tokens: z.int(),
  reasoning_tokens: z.int(),
  cost_micros: modelCost('Micro-dollars: the sum of the three that follow.'),
  posted_micros: modelCost('By the provider’s figures.'),
  estimated_micros: modelCost('The most that calls without figures may have cost.'),
  corrections_micros: modelCost('What figures that came late, and adjustments, added or took away.'),
  charged_micros: modelCost('What of the cost counted against budgets: less, where providers failed.'),
});

interface UsageQuery {
  readonly group: string;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly zone: string;
  readonly tag?: string | undefined;
}

function questionOf(query: UsageQuery & Readonly<Record<string, unknown>>) {
  const {
    group,
    from,
    until,
    zone,
    tag: wanted,
    limit: _limit,
    cursor: _cursor,
    format: _format,
    ...rest
  } = query;
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return {
    group: dimensionsOf(group),
    from,
    until,
    zone,
    tag: wanted,
    filters: Object.fromEntries(given) as Filters,
  };
}

function tableOf(group: readonly Dimension[], whose: 'account' | 'everybody', seesModelCost: boolean) {
  const columns = columnsOf(group, whose);
  const shown = (sum: UsageSum) => (seesModelCost ? sum : concealModelCost(usageSum, sum));
  return {
    name: 'usage',
    columns,
    line(sum: UsageSum) {
      const values = shown(sum);
      return columns.map((column) => values[column] ?? null);
    },
  };
}

const SAYS =
  'Posted calls by the day on which they were posted. The figures of a past day never change: a correction counts on its own day. JSON in pages; with `format=csv` or `Accept: text/csv` all of it as CSV (RFC 4180).';

export const accountReport = route(
  'GET /v1/usage/report',
  {
    summary: 'Report usage and cost of the account',
    description: SAYS,
    tag,
    auth: 'account',
    onBehalf: true,
    may: 'viewer',
    scope: 'usage:read',
    rate: { perMinute: 60, by: 'account' },
    query: z.strictObject({ group: groupQuery(OWN, 'day', isTag), ...filters, ...reportQuery }),
    reply: { 200: reportOf(usageSum) },
    produces: JSON_OR_CSV,
  },
  async (call, reports) => {
    const question = questionOf(call.query);
    const report = await reports.usage(call.accountId, question);
    return answerReport(call, report, tableOf(question.group, 'account', call.seesModelCost));
  },
);

export const operatorReport = route(
  'GET /v1/admin/usage',
  {
    summary: 'Report usage and cost of all accounts',
    description: SAYS,
    tag,
    auth: 'admin',
    scope: 'admin:read',
    aliases: ['GET /v1/analytics/usage'],
    rate: { perMinute: 60, by: 'user' },
    query: z.strictObject({
      group: groupQuery(DIMENSION_NAMES, 'account', isTag),
      ...accountFilter,
      ...filters,
      ...reportQuery,
    }),
    reply: { 200: reportOf(usageSum) },
    produces: JSON_OR_CSV,
  },
  async (call, reports) => {
    const question = questionOf(call.query);
    const isByTag = question.tag !== undefined || question.group.some(isTag);
    if (isByTag && question.filters.account_id === undefined)
      throw invalidInput('query.account_id', 'Tags are the words of one account: name it.');
    const report = await reports.usage('everybody', question);
    return answerReport(call, report, tableOf(question.group, 'everybody', call.seesModelCost));
  },
);

const adjustmentReply = namedObject('UsageAdjustment', {
  id: z.uuid(),
  account_id: z.uuid(),
  product: z.string(),
  limit: z.string().nullable(),
  event_id: z.uuid().nullable(),
  counted_in: z.enum(['units', 'cost_micros']),
  asked: z.int(),
  applied: z.int().describe('What really changed: nothing falls below 0.'),
  reason: z.string(),
  made_by: z.uuid(),
  created_at: z.iso.datetime(),
});

const amount = z
  .int()
  .min(-1_000_000_000_000)
  .max(1_000_000_000_000)
  .refine((value) => value !== 0, { error: 'must not be 0' })
  .optional();

const adjustmentOrder = z
  .strictObject({
    ...accountNameFields,
    product: z.string().min(1).max(100).optional().describe('Of the limit.'),
    limit: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe('A quota, credits or a budget that counts by account: its present window is changed.'),
    event_id: z.uuid().optional().describe('A posted call: its cost is changed, by a correction row.'),
    units: amount.describe('Of a quota or of credits; below 0, less was used.'),
    cost_micros: amount.describe('Micro-dollars of a budget or of a call.'),
    reason: z.string().trim().min(3).max(500),
  })
  .refine(...ONE_ACCOUNT_ID)
  .refine(({ limit, event_id }) => (limit === undefined) !== (event_id === undefined), {
    error: 'name either product and limit, or event_id',
  })
  .refine(({ limit, product }) => (limit === undefined) === (product === undefined), {
    error: 'a limit is named with its product',
  })
  .refine(({ units, cost_micros }) => (units === undefined) !== (cost_micros === undefined), {
    error: 'say either units or cost_micros',
  })
  .refine(({ units, event_id }) => units === undefined || event_id === undefined, {
    error: 'a call has a cost, and no units',
  })
  .meta({ id: 'AdjustUsageRequest' });

export const adjust = route(
  'POST /v1/admin/usage/adjustments',
  {
    summary: 'Adjust the usage of a limit or the cost of a call',
    description:
      'In effect for the next call, and in the account’s audit. Nothing falls below 0: `applied` is what really changed.',
    tag,
    auth: 'admin',
    scope: 'admin:write',
    rate: { perMinute: 60, by: 'user' },
    idempotency: 'required',
    body: adjustmentOrder,
    reply: { 201: adjustmentReply },
    errors: ['not_found'],
  },
  async ({ body, caller, origin, once }, reports) => {
    const { product = '', limit, event_id: eventId = '', units, cost_micros, reason } = body;
    const wanted = {
      accountId: await reports.accountByName(body),
      of: limit === undefined ? { eventId } : { product, limit },
      amount: units === undefined ? { micros: cost_micros ?? 0 } : { units },
      reason,
    };
    return reports.adjust(wanted, { caller, origin, once });
  },
);

export const listAdjusted = route(
  'GET /v1/admin/usage/adjustments',
  {
    summary: 'List manual adjustments, newest first',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject({ ...accountFilter, ...pageQuery }),
    reply: { 200: pageOf(adjustmentReply) },
  },
  async ({ query }, reports) => {
    const before = query.cursor === undefined ? undefined : positionOf(query.cursor, z.tuple([z.uuid()]))[0];
    const accountId = query.account_id as AccountId | undefined;
    const rows = await reports.adjustments({ accountId, before, limit: query.limit + 1 });
    return page(rows, query.limit, { item: (row) => row, position: ({ id }) => [id] });
  },
);

export const usageRoutes = routesOf({ accountReport, operatorReport, adjust, listAdjusted });
