import { namedObject, type Route, routesFor } from '#platform/http';
import { isTimeZone } from '#platform/kernel';
import { z } from 'zod';
import type { Accounts } from './accounts.ts';

const route = routesFor<Accounts>();

const settingsSchema = namedObject('Account', {
  id: z.uuid(),
  kind: z.enum(['personal', 'organization']),
  name: z.string(),
  time_zone: z
    .string()
    .describe('Where its days, weeks and months begin, for limits that count in them: `Europe/Berlin`.'),
});

const getSettings = route(
  'GET /v1/account',
  {
    summary: 'Read the account that calls are for',
    tag: 'Account',
    auth: 'account',
    may: 'viewer',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'account' },
    reply: { 200: settingsSchema },
  },
  ({ accountId }, { settings }) => settings.get(accountId),
);

const changeSettings = route(
  'PATCH /v1/account',
  {
    summary: 'Change the time zone of the account',
    description:
      'For owners. A window that has begun goes on until the first end in the new zone that is not too soon: a change never gives a second quota.',
    tag: 'Account',
    auth: 'account',
    may: 'owner',
    scope: 'account:write',
    rate: { perMinute: 30, by: 'user' },
    body: namedObject('UpdateAccountRequest', {
      time_zone: z
        .string()
        .max(100)
        .regex(/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/)
        .refine(isTimeZone, { error: 'is no time zone' }),
    }),
    reply: { 200: settingsSchema },
  },
  ({ caller, accountId, body, origin }, { settings }) =>
    settings.changeTimeZone({ caller, accountId, origin }, body.time_zone),
);

/** Calls on what an account is set to, of either kind. */
export const settingsRoutes: Route[] = [getSettings, changeSettings];
