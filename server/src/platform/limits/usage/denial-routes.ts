import {
  accountFilter,
  concealing,
  CSV_FORMATS,
  instant,
  JSON_OR_CSV,
  namedObject,
  page,
  pageOf,
  pageOrCsv,
  pageQuery,
  positionOf,
  routesFor,
  routesOf,
} from '#platform/http';
import { isTimeZone } from '#platform/kernel';
import { z } from 'zod';
import { between, concealBudget, PERCENT } from '../routes.ts';
import { DENIAL_GROUPS, positionOfSum, type DenialCount, type DenialCounts } from './denials.ts';

const route = routesFor<DenialCounts>();
const tag = 'Usage';

const denialCount = concealing(
  namedObject('DenialCount', {
    account_id: z.uuid(),
    hour: z.iso.datetime().describe('The hour in which the calls were denied, by its first instant.'),
    product: z.string(),
    feature: z.string(),
    limit: z.string(),
    kind: z.string(),
    plan: z.string(),
    denied: z.int().describe('How many calls.'),
    used: z.int().describe('What was used of the limit at the last of them.'),
    max: z.int(),
    unit: PERCENT.optional(),
    last_at: z.iso.datetime(),
    last_request_id: z.string(),
  }),
  concealBudget,
);
const position = z.tuple([instant, z.uuid(), z.string(), z.string(), z.string(), z.string()]);
const word = z.string().min(1).max(100).optional();
const filters = {
  product: word,
  limit_name: word.describe('The limit that denied them.'),
  plan: word,
  from: instant.optional(),
  until: instant.optional(),
};
const SAYS =
  'Counted by account, limit, plan and hour, the newest hour first. A process writes its counts every ten seconds; they are kept for 100 days.';

const denialQuery = z.strictObject({ ...filters, ...pageQuery });

const questionOf = ({
  limit,
  cursor,
  from,
  until,
  product,
  limit_name: name,
  plan,
}: z.infer<typeof denialQuery>) => ({
  product,
  plan,
  limit: name,
  ...between(from, until),
  rows: limit + 1,
  after: cursor === undefined ? undefined : positionOf(cursor, position),
});

const pageOfCounts = (rows: readonly DenialCount[], limit: number) =>
  page(rows, limit, {
    item: (row) => row,
    position: (row) => [row.hour, row.account_id, row.product, row.feature, row.limit, row.plan],
  });

const ofAccount = route(
  'GET /v1/usage/denials',
  {
    summary: 'List what limits denied your calls',
    description: SAYS,
    tag,
    auth: 'account',
    onBehalf: true,
    may: 'viewer',
    scope: 'usage:read',
    rate: { perMinute: 120, by: 'account' },
    query: denialQuery,
    reply: { 200: pageOf(denialCount) },
  },
  async ({ accountId, query }, denials) =>
    pageOfCounts(await denials.ofAccount(accountId, questionOf(query)), query.limit),
);

const ofAll = route(
  'GET /v1/admin/denials',
  {
    summary: 'List what limits denied calls of all accounts',
    description: SAYS,
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 60, by: 'user' },
    query: z.strictObject({ ...accountFilter, ...filters, ...pageQuery }),
    reply: { 200: pageOf(denialCount) },
  },
  async ({ query }, denials) =>
    pageOfCounts(await denials.ofAll({ ...questionOf(query), account: query.account_id }), query.limit),
);

const denialSum = namedObject('DenialSum', {
  account_id: z.uuid().nullable().describe('null: it is of `accounts` accounts.'),
  account_name: z.string().nullable(),
  day: z.string().nullable().describe('`2026-11-20`; null: not grouped by day.'),
  accounts: z.int(),
  product: z.string(),
  limit: z.string(),
  kind: z.string(),
  plan: z.string(),
  denied: z.int(),
  hours: z.int().describe('How many hours had any: a burst has one, a plan that is too small has many.'),
  max: z.int().describe('The size of the limit at the last of them.'),
  last_at: z.iso.datetime(),
  last_request_id: z.string(),
});
const sumPosition = z.tuple([z.int(), z.string(), z.string(), z.string(), z.string(), z.string()]);
const SUM_COLUMNS = Object.keys(denialSum.shape) as (keyof z.infer<typeof denialSum>)[];
/** Rows that one query reads for CSV. */
const BATCH = 5_000;

const sums = route(
  'GET /v1/admin/denials/totals',
  {
    summary: 'Add up what limits denied, by limit, account or day',
    description:
      'The most denied first: by `account`, who is about to need a larger plan. Each sum is of the rows of `GET /v1/admin/denials` under the same filters. JSON in pages; with `format=csv` or `Accept: text/csv` all of it as CSV.',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 60, by: 'user' },
    query: z.strictObject({
      group: z.enum(DENIAL_GROUPS).default('account'),
      zone: z
        .string()
        .max(64)
        .refine(isTimeZone, { error: 'is no time zone' })
        .default('UTC')
        .describe('Where days begin: `Europe/Berlin`.'),
      ...accountFilter,
      ...filters,
      ...pageQuery,
      format: z.enum(CSV_FORMATS).optional().describe('Without it, what the Accept header says.'),
    }),
    reply: { 200: pageOf(denialSum) },
    produces: JSON_OR_CSV,
  },
  ({ query, wire, origin }, denials) => {
    const { limit, cursor, format, group, account_id: account, from, until, limit_name, ...rest } = query;
    const question = { ...rest, group, account, limit: limit_name, ...between(from, until) };
    return pageOrCsv(
      { wire, origin },
      { limit, cursor, format },
      {
        name: 'denials',
        columns: SUM_COLUMNS,
        read: async (at) => {
          const after = at.cursor === undefined ? undefined : positionOf(at.cursor, sumPosition);
          const rows = await denials.sums({ ...question, after, rows: at.limit + 1 });
          return page(rows, at.limit, { item: (row) => row, position: positionOfSum });
        },
        rowsOf: (row) => [SUM_COLUMNS.map((column) => row[column])],
        batch: BATCH,
      },
    );
  },
);

export const denialRoutes = routesOf({ ofAccount, ofAll, sums });
