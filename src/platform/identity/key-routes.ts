import { actorOf } from '#platform/audit';
import { commitPoint } from '#platform/db';
import { answer, pageOf, pageQuery, positionOf, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import type { Identity } from './identity.ts';

const MADE = commitPoint('identity.key-made', 'an API key');

const route = routesFor<Identity>();
/** Micro-dollars: a million dollars a month are no budget of one key any more. */
const MOST_BUDGET = 1_000_000_000_000;
const tag = 'API keys';
const position = z.tuple([z.uuid()]);

const keySchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  prefix: z.string().describe('The first characters, to tell keys apart by.'),
  scopes: z.array(z.string()),
  monthly_budget_micros: z
    .int()
    .nullable()
    .describe('What calls with it may cost in a month of UTC; null: as much as the account may.'),
  user_id: z.uuid().describe('Whose role counts when the key is used.'),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable(),
});

const ID = '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f01';
const EXAMPLE = {
  id: ID,
  name: 'Nightly import',
  prefix: 'pl_Zk3vQ8sT',
  scopes: ['reel:read', 'reel:write'],
  monthly_budget_micros: 20_000_000,
  user_id: '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f02',
  created_at: '2026-11-20T08:00:00.000Z',
  expires_at: null,
  last_used_at: null,
};

const makeKey = route(
  'POST /v1/api-keys',
  {
    summary: 'Make an API key',
    description:
      'The key is in this answer and nowhere else. It acts for this account with your role in it, within its scopes. A key makes no key that may do more than itself.',
    tag,
    auth: 'account',
    may: 'viewer',
    scope: 'keys:write',
    stepUp: true,
    rate: { perMinute: 20, by: 'user' },
    body: z.strictObject({
      name: z.string().trim().min(1).max(100),
      scopes: z.array(z.string().max(100)).min(1).max(50),
      expires_at: z.iso.datetime({ offset: true }).optional(),
      monthly_budget_micros: z.int().min(1).max(MOST_BUDGET).optional(),
    }),
    reply: { 201: keySchema.extend({ key: z.string() }) },
    errors: ['forbidden', 'not_found'],
    private: true,
    example: {
      body: {
        name: 'Nightly import',
        scopes: ['reel:read', 'reel:write'],
        monthly_budget_micros: 20_000_000,
      },
      reply: { ...EXAMPLE, key: 'pl_Zk3vQ8sT…' },
    },
  },
  ({ caller, accountId, role, body, once, origin }, { keys }) => {
    keys.assertMayMake({ caller, accountId, role }, body);
    const { name, scopes, expires_at: expiresAt, monthly_budget_micros: monthlyBudget } = body;
    return once(MADE, async (tx) => {
      const made = await keys.createKey(tx, {
        accountId,
        userId: caller.userId,
        name,
        scopes,
        expiresAt,
        monthlyBudget,
        actor: actorOf(caller),
        whence: origin,
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
    example: { query: { limit: 20 }, reply: { data: [EXAMPLE], next_cursor: null } },
  },
  ({ caller, accountId, role, query }, { keys }) => {
    const after = query.cursor === undefined ? undefined : positionOf(query.cursor, position)[0];
    return keys.list({ caller, accountId, role }, { after, limit: query.limit });
  },
);

const revokeKey = route(
  'DELETE /v1/api-keys/:id',
  {
    summary: 'Revoke an API key',
    description:
      'At once for whatever spends, within 10 seconds for the rest. Your own, or as an admin any of the account.',
    tag,
    auth: 'account',
    may: 'viewer',
    scope: 'keys:write',
    rate: { perMinute: 60, by: 'user' },
    reply: { 200: z.strictObject({ ok: z.literal(true) }) },
    errors: ['not_found'],
    example: { params: { id: ID }, reply: { ok: true } },
  },
  async ({ caller, accountId, role, params, origin }, { keys }) => {
    await keys.revoke({ caller, accountId, role }, params.id, origin);
    return { ok: true };
  },
);

/** Calls on API keys. */
export const keyRoutes: Route[] = [makeKey, listKeys, revokeKey];
