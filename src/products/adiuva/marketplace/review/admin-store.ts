import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import { instantOf, microsecondsOf, type TimePosition } from '#platform/product';
import { PLATFORM_ACCOUNT } from '#platform/queue';
import { VERSION, type VersionRow } from '../store.ts';
import type { looksOf } from '../names.ts';
import type { PackageReport } from './check-package.ts';
import type { PluginManifest } from './manifest.ts';

/** A version that waits, in the queue. */
export interface WaitingRow {
  readonly id: string;
  readonly plugin_id: string;
  readonly version: string;
  readonly name: string;
  readonly developer: AccountId;
  readonly is_checked: boolean;
  readonly is_blocked: boolean;
  readonly submitted_at: Date;
  /** Microseconds. */
  readonly at: number;
}

/** Versions that wait for review, those that wait longest first. */
export const waitingVersions = (after: TimePosition | undefined, limit: number) =>
  statement<WaitingRow>(
    `select id, plugin_id, version, manifest ->> 'name' as name, developer, checklist is not null as is_checked, is_blocked,
       coalesce(submitted_at, created_at) as submitted_at, ${microsecondsOf('submitted_at')}::double precision as at
     from adiuva.plugin_versions v where state = 'pending_review' and developer is not null
       and ($1::bigint is null or (v.submitted_at, id) > (${instantOf('$1')}, $2::uuid))
     order by v.submitted_at, id limit $3`,
    [after?.at ?? null, after?.id ?? null, limit],
  );

export const versionById = (id: string) =>
  statement<VersionRow>(`select ${VERSION} from adiuva.plugin_versions where id = $1`, [id]);

export const versionOf = (pluginId: string, version: string) =>
  statement<VersionRow>(
    `select ${VERSION} from adiuva.plugin_versions where plugin_id = $1 and version = $2`,
    [pluginId, version],
  );

export const lockVersion = (id: string) =>
  statement<VersionRow>(`select ${VERSION} from adiuva.plugin_versions where id = $1 for update`, [id]);

/** The newest one that was approved. */
export const previousVersion = (pluginId: string) =>
  statement<VersionRow>(
    `select ${VERSION} from adiuva.plugin_versions where plugin_id = $1 and state = 'approved' order by numbers desc limit 1`,
    [pluginId],
  );

export const storeReport = (id: string, { checklist, files, changedFiles }: PackageReport) =>
  statement(
    `update adiuva.plugin_versions set checklist = $2::text::jsonb, files = $3::text::jsonb, is_blocked = $4, updated_at = app.now()
     where id = $1 and state = 'pending_review'`,
    [
      id,
      JSON.stringify(checklist),
      JSON.stringify({ files, changed: changedFiles }),
      checklist.some(({ hard, passed }) => hard && !passed),
    ],
  );

/** Whether somebody belongs to the account of a developer, and whether the key of a version signs still. */
export const reviewFacts = (userId: UserId, { developer, key_id: keyId }: VersionRow) =>
  statement<{ is_own: boolean; is_key_valid: boolean }>(
    `select exists (select from accounts.members where account_id = $2 and user_id = $1) as is_own,
       exists (select from adiuva.developer_keys where account_id = $2 and id = $3 and revoked_at is null) as is_key_valid`,
    [userId, developer, keyId],
  );

export const approveVersion = (
  id: string,
  of: {
    readonly blobId: string;
    readonly countersignature: object;
    readonly at: string;
    readonly by: UserId;
    readonly notes: string | null;
  },
) =>
  statement(
    `update adiuva.plugin_versions set state = 'approved', blob_id = $2, upload_id = null, countersignature = $3::text::jsonb,
       reviewed_at = $4::timestamptz, reviewed_by = $5, notes = $6, updated_at = app.now() where id = $1`,
    [id, of.blobId, JSON.stringify(of.countersignature), of.at, of.by, of.notes],
  );

export const rejectVersion = (id: string, of: { readonly by: UserId; readonly notes: string }) =>
  statement(
    `update adiuva.plugin_versions set state = 'rejected', upload_id = null, reviewed_at = app.now(), reviewed_by = $2, notes = $3,
       updated_at = app.now() where id = $1`,
    [id, of.by, of.notes],
  );

