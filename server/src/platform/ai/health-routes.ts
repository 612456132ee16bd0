import { namedObject, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import type { Health } from './providers/health.ts';

const route = routesFor<Health>();

const count = z.int();
const duration = z.int().nullable().describe('Microseconds.');
const OUTCOMES = [
  'served',
  'unusable',
  'rate_limited',
  'refused',
  'failed',
  'timeout',
  'unreachable',
  'lost',
  'hung_up',
] as const;

export const keyHealth = namedObject('ProviderKeyHealth', {
  name: z.string(),
  throttled_ms: z
    .int()
    .describe('For how long no call goes out with it, because the provider asked for that.'),
  refused: z.int().nullable().describe('The status with which the provider refuses it.'),
  refused_ms: z.int().describe('For how long it is left out, before a call tries it again.'),
});

const health = namedObject('ProviderHealth', {
  provider: z.string(),
  model: z.string(),
  breaker: z
    .enum(['closed', 'open', 'half_open'])
    .nullable()
    .describe(
      'Of the process that answers. `open`: it calls this model no more. null: it is not configured there.',
    ),
  throttled_ms: z.int().describe('For how long that process still waits, because the provider asked it to.'),
  keys: z.array(keyHealth).describe('Of an upstream with several keys, by name.'),
  outcomes: z
    .partialRecord(z.enum(OUTCOMES), z.int())
    .describe('How the calls of that process ended since it began.'),
  last_failure: namedObject('ProviderFailure', { outcome: z.enum(OUTCOMES), at: z.iso.datetime() })
    .nullable()
    .describe('Its last call that was not served.'),
  ledger: namedObject('ProviderLedger', {
    calls: count,
    posted: count,
    voided: count.describe('Not served, and not billed.'),
    estimated: count.describe('Posted at the most that they may have cost.'),
    open: count.describe('Under way.'),
    fallbacks: count.describe('Made after a call of another model was voided, for the same permit.'),
    median_run_us: duration,
    p95_run_us: duration,
    last_at: z.iso.datetime().nullable(),
  }).describe('Of all processes: calls under permits of the last hour.'),
});

const readHealth = route(
  'GET /v1/admin/providers',
  {
    summary: 'Read how providers and their models fare',
    description:
      'Breakers, throttles and outcomes are in the memory of each process, and these are of the one that answers: `process` names it, and another call may be answered by another. What is in `ledger` is of all of them.',
    tag: 'Admin',
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 60, by: 'user' },
    reply: {
      200: namedObject('ProvidersHealth', {
        process: z.uuid().describe('The process that answers, as permits name their holder.'),
        data: z.array(health),
      }),
    },
  },
  (_call, { read }) => read(),
);

/** How providers fare, for platform admins. */
export const healthRoutes: Route[] = [readHealth];
