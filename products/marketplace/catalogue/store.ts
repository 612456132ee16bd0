import {
  type AccountId,
  type Put,
  type SaleChange,
  type Statement,
  statement,
  valuesOf,
} from 'plinth/product';
import { IS_OFFERED, PLUGIN, type PluginRow } from '../store.ts';

const PAGE = 20;
const MOST_VERSIONS = 100;

/** An account's hold on a plugin. */
export interface InstallRow {
  readonly plugin_id: string;
  readonly is_installed: boolean;
  readonly version: string | null;
  readonly permissions: readonly string[];
  readonly sale_id: string | null;
  readonly revoked_at: Date | null;
  readonly stars: number | null;
}

const INSTALL = 'plugin_id, is_installed, version, permissions, sale_id, revoked_at, stars';

/** In the order of an index each, and by the id where that leaves two alike. */
const ORDERS = {
  rating: 'p.score desc, p.id',
  installs: 'p.installs desc, p.id',
  newest: 'p.published_at desc, p.id',
} as const;

type CatalogueSort = keyof typeof ORDERS;
export const CATALOGUE_SORTS = Object.keys(ORDERS) as [CatalogueSort, ...CatalogueSort[]];

/** A search in the catalogue; pages from 1. */
export interface CatalogueQuery {
  readonly category?: string | undefined;
  readonly q?: string | undefined;
  readonly page: number;
  readonly sort: CatalogueSort;
}

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

export const readPlugins = (ids: readonly string[]) =>
  statement<PluginRow>(`select ${PLUGIN} from adiuva.plugins where id = any($1::text[])`, [ids]);

export const approvedVersions = (id: string) =>
  statement<{ version: string; permissions: string[]; bytes: number; published_at: Date }>(
    `select version, permissions, bytes::double precision as bytes, coalesce(reviewed_at, created_at) as published_at
     from adiuva.plugin_versions where plugin_id = $1 and state = 'approved' order by numbers desc limit ${MOST_VERSIONS}`,
    [id],
  );

/** A version as it is handed out; the countersignature is of RFC 8785 over its `signed`. */
export interface HandedVersion {
  readonly version: string;
  readonly permissions: readonly string[];
  readonly sha256: string;
  readonly blob_id: string;
  readonly signature: string;
  readonly public_key: string;
  readonly countersignature: object;
}

export const newestVersion = (pluginId: string) =>
  statement<HandedVersion>(
    `select version, permissions, sha256, blob_id, signature, public_key, countersignature from adiuva.plugin_versions
     where plugin_id = $1 and state = 'approved' and blob_id is not null and countersignature is not null order by numbers desc limit 1`,
    [pluginId],
  );

export const readInstall = (accountId: AccountId, pluginId: string) =>
  statement<InstallRow>(
    `select ${INSTALL} from adiuva.plugin_installs where account_id = $1 and plugin_id = $2`,
    [accountId, pluginId],
  );

export const listInstalls = (accountId: AccountId, after: string, limit: number) =>
  statement<InstallRow>(
    `select ${INSTALL} from adiuva.plugin_installs
     where account_id = $1 and plugin_id > $2 and (is_installed or (sale_id is not null and revoked_at is null)) order by plugin_id limit $3`,
    [accountId, after, limit],
  );

/** An account's stars in place of those that it gave before. No row: it is not installed. */
export const setStars = (accountId: AccountId, pluginId: string, stars: number) =>
  statement<{ former: number | null }>(
    `with held as (
       select account_id, plugin_id, stars from adiuva.plugin_installs where account_id = $1 and plugin_id = $2 and is_installed for update)
     update adiuva.plugin_installs i set stars = $3, updated_at = app.now() from held
     where i.account_id = held.account_id and i.plugin_id = held.plugin_id returning held.stars as former`,
    [accountId, pluginId, stars],
  );

/** Counts an account's stars in place of those that it gave before; null: it gave, or gives, none. */
export const countStars = (pluginId: string, stars: number | null, former: number | null) =>
  statement<Pick<PluginRow, 'ratings' | 'stars'>>(
    `update adiuva.plugins set ratings = ratings + ($2::int is not null)::int - ($3::int is not null)::int,
       stars = stars + coalesce($2::int, 0) - coalesce($3::int, 0), updated_at = app.now()
     where id = $1 returning ratings::double precision as ratings, stars::double precision as stars`,
    [pluginId, stars, former],
  );

/** Installed, with what was consented to. No row: it costs something, and the money for it has gone back. */
export const keepInstall = (
  accountId: AccountId,
  { id, price_cents: price }: PluginRow,
  { version, permissions }: HandedVersion,
) =>
  statement<{ is_new: boolean }>(
    `insert into adiuva.plugin_installs as i (account_id, plugin_id, is_installed, version, permissions) values ($1, $2, true, $3, $4::text[])
     on conflict (account_id, plugin_id) do update set is_installed = true, version = $3, permissions = $4::text[], updated_at = app.now()
       where i.revoked_at is null or $5::int = 0
     returning xmax = 0 as is_new`,
    [accountId, id, version, permissions, price],
  );

export const countInstall = (id: string) =>
  statement('update adiuva.plugins set installs = installs + 1, updated_at = app.now() where id = $1', [id]);

/** The row still says what the account has bought and consented to. No row: it never had it. */
export const uninstall = (accountId: AccountId, pluginId: string) =>
  statement<{ plugin_id: string }>(
    `update adiuva.plugin_installs set is_installed = false, updated_at = app.now() where account_id = $1 and plugin_id = $2 returning plugin_id`,
    [accountId, pluginId],
  );

type PluginSale = Pick<SaleChange, 'accountId' | 'item' | 'id'>;

/** Bought and installed; an older sale takes no newer one's place. */
export const grantBought = ({ accountId, item, id }: PluginSale) =>
  statement<{ is_new: boolean }>(
    `insert into adiuva.plugin_installs as i (account_id, plugin_id, is_installed, sale_id) values ($1, $2, true, $3)
     on conflict (account_id, plugin_id) do update set is_installed = true, sale_id = $3, revoked_at = null, updated_at = app.now()
       where i.sale_id is null or i.sale_id = $3 or i.revoked_at is not null
     returning xmax = 0 as is_new`,
    [accountId, item, id],
  );

/** The money for it has gone back, and its stars count no more. */
export const revokeBought = ({ accountId, item, id }: PluginSale) =>
  statement<{ former: number | null }>(
    `with held as (
       select account_id, plugin_id, stars from adiuva.plugin_installs where account_id = $1 and plugin_id = $2 and sale_id = $3 for update)
     update adiuva.plugin_installs i set is_installed = false, revoked_at = app.now(), stars = null, updated_at = app.now() from held
     where i.account_id = held.account_id and i.plugin_id = held.plugin_id returning held.stars as former`,
    [accountId, item, id],
  );
