import { namedObject, page, pageOf, pageQuery, positionOf, routesFor, routesOf } from '#platform/http';
import { z } from 'zod';
import { between } from '../routes.ts';
import type { DenialCount, DenialCounts } from './denials.ts';

const route = routesFor<DenialCounts>();
const tag = 'Usage';

const denialCount = namedObject('DenialCount', {
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
  last_at: z.iso.datetime(),
  last_request_id: z.string(),
});
const position = z.tuple([z.iso.datetime(), z.uuid(), z.string(), z.string(), z.string(), z.string()]);
const word = z.string().min(1).max(100).optional();
const filters = {
  product: word,
  limit_name: word.describe('The limit that denied them.'),
  plan: word,
  from: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
};
const SAYS =
  'Counted by account, limit, plan and hour, the newest hour first. A process writes its counts every ten seconds; they are kept for 100 days.';

const EXAMPLE = {
  data: [
    {
      account_id: '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f02',
      hour: '2026-11-20T08:00:00.000Z',
      product: 'reel',
      feature: 'generation',
      limit: 'generations',
      kind: 'quota',
      plan: 'reel.standard',
      denied: 14,
      used: 300,
      max: 300,
      last_at: '2026-11-20T08:41:07.000Z',
      last_request_id: '0193a5c8-7d1d-7000-8000-3c1c5a5b0a00',
    },
  ],
  next_cursor: null,
};

interface DenialQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly product?: string | undefined;
  readonly limit_name?: string | undefined;
  readonly plan?: string | undefined;
}

const questionOf = ({ limit, cursor, from, until, product, limit_name: name, plan }: DenialQuery) => ({
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
    may: 'viewer',
    scope: 'usage:read',
    rate: { perMinute: 120, by: 'account' },
    query: z.strictObject({ ...filters, ...pageQuery }),
    reply: { 200: pageOf(denialCount) },
    example: { query: { product: 'reel' }, reply: EXAMPLE },
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
    query: z.strictObject({ account_id: z.uuid().optional(), ...filters, ...pageQuery }),
    reply: { 200: pageOf(denialCount) },
    example: { query: { limit_name: 'generations' }, reply: EXAMPLE },
  },
  async ({ query }, denials) =>
    pageOfCounts(await denials.ofAll({ ...questionOf(query), account: query.account_id }), query.limit),
);

export const denialRoutes = routesOf({ ofAccount, ofAll });
