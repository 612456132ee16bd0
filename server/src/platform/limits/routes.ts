import { UNLIMITED } from '#platform/entitlements';
import {
  concealing,
  cursorOf,
  instant,
  modelCost,
  namedObject,
  percentOf,
  pageQuery,
  positionOf,
  routesFor,
  routesOf,
} from '#platform/http';
import { z } from 'zod';
import { isInMoney } from './denial.ts';
import type { Limits } from './limits.ts';
import { isOwnKeyVersion } from './usage/own-key.ts';
import type { LimitUsage, UsageEventRow } from './usage/usage.ts';

const route = routesFor<Pick<Limits, 'usage' | 'usageEvents'>>();

/** Said of a budget whose figures are percent of it, because the operator does not show what model calls cost. */
export const PERCENT = z
  .literal('percent')
  .describe('Of a budget whose dollars the operator does not show: `max` is 100.');

interface Budget {
  readonly kind: string;
  readonly used: number;
  readonly max: number | null;
  readonly unit?: 'percent' | undefined;
}

/** A limit in use for callers who do not see what model calls cost: a budget in percent. */
export function concealBudget<Limit extends Budget>(limit: Limit): Limit {
  if (!isInMoney(limit.kind)) return limit;
  const { used, max } = limit;
  // Without a bound, nothing says how much.
  return max === null
    ? { ...limit, used: 0, unit: 'percent' as const }
    : { ...limit, used: percentOf({ used, max }), max: 100, unit: 'percent' as const };
}

/** Use of a limit, as it is answered. */
export const limitUsage = concealing(
  namedObject('LimitUsage', {
    product: z.string(),
    limit: z.string(),
    kind: z.string(),
    used: z
      .int()
      .describe('Units; of a budget, micro-dollars spent and reserved, or percent where `unit` says so.'),
    max: z.int().nullable().describe('null: without a bound.'),
    unit: PERCENT.optional(),
    resets_at: z.iso.datetime().nullable().describe('null: it frees itself, or never resets.'),
    balance: z.int().optional().describe('Of credits: how many are left.'),
    next_expiry: z.iso
      .datetime()
      .nullable()
      .optional()
      .describe('Of credits: when the next of them expire; null: none do.'),
    grants: z
      .array(
        namedObject('CreditsLeft', {
          id: z.uuid().nullable().describe('null: the plan’s, which the next use brings.'),
          source: z
            .enum(['plan', 'rollover', 'admin', 'top_up'])
            .describe('`top_up`: bought; `rollover`: the rest of an earlier window.'),
          amount: z.int(),
          remaining: z
            .int()
            .describe(
              'Below zero: their money went back after they were used. The next credits pay for that.',
            ),
          expires_at: z.iso.datetime().nullable(),
        }),
      )
      .optional()
      .describe(
        'Of credits: what is left of those that were given and bought, in the order in which they are used.',
      ),
  }),
  concealBudget,
);

const status = z.enum(['pending', 'sent', 'posted', 'voided']);
const word = z.string().max(100);
const took = z.int().nullable().describe('null: another request’s, as of a job.');
/** A row of the ledger, as it is answered. */
export const usageEvent = namedObject('UsageEvent', {
  id: z.uuid(),
  permit_id: z.uuid(),
  user_id: z.uuid().describe('Whose call it was.'),
  key_id: z.uuid().nullable().describe('The API key that it was made with.'),
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
  cost_micros: modelCost(
    'Micro-dollars that the provider may bill; of a correction, what it adds or takes away.',
  ),
  charged_micros: modelCost(
    'What of it counts against your budgets: less than the cost where the provider failed.',
  ),
  price_version: z.string(),
  own_key: z
    .boolean()
    .describe('It went out with your account’s own key at the provider: its cost is the operator’s fee.'),
  status,
  estimated: z
    .boolean()
    .describe('The provider gave no figures: this is the most that the call may have cost.'),
  corrects: z.uuid().nullable().describe('The estimated event that this one makes exact.'),
  request_id: z.string(),
  steps: namedObject('CallSteps', { authenticate: took, entitle: took, admit: took, run: took, settle: took })
    .nullable()
    .describe(
      'How long each step of the call took, in microseconds; null until it is over, and of what was metered elsewhere.',
    ),
  created_at: z.iso.datetime(),
  tags: z
    .record(z.string(), z.string())
    .nullable()
    .describe('Of a call of the gateway: its `metadata`, and `user` as `user_id`.'),
});

