import {
  commitPoint,
  namedObject,
  okReply,
  pageOf,
  pageQuery,
  productRoutes,
  versionedAnswer,
} from 'plinth/product';
import { z } from 'zod';
import { PLATFORM_NAMES } from '../platforms.ts';
import type { Reel } from '../service.ts';
import { content, label, saveBody, sourceOf } from './save-body.ts';
import { asset, shownAsset } from './replies.ts';
import { type AssetRow, STATUSES } from './store.ts';
import { tagList, tagsIn } from './tags.ts';

const SAVE = commitPoint('reel.asset-save', 'an asset, and the answer under the request’s key');
const RESTORE = commitPoint(
  'reel.asset-restore',
  'an asset out of the trash, and the answer under the request’s key',
);

const route = productRoutes<Reel>();

const reads = { tag: 'Reel library', auth: 'account', may: 'viewer', scope: 'reel:read' } as const;
const writes = {
  ...reads,
  may: 'member',
  scope: 'reel:write',
  rate: { perMinute: 600, by: 'account' },
} as const;

/** An asset with its version as ETag. */
const answerWithEtag = (row: AssetRow) => versionedAnswer(row, shownAsset(row));

export const saveAsset = route(
  'POST /v1/library/assets',
  {
    ...writes,
    summary: 'Save to the library',
    description:
      'Either a variant of a draft (`draft_id`, `variant_id`), which is copied as it is, or content of your own (`platform`, `hook`, `body` …).',
    body: saveBody,
    reply: { 201: asset },
    errors: ['not_found'],
  },
  ({ accountId, caller, body, once }, { library }) =>
    once(SAVE, async (tx) => {
      const { title, tags, status } = body;
      const owner = { accountId, userId: caller.userId };
      const saved = await library.saveIn(tx, owner, { source: sourceOf(body), title, tags, status });
      const headers = { location: `/v1/library/assets/${saved.id}` };
      return versionedAnswer(saved, shownAsset(saved), { status: 201, headers });
    }),
);

export const listAssets = route(
  'GET /v1/library/assets',
  {
    ...reads,
    summary: 'List and search the library',
    description:
      'Newest first; with `q` by rank. An asset is found by the words of its own language in all their forms (Häuser by Haus), in its title, hook, body, call to action, hashtags and tags. `q` takes "a phrase", or, and -without. Matches are ranked in blocks of the 400 newest at most: very common words find recent assets first. With `tags` or `q` a page may hold fewer than `limit` entries while there are more: go on as long as there is a `next_cursor`.',
    rate: { perMinute: 600, by: 'account' },
    query: z.strictObject({
      ...pageQuery,
      platform: z.enum(PLATFORM_NAMES).optional(),
      status: z.enum(STATUSES).optional(),
      tags: tagList.optional().describe('`launch,team`: those that have all of them.'),
      q: z.string().trim().min(1).max(200).optional().describe('Words to search for.'),
      deleted: z.enum(['true', 'false']).default('false').describe('`true`: those in the trash.'),
    }),
    reply: { 200: pageOf(asset) },
  },
  async ({ accountId, query }, { library }) => {
    const { cursor, limit, tags, deleted, ...rest } = query;
    const filters = {
      ...rest,
      tags: tags === undefined ? undefined : tagsIn(tags),
      deleted: deleted === 'true',
    };
    const found = await library.find({ accountId, filters, cursor, limit });
    return { data: found.data.map(shownAsset), next_cursor: found.next_cursor };
  },
);

export const readAsset = route(
  'GET /v1/library/assets/:id',
  {
    ...reads,
    summary: 'Read an asset',
    rate: { perMinute: 1_200, by: 'account' },
    reply: { 200: asset },
    errors: ['not_found'],
  },
  async ({ accountId, params }, { library }) => answerWithEtag(await library.read(accountId, params.id)),
);

const changes = namedObject('UpdateAssetRequest', {
  title: label.title.nullable().optional(),
  tags: label.tags.optional(),
  status: label.status.optional(),
  hook: content.hook.optional(),
  body: content.body.optional(),
  cta: content.cta.optional(),
  hashtags: content.hashtags.optional(),
}).refine((body) => Object.keys(body).length > 0, 'Say what to change.');

export const changeAsset = route(
  'PATCH /v1/library/assets/:id',
  {
    ...writes,
    summary: 'Change an asset',
    description: 'Only the fields that you send are changed; lists are replaced.',
    versioned: true,
    body: changes,
    reply: { 200: asset },
    errors: ['not_found'],
  },
  async ({ accountId, params, ifMatch, body }, { library }) =>
    answerWithEtag(await library.change({ accountId, id: params.id, version: ifMatch }, body)),
);

export const deleteAsset = route(
  'DELETE /v1/library/assets/:id',
  {
    ...writes,
    summary: 'Move an asset to the trash',
    description:
      'It is gone from everywhere else at once, and for good 30 days later. What is there already stays there.',
    reply: { 200: okReply },
    errors: ['not_found'],
  },
  async ({ accountId, params }, { library }) => {
    await library.remove(accountId, params.id);
    return { ok: true };
  },
);

export const restoreAsset = route(
  'POST /v1/library/assets/:id/restore',
  {
    ...writes,
    summary: 'Restore an asset from the trash',
    description: 'One that is in use stays as it is.',
    reply: { 200: asset },
    errors: ['not_found'],
  },
  ({ accountId, params, once }, { library }) =>
    once(RESTORE, async (tx) => answerWithEtag(await library.restoreIn(tx, accountId, params.id))),
);
