import { type Statement, statement } from '#platform/db';
import { type Put, valuesOf } from '#platform/product';
import type { AccountId } from '#platform/kernel';
import type { Category } from '../lists.ts';

/** How many plugins a page of the catalogue holds. */
const PAGE = 20;
/** So many versions of a plugin are shown. */
const MOST_VERSIONS = 100;

/** A plugin as the catalogue has it. */
export interface PluginRow {
  readonly id: string;
  /** null: they are gone. */
  readonly developer: AccountId | null;
  readonly state: 'draft' | 'offered' | 'withdrawn' | 'removed';
  readonly is_offered: boolean;
  readonly version: string | null;
  readonly name: string;
  readonly description: string;
  readonly author: string;
  readonly category: string;
  readonly permissions: readonly string[];
  readonly price_cents: number;
  readonly currency: string;
  readonly installs: number;
  readonly ratings: number;
  readonly stars: number;
  readonly removed_because: string | null;
  readonly published_at: Date | null;
}

/** A version that was approved. */
export interface VersionRow {
  readonly version: string;
  readonly permissions: readonly string[];
  readonly bytes: number;
  readonly published_at: Date;
}

/** What an account has of a plugin. */
export interface InstallRow {
  readonly plugin_id: string;
  readonly is_installed: boolean;
  readonly version: string | null;
  readonly permissions: readonly string[];
  readonly sale_id: string | null;
  readonly revoked_at: Date | null;
  readonly stars: number | null;
}

const IS_OFFERED = `(state = 'offered' and (price_cents = 0 or (is_payable and developer is not null)))`;
const PLUGIN = `id, developer, state, ${IS_OFFERED} as is_offered, version, name, description, author, category, permissions, price_cents, currency,
  installs::double precision as installs, ratings::double precision as ratings, stars::double precision as stars, removed_because, published_at`;
const INSTALL = 'plugin_id, is_installed, version, permissions, sale_id, revoked_at, stars';

/** In the order of an index each, and by the id where that leaves two alike. */
const ORDERS = {
  rating: 'p.score desc, p.id',
  installs: 'p.installs desc, p.id',
  newest: 'p.published_at desc, p.id',
} as const;

export type CatalogueSort = keyof typeof ORDERS;
export const CATALOGUE_SORTS = Object.keys(ORDERS) as [CatalogueSort, ...CatalogueSort[]];

/** What is looked for in the catalogue. */
export interface CatalogueQuery {
  readonly category: Category | undefined;
  readonly q: string | undefined;
  /** From 1. */
  readonly page: number;
  readonly sort: CatalogueSort;
}

/** One page of what is offered. */
export function listPlugins({ page, sort, ...wanted }: CatalogueQuery): Statement<PluginRow> {
  const { values, put } = valuesOf(PAGE, (page - 1) * PAGE);
  // Ids are found first: whole rows of all pages before would be sorted on disk.
  return statement<PluginRow>(
    `select ${PLUGIN} from (
       select p.id as found from adiuva.plugins p where ${conditions(wanted, put)} order by ${ORDERS[sort]} limit $1 offset $2
     ) f join adiuva.plugins p on p.id = f.found order by ${ORDERS[sort]}`,
    values,
  );
}

/** How many are offered of what is looked for. */
export function countPlugins(wanted: Pick<CatalogueQuery, 'category' | 'q'>): Statement<{ total: number }> {
  const { values, put } = valuesOf();
  return statement<{ total: number }>(
    `select count(*)::int as total from adiuva.plugins where ${conditions(wanted, put)}`,
    values,
  );
}

function conditions({ category, q }: Pick<CatalogueQuery, 'category' | 'q'>, put: Put): string {
  return [
    IS_OFFERED,
    ...(category === undefined ? [] : [`category = ${put(category)}`]),
    ...(q === undefined ? [] : [`words @@ (${searchIn(q, put)})`]),
  ].join(' and ');
}

/** Words with which `websearch_to_tsquery` means something else than themselves. */
const OPERATORS = /["]|(?:^|\s)(?:-|or(?:\s|$))/i;

/** All of the words, and the last one as the beginning of a word, for who is still typing it. */
function searchIn(text: string, put: Put): string {
  const whole = text.normalize().trim();
  if (OPERATORS.test(whole)) return `websearch_to_tsquery('simple', ${put(whole)}::text)`;
  const [, before = '', last = ''] = /^(.*?)(\S*)$/s.exec(whole) ?? [];
  const quoted = `'${last.replaceAll('\\', '\\\\').replaceAll("'", "''")}':*`;
  return `websearch_to_tsquery('simple', ${put(before)}::text) && to_tsquery('simple', ${put(quoted)}::text)`;
}

/** A plugin, whatever became of it; none that was never published. */
export const readPlugin = (id: string) =>
  statement<PluginRow>(`select ${PLUGIN} from adiuva.plugins where id = $1 and state <> 'draft'`, [id]);

export const readPlugins = (ids: readonly string[]) =>
  statement<PluginRow>(`select ${PLUGIN} from adiuva.plugins where id = any($1::text[])`, [ids]);

/** Those that were approved, the newest first. */
export const approvedVersions = (id: string) =>
  statement<VersionRow>(
    `select version, permissions, bytes::double precision as bytes, coalesce(reviewed_at, created_at) as published_at
     from adiuva.plugin_versions where plugin_id = $1 and state = 'approved' order by numbers desc limit ${MOST_VERSIONS}`,
    [id],
  );

export const readInstall = (accountId: AccountId, pluginId: string) =>
  statement<InstallRow>(
    `select ${INSTALL} from adiuva.plugin_installs where account_id = $1 and plugin_id = $2`,
    [accountId, pluginId],
  );

/** What an account has installed or bought, by its id. */
export const listInstalls = (accountId: AccountId, after: string, limit: number) =>
  statement<InstallRow>(
    `select ${INSTALL} from adiuva.plugin_installs
     where account_id = $1 and plugin_id > $2 and (is_installed or (sale_id is not null and revoked_at is null)) order by plugin_id limit $3`,
    [accountId, after, limit],
  );

/** Holds what an account has of a plugin until the transaction ends; no row: it is not installed. */
export const lockInstalled = (accountId: AccountId, pluginId: string) =>
  statement<{ stars: number | null }>(
    `select stars from adiuva.plugin_installs where account_id = $1 and plugin_id = $2 and is_installed for update`,
    [accountId, pluginId],
  );

export const setStars = (accountId: AccountId, pluginId: string, stars: number) =>
  statement(
    `update adiuva.plugin_installs set stars = $3, updated_at = app.now() where account_id = $1 and plugin_id = $2`,
    [accountId, pluginId, stars],
  );

/** One account's stars in place of those that it gave before. */
export const addStars = (pluginId: string, { stars, former }: { stars: number; former: number | null }) =>
  statement<Pick<PluginRow, 'ratings' | 'stars'>>(
    `update adiuva.plugins set ratings = ratings + case when $3::int is null then 1 else 0 end, stars = stars + $2::int - coalesce($3::int, 0),
       updated_at = app.now()
     where id = $1 returning ratings::double precision as ratings, stars::double precision as stars`,
    [pluginId, stars, former],
  );