/** Which rows of the ledger are asked for: spread it into the route's `query` object. */
export const eventFilters = {
  product: word.optional(),
  feature: word.optional(),
  model: z.string().max(200).optional(),
  user_id: z.uuid().optional(),
  key_id: z.uuid().optional(),
  request_id: z.string().max(200).optional(),
  permit_id: z.uuid().optional(),
  status: status.optional(),
  tag: z
    .string()
    .regex(/^[^:]{1,64}:.{0,128}$/)
    .optional()
    .describe('A tag of the call, as `team:search`.'),
  from: instant.optional().describe('The first instant.'),
  until: instant.optional().describe('The instant after the last.'),
};

const position = z.tuple([z.uuid()]);

export const usage = route(
  'GET /v1/usage',
  {
    summary: 'Read the usage of each limit and the ledger',
    description:
      'Each limit of the account’s plans with what is used and when it resets; and its provider calls, newest first, with what each cost. A page looks through 10,000 calls for those that you ask for: with a `next_cursor` it may have fewer than `limit`, or none.',
    tag: 'Usage',
    auth: 'account',
    onBehalf: true,
    may: 'viewer',
    scope: 'usage:read',
    rate: { perMinute: 600, by: 'account' },
    query: z.strictObject({ ...eventFilters, ...pageQuery }),
    reply: {
      200: namedObject('Usage', {
        data: z.array(limitUsage),
        events: z.array(usageEvent),
        next_cursor: z.string().nullable(),
      }),
    },
  },
  async ({ accountId, query }, limits) => {
    const { limit: size, cursor, ...filters } = query;
    const [before] = cursor === undefined ? [] : positionOf(cursor, position);
    const [used, { rows, next }] = await Promise.all([
      limits.usage(accountId),
      limits.usageEvents(accountId, { limit: size, before, filter: filterOf(filters) }),
    ]);
    return {
      data: used.map(shownUsage),
      events: rows.map(shownEvent),
      next_cursor: next === undefined ? null : cursorOf([next]),
    };
  },
);

const instantOf = (text: string | undefined) => (text === undefined ? undefined : new Date(text));

/** The instants of a query that asks for a time, the second one excluded. */
export const between = (from: string | undefined, until: string | undefined) => ({
  from: instantOf(from),
  until: instantOf(until),
});

/** A filter of the query's words. */
export const filterOf = <
  Words extends { readonly from?: string | undefined; readonly until?: string | undefined },
>({
  from,
  until,
  ...words
}: Words) => ({ ...words, ...between(from, until) });

export const shownUsage = ({ resetsAt, max, nextExpiry, grants, ...limit }: LimitUsage) => ({
  ...limit,
  ...(grants === undefined ? {} : { grants: [...grants] }),
  ...(nextExpiry === undefined ? {} : { next_expiry: nextExpiry }),
  max: max === UNLIMITED ? null : max,
  resets_at: resetsAt,
});

export function shownEvent<Row extends UsageEventRow>(row: Row) {
  const [authenticate = null, entitle = null, admit = null, run = null, settle = null] = row.steps ?? [];
  const steps = row.steps === null ? null : { authenticate, entitle, admit, run, settle };
  return {
    ...row,
    own_key: isOwnKeyVersion(row.price_version),
    steps,
    created_at: row.created_at.toISOString(),
  };
}

export const limitsRoutes = routesOf({ usage });
