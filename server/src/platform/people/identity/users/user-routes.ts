import {
  namedObject,
  okReply,
  pageOf,
  pageQuery,
  positionOf,
  ROLES,
  type Route,
  routesFor,
} from '#platform/http';
import { z } from 'zod';
import type { Sessions } from '../sessions/sessions.ts';
import type { Users } from './users.ts';

const route = routesFor<{ readonly sessions: Sessions; readonly users: Users }>();
const position = z.tuple([z.uuid()]);

const meSchema = namedObject('User', {
  id: z.uuid(),
  email: z.string(),
  full_name: z.string().nullable(),
  avatar_url: z.string().nullable(),
  email_verified: z.boolean(),
  role: z.enum(['user', 'admin']),
  tier: z
    .string()
    .nullable()
    .describe(
      'The plan that your default account, or the account of your key, has in the product whose plans are tiers: `pro`. null: none.',
    ),
  products: z.array(z.string()).describe('The products that run on this server, by their keys.'),
  default_account_id: z.uuid().describe('The account of a call without X-Account-Id.'),
  accounts: z.array(
    namedObject('UserAccount', {
      id: z.uuid(),
      kind: z.enum(['personal', 'organization']),
      name: z.string(),
      status: z.enum(['active', 'suspended']),
      role: z.enum(ROLES),
    }),
  ),
});

const getMe = route(
  'GET /v1/me',
  {
    summary: 'Read who you are',
    tag: 'Identity',
    auth: 'user',
    scope: 'account:read',
    aliases: ['GET /v1/auth/me'],
    rate: { perMinute: 120, by: 'user' },
    reply: { 200: meSchema },
  },
  ({ caller }, { users }) => users.me(caller),
);

const changeMe = route(
  'PATCH /v1/me',
  {
    summary: 'Change your profile',
    description: 'Fields that are left out stay as they are; null empties one.',
    tag: 'Identity',
    auth: 'user',
    scope: 'session',
    aliases: ['PATCH /v1/auth/me'],
    rate: { perMinute: 30, by: 'user' },
    body: namedObject('UpdateUserRequest', {
      full_name: z.string().trim().min(1).max(200).nullable().optional(),
      avatar_url: z
        .url({ protocol: /^https$/ })
        .max(2_000)
        .nullable()
        .optional(),
    }),
    reply: { 200: meSchema },
  },
  ({ caller, body, origin }, { users }) => users.changeMe(caller, body, origin),
);

const sessionSchema = namedObject('Session', {
  id: z.uuid(),
  name: z.string().describe('What you call the device, or what its user agent says it is.'),
  ip: z.string(),
  user_agent: z.string(),
  created_at: z.iso.datetime(),
  last_used_at: z.iso.datetime(),
  current: z.boolean(),
});

const listSessions = route(
  'GET /v1/auth/sessions',
  {
    summary: 'List the devices that you are signed in on',
    description: 'Newest first.',
    tag: 'Identity',
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 60, by: 'user' },
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(sessionSchema) },
  },
  ({ caller, query }, { sessions }) => {
    const after = query.cursor === undefined ? undefined : positionOf(query.cursor, position)[0];
    return sessions.list(caller, { after, limit: query.limit });
  },
);

const endSession = route(
  'DELETE /v1/auth/sessions/:id',
  {
    summary: 'Sign a device out',
    tag: 'Identity',
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 60, by: 'user' },
    reply: { 200: okReply },
    errors: ['not_found'],
  },
  async ({ caller, params, origin }, { sessions }) => {
    await sessions.end(caller, params.id, origin);
    return { ok: true };
  },
);

const suspend = route(
  'POST /v1/admin/users/:id/suspend',
  {
    summary: 'Suspend a user',
    description:
      'Their sessions end, and neither tokens nor keys of theirs work until they are reinstated. It takes no Idempotency-Key: a repeated call changes nothing.',
    tag: 'Admin',
    auth: 'admin',
    scope: 'admin:write',
    rate: { perMinute: 60, by: 'user' },
    reply: { 200: okReply },
    errors: ['not_found', 'conflict'],
    idempotency: 'none',
  },
  async ({ caller, params, origin }, { users }) => {
    await users.suspend(caller, params.id, origin);
    return { ok: true };
  },
);

const reinstate = route(
  'POST /v1/admin/users/:id/reinstate',
  {
    summary: 'Reinstate a suspended user',
    description:
      'They can sign in again, and their keys work again. It takes no Idempotency-Key: a repeated call changes nothing.',
    tag: 'Admin',
    auth: 'admin',
    scope: 'admin:write',
    rate: { perMinute: 60, by: 'user' },
    reply: { 200: okReply },
    errors: ['not_found', 'conflict'],
    idempotency: 'none',
  },
  async ({ caller, params, origin }, { users }) => {
    await users.reinstate(caller, params.id, origin);
    return { ok: true };
  },
);

/** Calls of users on themselves, and of admins on users. */
export const userRoutes: Route[] = [getMe, changeMe, listSessions, endSession, suspend, reinstate];
