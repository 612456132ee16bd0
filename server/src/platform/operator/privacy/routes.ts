import {
  atLeast,
  calendarDay,
  namedObject,
  pageOf,
  pageQuery,
  positionOf,
  type Route,
  routesFor,
} from '#platform/http';
import { AppError } from '#platform/kernel';
import { z } from 'zod';
import { DEFAULT_LEVELS } from './default-levels.ts';
import type { Privacy } from './privacy.ts';

const route = routesFor<Privacy>();
const tag = 'Privacy';

const settingsSchema = namedObject('PrivacySettings', {
  platform_statistics: z
    .boolean()
    .describe('Whether the account counts in what is released to all customers, as counts with noise.'),
  since: z.iso.datetime().nullable(),
  default_level: z
    .enum(DEFAULT_LEVELS)
    .nullable()
    .describe('Yours in this account: of what you make without a `level`. Null: the account’s goes.'),
  default_team_id: z.uuid().nullable(),
  account_default_level: z
    .enum(['private', 'organization'])
    .nullable()
    .describe('Of members without one of their own. Null: `private`.'),
});
const position = z.tuple([calendarDay, z.string()]);

const readSettings = route(
  'GET /v1/privacy/settings',
  {
    summary: 'Read privacy settings: platform-wide statistics, default levels',
    tag,
    auth: 'account',
    may: 'viewer',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'account' },
    reply: { 200: settingsSchema },
  },
  ({ accountId, caller }, privacy) => privacy.settings(accountId, caller.userId),
);

const changeSettings = route(
  'POST /v1/privacy/settings',
  {
    operation: 'updatePrivacySettings',
    summary: 'Change privacy settings: platform-wide statistics, default levels',
    description:
      'A member sets `default_level`, with `default_team_id` for `team`; owners and admins the rest. A default that a plan or a team does not allow when something is made counts as `private`. An account is out of statistics until it opts in. Opting out deletes what was kept of taking part, and the account is in no later release. What was published stays: it has noise in place of an answer whether the account was in it, so there is nothing to take back.',
    tag,
    auth: 'account',
    may: 'member',
    scope: 'account:write',
    rate: { perMinute: 30, by: 'user' },
    body: namedObject('UpdatePrivacySettingsRequest', {
      platform_statistics: z.boolean().optional(),
      default_level: z.enum(DEFAULT_LEVELS).nullable().optional(),
      default_team_id: z.uuid().nullable().default(null).describe('With the default level `team` alone.'),
      account_default_level: z.enum(['private', 'organization']).nullable().optional(),
    }).refine(
      ({ default_team_id: team, ...change }) =>
        Object.values(change).some((one) => one !== undefined) &&
        (change.default_level === 'team') === (team !== null),
      'Say what to change; default_team_id with the default level team, and with no other.',
    ),
    reply: { 200: settingsSchema },
  },
  ({ caller, accountId, role, body, origin, once }, privacy) => {
    const { platform_statistics: takesPart, default_level: level, account_default_level: ofAccount } = body;
    const isForAll = takesPart !== undefined || ofAccount !== undefined;
    if (isForAll && (role === undefined || !atLeast(role, 'admin'))) throw new AppError('forbidden');
    const ownDefault = level && { level, teamId: body.default_team_id };
    const accountDefault = ofAccount && { level: ofAccount, teamId: null };
    const change = { takesPart, ownDefault, accountDefault };
    return privacy.changeSettings({ caller, accountId, origin, once }, change);
  },
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
