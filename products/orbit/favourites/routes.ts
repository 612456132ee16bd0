import { answer, namedObject, okReply, pageOf, pageQuery, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { SCOPE_STATUSES } from '../scopes/scope.ts';
import type { Favourites } from './service.ts';
import { agrees, workspaceId } from '../workspaces/agreement.ts';
import type { FavouriteRow } from './store.ts';

const route = productRoutes<{ readonly favourites: Favourites }>();

const reads = {
  tag: 'Orbit favourites',
  auth: 'account',
  may: 'viewer',
  scope: 'orbit:read',
  rate: { perMinute: 300, by: 'member' },
} as const;
const writes = { ...reads, may: 'member', scope: 'orbit:write' } as const;

const favourite = namedObject('FavouriteScope', {
  scope_id: z.uuid(),
  title: z.string(),
  client_name: z.string().nullable(),
  status: z.enum(SCOPE_STATUSES),
  created_at: z.iso.datetime().describe('When you marked it.'),
});

const toJson = ({ id, title, client_name, status, created_at }: FavouriteRow): z.input<typeof favourite> => ({
  scope_id: id,
  title,
  client_name,
  status,
  created_at: created_at.toISOString(),
});

export const listFavourites = route(
  'GET /v1/favourites',
  {
    ...reads,
    summary: 'List the scopes that you marked',
    description: 'What you marked last, first. Those in the trash are not among them.',
    query: z.strictObject({ ...pageQuery, workspace_id: workspaceId }),
    reply: { 200: pageOf(favourite) },
    errors: ['workspace_mismatch'],
  },
  async ({ accountId, caller, query }, { favourites }) => {
    agrees(query.workspace_id, accountId);
    const { data, next_cursor } = await favourites.list({ accountId, userId: caller.userId }, query);
    return { data: data.map(toJson), next_cursor };
  },
);

export const addFavourite = route(
  'POST /v1/favourites',
  {
    ...writes,
    summary: 'Add a scope to your favourites',
    description: 'It takes no Idempotency-Key: a repeated call changes nothing.',
    idempotency: 'none',
    body: namedObject('NewFavourite', { workspace_id: workspaceId, scope_id: z.uuid() }),
    reply: { 201: favourite },
    errors: ['workspace_mismatch', 'scope_not_found'],
  },
  async ({ accountId, caller, body }, { favourites }) => {
    agrees(body.workspace_id, accountId);
    return answer(201, toJson(await favourites.add({ accountId, userId: caller.userId }, body.scope_id)));
  },
);

export const removeFavourite = route(
  'DELETE /v1/favourites/:scope_id',
  {
    ...writes,
    summary: 'Remove a scope from your favourites',
    description: 'One that is not among them is no error.',
    reply: { 200: okReply },
    errors: ['scope_not_found'],
  },
  async ({ accountId, caller, params }, { favourites }) => {
    await favourites.remove({ accountId, userId: caller.userId }, params.scope_id);
    return { ok: true };
  },
);
