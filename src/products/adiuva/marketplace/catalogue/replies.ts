import { namedObject } from '#platform/http';
import { z } from 'zod';
import { isBought, isTheirs, type SeenPlugin } from './service.ts';
import type { PluginRow } from './store.ts';

/** Permissions that a version asks for: PERMISSIONS of lists.ts says what each means. */
export const permissions = z.array(z.string());

export const ratings = namedObject('PluginRatings', {
  average: z.number().nullable().describe('Of 1 to 5 stars, to two digits; null: nobody has rated it.'),
  count: z.int(),
});

/** A manifest, as clients of plan document 001 read it, with what has become of it. */
const listing = {
  id: z.string(),
  name: z.string(),
  description: z.string(),
  version: z.string().describe('The newest that is published.'),
  author: z.string(),
  permissions,
  category: z.string(),
  price_cents: z.int().describe('Minor units, before tax; 0: it is free.'),
  currency: z.string(),
  ratings,
  installs: z.int().describe('Accounts that have ever installed it.'),
  published_at: z.iso.datetime().nullable(),
};

export const pluginListing = namedObject('PluginListing', listing);

export const pluginDetails = namedObject('Plugin', {
  ...listing,
  versions: z
    .array(
      namedObject('PluginVersion', {
        version: z.string(),
        permissions,
        bytes: z.int(),
        published_at: z.iso.datetime(),
      }),
    )
    .describe('The newest first.'),
  offered: z.boolean().describe('Whether an account that does not have it can install it.'),
  orphaned: z.boolean().describe('Its developer is gone: there will be no further version.'),
  removed_because: z.string().nullable().describe('It was removed: delete what you have of it.'),
  installed: z.boolean(),
  installed_version: z.string().nullable().describe('That the account was given last.'),
  bought: z.boolean(),
  my_stars: z.int().nullable(),
});

export const shownRatings = ({ ratings: count, stars }: Pick<PluginRow, 'ratings' | 'stars'>) => ({
  average: count === 0 ? null : Math.round((stars * 100) / count) / 100,
  count,
});

export function shownListing(row: PluginRow): z.infer<typeof pluginListing> {
  const { id, name, description, author, category, price_cents, currency, installs } = row;
  const manifest = { id, name, description, version: row.version ?? '', author, category, price_cents };
  return {
    ...manifest,
    permissions: [...row.permissions],
    currency,
    installs,
    ratings: shownRatings(row),
    published_at: row.published_at?.toISOString() ?? null,
  };
}

export function shownPlugin({ plugin, versions, install }: SeenPlugin): z.infer<typeof pluginDetails> {
  return {
    ...shownListing(plugin),
    versions: versions.map((one) => ({
      version: one.version,
      permissions: [...one.permissions],
      bytes: one.bytes,
      published_at: one.published_at.toISOString(),
    })),
    offered: plugin.is_offered,
    orphaned: plugin.developer === null,
    removed_because: plugin.removed_because,
    installed: install?.is_installed ?? false,
    installed_version: isTheirs(install) ? (install?.version ?? null) : null,
    bought: isBought(install),
    my_stars: install?.stars ?? null,
  };
}

export const LISTING = {
  id: 'time-sheets',
  name: 'Time sheets',
  description: 'Writes down what you worked on, and for how long.',
  version: '1.2.0',
  author: 'Ada Lovelace',
  permissions: ['read_tasks', 'network:api.example.com'],
  category: 'business',
  price_cents: 999,
  currency: 'eur',
  ratings: { average: 4.5, count: 12 },
  installs: 340,
  published_at: '2026-11-02T09:30:00.000Z',
};
