import {
  AppError,
  namedObject,
  okReply,
  pageOf,
  pageQuery,
  productRoutes,
  wholeNumber,
} from 'plinth/product';
import { z } from 'zod';
import { CATEGORIES } from '../lists.ts';
import * as replies from '../replies.ts';
import { byId, instant, ok, permissions, shownBy } from '../replies.ts';
import type { Market } from '../service.ts';
import type { PluginRow } from '../store.ts';
import { addedSince, isBought, isTheirs } from './service.ts';
import { CATALOGUE_SORTS } from './store.ts';

const route = productRoutes<Market>();
const common = {
  tag: 'Adiuva plugins',
  requires: ['plugin_marketplace'],
  auth: 'account',
  rate: { perMinute: 1_200, by: 'member' },
  soldRates: ['requests'],
} as const;
const reads = { ...common, may: 'viewer', scope: 'adiuva:read' } as const;
const writes = { ...common, ...byId, may: 'member', scope: 'adiuva:write' } as const;

const ratings = namedObject('PluginRatings', {
  average: z.number().nullable().describe('Of 1 to 5 stars, to two digits; null: nobody has rated it.'),
  count: z.int(),
});

/** A manifest, as clients of plan document 001 read it, with what has become of it. */
const listing = namedObject('PluginListing', {
  ...replies.plugin,
  description: z.string(),
  version: z.string().describe('The newest that is published.'),
  author: z.string(),
  permissions,
  ratings,
});

const version = namedObject('PluginVersion', {
  version: z.string(),
  permissions,
  bytes: z.int(),
  published_at: instant,
});

const held = {
  orphaned: z.boolean().describe('Its developer is gone: there will be no further version.'),
  removed_because: replies.removedBecause,
  installed: z.boolean(),
  installed_version: z.string().nullable().describe('That the account was given last.'),
  bought: z.boolean(),
};

const details = namedObject('Plugin', {
  ...listing.shape,
  versions: z.array(version).describe('The newest first.'),
  offered: z.boolean().describe('Whether an account that does not have it can install it.'),
  ...held,
  my_stars: z.int().nullable(),
});

const heldPlugin = namedObject('InstalledPlugin', {
  id: z.string(),
  name: z.string(),
  version: z.string().nullable().describe('The newest that there is.'),
  permissions: permissions.describe('What the account has consented to.'),
  new_permissions: permissions.describe('What the newest version wants besides: it waits for consent.'),
  ...held,
});

const shownRatings = ({ ratings: count, stars }: Pick<PluginRow, 'ratings' | 'stars'>) => ({
  average: count === 0 ? null : Math.round((stars * 100) / count) / 100,
  count,
});

const shownListing = (row: PluginRow) =>
  shownBy(listing, { ...row, version: row.version ?? '', ratings: shownRatings(row) });

type Seen = Pick<Awaited<ReturnType<Market['catalogue']['read']>>, 'plugin' | 'install'>;
const shownHeld = ({ plugin: { developer, removed_because }, install }: Seen) => ({
  orphaned: developer === null,
  removed_because,
  installed: install?.is_installed ?? false,
  installed_version: isTheirs(install) ? (install?.version ?? null) : null,
  bought: isBought(install),
});

export const listPlugins = route(
  'GET /v1/plugins',
  {
    ...reads,
    summary: 'List the plugins of the marketplace',
    description:
      'Pages of 20. `rating` orders by a mean that begins as if ten accounts had given three stars. `q` finds plugins that have all of its words in their name or description, the last one also as the beginning of a word; `"a phrase"`, `or` and `-not` mean what they mean to search engines.',
    query: z.strictObject({
      category: z.enum(CATEGORIES).optional(),
      q: z.string().trim().min(1).max(200).optional(),
      page: wholeNumber(1, 10_000).default(1),
      sort: z.enum(CATALOGUE_SORTS).default('rating'),
    }),
    reply: {
      200: namedObject('PluginList', {
        plugins: z.array(listing),
        total: z.int().describe('On all pages.'),
        page: z.int(),
      }),
    },
  },
  async ({ query }, { catalogue }) => {
    const found = await catalogue.list(query);
    return { ...found, plugins: found.plugins.map(shownListing) };
  },
);

export const readPlugin = route(
  'GET /v1/plugins/:id',
  {
    ...reads,
    ...byId,
    summary: 'Read a plugin',
    description:
      'Its manifest, ratings, installs and versions, and what your account has of it. One that is not offered any more is shown to accounts that have it.',
    reply: { 200: details },
    errors: ['plugin_not_found'],
  },
  async ({ accountId, params }, { catalogue }) => {
    const { versions, ...seen } = await catalogue.read(accountId, params.id);
    const own = { offered: seen.plugin.is_offered, my_stars: seen.install?.stars ?? null };
    return { ...shownListing(seen.plugin), versions, ...own, ...shownHeld(seen) };
  },
);

