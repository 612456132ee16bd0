import {
  type AccountId,
  instantOf,
  microsecondsOf,
  PLATFORM_ACCOUNT,
  statement,
  type TimePosition,
  type UserId,
} from 'plinth/product';
import type { looksOf } from '../names.ts';
import { VERSION, type VersionRow } from '../store.ts';
import type { PackageReport } from './check-package.ts';

interface WaitingRow
  extends TimePosition,
    Pick<VersionRow, 'plugin_id' | 'version' | 'developer' | 'is_blocked'> {
  readonly name: string;
  readonly is_checked: boolean;
  readonly submitted_at: Date;
}

/** Versions that wait for review, those that wait longest first; `at` in microseconds. */
export const waitingVersions = (after: TimePosition | undefined, limit: number) =>
  statement<WaitingRow>(
    `select id, plugin_id, version, manifest ->> 'name' as name, developer, checklist is not null as is_checked, is_blocked,
       coalesce(submitted_at, created_at) as submitted_at,
       ${microsecondsOf('submitted_at')}::double precision as at
     from adiuva.plugin_versions v where state = 'pending_review' and developer is not null
       and ($1::bigint is null or (v.submitted_at, id) > (${instantOf('$1')}, $2::uuid))
     order by v.submitted_at, id limit $3`,
    [after?.at ?? null, after?.id ?? null, limit],
  );

export const versionById = (id: string) =>
  statement<VersionRow>(`select ${VERSION} from adiuva.plugin_versions where id = $1`, [id]);

export const lockVersion = (id: string) =>
  statement<VersionRow>(`select ${VERSION} from adiuva.plugin_versions where id = $1 for update`, [id]);

export const previousVersion = (pluginId: string) =>
  statement<VersionRow>(
    `select ${VERSION} from adiuva.plugin_versions where plugin_id = $1 and state = 'approved' order by numbers desc limit 1`,
    [pluginId],
  );

export const storeReport = (id: string, { checklist, files, changedFiles: changed }: PackageReport) =>
  statement(
    `update adiuva.plugin_versions set checklist = $2::text::jsonb, files = $3::text::jsonb, is_blocked = $4, updated_at = app.now()
     where id = $1 and state = 'pending_review'`,
    [
      id,
      JSON.stringify(checklist),
      JSON.stringify({ files, changed }),
      checklist.some(({ hard, passed }) => hard && !passed),
    ],
  );

/** Whether a user belongs to the account of a developer, and whether the key of a version signs still. */
export const reviewFacts = (userId: UserId, { developer, key_id: keyId }: VersionRow) =>
  statement<{ is_own: boolean; is_key_valid: boolean }>(
    `select exists (select from accounts.members where account_id = $2 and user_id = $1) as is_own,
       exists (select from adiuva.developer_keys where account_id = $2 and id = $3 and revoked_at is null) as is_key_valid`,
    [userId, developer, keyId],
  );

/** A version that is published, with the bytes that were copied for it. Its upload is forgotten. */
export interface Approval {
  readonly at: string;
  readonly by: UserId;
  readonly notes: string | null;
  readonly blobId: string;
  readonly countersignature: object;
}

export const approveVersion = (id: string, { at, by, notes, blobId, countersignature }: Approval) =>
  statement(
    `with present as (select developer, upload_id from adiuva.plugin_versions where id = $1), approved as (
       update adiuva.plugin_versions set state = 'approved', blob_id = $2, upload_id = null, countersignature = $3::text::jsonb,
         reviewed_at = $4::timestamptz, reviewed_by = $5, notes = $6, updated_at = app.now() where id = $1)
     select blobs.forget_of(developer, upload_id) from present`,
    [id, blobId, JSON.stringify(countersignature), at, by, notes],
  );

