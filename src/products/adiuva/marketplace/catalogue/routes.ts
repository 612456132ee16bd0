import { namedObject, wholeNumber } from '#platform/http';
import { productRoutes } from '#platform/product';
import { z } from 'zod';
import type { Adiuva } from '../../service.ts';
import { storageReads, storageWrites } from '../../octets.ts';
import { CATEGORY_NAMES } from '../lists.ts';
import {
  LISTING,
  pluginDetails,
  pluginListing,
  ratings,
  shownListing,
  shownPlugin,
  shownRatings,
} from './replies.ts';
import { CATALOGUE_SORTS } from './store.ts';

const route = productRoutes<Adiuva>();
const common = { tag: 'Adiuva plugins', requires: ['plugin_marketplace'] } as const;
/** Calls that look at plugins, and calls that change what an account has of one. */
const reads = { ...storageReads, ...common } as const;
const writes = { ...storageWrites, ...common } as const;
const of = { params: { id: LISTING.id } };

export const listPlugins = route(
  'GET /v1/plugins',
  {
    ...reads,
    summary: 'List the plugins of the marketplace',
    description:
      'Pages of 20. `rating` orders by a mean that begins as if ten accounts had given three stars. `q` finds plugins that have all of its words in their name or description, the last one also as the beginning of a word; `"a phrase"`, `or` and `-not` mean what they mean to search engines.',
    query: z.strictObject({
      category: z.enum(CATEGORY_NAMES).optional(),
      q: z.string().trim().min(1).max(200).optional(),
      page: wholeNumber(1, 10_000).default(1),
      sort: z.enum(CATALOGUE_SORTS).default('rating'),
    }),
    reply: {
      200: namedObject('PluginList', {
        plugins: z.array(pluginListing),
        total: z.int().describe('On all pages.'),
        page: z.int(),
      }),
    },
    example: { query: { q: 'time', page: 1 }, reply: { plugins: [LISTING], total: 1, page: 1 } },
  },
  async ({ query: { category, q, page, sort } }, { market }) => {
    const found = await market.catalogue.list({ category, q, page, sort });
    return { ...found, plugins: found.plugins.map(shownListing) };
  },
);

export const readPlugin = route(
  'GET /v1/plugins/:id',
  {
    ...reads,
    summary: 'Read a plugin',
    description:
      'Its manifest, ratings, installs and versions, and what your account has of it. One that is not offered any more is shown to accounts that have it.',
    params: { id: 'text' },
    reply: { 200: pluginDetails },
    errors: ['plugin_not_found'],
    example: {
      ...of,
      reply: {
        ...LISTING,
        versions: [
          {
            version: LISTING.version,
            permissions: LISTING.permissions,
            bytes: 48_213,
            published_at: LISTING.published_at,
          },
        ],
        offered: true,
        orphaned: false,
        removed_because: null,
        installed: false,
        installed_version: null,
        bought: false,
        my_stars: null,
      },
    },
  },
  async ({ accountId, params }, { market }) => shownPlugin(await market.catalogue.read(accountId, params.id)),
);

export const ratePlugin = route(
  'PUT /v1/plugins/:id/rating',
  {
    ...writes,
    summary: 'Rate a plugin',
    description:
      'For accounts that have it installed, one rating each: another one takes its place. Nobody rates their own.',
    params: { id: 'text' },
    body: namedObject('PluginRatingRequest', { stars: z.int().min(1).max(5) }),
    reply: { 200: namedObject('PluginRated', { ok: z.literal(true), ratings }) },
    errors: ['plugin_not_found', 'plugin_not_installed', 'own_plugin'],
    example: { ...of, body: { stars: 5 }, reply: { ok: true, ratings: LISTING.ratings } },
  },
  async ({ accountId, params, body }, { market }) => ({
    ok: true,
    ratings: shownRatings(await market.catalogue.rate(accountId, params.id, body.stars)),
  }),
);
