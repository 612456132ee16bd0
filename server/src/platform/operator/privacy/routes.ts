import {
  calendarDay,
  namedObject,
  pageOf,
  pageQuery,
  positionOf,
  type Route,
  routesFor,
} from '#platform/http';
import { z } from 'zod';
import type { Privacy } from './privacy.ts';

const route = routesFor<Privacy>();
const tag = 'Privacy';

const settingsSchema = namedObject('PrivacySettings', {
  platform_statistics: z
    .boolean()
    .describe('Whether the account counts in what is released to all customers, as counts with noise.'),
  since: z.iso.datetime().nullable(),
});
const position = z.tuple([calendarDay, z.string()]);

const readSettings = route(
  'GET /v1/privacy/settings',
  {
    summary: 'Read whether the account counts in platform-wide statistics',
    tag,
    auth: 'account',
    may: 'viewer',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'account' },
    reply: { 200: settingsSchema },
  },
  ({ accountId }, privacy) => privacy.settings(accountId),
);

const changeSettings = route(
  'POST /v1/privacy/settings',
  {
    summary: 'Opt in to platform-wide statistics, or out of them',
    description:
      'For owners and admins; an account is out until it opts in. Opting out deletes what was kept of taking part, and the account is in no later release. What was published stays: it has noise in place of an answer whether the account was in it, so there is nothing to take back.',
    tag,
    auth: 'account',
    may: 'admin',
    scope: 'account:write',
    rate: { perMinute: 30, by: 'user' },
    body: namedObject('UpdatePrivacySettingsRequest', { platform_statistics: z.boolean() }),
    reply: { 200: settingsSchema },
  },
  ({ caller, accountId, body, origin, once }, privacy) =>
    privacy.changeSettings({ caller, accountId, origin, once }, body.platform_statistics),
);

const fraction = z.string().describe('A fraction: `1/2`.');
const auditSchema = namedObject('PrivacyRelease', {
  product: z.string(),
  starts_on: z.iso.date(),
  ends_on: z.iso.date().describe('The day after its last one.'),
  epsilon: fraction,
  most_kinds: z.int().describe('To how many kinds one account adds at most 1.'),
  minimum_group: z.int(),
  kinds: z.int().describe('How many the closed list has: each got noise.'),
  shown: z.int().describe('How many reached the minimum group, noise included.'),
  period_spent: fraction,
  period_left: fraction,
  released_at: z.iso.datetime(),
});

const auditReleases = route(
  'GET /v1/admin/privacy/releases',
  {
    summary: 'Audit what was released over all accounts, newest first',
    description:
      'How each release was made, and how much of the budget of 1 its period has left. Counts without noise are kept nowhere.',
    tag,
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 60, by: 'user' },
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(auditSchema) },
  },
  ({ query: { limit, cursor } }, privacy) =>
    privacy.auditReleases({ limit, after: cursor === undefined ? undefined : positionOf(cursor, position) }),
);

const setPolicies = route(
  'POST /v1/admin/privacy/policies',
  {
    summary: 'Opt many accounts out of platform-wide statistics',
    description:
      'Answers those that took part, in the order of ids. An account opts in by itself alone: nobody consents for it.',
    tag,
    auth: 'admin',
    scope: 'admin:write',
    rate: { perMinute: 30, by: 'user' },
    body: namedObject('PrivacyPoliciesRequest', {
      account_ids: z.array(z.uuid()).min(1).max(500),
      platform_statistics: z.literal(false),
    }),
    reply: { 200: namedObject('PrivacyPolicies', { changed: z.array(z.uuid()) }) },
  },
  ({ caller, body, origin, once }, privacy) => privacy.optOut({ caller, origin, once }, body.account_ids),
);

/** Calls on who takes part in releases, and on how they were made. */
export const privacyRoutes: Route[] = [readSettings, changeSettings, auditReleases, setPolicies];