export const rejectVersion = (id: string, by: UserId, notes: string) =>
  statement(
    `with present as (select developer, upload_id from adiuva.plugin_versions where id = $1), rejected as (
       update adiuva.plugin_versions set state = 'rejected', upload_id = null, reviewed_at = app.now(), reviewed_by = $2, notes = $3,
         updated_at = app.now() where id = $1)
     select blobs.forget_of(developer, upload_id) from present`,
    [id, by, notes],
  );

/** The catalogue shows the newest approved version of a plugin. */
export const publishPlugin = (versionId: string, looks: ReturnType<typeof looksOf>, at: string) =>
  statement(
    `update adiuva.plugins p set state = 'offered', version = v.version, name = m.name, description = m.description, author = m.author,
       category = m.category, permissions = v.permissions, price_cents = m.price_cents, folded = $2, folded_author = $3,
       is_payable = m.price_cents = 0
         or coalesce((select d.is_payable from adiuva.developers d where d.account_id = p.developer), false),
       published_at = coalesce(p.published_at, $4::timestamptz), updated_at = app.now()
     from adiuva.plugin_versions v,
       jsonb_to_record(v.manifest) as m (name text, description text, author text, category text, price_cents integer)
     where v.id = $1 and p.id = v.plugin_id`,
    [versionId, looks.name, looks.author, at],
  );

export const removePlugin = (id: string, reason: string) =>
  statement(
    `update adiuva.plugins set state = 'removed', removed_because = $2, updated_at = app.now() where id = $1`,
    [id, reason],
  );

/** Removes what is published or waits of a plugin, and forgets the files. */
export const removeVersions = (pluginId: string) =>
  statement(
    `with present as (
       select id, developer, upload_id, blob_id from adiuva.plugin_versions
       where plugin_id = $1 and state in ('pending_upload', 'pending_review', 'approved') for update
     ), removed as (
       update adiuva.plugin_versions v set state = 'removed', removed_at = app.now(), upload_id = null, blob_id = null, updated_at = app.now()
       from present where v.id = present.id)
     select blobs.forget_of($2, blob_id), blobs.forget_of(developer, upload_id) from present`,
    [pluginId, PLATFORM_ACCOUNT],
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

/**
 * Deletes what was not completed within a day, and ids that never had a package; versions whose developer is gone wait no longer, and are not
 * offered; copies of packages that no version has, as an approval has failed after it made one.
 */
export const sweeping = (limit: number) => [
  statement(
    `with gone as (
       delete from adiuva.plugin_versions where id in (
         select id from adiuva.plugin_versions where state = 'pending_upload' and created_at < app.now() - interval '1 day'
         order by created_at limit $1 for update skip locked)
       returning developer, upload_id)
     select blobs.forget_of(developer, upload_id) from gone`,
    [limit],
  ),
  statement(
    `delete from adiuva.plugins p where state = 'draft' and created_at < app.now() - interval '1 day'
       and not exists (select from adiuva.plugin_versions v where v.plugin_id = p.id)`,
  ),
  statement(
    `update adiuva.plugin_versions set state = 'withdrawn', upload_id = null, updated_at = app.now()
     where developer is null and state in ('pending_upload', 'pending_review')`,
  ),
  statement(
    `update adiuva.plugins set state = 'withdrawn', updated_at = app.now() where developer is null and state in ('draft', 'offered')`,
  ),
  statement(
    `select blobs.forget_of(b.account_id, b.id) from blobs.blobs b
     where b.account_id = $1 and b.product = 'adiuva' and b.purpose = 'plugin' and b.status = 'stored'
       and b.created_at < app.now() - interval '1 hour'
       and not exists (select from adiuva.plugin_versions v where v.blob_id = b.id) limit $2`,
    [PLATFORM_ACCOUNT, limit],
  ),
];

/** Plugins that stopped to be sold lately: the process that was to close their sales may have been killed before. */
export const endedLately = statement<{ id: string }>(
  `select id from adiuva.plugins where state in ('withdrawn', 'removed') and updated_at > app.now() - interval '1 hour'`,
);
