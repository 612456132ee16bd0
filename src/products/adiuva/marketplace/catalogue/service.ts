import { commitPoint } from '#platform/db';
import { type AccountId, AppError } from '#platform/kernel';
import type { ProductContext } from '#platform/product';
import * as store from './store.ts';
import type { InstallRow, PluginRow, VersionRow } from './store.ts';

const RATED = commitPoint('adiuva.plugin-rated', 'the stars of an account, and the sum of all of a plugin');

/** A plugin as an account sees it. */
export interface SeenPlugin {
  readonly plugin: PluginRow;
  readonly versions: readonly VersionRow[];
  /** What the account has of it. */
  readonly install: InstallRow | undefined;
}

/** The money for it is here. */
export const isBought = (install: InstallRow | undefined): boolean =>
  install !== undefined && install.sale_id !== null && install.revoked_at === null;

/** What was bought, and what is installed, stays an account's whatever becomes of the plugin; but for one that was removed. */
export const isTheirs = (install: InstallRow | undefined): boolean =>
  install?.is_installed === true || isBought(install);

/** The plugins that are offered: public data, that no account owns. */
export function createCatalogue({ db }: Pick<ProductContext, 'db'>) {
  /** Throws `plugin_not_found` for one that is not offered, unless the account has it. */
  async function read(accountId: AccountId, id: string): Promise<SeenPlugin> {
    const [[[install]], [[plugin], versions]] = await Promise.all([
      db.tenant(accountId, [store.readInstall(accountId, id)]),
      db.system('adiuva.catalogue', [store.readPlugin(id), store.approvedVersions(id)]),
    ]);
    if (plugin === undefined || !(plugin.is_offered || isTheirs(install)))
      throw new AppError('plugin_not_found');
    return { plugin, versions, install };
  }

  return {
    read,

    /** One page of what is offered, and how many there are on all. */
    async list(query: store.CatalogueQuery) {
      const [plugins, [count]] = await db.system('adiuva.catalogue', [
        store.listPlugins(query),
        store.countPlugins(query),
      ]);
      return { plugins, total: count?.total ?? 0, page: query.page };
    },

    /**
     * Gives stars in place of those that the account gave before. Throws `plugin_not_installed`, and `own_plugin` for the account of its
     * developer.
     */
    async rate(
      accountId: AccountId,
      id: string,
      stars: number,
    ): Promise<Pick<PluginRow, 'ratings' | 'stars'>> {
      const { plugin } = await read(accountId, id);
      if (plugin.developer === accountId) throw new AppError('own_plugin');
      return db.system('adiuva.catalogue', RATED, async (tx) => {
        const [held] = await tx.run(store.lockInstalled(accountId, id));
        if (held === undefined) throw new AppError('plugin_not_installed');
        const given = { stars, former: held.stars };
        const [, [sums]] = await tx.runAll([store.setStars(accountId, id, stars), store.addStars(id, given)]);
        return sums ?? { ratings: plugin.ratings, stars: plugin.stars };
      });
    },
  };
}

export type PluginCatalogue = ReturnType<typeof createCatalogue>;
