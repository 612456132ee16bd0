import { actorOf } from '#platform/audit';
import { commitPoint } from '#platform/db';
import {
  answer,
  instant,
  namedObject,
  okReply,
  pageOf,
  pageQuery,
  positionOf,
  type Route,
  routesFor,
} from '#platform/http';
import { z } from 'zod';
import { boundsInput, shownBounds } from './bounds.ts';
import type { Keys } from './keys.ts';

const MADE = commitPoint('identity.key-made', 'an API key');
const ROTATED = commitPoint('identity.key-rotated', 'another secret of an API key');

const route = routesFor<{ readonly keys: Keys }>();
const tag = 'API keys';
const position = z.tuple([z.uuid()]);

const keyName = z.string().trim().min(1).max(100);
const keySchema = namedObject('ApiKey', {
  id: z.uuid(),
  name: z.string(),
  prefix: z.string().describe('The first characters, to tell keys apart by.'),
  scopes: z.array(z.string()),
  made_by: z.uuid().nullable().describe('The key that made it, with which it ends; null: a person did.'),
  ...shownBounds,
  user_id: z.uuid().describe('Whose role counts when the key is used.'),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable(),
});

const shownOnce = z
  .string()
  .nullable()
  .describe('Shown once: null where the call is repeated with its Idempotency-Key.');
const newKeySchema = keySchema.extend({ key: shownOnce }).meta({ id: 'NewApiKey' });

const makeKey = route(
  'POST /v1/api-keys',
  {
    summary: 'Create an API key',
    description:
      'The key is in this answer and nowhere else. It acts for this account with your role in it, within its scopes. A key makes no key that may do more than itself: no scope beyond its own, no later end, and no larger budget; its bounds hold for the keys that come from it too, which count in them. Keys can come from keys five deep.',
    tag,
    auth: 'account',
    may: 'viewer',
    scope: 'keys:write',
    stepUp: true,
    rate: { perMinute: 20, by: 'user' },
    body: namedObject('CreateApiKeyRequest', {
      name: keyName,
      scopes: z.array(z.string().max(100)).min(1).max(50),
      expires_at: instant.optional(),
      ...boundsInput,
    }),
    reply: { 201: newKeySchema },
    errors: ['forbidden', 'not_found'],
    secrets: ['key'],
  },
  ({ caller, accountId, role, body, once, origin }, { keys }) => {
    keys.assertMayMake({ caller, accountId, role }, body);
    const { name, scopes, expires_at: expiresAt, ...bounds } = body;
    return once(MADE, async (tx) => {
      const made = await keys.createKey(tx, {
        accountId,
        userId: caller.userId,
        name,
        scopes,
        expiresAt,
        bounds,
        actor: actorOf(caller),
        origin,
      });
      return answer(201, { ...made.view, key: made.key });
    });
  },
);

const listKeys = route(
  'GET /v1/api-keys',
  {
    summary: 'List API keys',
    description: 'Those in force, newest first: your own, or as an admin those of all members.',
    tag,
    auth: 'account',
    may: 'viewer',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(keySchema) },
  },
  ({ caller, accountId, role, query }, { keys }) => {
    const after = query.cursor === undefined ? undefined : positionOf(query.cursor, position)[0];
    return keys.list({ caller, accountId, role }, { after, limit: query.limit });
  },
);

const listScopes = route(
  'GET /v1/api-keys/scopes',
  {
    summary: 'List what an API key can be allowed',
    description:
      'All scopes that exist; `*` is everything that its user may. A key gives no more than it has, and nobody more than their role allows.',
    tag,
    auth: 'account',
    may: 'viewer',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    reply: { 200: namedObject('ScopeList', { data: z.array(z.string()) }) },
  },
  (_call, { keys }) => Promise.resolve({ data: [...keys.scopes] }),
);

const changeKey = route(
  'PATCH /v1/api-keys/:id',
  {
    summary: 'Change what bounds an API key',
    description:
      'Its name, end, budgets, calls and tokens, models and labels; what is not named stays, null takes it away. In force at once for calls that spend; models and end within 10 seconds. Your own, or as an admin any of the account. A key changes no key but those that come from it.',
    tag,
    auth: 'account',
    may: 'member',
    scope: 'keys:write',
    stepUp: true,
    rate: { perMinute: 60, by: 'user' },
    body: namedObject('ChangeApiKeyRequest', {
      name: keyName.optional(),
      expires_at: instant.nullable().optional(),
      ...boundsInput,
    }),
    reply: { 200: keySchema },
    errors: ['not_found'],
  },
  ({ caller, accountId, role, params, body, origin }, { keys }) =>
    keys.change({ caller, accountId, role, origin }, params.id, body),
);

const revokeKey = route(
  'DELETE /v1/api-keys/:id',
  {
    summary: 'Revoke an API key',
    description:
      'With it end all keys that come from it: at once for whatever spends, within 10 seconds for the rest. Your own, or as an admin any of the account. A key ends no key that may do more than itself.',
    tag,
    auth: 'account',
    may: 'viewer',
    scope: 'keys:write',
    rate: { perMinute: 60, by: 'user' },
    reply: { 200: okReply },
    errors: ['forbidden', 'not_found'],
  },
  async ({ caller, accountId, role, params, origin }, { keys }) => {
    await keys.revoke({ caller, accountId, role }, params.id, origin);
    return { ok: true };
  },
);

const rotateKey = route(
  'POST /v1/api-keys/:id/rotate',
  {
    summary: 'Rotate an API key',
    description:
      'Gives a key of yours another secret, which is in this answer and nowhere else; the former one is over within 10 seconds. All else stays: its id, its maker, its budget with what was spent of it, and the keys that it made. A key can rotate itself and the keys that come from it.',
    tag,
    auth: 'account',
    may: 'viewer',
    scope: 'keys:write',
    stepUp: true,
    rate: { perMinute: 20, by: 'user' },
    reply: { 200: newKeySchema },
    errors: ['not_found'],
    secrets: ['key'],
  },
  async ({ caller, accountId, role, params, once, origin }, { keys }) => {
    const acting = { caller, accountId, role, origin };
    const rotated = await once(ROTATED, async (tx) => {
      const { key, view } = await keys.rotateIn(tx, acting, params.id);
      return answer(200, { ...view, key });
    });
    keys.rotated(params.id);
    return rotated;
  },
);

/** Calls on API keys. */
export const keyRoutes: Route[] = [makeKey, listKeys, listScopes, changeKey, revokeKey, rotateKey];
