import {
  instant,
  namedObject,
  page,
  pageOf,
  pageQuery,
  positionOf,
  routesFor,
  routesOf,
} from '#platform/http';
import { z } from 'zod';
import { between } from '../routes.ts';
import type { CallErrors } from './call-errors.ts';

const route = routesFor<CallErrors>();

const errorCount = namedObject('CallErrorCount', {
  code: z.string().describe('As in the answers: `limit_exceeded`.'),
  status: z.int(),
  route: z.string().describe('The call: `POST /v1/create`.'),
  failed: z.int().describe('How many calls.'),
  last_at: z.iso.datetime(),
  last_request_id: z.string(),
});
const position = z.tuple([z.int(), z.string(), z.string()]);

const list = route(
  'GET /v1/usage/errors',
  {
    summary: 'List failed calls of the account by error code',
    description:
      'Added up by code and call over the whole hours between `from` and `until`, the most frequent first. A process writes its counts every ten seconds; they are kept for 100 days. A call whose credential names no account is nobody’s, and an answer that had begun when it failed is not counted.',
    tag: 'Usage',
    auth: 'account',
    onBehalf: true,
    may: 'viewer',
    scope: 'usage:read',
    rate: { perMinute: 120, by: 'account' },
    query: z.strictObject({
      code: z.string().min(1).max(100).optional(),
      route: z.string().min(1).max(200).optional(),
      from: instant.optional(),
      until: instant.optional(),
      ...pageQuery,
    }),
    reply: { 200: pageOf(errorCount) },
  },
  async ({ accountId, query: { limit, cursor, from, until, ...filter } }, errors) => {
    const rows = await errors.ofAccount(accountId, {
      ...filter,
      ...between(from, until),
      rows: limit + 1,
      after: cursor === undefined ? undefined : positionOf(cursor, position),
    });
    return page(rows, limit, { item: (row) => row, position: (row) => [row.failed, row.code, row.route] });
  },
);

export const callErrorRoutes = routesOf({ list });
