import { calendarDay, namedObject, pageOf, pageQuery, positionOf, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { PATTERN_KINDS } from '@plinth/memory';
import type { createActivityAnalytics } from './activity.ts';
import { METRICS } from './activity-store.ts';

const route = productRoutes<ReturnType<typeof createActivityAnalytics>>();
const forOperators = {
  tag: 'Coditect for operators',
  auth: 'admin',
  scope: 'admin:read',
  rate: { perMinute: 60, by: 'user' },
} as const;

const figures = {
  calls: z.int(),
  cost_micros: z.int().describe('Micro-dollars.'),
  memory_messages: z.int().describe('Messages added to memory.'),
  sessions: z.int().describe('Licence sessions that began.'),
};
const tenant = namedObject('TenantActivity', {
  account_id: z.uuid(),
  name: z.string(),
  ...figures,
  active_days: z.int().describe('Days of UTC on which it did any of these.'),
  last_active_on: z.iso.date().nullable(),
});

const accountPosition = z.tuple([z.uuid()]);

export const readTenants = route(
  'GET /v1/admin/analytics/tenants',
  {
    ...forOperators,
    summary: 'Report what each account did',
    description:
      'Open accounts by id, with zeros where they did nothing. Days of UTC; without `from` since the first of the month.',
    aliases: ['GET /v1/analytics/tenants'],
    query: z.strictObject({ from: calendarDay.optional(), until: calendarDay.optional(), ...pageQuery }),
    reply: { 200: pageOf(tenant) },
  },
  ({ query: { from, until, limit, cursor } }, activity) => {
    const after = cursor === undefined ? undefined : positionOf(cursor, accountPosition)[0];
    return activity.tenants({ from, until, after, limit });
  },
);

const patternCount = namedObject('PatternCount', {
  kind: z.enum(PATTERN_KINDS),
  level: z.enum(['private', 'team', 'organization']),
  patterns: z.int(),
  accounts: z.int(),
  occurrences: z.int(),
});

export const countPatterns = route(
  'GET /v1/admin/analytics/patterns',
  {
    ...forOperators,
    summary: 'Count the patterns of all accounts by kind and level',
    description: 'Counts alone: no words, and of no one account.',
    aliases: ['GET /v1/analytics/patterns'],
    reply: { 200: namedObject('PatternCounts', { data: z.array(patternCount) }) },
  },
  async (_call, activity) => ({ data: await activity.patterns() }),
);

export const followAnalytics = route(
  'POST /v1/admin/analytics/live',
  {
    ...forOperators,
    rate: { perMinute: 20, by: 'user' },
    summary: 'Read what all accounts do now, or follow it by a socket',
    description:
      'Figures of the present day of UTC. By the socket a frame of them every five seconds, for `seconds`; the last ones are the answer. It takes no Idempotency-Key: nothing is changed.',
    idempotency: 'none',
    socket: '/v1/analytics/live',
    maxSeconds: 300,
    body: namedObject('FollowAnalytics', {
      seconds: z.int().min(1).max(240).default(60).describe('Of a socket alone.'),
    }),
    reply: {
      200: namedObject('LiveAnalytics', {
        at: z.iso.datetime(),
        ...figures,
        running_sessions: z.int().describe('Licence sessions that hold a seat at this instant.'),
        calling_accounts: z.int().describe('Accounts with a call today.'),
      }),
    },
  },
  ({ body, wire, origin }, activity) => activity.live({ seconds: body.seconds, wire, signal: origin.signal }),
);

const dayValue = namedObject('DayValue', { day: z.iso.date(), value: z.int() });
const anomaly = namedObject('Anomaly', {
  account_id: z.uuid(),
  metric: z.enum(METRICS),
  day: z.iso.date().describe('Of UTC.'),
  value: z.int(),
  median: z.number().describe('Of the weeks before.'),
  mad: z.number().describe('Their median absolute deviation from it.'),
  z: z.number().describe('Robust z-score: 3.5 or more.'),
  weeks: z.array(dayValue).describe('The same weekday of up to eight weeks before, the newest first.'),
  rows: z
    .array(
      namedObject('AnomalyRow', {
        user_id: z.uuid().nullable(),
        feature: z.string().nullable().describe('Of calls and their cost: `gateway.chat`.'),
        model: z.string().nullable().describe('Of calls and their cost.'),
        session_id: z.uuid().nullable().describe('Of messages: the session in memory.'),
        machine_id: z.uuid().nullable().describe('Of licence sessions.'),
        value: z.int(),
      }),
    )
    .describe('What the value is made of: up to ten, the largest first.'),
});
const anomalyPosition = z.tuple([z.uuid(), z.string(), z.string()]);

export const findAnomalies = route(
  'GET /v1/admin/analytics/anomalies',
  {
    ...forOperators,
    rate: { perMinute: 20, by: 'user' },
    summary: 'Find days on which an account did far more than usual',
    description:
      'By account, day and metric: the day against the same weekday of eight weeks before (docs/compliance.md). Of days that are over, 31 at most; without `from` the last seven. A page without entries may have a `next_cursor`: accounts are looked at 2,000 at a time.',
    aliases: ['GET /v1/analytics/anomalies'],
    query: z.strictObject({ from: calendarDay.optional(), until: calendarDay.optional(), ...pageQuery }),
    reply: { 200: pageOf(anomaly) },
  },
  ({ query: { from, until, limit, cursor } }, activity) => {
    const after = cursor === undefined ? undefined : positionOf(cursor, anomalyPosition);
    return activity.anomalies({ from, until, after, limit });
  },
);