export const ratePlugin = route(
  'PUT /v1/plugins/:id/rating',
  {
    ...writes,
    summary: 'Rate a plugin',
    description:
      'For accounts that have it installed, one rating each: another one takes its place. Members of the developer’s account do not rate it, for no account.',
    body: namedObject('PluginRatingRequest', { stars: z.int().min(1).max(5) }),
    reply: { 200: namedObject('PluginRated', { ok: z.literal(true), ratings }) },
    errors: ['plugin_not_found', 'plugin_not_installed', 'own_plugin'],
  },
  async ({ accountId, role, caller, params, body }, { catalogue }) => ({
    ok: true,
    ratings: shownRatings(await catalogue.rate({ accountId, role, caller }, params.id, body.stars)),
  }),
);

export const listInstalled = route(
  'GET /v1/plugins/installed',
  {
    ...reads,
    summary: 'List the plugins that your account has',
    description: 'Installed or bought, by their ids.',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(heldPlugin) },
  },
  ({ accountId, query }, { catalogue }) =>
    catalogue.installed(accountId, query, (seen) => ({
      ...shownBy(heldPlugin, { ...seen.plugin, permissions: seen.install.permissions }),
      new_permissions: addedSince(seen.install, seen.plugin.permissions),
      ...shownHeld(seen),
    })),
);

const countersignature = namedObject('PluginCountersignature', {
  key_id: z.string().describe('One of `GET /.well-known/plugin-keys`.'),
  signed: z.record(z.string(), z.unknown()).describe('What was approved.'),
  signature: z.string().describe('Ed25519 over `signed` in the form of RFC 8785, in base64.'),
});

const installed = namedObject('PluginInstalled', {
  ok: z.literal(true),
  download_url: z.string(),
  expires_at: instant.describe('Until then `download_url` is good.'),
  version: z.string(),
  sha256: z.string().describe('Of the package, in hex.'),
  signature: z.string().describe('Ed25519 of its developer over the 32 bytes of `sha256`, in base64.'),
  public_key: z.string().describe('Of its developer, in PEM.'),
  countersignature,
});

export const installPlugin = route(
  'POST /v1/plugins/:id/install',
  {
    ...writes,
    summary: 'Install a plugin, or get its newest version',
    description:
      'Answers where its package is for 15 minutes, and what to verify it by (docs/marketplace.md); `plugins.download` of the SDK does so. One that costs money is charged to the card that the account has kept, by an owner or admin: where there is none, or the bank asks, the answer is 402 `payment_needed` with `details.checkout_url`; call again once it is paid there. It is bought once for the account, with later versions. A version with further permissions is 409 `consent_needed` with `details.permissions`, until `accept_permissions` names them. A purchase names the price that was shown: another one now is 409 `price_changed` with it, and nothing is charged. It takes no Idempotency-Key: repeated, it charges and counts nothing again.',
    idempotency: 'none',
    maxSeconds: 60,
    body: namedObject('PluginInstallRequest', {
      plugin_id: z.string().max(100).describe('The one of the path.'),
      accept_permissions: z.array(z.string().max(300)).max(100).optional(),
      agreed: namedObject('AgreedPluginPrice', {
        amount: z.int().min(1),
        currency: z.string().regex(/^[a-z]{3}$/),
      })
        .optional()
        .describe('The `price_cents` and `currency` that were shown; needed where the plugin is bought.'),
    }),
    reply: { 200: installed },
    errors:
      'plugin_not_found plugin_removed plugin_not_offered consent_needed payment_needed price_changed conflict purchase_disputed payee_not_payable nothing_sold store_unavailable store_refused blob_not_found storage_unavailable'.split(
        ' ',
      ),
  },
  async ({ accountId, role, caller, params: { id }, body }, { catalogue }) => {
    if (body.plugin_id !== id) {
      const message = 'The plugin of the path is another one.';
      const issues = [{ path: 'body.plugin_id', message }];
      throw new AppError('validation_failed', { message, details: { issues } });
    }
    const by = { accountId, role, caller };
    const consent = { permissions: body.accept_permissions ?? [], price: body.agreed };
    const { version: given, link } = await catalogue.install(by, id, consent);
    const { url: download_url, expires_at } = link;
    return { ok: true, download_url, expires_at, ...shownBy(installed, given) };
  },
);

export const uninstallPlugin = route(
  'DELETE /v1/plugins/:id/install',
  {
    ...writes,
    summary: 'Uninstall a plugin',
    description: 'What was bought stays bought: it can be installed again.',
    reply: { 200: okReply },
    errors: ['plugin_not_found'],
  },
  ({ accountId, params }, { catalogue }) => ok(catalogue.uninstall(accountId, params.id)),
);
