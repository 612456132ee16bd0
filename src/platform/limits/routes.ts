import { UNLIMITED } from '#platform/entitlements';
import { namedObject, page, pageQuery, positionOf, routesFor, routesOf } from '#platform/http';
import { z } from 'zod';
import type { Limits } from './limits.ts';
import type { UsageEventRow } from './usage/usage.ts';

const route = routesFor<Pick<Limits, 'usage' | 'usageEvents'>>();

const limitUsage = namedObject('LimitUsage', {
  product: z.string(),
  limit: z.string(),
  kind: z.string(),
  used: z.int().describe('Units; of a budget, micro-dollars spent and reserved.'),
  max: z.int().nullable().describe('null: without a bound.'),
  resets_at: z.iso.datetime().nullable().describe('null: it frees itself, or never resets.'),
  balance: z.int().optional().describe('Of credits: how many are left.'),
  next_expiry: z.iso
    .datetime()
    .nullable()
    .optional()
    .describe('Of credits: when the next of them expire; null: none do.'),
});

const usageEvent = namedObject('UsageEvent', {
  id: z.uuid(),
  permit_id: z.uuid(),
  product: z.string(),
  feature: z.string(),
  provider: z.string(),
  model: z.string(),
  provider_request_id: z
    .string()
    .nullable()
    .describe('The provider’s own id of the call: it joins this row with their bill.'),
  prompt_tokens: z.int(),
  cached_tokens: z.int(),
  completion_tokens: z.int(),
  reasoning_tokens: z.int(),
  cost_micros: z
    .int()
    .describe('Micro-dollars that the provider may bill; of a correction, what it adds or takes away.'),
  charged_micros: z
    .int()
    .describe('What of it counts against your budgets: less than the cost where the provider failed.'),
  price_version: z.string(),
  status: z.enum(['pending', 'sent', 'posted', 'voided']),
  estimated: z
    .boolean()
    .describe('The provider gave no figures: this is the most that the call may have cost.'),
  corrects: z.uuid().nullable().describe('The estimated event that this one makes exact.'),
  request_id: z.string(),
  created_at: z.iso.datetime(),
});

const position = z.tuple([z.uuid()]);

export const usage = route(
  'GET /v1/usage',
  {
    summary: 'Read the usage of each limit and the ledger',
    description:
      'Each limit of the account’s plans with what is used and when it resets; and its provider calls, newest first, with what each cost.',
    tag: 'Usage',
    auth: 'account',
    may: 'viewer',
    scope: 'usage:read',
    rate: { perMinute: 600, by: 'account' },
    query: z.strictObject(pageQuery),
    reply: {
      200: namedObject('Usage', {
        data: z.array(limitUsage),
        events: z.array(usageEvent),
        next_cursor: z.string().nullable(),
      }),
    },
    example: {
      reply: {
        data: [
          {
            product: 'reel',
            limit: 'generations',
            kind: 'quota',
            used: 1,
            max: 900,
            resets_at: '2026-12-01T00:00:00.000Z',
          },
        ],
        events: [
          {
            id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a05',
            permit_id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a04',
            product: 'reel',
            feature: 'generation',
            provider: 'sandbox',
            model: 'sandbox-small',
            provider_request_id: 'req_sandbox_1',
            prompt_tokens: 412,
            cached_tokens: 0,
            completion_tokens: 307,
            reasoning_tokens: 0,
            cost_micros: 246,
            charged_micros: 246,
            price_version: '2026-11-20',
            status: 'posted',
            estimated: false,
            corrects: null,
            request_id: '0193a5c8-7d1d-7000-8000-3c1c5a5b0a00',
            created_at: '2026-11-20T08:00:00.000Z',
          },
        ],
        next_cursor: null,
      },
    },
  },
  async ({ accountId, query }, limits) => {
    const [before] = query.cursor === undefined ? [] : positionOf(query.cursor, position);
    const [used, rows] = await Promise.all([
      limits.usage(accountId),
      limits.usageEvents(accountId, { limit: query.limit + 1, before }),
    ]);
    const { data: events, next_cursor } = page(rows, query.limit, {
      item: toUsageEvent,
      position: (row) => [row.id],
    });
    return {
      data: used.map(({ resetsAt, max, nextExpiry, ...limit }) => ({
        ...limit,
        ...(nextExpiry === undefined ? {} : { next_expiry: nextExpiry }),
        max: max === UNLIMITED ? null : max,
        resets_at: resetsAt,
      })),
      events,
      next_cursor,
    };
  },
);

function toUsageEvent(row: UsageEventRow) {
  return { ...row, created_at: row.created_at.toISOString() };
}

export const limitsRoutes = routesOf({ usage });
