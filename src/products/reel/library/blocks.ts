import type { Database } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { TimePosition } from '#platform/product';
import { type AssetFilters, type MatchRow, newestMatches, type Stretch } from './store.ts';

/** Below everything: where the last block ends. */
const BOTTOM: TimePosition = { at: 0, id: '00000000-0000-0000-0000-000000000000' };

/** Matches that are ordered among themselves: the newest of a stretch, as many as are wanted or can be read at once. */
export interface Block {
  readonly matches: MatchRow[];
  /** From its newest match down to its end: what is inserted later does not belong to it. */
  readonly stretch: Stretch;
  /** Where the next block begins. */
  readonly next: TimePosition | undefined;
}

export async function blockOf(
  db: Database,
  { accountId, filters }: { readonly accountId: AccountId; readonly filters: AssetFilters },
  { stretch, most }: { readonly stretch: Stretch; readonly most: number },
): Promise<Block> {
  const [rows] = await db.tenant(accountId, [newestMatches(filters, stretch, most)]);
  const matches = rows.filter(({ beyond }) => !beyond);
  const until = rows.find(({ beyond }) => beyond) ?? stretch.until ?? BOTTOM;
  return {
    matches,
    stretch: { from: stretch.from ?? matches.toSorted(byTime)[0], until },
    next: until.at === BOTTOM.at ? undefined : until,
  };
}

export type Ranked = Pick<MatchRow, 'rank' | 'id'>;

/** Newest first. */
export const byTime = (one: TimePosition, other: TimePosition) => other.at - one.at || byId(one, other);

/** The best first; of equals the newest. */
export const byRank = (one: Ranked, other: Ranked) => other.rank - one.rank || byId(one, other);

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id > other.id ? -1 : one.id < other.id ? 1 : 0;
}
