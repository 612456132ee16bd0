import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import type { looksOf } from '../names.ts';
import type { PluginManifest } from '../review/manifest.ts';
import { PLUGIN, type PluginRow, VERSION, type VersionRow } from '../store.ts';

export interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly public_key: string;
  readonly revoked_at: Date | null;
  readonly created_at: Date;
}

const KEY = 'id, name, public_key, revoked_at, created_at';
const MOST_KEYS = 50;

export const listKeys = (accountId: AccountId) =>
  statement<KeyRow>(
    `select ${KEY} from adiuva.developer_keys where account_id = $1 order by created_at desc, id desc limit ${MOST_KEYS}`,
    [accountId],
  );

export const findKey = (accountId: AccountId, id: string) =>
  statement<KeyRow>(`select ${KEY} from adiuva.developer_keys where account_id = $1 and id = $2`, [
    accountId,
    id,
  ]);

/** One that is there is answered. No row: it is there and revoked, or there are too many. */
export const insertKey = (
  accountId: AccountId,
  key: { readonly id: string; readonly name: string; readonly pem: string; readonly userId: UserId },
) =>
  statement<KeyRow>(
    `insert into adiuva.developer_keys as k (account_id, id, name, public_key, created_by)
     select $1, $2, $3, $4, $5 where (select count(*) from adiuva.developer_keys where account_id = $1) < ${MOST_KEYS}
     on conflict (account_id, public_key) do update set updated_at = app.now() where k.revoked_at is null returning ${KEY}`,
    [accountId, key.id, key.name, key.pem, key.userId],
  );

export const revokeKey = (accountId: AccountId, id: string) =>
  statement<KeyRow>(
    `update adiuva.developer_keys set revoked_at = coalesce(revoked_at, app.now()), updated_at = app.now()
     where account_id = $1 and id = $2 returning ${KEY}`,
    [accountId, id],
  );

/** The developer’s row; from here to the commit none of their other submissions goes on. */
export const lockDeveloper = (accountId: AccountId) =>
  statement<{ is_payable: boolean }>(
    `insert into adiuva.developers (account_id) values ($1)
     on conflict (account_id) do update set updated_at = app.now() returning is_payable`,
    [accountId],
  );

export const setPayable = (accountId: AccountId, isPayable: boolean) =>
  [
    statement(
      `insert into adiuva.developers (account_id, is_payable) values ($1, $2)
       on conflict (account_id) do update set is_payable = $2, updated_at = app.now()`,
      [accountId, isPayable],
    ),
    statement(
      `update adiuva.plugins set is_payable = price_cents = 0 or $2, updated_at = app.now()
       where developer = $1 and is_payable <> (price_cents = 0 or $2)`,
      [accountId, isPayable],
    ),
  ] as const;

/** A plugin of which no version was approved yet. One that is there becomes what was sent now. */
export const draftPlugin = (
  { id, name, description, author, category, price_cents: price }: PluginManifest,
  of: {
    readonly developer: AccountId;
    readonly looks: ReturnType<typeof looksOf>;
    readonly currency: string;
  },
) =>
  statement(
    `insert into adiuva.plugins as p (id, folded, folded_author, developer, name, description, author, category, price_cents, currency)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (id) do update set folded = $2, folded_author = $3, name = $5, description = $6, author = $7, category = $8,
       price_cents = $9, updated_at = app.now() where p.state = 'draft'`,
    [
      id,
      of.looks.name,
      of.looks.author,
      of.developer,
      name,
      description,
      author,
      category,
      price,
      of.currency,
    ],
  );

/** What a developer has waiting, and how many bytes of theirs are kept. */
export const keptOf = (developer: AccountId) =>
  statement<{ waiting: number; bytes: number }>(
    `select count(*) filter (where state in ('pending_upload', 'pending_review'))::int as waiting,
       coalesce(sum(bytes) filter (where upload_id is not null or blob_id is not null), 0)::double precision as bytes
     from adiuva.plugin_versions where developer = $1`,
    [developer],
  );

export const highestVersion = (pluginId: string) =>
  statement<{ version: string }>(
    'select version from adiuva.plugin_versions where plugin_id = $1 order by numbers desc limit 1',
    [pluginId],
  );

/** A version whose package never came is sent anew, also one that was withdrawn. */
export const deleteUnsent = (developer: AccountId, pluginId: string, version: string) =>
  statement<{ upload_id: string | null }>(
    `delete from adiuva.plugin_versions where developer = $1 and plugin_id = $2 and version = $3
       and state in ('pending_upload', 'withdrawn') and submitted_at is null
     returning upload_id`,
    [developer, pluginId, version],
  );

export interface NewVersion {
  readonly id: string;
  readonly developer: AccountId;
  readonly manifest: PluginManifest;
  readonly sha256: string;
  readonly bytes: number;
  readonly keyId: string;
  readonly publicKey: string;
  readonly signature: string;
  readonly uploadId: string;
}

export const insertVersion = ({ manifest, ...of }: NewVersion) =>
  statement(
    `insert into adiuva.plugin_versions (plugin_id, version, id, numbers, developer, manifest, permissions, sha256, bytes, key_id, public_key,
       signature, upload_id)
     values ($1, $2, $3, $4::int[], $5, $6::text::jsonb, $7::text[], $8, $9, $10, $11, $12, $13)`,
    [
      manifest.id,
      manifest.version,
      of.id,
      manifest.version.split('.').map(Number),
      of.developer,
      JSON.stringify(manifest),
      manifest.permissions,
      of.sha256,
      of.bytes,
      of.keyId,
      of.publicKey,
      of.signature,
      of.uploadId,
    ],
  );

export const ownVersion = (developer: AccountId, pluginId: string, version: string) =>
  statement<VersionRow>(
    `select ${VERSION} from adiuva.plugin_versions where plugin_id = $2 and version = $3 and developer = $1`,
    [developer, pluginId, version],
  );

/** No row: it was not waiting for its upload. */
export const markSent = (id: string) =>
  statement<VersionRow>(
    `update adiuva.plugin_versions set state = 'pending_review', submitted_at = app.now(), updated_at = app.now()
     where id = $1 and state = 'pending_upload' returning ${VERSION}`,
    [id],
  );

/** Withdraws what waits of a plugin, or one version of it; answers the uploads, which are to be forgotten. */
export const withdrawWaiting = (developer: AccountId, pluginId: string, version?: string) =>
  statement<{ version: string; upload_id: string | null }>(
    `with waiting as (
       select id, upload_id from adiuva.plugin_versions
       where developer = $1 and plugin_id = $2 and ($3::text is null or version = $3) and state in ('pending_upload', 'pending_review')
       for update)
     update adiuva.plugin_versions v set state = 'withdrawn', upload_id = null, updated_at = app.now()
     from waiting where v.id = waiting.id returning v.version, waiting.upload_id`,
    [developer, pluginId, version ?? null],
  );

export const withdrawPlugin = (id: string) =>
  statement(
    `update adiuva.plugins set state = 'withdrawn', updated_at = app.now() where id = $1 and state in ('draft', 'offered')`,
    [id],
  );

export const pluginsOf = (
  developer: AccountId,
  page: { readonly after: string | undefined; readonly limit: number },
) =>
  statement<PluginRow>(
    `select ${PLUGIN} from adiuva.plugins where developer = $1 and ($2::text is null or id > $2) order by id limit $3`,
    [developer, page.after ?? null, page.limit],
  );
