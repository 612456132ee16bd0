import {
  type AccountId,
  cursorOf,
  type Database,
  listName,
  microseconds,
  type Page,
  positionOf,
  timeList,
  type TimePosition,
} from 'plinth/product';
import { z } from 'zod';
import {
  type AssetFilters,
  type AssetRow,
  assetsOf,
  listAssets,
  type MatchRow,
  type Stretch,
  newestMatches,
} from './store.ts';

/**
 * Results are ranked in blocks: the 400 newest matches (fewer where they lie far apart) among themselves, then the next.
 * To rank all matches of a word that everybody uses, all of them would have to be read for every page.
 */
const BLOCK = 400;
/** A block whose end is known may have got assets back from the trash since. */
const LARGEST_BLOCK = 4 * BLOCK;
/** A rare phrase of common words may leave many blocks empty; a page that is not full by then says where to go on. */
const MOST_BLOCKS = 2;
/** A page that is so full is shown: the next block would take as long again. */
const FULL_ENOUGH = 0.5;

/** Where a page of ranked results begins: in a block, and there after one of its matches if others were shown before. */
interface Start extends Stretch {
  readonly after: MatchRank | undefined;
}

const BEGINNING: Start = { from: undefined, until: undefined, after: undefined };

const position = z.tuple([microseconds, z.uuid()]).nullable();
const rank = z.tuple([z.number(), z.uuid()]).nullable();

export interface Search {
  readonly accountId: AccountId;
  readonly filters: AssetFilters;
  readonly cursor: string | undefined;
  readonly limit: number;
}

/** A page of assets. Each way to ask has its way through the indexes, and none reads more than some thousand entries. */
export function findAssets(db: Database, search: Search): Promise<Page<AssetRow>> {
  const { q, tags } = search.filters;
  if (q !== undefined) return searchByRank(db, search);
  if (tags !== undefined) return searchByTags(db, search);
  return listNewest(db, search);
}

/** Newest first, by platform and status at most. */
async function listNewest(
  db: Database,
  { accountId, filters, cursor, limit }: Search,
): Promise<Page<AssetRow>> {
  const list = timeList('assets', filters);
  const after = list.after(cursor);
  const [rows] = await db.tenant(accountId, [listAssets(accountId, filters, { after, limit: limit + 1 })]);
  return list.page(rows, limit);
}

/** By tags, newest first: a block without ranks is a page. Its cursor is the place where the next one begins. */
async function searchByTags(db: Database, search: Search): Promise<Page<AssetRow>> {
  const { accountId, filters, cursor, limit } = search;
  const list = timeList('assets', filters);
  const from = list.after(cursor);
  const { matches, next } = await blockOf(db, search, { stretch: { from, until: undefined }, most: limit });
  const data = await assetsIn(db, accountId, matches.toSorted(byTime));
  return { data, next_cursor: next === undefined ? null : list.cursor(next) };
}

/** By rank, then by id, block by block. */
async function searchByRank(db: Database, search: Search): Promise<Page<AssetRow>> {
  const { accountId, filters, cursor, limit } = search;
  const shown: MatchRow[] = [];
  let start: Start | undefined = startOf(filters, cursor);
  for (
    let blocks = 0;
    start !== undefined && shown.length < limit * FULL_ENOUGH && blocks < MOST_BLOCKS;
    blocks += 1
  ) {
    const most = start.after === undefined ? BLOCK : LARGEST_BLOCK;
    const block = await blockOf(db, search, { stretch: start, most });
    const rest = matchesAfter(start, block);
    const fitting = rest.slice(0, limit - shown.length);
    shown.push(...fitting);
    start = fitting.length === rest.length ? nextOf(block) : { ...block.stretch, after: fitting.at(-1) };
  }
  const data = await assetsIn(db, accountId, shown);
  return { data, next_cursor: start === undefined ? null : cursorAt(filters, start) };
}

/** Matches of a block that are still to be shown, the best first. */
function matchesAfter({ after }: Start, { matches }: Block): MatchRow[] {
  return matches.toSorted(byRank).filter((match) => after === undefined || byRank(after, match) < 0);
}

function nextOf({ next }: Block): Start | undefined {
  return next === undefined ? undefined : { ...BEGINNING, from: next };
}

/** The assets of these matches in their order; one that was purged just now is left out. */
async function assetsIn(
  db: Database,
  accountId: AccountId,
  matches: readonly MatchRow[],
): Promise<AssetRow[]> {
  if (matches.length === 0) return [];
  const ids = matches.map(({ id }) => id);
  const [rows] = await db.tenant(accountId, [assetsOf(accountId, ids)]);
  const found = new Map(rows.map((row) => [row.id, row]));
  return matches.flatMap(({ id }) => found.get(id) ?? []);
}

/** Reads the start out of a cursor that was given out for these filters; 400 for any other. */
function startOf(filters: AssetFilters, cursor: string | undefined): Start {
  if (cursor === undefined) return BEGINNING;
  const [, from, until, after] = positionOf(
    cursor,
    z.tuple([z.literal(listName('search', filters)), position, position, rank]),
  );
  return {
    from: positionIn(from),
    until: positionIn(until),
    after: after === null ? undefined : { rank: after[0], id: after[1] },
  };
}

function cursorAt(filters: AssetFilters, { from, until, after }: Start): string {
  return cursorOf([
    listName('search', filters),
    from === undefined ? null : [from.at, from.id],
    until === undefined ? null : [until.at, until.id],
    after === undefined ? null : [after.rank, after.id],
  ]);
}

function positionIn(pair: readonly [number, string] | null): TimePosition | undefined {
  return pair === null ? undefined : { at: pair[0], id: pair[1] };
}

/** Below everything: where the last block ends. */
const BOTTOM: TimePosition = { at: 0, id: '00000000-0000-0000-0000-000000000000' };

/** Matches that are ordered among themselves: the newest of a stretch, as many as are wanted or can be read at once. */
interface Block {
  readonly matches: MatchRow[];
  /** From its newest match down to its end: what is inserted later does not belong to it. */
  readonly stretch: Stretch;
  /** Where the next block begins. */
  readonly next: TimePosition | undefined;
}

async function blockOf(
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

type MatchRank = Pick<MatchRow, 'rank' | 'id'>;

/** Newest first. */
const byTime = (one: TimePosition, other: TimePosition) => other.at - one.at || byId(one, other);

/** The best first; of equals the newest. */
const byRank = (one: MatchRank, other: MatchRank) => other.rank - one.rank || byId(one, other);

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id > other.id ? -1 : one.id < other.id ? 1 : 0;
}
