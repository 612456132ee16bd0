import { isDeepStrictEqual } from 'node:util';
import {
  type AccountId,
  allowsScope,
  AppError,
  atLeast,
  type Caller,
  commitPoint,
  PLATFORM_ACCOUNT,
  type ProductContext,
  type Role,
  type SaleChange,
  type Transaction,
} from 'plinth/product';
import { idAfter, pageById, type PageQuery, type PluginRow, readPlugin } from '../store.ts';
import * as store from './store.ts';
import type { HandedVersion, InstallRow } from './store.ts';

const RATED = commitPoint('adiuva.plugin-rated', 'the stars of an account, and the sum of all of a plugin');
const INSTALLED = commitPoint('adiuva.plugin-installed', 'a plugin of an account, and how many have it');
const UNINSTALLED = commitPoint('adiuva.plugin-uninstalled', 'a plugin that an account does not use');

const LINK_SECONDS = 900;

/** The caller who asks for a plugin, and for which account. */
interface Installer {
  readonly accountId: AccountId;
  readonly role: Role;
  readonly caller: Pick<Caller, 'keyId' | 'scopes' | 'userId'>;
}

/** Terms that the person who installs was shown and said yes to. */
interface Consent {
  readonly permissions: readonly string[];
  readonly price: { readonly amount: number; readonly currency: string } | undefined;
}

/** The money for it is here. */
export const isBought = (install: InstallRow | undefined): boolean =>
  install !== undefined && install.sale_id !== null && install.revoked_at === null;

/** Bought and installed plugins stay an account's in every state of the plugin; but for one that was removed. */
export const isTheirs = (install: InstallRow | undefined): boolean =>
  install?.is_installed === true || isBought(install);

type Context = Pick<ProductContext, 'accounts' | 'db' | 'items' | 'blobs' | 'jobs'>;

