import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { looksOf } from './names.ts';
import type { ChangedFile, PackageFile } from './review/check-package.ts';
import type { ChecklistItem } from './review/checks.ts';
import type { PluginManifest } from './review/manifest.ts';

export interface PluginRow {
  readonly id: string;
  readonly developer: AccountId | null;
  readonly state: 'draft' | 'offered' | 'withdrawn' | 'removed';
  readonly is_payable: boolean;
  readonly version: string | null;
  readonly name: string;
  readonly author: string;
  readonly category: string;
  readonly price_cents: number;
  readonly currency: string;
  readonly installs: number;
  readonly ratings: number;
  readonly stars: number;
  readonly removed_because: string | null;
  readonly published_at: Date | null;
  readonly created_at: Date;
}

export const VERSION_STATES = [
  'pending_upload',
  'pending_review',
  'approved',
  'rejected',
  'withdrawn',
  'removed',
] as const;

export interface VersionRow {
  readonly id: string;
  readonly plugin_id: string;
  readonly version: string;
  readonly developer: AccountId | null;
  readonly state: (typeof VERSION_STATES)[number];
  readonly manifest: PluginManifest;
  readonly price_cents: number;
  readonly permissions: string[];
  readonly sha256: string;
  readonly bytes: number;
  readonly key_id: string | null;
  readonly public_key: string;
  readonly signature: string;
  readonly upload_id: string | null;
  readonly blob_id: string | null;
  readonly checklist: ChecklistItem[] | null;
  readonly files: { readonly files: PackageFile[]; readonly changed: ChangedFile[] } | null;
  readonly is_blocked: boolean;
  readonly notes: string | null;
  readonly submitted_at: Date | null;
  readonly reviewed_at: Date | null;
  readonly created_at: Date;
}

export const PLUGIN = `id, developer, state, is_payable or price_cents = 0 as is_payable, version, name, author, category, price_cents, currency,
  installs::double precision as installs, ratings::double precision as ratings, stars::double precision as stars, removed_because,
  published_at, created_at`;
export const VERSION = `id, plugin_id, version, developer, state, manifest,
  (manifest ->> 'price_cents')::int as price_cents, permissions, sha256, bytes::double precision as bytes, key_id,
  public_key, signature, upload_id, blob_id, checklist, files, is_blocked, notes, submitted_at, reviewed_at, created_at`;
const MOST_VERSIONS = 100;

/** From here to the commit nobody else gives a plugin its names. */
export const lockNames = () =>
  statement(`select pg_advisory_xact_lock(hashtextextended('adiuva plugin names', 0))`);

export const lockPlugin = (id: string) =>
  statement<PluginRow>(`select ${PLUGIN} from adiuva.plugins where id = $1 for update`, [id]);

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

/** Forgets the bytes of a file that no version has any more; in the system’s scope. */
export const forgetFile = (accountId: AccountId, blobId: string) =>
  statement('select blobs.forget_of($1, $2)', [accountId, blobId]);

export const onePlugin = (id: string) =>
  statement<PluginRow>(`select ${PLUGIN} from adiuva.plugins where id = $1`, [id]);

/** Its newest versions, the highest first. */
export const versionsOf = (pluginId: string) =>
  statement<VersionRow>(
    `select ${VERSION} from adiuva.plugin_versions where plugin_id = $1 order by numbers desc limit ${MOST_VERSIONS}`,
    [pluginId],
  );
