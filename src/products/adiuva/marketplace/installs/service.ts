import type { SaleChange } from '#platform/billing';
import { commitPoint, type Transaction } from '#platform/db';
import { atLeast, type Caller, page, positionOf, type Role } from '#platform/http';
import { allowsScope } from '#platform/identity';
import { type AccountId, AppError } from '#platform/kernel';
import type { ProductContext } from '#platform/product';
import { PLATFORM_ACCOUNT } from '#platform/queue';
import { z } from 'zod';
import { isBought, isTheirs } from '../catalogue/service.ts';
import {
  type InstallRow,
  listInstalls,
  type PluginRow,
  readInstall,
  readPlugin,
  readPlugins,
} from '../catalogue/store.ts';
import * as store from './store.ts';
import type { HandedVersion } from './store.ts';

const INSTALLED = commitPoint(
  'adiuva.plugin-installed',
  'a plugin that an account is given, and how many have it',
);
const UNINSTALLED = commitPoint(
  'adiuva.plugin-uninstalled',
  'a plugin that an account does not use any more',
);

/** Seconds for which the link to a package is good. */
const LINK_SECONDS = 900;
/** The first id that there can be is behind it. */
const START = '';

/** Who asks for a plugin, for which account. */
export interface Installer {
  readonly accountId: AccountId;
  readonly role: Role;
  readonly caller: Pick<Caller, 'keyId' | 'scopes'>;
}

/** A version, and where its bytes are. */
export interface Handed extends HandedVersion {
  readonly url: string;
  readonly expires_at: string;
}

/** A plugin that an account has. */
export interface HeldPlugin {
  readonly install: InstallRow;
  readonly plugin: PluginRow;
}

type Context = Pick<ProductContext, 'db' | 'items' | 'blobs'>;

/** What accounts have installed and bought. */
export function createInstalls(context: Context) {
  const { db, blobs } = context;
  return {
    /**
     * Hands out the newest version. One that is paid is sold first, once for an account. Throws `plugin_not_found`, `plugin_removed`,
     * `plugin_not_offered`, `consent_needed` for permissions that were not consented to, `payment_needed` with the page where it is paid,
     * and what `items.open` throws. A purchase is for those who may buy for the account; anything else for any of its members.
     */
    async install(by: Installer, id: string, accepted: readonly string[]): Promise<Handed> {
      const { accountId } = by;
      const [[[install]], [[plugin], [version]]] = await Promise.all([
        db.tenant(accountId, [readInstall(accountId, id)]),
        db.system('adiuva.catalogue', [readPlugin(id), store.newestVersion(id)]),
      ]);
      if (plugin === undefined) throw new AppError('plugin_not_found');
      if (plugin.state === 'removed') throw new AppError('plugin_removed');
      const isEntitled = isTheirs(install) || plugin.developer === accountId;
      if (version === undefined || !(isEntitled || plugin.is_offered))
        throw new AppError('plugin_not_offered');
      assertConsent(install, version, accepted);
      const isPaid = plugin.price_cents > 0;
      if (isPaid && !isEntitled) await buy(context, by, plugin);
      if (!isSame(install, version)) await keep(context, { ...version, accountId, pluginId: id, isPaid });
      const filename = `${id}-${version.version}.zip`;
      const link = { filename, expiresIn: LINK_SECONDS };
      return { ...version, ...(await blobs.download(PLATFORM_ACCOUNT, version.blob_id, link)) };
    },

    /** Keeps what was bought. Throws `plugin_not_found` for what the account never had. */
    async uninstall(accountId: AccountId, id: string): Promise<void> {
      const [[held]] = await db.tenant(accountId, UNINSTALLED, [store.uninstall(accountId, id)]);
      if (held === undefined) throw new AppError('plugin_not_found');
    },

    /** What is installed or bought, by its id. */
    async list(accountId: AccountId, { cursor, limit }: { cursor: string | undefined; limit: number }) {
      const [after] = cursor === undefined ? [START] : positionOf(cursor, z.tuple([z.string()]));
      const [installs] = await db.tenant(accountId, [listInstalls(accountId, after, limit + 1)]);
      const [plugins] = await db.system('adiuva.catalogue', [
        readPlugins(installs.map(({ plugin_id }) => plugin_id)),
      ]);
      const byId = new Map(plugins.map((plugin) => [plugin.id, plugin]));
      const held = installs.flatMap((install): HeldPlugin[] => {
        const plugin = byId.get(install.plugin_id);
        return plugin === undefined ? [] : [{ install, plugin }];
      });
      return page(held, limit, { item: (one) => one, position: ({ plugin }) => [plugin.id] });
    },

    /** In the commit of what became of a sale: the account has the plugin as long as any of the money is here. */
    async soldIn(
      tx: Transaction,
      { accountId, id: saleId, item: pluginId, news, total }: SaleChange,
    ): Promise<void> {
      const sale = { accountId, pluginId, saleId };
      if (total === 0) await tx.run(store.revokeBought(sale));
      else if (news === 'paid' || news === 'won') {
        const [granted] = await tx.run(store.grantBought(sale));
        if (granted?.is_new === true) await tx.run(store.countInstall(pluginId));
      }
    },
  };
}

/** What comes first is consented to by asking for it; what a later version wants besides, by naming it. */
function assertConsent(
  install: InstallRow | undefined,
  version: HandedVersion,
  accepted: readonly string[],
): void {
  if (install === undefined || install.version === null) return;
  const added = version.permissions.filter((permission) => !install.permissions.includes(permission));
  if (added.some((permission) => !accepted.includes(permission)))
    throw new AppError('consent_needed', { details: { version: version.version, permissions: added } });
}

/** The account has this version already, with all that it wants. */
const isSame = (install: InstallRow | undefined, { version, permissions }: HandedVersion) =>
  install?.is_installed === true &&
  install.version === version &&
  install.permissions.length === permissions.length &&
  permissions.every((permission) => install.permissions.includes(permission));

/** Comes back once it is paid. */
async function buy(
  { items, db }: Context,
  { accountId, role, caller }: Installer,
  plugin: PluginRow,
): Promise<void> {
  const { id: item, name, price_cents: amount, currency, developer: payee } = plugin;
  if (payee === null) throw new AppError('plugin_not_offered');
  if (!atLeast(role, 'admin') || !allowsScope(caller, 'billing:write'))
    throw new AppError('forbidden', {
      message:
        'This plugin costs money: an owner or admin of the account buys it, by a key with the scope billing:write.',
    });
  const sale = await items.open({ accountId, item, name, amount, currency, payee });
  if (sale.state === 'open')
    throw new AppError('payment_needed', { details: { checkout_url: sale.checkoutUrl } });
  const [[bought]] = await db.tenant(accountId, [readInstall(accountId, item)]);
  if (!isBought(bought)) throw new AppError('purchase_disputed');
}

async function keep({ db }: Context, handout: store.Handout): Promise<void> {
  await db.system('adiuva.catalogue', INSTALLED, async (tx) => {
    const [kept] = await tx.run(store.keepInstall(handout));
    if (kept === undefined) throw new AppError('plugin_not_offered');
    if (kept.is_new) await tx.run(store.countInstall(handout.pluginId));
  });
}

export type Installs = ReturnType<typeof createInstalls>;