/** What is in the catalogue of a plugin is its newest approved version. */
export const publishPlugin = (manifest: PluginManifest, looks: ReturnType<typeof looksOf>, at: string) =>
  statement(
    `update adiuva.plugins p set state = 'offered', version = $2, name = $3, description = $4, author = $5, category = $6,
       permissions = $7::text[], price_cents = $8, folded = $9, folded_author = $10,
       is_payable = $8 = 0 or coalesce((select d.is_payable from adiuva.developers d where d.account_id = p.developer), false),
       published_at = coalesce(p.published_at, $11::timestamptz), updated_at = app.now()
     where p.id = $1`,
    [
      manifest.id,
      manifest.version,
      manifest.name,
      manifest.description,
      manifest.author,
      manifest.category,
      manifest.permissions,
      manifest.price_cents,
      looks.name,
      looks.author,
      at,
    ],
  );

export const removePlugin = (id: string, reason: string) =>
  statement(
    `update adiuva.plugins set state = 'removed', removed_because = $2, updated_at = app.now() where id = $1`,
    [id, reason],
  );

/** Removes what is published or waits of a plugin; answers the files, which are to be forgotten. */
export const removeVersions = (pluginId: string) =>
  statement<{ developer: AccountId | null; upload_id: string | null; blob_id: string | null }>(
    `with present as (
       select id, upload_id, blob_id from adiuva.plugin_versions
       where plugin_id = $1 and state in ('pending_upload', 'pending_review', 'approved') for update)
     update adiuva.plugin_versions v set state = 'removed', removed_at = app.now(), upload_id = null, blob_id = null, updated_at = app.now()
     from present where v.id = present.id returning v.developer, present.upload_id, present.blob_id`,
    [pluginId],
  );

export const removedVersions = statement<{
  plugin_id: string;
  version: string;
  sha256: string;
  removed_at: Date;
}>(
  `select plugin_id, version, sha256, removed_at from adiuva.plugin_versions
   where removed_at is not null order by removed_at, plugin_id, numbers`,
);

/** Some of those who have a plugin that was removed and were not told yet. */
export const buyersToTell = (pluginId: string, limit: number) =>
  statement<{ account_id: AccountId }>(
    `select account_id from adiuva.plugin_installs
     where plugin_id = $1 and told_at is null and (is_installed or sale_id is not null) order by account_id limit $2 for update`,
    [pluginId, limit],
  );

export const markTold = (pluginId: string, accountIds: readonly AccountId[]) =>
  statement(
    `update adiuva.plugin_installs set told_at = app.now(), updated_at = app.now() where account_id = any($2::uuid[]) and plugin_id = $1`,
    [pluginId, accountIds],
  );

/** Versions that were not completed within a day. */
export const deleteAbandoned = (limit: number) =>
  statement<{ developer: AccountId | null; upload_id: string | null }>(
    `delete from adiuva.plugin_versions where id in (
       select id from adiuva.plugin_versions where state = 'pending_upload' and created_at < app.now() - interval '1 day'
       order by created_at limit $1 for update skip locked)
     returning developer, upload_id`,
    [limit],
  );

/** Ids that never had a package are free again. */
export const deleteEmptyPlugins = () =>
  statement(
    `delete from adiuva.plugins p where state = 'draft' and created_at < app.now() - interval '1 day'
       and not exists (select from adiuva.plugin_versions v where v.plugin_id = p.id)`,
  );

/** What nobody is there for any more waits no longer, and is not offered. */
export const withdrawOrphans = () =>
  [
    statement(
      `update adiuva.plugin_versions set state = 'withdrawn', upload_id = null, updated_at = app.now()
       where developer is null and state in ('pending_upload', 'pending_review')`,
    ),
    statement(
      `update adiuva.plugins set state = 'withdrawn', updated_at = app.now()
       where developer is null and state in ('draft', 'offered')`,
    ),
  ] as const;

/** Copies of packages that no version has: an approval has failed after it made one. */
export const strayCopies = (limit: number) =>
  statement<{ id: string }>(
    `select b.id from blobs.blobs b where b.account_id = $1 and b.product = 'adiuva' and b.purpose = 'plugin' and b.status = 'stored'
       and b.created_at < app.now() - interval '1 hour'
       and not exists (select from adiuva.plugin_versions v where v.blob_id = b.id) limit $2`,
    [PLATFORM_ACCOUNT, limit],
  );

/** Plugins that stopped to be sold lately: whoever was to close their sales may have been killed before. */
export const endedLately = () =>
  statement<{ id: string }>(
    `select id from adiuva.plugins where state in ('withdrawn', 'removed') and updated_at > app.now() - interval '1 hour'`,
  );
