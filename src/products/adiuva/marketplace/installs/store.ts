import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';

/** A version as it is handed out. */
export interface HandedVersion {
  readonly version: string;
  readonly permissions: readonly string[];
  readonly sha256: string;
  readonly blob_id: string;
  readonly signature: string;
  readonly public_key: string;
  /** Of RFC 8785 over `signed`. */
  readonly countersignature: {
    readonly key_id: string;
    readonly signed: Readonly<Record<string, unknown>>;
    readonly signature: string;
  };
}

/** The newest that is published. */
export const newestVersion = (pluginId: string) =>
  statement<HandedVersion>(
    `select version, permissions, sha256, blob_id, signature, public_key, countersignature from adiuva.plugin_versions
     where plugin_id = $1 and state = 'approved' and blob_id is not null and countersignature is not null order by numbers desc limit 1`,
    [pluginId],
  );

/** What an account is given of a plugin. */
export interface Handout {
  readonly accountId: AccountId;
  readonly pluginId: string;
  readonly version: string;
  readonly permissions: readonly string[];
  /** It costs something: not for those whose money has gone back meanwhile. */
  readonly isPaid: boolean;
}

/** Installed, with what was consented to. No row: the money for it has gone back. */
export const keepInstall = ({ accountId, pluginId, version, permissions, isPaid }: Handout) =>
  statement<{ is_new: boolean }>(
    `insert into adiuva.plugin_installs as i (account_id, plugin_id, is_installed, version, permissions) values ($1, $2, true, $3, $4::text[])
     on conflict (account_id, plugin_id) do update set is_installed = true, version = $3, permissions = $4::text[], updated_at = app.now()
       where i.revoked_at is null or not $5::boolean
     returning xmax = 0 as is_new`,
    [accountId, pluginId, version, permissions, isPaid],
  );

/** One more account has installed it for the first time. */
export const countInstall = (pluginId: string) =>
  statement('update adiuva.plugins set installs = installs + 1, updated_at = app.now() where id = $1', [
    pluginId,
  ]);

/** What is remembered is what the account has bought and consented to. No row: it never had it. */
export const uninstall = (accountId: AccountId, pluginId: string) =>
  statement<{ plugin_id: string }>(
    `update adiuva.plugin_installs set is_installed = false, updated_at = app.now() where account_id = $1 and plugin_id = $2 returning plugin_id`,
    [accountId, pluginId],
  );

/** A sale of a plugin, to an account. */
export interface PluginSale {
  readonly accountId: AccountId;
  readonly pluginId: string;
  readonly saleId: string;
}

/** Bought and installed; an older sale takes no newer one's place. */
export const grantBought = ({ accountId, pluginId, saleId }: PluginSale) =>
  statement<{ is_new: boolean }>(
    `insert into adiuva.plugin_installs as i (account_id, plugin_id, is_installed, sale_id) values ($1, $2, true, $3)
     on conflict (account_id, plugin_id) do update set is_installed = true, sale_id = $3, revoked_at = null, updated_at = app.now()
       where i.sale_id is null or i.sale_id = $3 or i.revoked_at is not null
     returning xmax = 0 as is_new`,
    [accountId, pluginId, saleId],
  );

/** The money for it has gone back. */
export const revokeBought = ({ accountId, pluginId, saleId }: PluginSale) =>
  statement(
    `update adiuva.plugin_installs set is_installed = false, revoked_at = app.now(), updated_at = app.now()
     where account_id = $1 and plugin_id = $2 and sale_id = $3`,
    [accountId, pluginId, saleId],
  );
