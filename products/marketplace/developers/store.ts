import { type AccountId, statement, type UserId } from 'plinth/product';
import { CURRENCY } from '../lists.ts';
import type { looksOf } from '../names.ts';
import type { PluginManifest } from '../review/manifest.ts';
import { PLUGIN, type PluginRow, VERSION, type VersionRow } from '../store.ts';

interface KeyRow {
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
  { id, name, pem, userId }: { id: string; name: string; pem: string; userId: UserId },
) =>
  statement<KeyRow>(
    `insert into adiuva.developer_keys as k (account_id, id, name, public_key, created_by)
     select $1, $2, $3, $4, $5 where (select count(*) from adiuva.developer_keys where account_id = $1) < ${MOST_KEYS}
     on conflict (account_id, public_key) do update set updated_at = app.now() where k.revoked_at is null returning ${KEY}`,
    [accountId, id, name, pem, userId],
  );

export const revokeKey = (accountId: AccountId, id: string) =>
  statement<KeyRow>(
    `update adiuva.developer_keys set revoked_at = coalesce(revoked_at, app.now()), updated_at = app.now()
     where account_id = $1 and id = $2 returning ${KEY}`,
    [accountId, id],
  );

/** The developer’s row; from here to the commit none of their other submissions goes on. */
export const lockDeveloper = (accountId: AccountId) =>
  statement(
    `insert into adiuva.developers (account_id) values ($1) on conflict (account_id) do update set updated_at = app.now()`,
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
  manifest: PluginManifest,
  developer: AccountId,
  looks: ReturnType<typeof looksOf>,
) =>
  statement(
    `insert into adiuva.plugins as p (id, folded, folded_author, developer, name, description, author, category, price_cents, currency)
     select m.id, $2, $3, $4, m.name, m.description, m.author, m.category, m.price_cents, '${CURRENCY}'
     from jsonb_to_record($1::text::jsonb) as m (id text, name text, description text, author text, category text, price_cents integer)
     on conflict (id) do update set folded = $2, folded_author = $3, name = excluded.name, description = excluded.description,
       author = excluded.author, category = excluded.category, price_cents = excluded.price_cents, updated_at = app.now()
       where p.state = 'draft'`,
    [JSON.stringify(manifest), looks.name, looks.author, developer],
  );

/** A developer's waiting versions, and how many bytes of theirs are kept. */
export const keptOf = (developer: AccountId) =>
  statement<{ waiting: number; bytes: number }>(
    `select count(*) filter (where state in ('pending_upload', 'pending_review'))::int as waiting,
       coalesce(sum(bytes) filter (where upload_id is not null or blob_id is not null), 0)::double precision as bytes
     from adiuva.plugin_versions where developer = $1`,
    [developer],
  );

/** A number that was withdrawn before its package came is not taken. */
export const highestVersion = (pluginId: string) =>
  statement<{ version: string }>(
    `select version from adiuva.plugin_versions where plugin_id = $1 and not (state = 'withdrawn' and submitted_at is null)
     order by numbers desc limit 1`,
    [pluginId],
  );

/** A version whose package never came is sent anew, also one that was withdrawn. */
export const deleteUnsent = (developer: AccountId, pluginId: string, version: string) =>
  statement(
    `with gone as (
       delete from adiuva.plugin_versions where developer = $1 and plugin_id = $2 and version = $3
         and state in ('pending_upload', 'withdrawn') and submitted_at is null
       returning developer, upload_id)
     select blobs.forget_of(developer, upload_id) from gone`,
    [developer, pluginId, version],
  );

/** A version as it is submitted: `signature` in base64, over the 32 bytes of `sha256`. */
export interface Submission {
  readonly manifest: PluginManifest;
  readonly sha256: string;
  readonly bytes: number;
  readonly key_id: string;
  readonly signature: string;
}

export const insertVersion = (
  { manifest, sha256, bytes, key_id: keyId, signature }: Submission,
  of: {
    readonly id: string;
    readonly developer: AccountId;
    readonly publicKey: string;
    readonly uploadId: string;
  },
) => {
  const { id, developer, publicKey, uploadId } = of;
  return statement(
    `insert into adiuva.plugin_versions (plugin_id, version, id, numbers, developer, manifest, permissions, sha256, bytes, key_id, public_key,
       signature, upload_id)
     select m ->> 'id', m ->> 'version', $2, string_to_array(m ->> 'version', '.')::int[], $3, m,
       array(select jsonb_array_elements_text(m -> 'permissions')), $4, $5, $6, $7, $8, $9 from (select $1::text::jsonb as m) given`,
    [JSON.stringify(manifest), id, developer, sha256, bytes, keyId, publicKey, signature, uploadId],
  );
};

/** No row: it was not waiting for its upload. */
export const markSent = (id: string) =>
  statement<VersionRow>(
    `update adiuva.plugin_versions set state = 'pending_review', submitted_at = app.now(), updated_at = app.now()
     where id = $1 and state = 'pending_upload' returning ${VERSION}`,
    [id],
  );

/** Withdraws what waits of a plugin, or one version of it, and forgets the uploads: a row for each. */
export const withdrawWaiting = (developer: AccountId, pluginId: string, version: string | null) =>
  statement(
    `with waiting as (
       select id, upload_id from adiuva.plugin_versions
       where developer = $1 and plugin_id = $2 and ($3::text is null or version = $3) and state in ('pending_upload', 'pending_review')
       for update
     ), withdrawn as (
       update adiuva.plugin_versions v set state = 'withdrawn', upload_id = null, updated_at = app.now() from waiting where v.id = waiting.id)
     select blobs.forget_of($1, upload_id) from waiting`,
    [developer, pluginId, version],
  );

export const withdrawPlugin = (id: string) =>
  statement(
    `update adiuva.plugins set state = 'withdrawn', updated_at = app.now() where id = $1 and state in ('draft', 'offered')`,
    [id],
  );

export const pluginsOf = (developer: AccountId, after: string, limit: number) =>
  statement<PluginRow>(
    `select ${PLUGIN} from adiuva.plugins where developer = $1 and id > $2 order by id limit $3`,
    [developer, after, limit],
  );
