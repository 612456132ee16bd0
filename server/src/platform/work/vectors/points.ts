import { assertOutsideTransaction, commitPoint, type Database, type Statement } from '#platform/db';
import { type Ids, isUuid } from '#platform/kernel';
import { type Embedding, readEmbedding } from './embeddings.ts';
import type { VectorHome } from './home.ts';
import {
  deletePoints,
  deleteStrays,
  dueStrays,
  elsewhere,
  expectPoints,
  type ItemPoint,
  lockKey,
  moveCollection,
  pointedItems,
  putPoints,
  unchangedItems,
  unplacedItems,
} from './point-store.ts';
import {
  type CollectionKey,
  type CollectionRow,
  type EmbeddedRow,
  findCollection,
  makeCollection,
} from './store.ts';
import type { Collection } from './vectors.ts';

const EXPECTED = commitPoint('vectors.expected', 'that points are about to be written at a store outside');
const MOVED = commitPoint('vectors.moved', 'points of items that were stored before the store was set');
const SWEPT = commitPoint('vectors.strays-deleted', 'that the store outside has deleted points of no item');

const BATCH = 500;
/** Collections that one run moves. */
const AT_MOST = 100;
/** Points that are asked for beyond the results: those that are about to be deleted are among them. */
const BEYOND = 50;

export interface PointParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly vectorHome: VectorHome;
}

export interface WrittenPoints {
  readonly store: string;
  /** Statements for the commit that stores the items. */
  placing(key: CollectionKey): readonly Statement[];
}

interface Embedded {
  readonly id: string;
  readonly embedding: Embedding;
}

/**
 * Writes new points of items at the store. They are announced before, and given up unless a commit places them: a process that dies, or a
 * commit that is refused, leaves points that the next run deletes. undefined: the store takes no embeddings of that length.
 */
export async function writePoints(
  { db, ids, vectorHome: home }: PointParts,
  { product, collection }: { readonly product: string; readonly collection: Collection },
  items: readonly Embedded[],
): Promise<WrittenPoints | undefined> {
  assertOutsideTransaction('the store of embeddings was asked');
  const dimensions = items[0]?.embedding.length ?? 0;
  if (items.length === 0 || dimensions > (await home.most())) return undefined;
  const made = items.map((item) => ({ ...item, point: ids.next() }));
  const at = { store: home.name, dimensions };
  const key = await db.tenant(collection.accountId, EXPECTED, async (tx) => {
    await tx.run(makeCollection(collection, product, ids.next()));
    const [row] = await tx.run(findCollection(collection, product));
    if (row === undefined) throw new Error('a collection was not made');
    const own = { accountId: collection.accountId, id: row.id };
    await tx.run(expectPoints(own, at, made));
    return own;
  });
  await home.upsert({ id: key.id, dimensions }, pointsOf(made));
  return { store: home.name, placing: (own) => [putPoints(own, at, made)] };
}

const pointsOf = (made: readonly (Embedded & ItemPoint)[]) =>
  made.map(({ point, embedding }) => ({ id: point, embedding }));

/** Where the embeddings of a collection are after an upsert, which may have been told of no store or of another one. */
export function storeAfter(
  row: Pick<CollectionRow, 'store'>,
  { points, isFresh }: { readonly points: WrittenPoints | undefined; readonly isFresh: boolean },
): string | null {
  if (points === undefined) return null;
  return isFresh || row.store === points.store ? points.store : null;
}

/** Embeddings of the items of a collection that the store finds near: the database says which of its answers are items of it. */
export async function nearPoints(
  { db, vectorHome: home }: PointParts,
  key: CollectionKey,
  { embedding, k }: { readonly embedding: Embedding; readonly k: number },
): Promise<readonly EmbeddedRow[]> {
  assertOutsideTransaction('the store of embeddings was asked');
  const space = { id: key.id, dimensions: embedding.length };
  const points = (await home.nearest(space, embedding, 2 * k + BEYOND)).filter(isUuid);
  const [rows] = await db.tenant(key.accountId, [pointedItems(key, home.name, points)]);
  return rows;
}

/** Deletes points of no item at the store, all that are due or those of one collection; answers how many. */
export async function sweepPoints({ db, vectorHome: home }: PointParts, space?: string): Promise<number> {
  for (let count = 0; ; ) {
    const [rows] = await db.system('vectors.points', [dueStrays(home.name, space, BATCH)]);
    for (const [, strays] of Map.groupBy(rows, (row) => row.space)) {
      const { space: id, dimensions } = strays[0] ?? { space: '', dimensions: 0 };
      const points = strays.map(({ point }) => point);
      await home.delete({ id, dimensions }, points);
      await db.system('vectors.points', SWEPT, [deleteStrays(points)]);
    }
    count += rows.length;
    if (rows.length < BATCH) return count;
  }
}

/** Writes points of all that was stored before the store was set; answers how many collections it went through. */
export async function moveToHome(parts: PointParts): Promise<number> {
  const { db, vectorHome: home } = parts;
  const [due] = await db.system('vectors.points', [elsewhere(home.name, await home.most(), AT_MOST)]);
  for (const { account_id: accountId, id, dimensions } of due)
    await moveItems(parts, { accountId, id }, dimensions ?? 0);
  return due.length;
}

async function moveItems(parts: PointParts, key: CollectionKey, dimensions: number): Promise<void> {
  while (await moveSome(parts, key, dimensions));
}

/** Answers whether more are to be moved. */
async function moveSome(parts: PointParts, key: CollectionKey, dimensions: number): Promise<boolean> {
  const { db, ids, vectorHome: home } = parts;
  const at = { store: home.name, dimensions };
  const [rows] = await db.system('vectors.points', [unplacedItems(key, home.name, BATCH)]);
  const made = rows
    .map(({ embedding, ...row }) => ({ ...row, embedding: readEmbedding(embedding), point: ids.next() }))
    .filter(({ embedding }) => embedding.length === dimensions);
  if (made.length > 0) {
    await db.tenant(key.accountId, EXPECTED, [expectPoints(key, at, made)]);
    await home.upsert({ id: key.id, dimensions }, pointsOf(made));
  }
  return db.system('vectors.points', MOVED, async (tx) => {
    const [row] = await tx.run(lockKey(key));
    // It was emptied, or has embeddings of another length: the next run looks again.
    if (row?.dimensions !== dimensions) return false;
    const unchanged = new Set((await tx.run(unchangedItems(key, made))).map(({ id }) => id));
    const placed = made.filter(({ id }) => unchanged.has(id));
    const former = placed.map(({ id }) => id);
    await tx.runAll([
      deletePoints(key, former),
      putPoints(key, at, placed),
      ...(rows.length < BATCH ? [moveCollection(key, home.name)] : []),
    ]);
    return rows.length === BATCH;
  });
}
