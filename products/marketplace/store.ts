import { type AccountId, AppError, page, positionOf, type ProductContext, statement } from 'plinth/product';
import { z } from 'zod';
import type { looksOf } from './names.ts';
import type { PackageFile } from './review/check-package.ts';
import type { PluginManifest } from './review/manifest.ts';

type Texts<Name extends string> = Readonly<Record<Name, string>>;
type Numbers<Name extends string> = Readonly<Record<Name, number>>;

/** A plugin, as all who see it are told of it. */
export interface PluginRow
  extends Texts<'id' | 'name' | 'description' | 'author' | 'category' | 'currency'>,
    Numbers<'price_cents' | 'installs' | 'ratings' | 'stars'> {
  /** null: they are gone. */
  readonly developer: AccountId | null;
  readonly state: 'draft' | 'offered' | 'withdrawn' | 'removed';
  readonly is_offered: boolean;
  readonly is_payable: boolean;
  readonly version: string | null;
  readonly permissions: readonly string[];
  readonly removed_because: string | null;
  readonly published_at: Date | null;
  readonly created_at: Date;
}

/** A version, as its developer and reviewers are told of it. */
export interface VersionRow
  extends Texts<'id' | 'plugin_id' | 'version' | 'state' | 'sha256' | 'public_key' | 'signature'>,
    Numbers<'bytes' | 'price_cents'> {
  readonly developer: AccountId | null;
  readonly manifest: PluginManifest;
  readonly permissions: readonly string[];
  readonly key_id: string | null;
  readonly upload_id: string | null;
  readonly checklist: object | null;
  readonly files: { readonly files: PackageFile[]; readonly changed: object[] } | null;
  readonly is_blocked: boolean;
  readonly notes: string | null;
  readonly submitted_at: Date | null;
  readonly reviewed_at: Date | null;
  readonly created_at: Date;
}

export const IS_OFFERED = `(state = 'offered' and (price_cents = 0 or (is_payable and developer is not null)))`;
export const PLUGIN = `id, developer, state, ${IS_OFFERED} as is_offered, is_payable or price_cents = 0 as is_payable, version, name, description,
  author, category, permissions, price_cents, currency, installs::double precision as installs, ratings::double precision as ratings,
  stars::double precision as stars, removed_because, published_at, created_at`;
export const VERSION = `id, plugin_id, version, developer, state, manifest, (manifest ->> 'price_cents')::int as price_cents, permissions, sha256,
  bytes::double precision as bytes, key_id, public_key, signature, upload_id, checklist, files, is_blocked, notes, submitted_at, reviewed_at,
  created_at`;
const MOST_VERSIONS = 100;

/** A plugin with its newest versions, the highest first, in every state. */
export async function readWithVersions({ db }: Pick<ProductContext, 'db'>, id: string) {
  const [[plugin], versions] = await db.system('adiuva.review', [readPlugin(id), versionsOf(id)]);
  if (plugin === undefined) throw new AppError('plugin_not_found');
  return { plugin, versions };
}

/** From here to the commit no other call gives a plugin its names. */
export const lockNames = () =>
  statement(`select pg_advisory_xact_lock(hashtextextended('adiuva plugin names', 0))`);

export const lockPlugin = (id: string) =>
  statement<PluginRow>(`select ${PLUGIN} from adiuva.plugins where id = $1 for update`, [id]);

export const readPlugin = (id: string) =>
  statement<PluginRow>(`select ${PLUGIN} from adiuva.plugins where id = $1`, [id]);

const versionsOf = (pluginId: string) =>
  statement<VersionRow>(
    `select ${VERSION} from adiuva.plugin_versions where plugin_id = $1 order by numbers desc limit ${MOST_VERSIONS}`,
    [pluginId],
  );

export const readVersion = (pluginId: string, version: string) =>
  statement<VersionRow>(
    `select ${VERSION} from adiuva.plugin_versions where plugin_id = $1 and version = $2`,
    [pluginId, version],
  );

/** Which of the names another plugin has already, by its looks. */
export const lookAlike = (id: string, developer: AccountId | null, looks: ReturnType<typeof looksOf>) =>
  statement<{ field: 'id' | 'name' | 'author' }>(
    `select field from (
       select 'name' as field where exists (select from adiuva.plugins where id <> $1 and (folded = $3 or folded_id = $3))
       union all
       select 'id' where exists (select from adiuva.plugins where id <> $1 and (folded = $4 or folded_id = $4))
       union all
       select 'author' where exists (select from adiuva.plugins
         where id <> $1 and folded_author = $5 and developer is distinct from $2 and state <> 'draft')) taken limit 1`,
    [id, developer, looks.name, looks.id, looks.author],
  );

/** Packages that were never handed out stand in no list: the digest is its developer's word, and may be that of another's package. */
export const removedVersions = statement<{ id: string; version: string; sha256: string; removed_at: Date }>(
  `select plugin_id as id, version, sha256, removed_at from adiuva.plugin_versions
   where removed_at is not null and countersignature is not null order by removed_at, plugin_id, numbers`,
);

export interface PageQuery {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Where a list by ids goes on: behind this one. */
export const idAfter = (cursor: string | undefined): string =>
  cursor === undefined ? '' : positionOf(cursor, z.tuple([z.string()]))[0];

export const pageById = <Row extends { readonly id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  item: (row: Row) => Item,
) => page(rows, limit, { item, position: ({ id }) => [id] });