/** The plugins that are offered, which are public data that no account owns, and what accounts have of them. */
export function createCatalogue(context: Context) {
  const { accounts, db, blobs, jobs } = context;

  /** Throws `plugin_not_found` for one that is not offered, unless the account has it. */
  async function read(accountId: AccountId, id: string) {
    const [[[install]], [[plugin], versions]] = await Promise.all([
      db.tenant(accountId, [store.readInstall(accountId, id)]),
      db.system('adiuva.catalogue', [readPlugin(id), store.approvedVersions(id)]),
    ]);
    if (plugin === undefined || !(plugin.is_offered || isTheirs(install)))
      throw new AppError('plugin_not_found');
    return { plugin, versions, install };
  }

  return {
    read,

    async list(query: store.CatalogueQuery) {
      const [plugins, [count]] = await db.system('adiuva.catalogue', [
        store.listPlugins(query),
        store.countPlugins(query),
      ]);
      return { plugins, total: count?.total ?? 0, page: query.page };
    },

    /** Throws `plugin_not_installed`, and `own_plugin` for a member of its developer's account, whichever account they rate it for. */
    async rate({ accountId, caller }: Installer, id: string, stars: number) {
      const { plugin } = await read(accountId, id);
      const { developer } = plugin;
      const isOwn = developer !== null && (await accounts.roleOf(caller.userId, developer)) !== undefined;
      if (isOwn || developer === accountId) throw new AppError('own_plugin');
      return db.system('adiuva.catalogue', RATED, async (tx) => {
        const [held] = await tx.run(store.setStars(accountId, id, stars));
        if (held === undefined) throw new AppError('plugin_not_installed');
        const [sums = plugin] = await tx.run(store.countStars(id, stars, held.former));
        return sums;
      });
    },

    /**
     * Hands out the newest version. One that is paid is sold first, once for an account. Throws `plugin_not_found`, `plugin_removed`,
     * `plugin_not_offered`, `consent_needed` for permissions that were not consented to, `payment_needed` with the page where it is paid,
     * and what `items.open` throws. A purchase is for those who may buy for the account; anything else for any of its members.
     */
    async install(by: Installer, id: string, consent: Consent) {
      const { accountId } = by;
      const [[[install]], [[plugin], [version]]] = await Promise.all([
        db.tenant(accountId, [store.readInstall(accountId, id)]),
        db.system('adiuva.catalogue', [readPlugin(id), store.newestVersion(id)]),
      ]);
      if (plugin === undefined || plugin.published_at === null) throw new AppError('plugin_not_found');
      if (plugin.state === 'removed') throw new AppError('plugin_removed');
      const isEntitled = isTheirs(install) || plugin.developer === accountId;
      if (version === undefined || !(isEntitled || plugin.is_offered))
        throw new AppError('plugin_not_offered');
      const added = addedSince(install, version.permissions);
      if (added.some((permission) => !consent.permissions.includes(permission)))
        throw new AppError('consent_needed', { details: { version: version.version, permissions: added } });
      if (plugin.price_cents > 0 && !isEntitled) await buy(context, by, { plugin, agreed: consent.price });
      if (!isSame(install, version))
        await db.system('adiuva.catalogue', INSTALLED, async (tx) => {
          const [kept] = await tx.run(store.keepInstall(accountId, plugin, version));
          if (kept === undefined) throw new AppError('plugin_not_offered');
          if (kept.is_new) await tx.run(store.countInstall(id));
        });
      const link = { filename: `${id}-${version.version}.zip`, expiresIn: LINK_SECONDS };
      return { version, link: await blobs.download(PLATFORM_ACCOUNT, version.blob_id, link) };
    },

    /** Keeps what was bought. Throws `plugin_not_found` for what the account never had. */
    async uninstall(accountId: AccountId, id: string): Promise<void> {
      const [[held]] = await db.tenant(accountId, UNINSTALLED, [store.uninstall(accountId, id)]);
      if (held === undefined) throw new AppError('plugin_not_found');
    },

    async installed<Item>(
      accountId: AccountId,
      { cursor, limit }: PageQuery,
      item: (held: { readonly plugin: PluginRow; readonly install: InstallRow }) => Item,
    ) {
      const [installs] = await db.tenant(accountId, [
        store.listInstalls(accountId, idAfter(cursor), limit + 1),
      ]);
      const ids = installs.map((install) => install.plugin_id);
      const [plugins] = await db.system('adiuva.catalogue', [store.readPlugins(ids)]);
      const byId = new Map(plugins.map((plugin) => [plugin.id, plugin]));
      const held = installs.flatMap((install) => {
        const plugin = byId.get(install.plugin_id);
        return plugin === undefined ? [] : [{ id: plugin.id, install, plugin }];
      });
      return pageById(held, limit, item);
    },

    /** In the commit of what became of a sale: the account has the plugin as long as any of the money is here. */
    async soldIn(tx: Transaction, change: SaleChange): Promise<void> {
      const { item, news, total } = change;
      if (total === 0) {
        const [revoked] = await tx.run(store.revokeBought(change));
        if (typeof revoked?.former === 'number') await tx.run(store.countStars(item, null, revoked.former));
      } else if (news === 'paid' || news === 'won') {
        const [granted] = await tx.run(store.grantBought(change));
        if (granted?.is_new === true) await tx.run(store.countInstall(item));
        const [plugin] = await tx.run(readPlugin(item));
        // It was removed while its page was open, and those who had it then are told.
        if (plugin?.state === 'removed')
          await tx.runAll(jobs.enqueueing(PLATFORM_ACCOUNT, { ...tellRemoved(item), requestId: change.id }));
      }
    },
  };
}

/** The job that tells all who have a plugin, and were not told, that it was removed. */
export const tellRemoved = (id: string) =>
  ({ kind: 'adiuva.tell-removed', lane: 'batch', payload: { plugin_id: id } }) as const;

/** Permissions that a version wants besides those consented to: the first ones are consented to by asking for it. */
export const addedSince = (install: InstallRow | undefined, permissions: readonly string[]): string[] =>
  install === undefined || install.version === null
    ? []
    : permissions.filter((permission) => !install.permissions.includes(permission));

const isSame = (install: InstallRow | undefined, { version, permissions }: HandedVersion) =>
  install?.is_installed === true &&
  install.version === version &&
  isDeepStrictEqual(install.permissions, permissions);

/** Comes back once it is paid. */
async function buy(
  { items, db }: Context,
  { accountId, role, caller }: Installer,
  { plugin, agreed }: { readonly plugin: PluginRow; readonly agreed: Consent['price'] },
) {
  const { id: item, name, price_cents: amount, currency, developer: payee } = plugin;
  if (payee === null) throw new AppError('plugin_not_offered');
  if (!atLeast(role, 'admin') || !allowsScope(caller, 'billing:write'))
    throw new AppError('forbidden', {
      message: 'A plugin that costs money is bought by owners and admins, with the scope billing:write.',
    });
  const sale = await items.open({ accountId, item, name, amount, currency, payee, agreed });
  if (sale.state === 'open')
    throw new AppError('payment_needed', { details: { checkout_url: sale.checkoutUrl } });
  const [[bought]] = await db.tenant(accountId, [store.readInstall(accountId, item)]);
  if (!isBought(bought)) throw new AppError('purchase_disputed');
}
