import { commitPoint, type Page, timeList } from 'plinth/product';
import type { OrbitParts } from '../orbit-parts.ts';
import { noScope } from '../scopes/locking.ts';
import { readScope } from '../scopes/store.ts';
import {
  deleteFavourite,
  type Fan,
  type FavouriteRow,
  insertFavourite,
  listFavourites,
  readFavourite,
} from './store.ts';

const ADD = commitPoint('orbit.favourite-add', 'a scope that somebody marked');
const REMOVE = commitPoint('orbit.favourite-remove', 'a scope that somebody marks no more');

/** Scopes that people come back to: each person's own, in each workspace. */
export function createFavourites({ db }: Pick<OrbitParts, 'db'>) {
  return {
    /** One that is marked stays as it is. Throws `scope_not_found`. */
    async add(fan: Fan, scopeId: string): Promise<FavouriteRow> {
      const [, [row]] = await db.tenant(fan.accountId, ADD, [
        insertFavourite(fan, scopeId),
        readFavourite(fan, scopeId),
      ]);
      if (row === undefined) throw noScope();
      return row;
    },
    /** One that is not marked stays so. Throws `scope_not_found`. */
    async remove(fan: Fan, scopeId: string): Promise<void> {
      const [, [scope]] = await db.tenant(fan.accountId, REMOVE, [
        deleteFavourite(fan, scopeId),
        readScope(fan.accountId, scopeId),
      ]);
      if (scope === undefined) throw noScope();
    },
    /** Favourites, the last marked first. A scope in the trash is not among them until it is restored. */
    async list(
      fan: Fan,
      { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
    ): Promise<Page<FavouriteRow>> {
      const favourites = timeList('favourites', { user: fan.userId });
      const [rows] = await db.tenant(fan.accountId, [
        listFavourites(fan, { after: favourites.after(cursor), limit: limit + 1 }),
      ]);
      return favourites.page(rows, limit);
    },
  };
}

export type Favourites = ReturnType<typeof createFavourites>;
