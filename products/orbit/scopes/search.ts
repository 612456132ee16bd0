import {
  type AccountId,
  AppError,
  type Database,
  listName,
  microseconds,
  type Page,
  page,
  positionOf,
} from 'plinth/product';
import { z } from 'zod';
import {
  type ListedScope,
  listScopes,
  projectInUse,
  type ScopeFilters,
  type ScopePosition,
  type ScopeSort,
  scopesWith,
} from './store.ts';

/** So many scopes are sorted at once; words that more have are met soon by going down the list. */
const FEW = 1_000;

export interface ScopeSearch {
  readonly accountId: AccountId;
  readonly filters: ScopeFilters;
  readonly sort: ScopeSort;
  readonly cursor: string | undefined;
  readonly limit: number;
}

/**
 * A page of scopes. Rare words are looked up in the index, frequent ones are met by going down the list. Throws
 * `project_not_found`.
 */
export async function findScopes(
  db: Database,
  { accountId, filters, sort, cursor, limit }: ScopeSearch,
): Promise<Page<ListedScope>> {
  const name = listName(`scopes ${sort}`, filters);
  const after = cursor === undefined ? undefined : placeIn(cursor, name, sort);
  const rows = await db.tenant(accountId, async (tx) => {
    const { project_id } = filters;
    if (project_id !== undefined && (await tx.run(projectInUse(accountId, project_id))).length === 0)
      throw new AppError('project_not_found');
    // The trash has no index of words: it is small.
    const isSearch = filters.q !== undefined && filters.deleted !== true;
    const [found] = isSearch ? await tx.run(scopesWith(filters, FEW)) : [];
    const among = found?.ids ?? undefined;
    if (among?.length === 0) return [];
    return tx.run(listScopes(accountId, { filters, among, sort, after, limit: limit + 1 }));
  });
  return page(rows, limit, { item: (row) => row, position: ({ at, id }) => [name, at, id] });
}

function placeIn(cursor: string, name: string, sort: ScopeSort): ScopePosition {
  const at = sort.endsWith('title') ? z.string() : microseconds;
  const [, place, id] = positionOf(cursor, z.tuple([z.literal(name), at, z.uuid()]));
  return { at: place, id };
}
