import { commitPoint, type Database, type Statement, type Transaction } from '#platform/db';
import type { UpgradeFor } from '#platform/entitlements';
import { AppError, type Ids } from '#platform/kernel';
import { gaugeDenial, type Limits, limitExceeded, planRequired } from '#platform/limits';
import {
  bytesOf,
  type Embedding,
  embeddingOf,
  nearestOf,
  readCentre,
  partsOf,
  signsOf,
} from './embeddings.ts';
import {
  allEmbedded,
  blobsOf,
  candidates,
  type CollectionKey,
  type CollectionRow,
  countItems,
  deleteItems,
  deleteOwned,
  deleteSigns,
  embeddingsOf,
  findCollection,
  type ItemIdRow,
  lockCollection,
  makeCollection,
  measureItems,
  type NewItem,
  putItems,
  putSigns,
  readItems,
  revisionsOf,
  sameBlob,
} from './store.ts';
import { centreCollections } from './centres.ts';
import type { VectorHome } from './home.ts';
import { deletePoints } from './point-store.ts';
import {
  moveToHome,
  nearPoints,
  type PointParts,
  storeAfter,
  sweepPoints,
  type WrittenPoints,
  writePoints,
} from './points.ts';
import type { Collection, VectorItem, Vectors, VectorSearch } from './vectors.ts';

const UPSERTED = commitPoint('vectors.upserted', 'items of a collection, and the storage that they take');
const DELETED = commitPoint('vectors.deleted', 'items that are gone, and their storage given back');

/** Collections of so many embeddings, and of so many numbers, are compared with whole: 2,000 of 768 dimensions, or 750 of 2,048. */
const EXACT_MOST = 2_000;
const EXACT_NUMBERS = 1_536_000;
/** In larger sets so many are, those with most signs in common (docs/decisions/0127). */
const CANDIDATES = 800;
const ID = /^[\w.:-]{1,200}$/;
const MOST_BLOB = 65_536;

export interface VectorStorageParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly limits: Pick<Limits, 'gauging'>;
  /** The plan that would have room. */
  readonly upgradeFor: UpgradeFor;
  /** Where embeddings are searched; undefined: in the database. */
  readonly vectorHome?: VectorHome | undefined;
}

/** The vectors of all products of this process. */
export interface VectorStorage {
  /** Those of one product. */
  of(product: string): Vectors;
  /** Gives collections that have grown a new centre; answers how many. */
  centre(): Promise<number>;
  /** Deletes points of no item at the store outside, and brings it those that it lacks; answers how many points, and collections. */
  tendPoints(): Promise<{ readonly deleted: number; readonly moved: number }>;
}

export function createVectorStorage(parts: VectorStorageParts): VectorStorage {
  return {
    of: (product) => ({
      upsert: (collection, items) => upsert(parts, { product, collection }, items),
      search: (collection, embedding, k) => search(parts, { product, collection }, { embedding, k }),
      find: (collection, blob, k) => find(parts, { product, collection }, { blob, k }),
      async read(collection, ids) {
        const [rows] = await parts.db.tenant(collection.accountId, [readItems(collection, product, ids)]);
        return rows;
      },
      delete: (collection, ids, ifRevisions) => remove(parts, { product, collection }, { ids, ifRevisions }),
      forgetting: (member) => deleteOwned(product, member),
    }),
    centre: () => centreCollections(parts.db),
    async tendPoints() {
      if (!hasHome(parts)) return { deleted: 0, moved: 0 };
      return { deleted: await sweepPoints(parts), moved: await moveToHome(parts) };
    },
  };
}

const hasHome = (parts: VectorStorageParts): parts is VectorStorageParts & PointParts =>
  parts.vectorHome !== undefined;

/** Deletes points that a change has given up. Where the store is away by now, `tendPoints` deletes them. */
async function tidy(parts: VectorStorageParts, space: string): Promise<void> {
  if (hasHome(parts)) await sweepPoints(parts, space).catch(() => {});
}

/** A collection of a product. */
interface Which {
  readonly product: string;
  readonly collection: Collection;
}

interface PackedItem {
  readonly id: string;
  readonly blob: Uint8Array;
  readonly embedding: Embedding | undefined;
  readonly ifRevision: number | undefined;
}

/** Throws `vector_invalid`. */
function packItems(items: readonly VectorItem[]): PackedItem[] {
  const ids = new Set(items.map(({ id }) => id));
  if (ids.size < items.length) throw invalid('id', 'Two of these items have one id.');
  return items.map(({ id, blob, embedding, ifRevision }) => {
    if (!ID.test(id)) throw invalid('id', 'An id has 1 to 200 letters, digits and the signs . _ : -');
    if (blob.length > MOST_BLOB) throw invalid('blob', `A blob has ${MOST_BLOB} bytes at most.`);
    return { id, blob, embedding: embedding && embeddingOf(embedding), ifRevision };
  });
}

function invalid(field: string, message: string): AppError {
  return new AppError('vector_invalid', { message, details: { field } });
}

async function upsert(
  parts: VectorStorageParts,
  which: Which,
  items: readonly VectorItem[],
): Promise<number> {
  const packed = packItems(items);
  const { product, collection } = which;
  const ids = packed.map(({ id }) => id);
  const making = makeCollection(collection, product, parts.ids.next());
  const points = await pointsFor(parts, which, packed);
  const done = await refusing(parts, which, () =>
    parts.db.tenant(collection.accountId, UPSERTED, async (tx) => {
      await tx.run(making);
      const found = await lock(tx, which, ids);
      if (found === undefined) throw new Error('a collection was not made');
      const { row, former } = found;
      const key = { accountId: collection.accountId, id: row.id };
      const named = packed.flatMap(({ id, ifRevision }): [string, number][] =>
        ifRevision === undefined ? [] : [[id, ifRevision]],
      );
      await assertRevisions(tx, key, { named, absent: 0 });
      const revision = row.revision + 1;
      const embedded = row.embedded - former.embedded + packed.filter((item) => item.embedding).length;
      const kept = row.embedded > former.embedded ? row.dimensions : null;
      const dimensions = packed.reduce((known, { embedding }) => oneDimension(known, embedding), kept);
      const growth = packed.reduce((sum, item) => sum + sizeOf(item), -former.bytes);
      const centre = readCentre(kept === null ? null : row.centre);
      const news = packed.map((item) => newItem(item, centre));
      const signs = news.flatMap(({ id, signs: own }) => (own === null ? [] : [{ id, signs: own }]));
      const isFresh = kept === null;
      const store = signs.length === 0 ? row.store : storeAfter(row, { points, isFresh });
      await tx.runAll([
        countItems(key, { revision, dimensions, embedded, growth, fresh: isFresh, store }),
        putItems(key, { ...collection, revision }, news),
        deleteSigns(key, ids),
        putSigns(key, row.coding, signs),
        deletePoints(key, ids),
        ...(points?.placing(key) ?? []),
        ...gauging(parts, which, growth),
      ]);
      return { revision, space: key.id };
    }),
  );
  await tidy(parts, done.space);
  return done.revision;
}

/** Writes points of the items with an embedding. Throws `vector_dimensions` where theirs differ. */
async function pointsFor(
  parts: VectorStorageParts,
  which: Which,
  packed: readonly PackedItem[],
): Promise<WrittenPoints | undefined> {
  if (!hasHome(parts)) return undefined;
  packed.reduce<number | null>((known, { embedding }) => oneDimension(known, embedding), null);
  const embedded = packed.flatMap(({ id, embedding }) =>
    embedding === undefined ? [] : [{ id, embedding }],
  );
  return writePoints(parts, which, embedded);
}

/** Refuses a change of items that their writer has not read. `absent`: the revision of an item that is not there; undefined: any fits. */
async function assertRevisions(
  tx: Transaction,
  key: CollectionKey,
  {
    named,
    absent,
  }: { readonly named: readonly (readonly [string, number])[]; readonly absent: 0 | undefined },
): Promise<void> {
  if (named.length === 0) return;
  const ids = named.map(([id]) => id);
  const present = new Map((await tx.run(revisionsOf(key, ids))).map(({ id, revision }) => [id, revision]));
  const conflicts = named.flatMap(([id, ifRevision]) => {
    const revision = present.get(id) ?? absent;
    return revision === undefined || revision === ifRevision ? [] : [{ id, revision }];
  });
  if (conflicts.length > 0) throw new AppError('precondition_failed', { details: { conflicts } });
}

async function remove(
  parts: VectorStorageParts,
  which: Which,
  {
    ids,
    ifRevisions = new Map(),
  }: { readonly ids: readonly string[]; readonly ifRevisions: ReadonlyMap<string, number> | undefined },
): Promise<void> {
  const { accountId } = which.collection;
  const space = await parts.db.tenant(accountId, DELETED, async (tx) => {
    const found = await lock(tx, which, ids);
    if (found === undefined) return undefined;
    const { row, former } = found;
    const key = { accountId, id: row.id };
    await assertRevisions(tx, key, { named: [...ifRevisions], absent: undefined });
    const embedded = row.embedded - former.embedded;
    const dimensions = embedded === 0 ? null : row.dimensions;
    await tx.runAll([
      countItems(key, { ...row, dimensions, embedded, growth: -former.bytes, fresh: embedded === 0 }),
      deleteItems(key, ids),
      ...gauging(parts, which, -former.bytes),
    ]);
    return key.id;
  });
  if (space !== undefined) await tidy(parts, space);
}

/** Holds a collection until the end of the transaction, and measures what items with these ids take now. */
async function lock(tx: Transaction, { product, collection }: Which, ids: readonly string[]) {
  const [[row], [former]] = await tx.runAll([
    lockCollection(collection, product),
    measureItems(collection, product, ids),
  ]);
  return row && former && { row, former };
}

function gauging({ limits }: VectorStorageParts, { product, collection: { gauge } }: Which, growth: number) {
  return gauge === undefined || growth === 0 ? [] : [limits.gauging(product, gauge, growth)];
}

/** Runs what grows; where the gauge has no room, it throws what the caller is answered. */
async function refusing<T>(
  { upgradeFor }: VectorStorageParts,
  { product }: Which,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const denied = gaugeDenial(error);
    if (denied === undefined) throw error;
    const { plan, limit: grant, used, max } = denied;
    const needed = Math.max(used, max) + 1;
    const upgrade = upgradeFor({ product, plan, grant, atLeast: needed });
    throw max === 0
      ? planRequired({ product, plan, grant, needed }, upgrade)
      : limitExceeded(denied, upgrade);
  }
}

const sizeOf = ({ blob, embedding }: PackedItem) => blob.length + (embedding?.byteLength ?? 0);

/** All embeddings of a collection have as many dimensions as the first one. Throws `vector_dimensions`. */
function oneDimension(known: number | null, embedding: Embedding | undefined): number | null {
  if (embedding === undefined) return known;
  if (known !== null && known !== embedding.length)
    throw new AppError('vector_dimensions', { details: { dimensions: known, sent: embedding.length } });
  return embedding.length;
}

const base64 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

function newItem({ id, blob, embedding }: PackedItem, centre: Float32Array | undefined): NewItem {
  return {
    id,
    blob: base64(blob),
    embedding: embedding === undefined ? null : base64(bytesOf(embedding)),
    signs: embedding === undefined ? null : signsOf(embedding, centre),
  };
}

const NOTHING: VectorSearch = { mode: 'exact', results: [] };

async function search(
  parts: VectorStorageParts,
  { product, collection }: Which,
  { embedding, k }: { readonly embedding: readonly number[]; readonly k: number },
): Promise<VectorSearch> {
  const { db } = parts;
  const query = embeddingOf(embedding);
  const { accountId } = collection;
  const [[row]] = await db.tenant(accountId, [findCollection(collection, product)]);
  if (row === undefined || row.dimensions === null) return NOTHING;
  oneDimension(row.dimensions, query);
  const key = { accountId, id: row.id };
  const isHome = hasHome(parts) && row.store === parts.vectorHome.name;
  const isExact = !isHome && row.embedded <= EXACT_MOST && row.embedded * row.dimensions <= EXACT_NUMBERS;
  const compared = isHome
    ? [await nearPoints(parts, key, { embedding: query, k })]
    : await storedHere(db, key, { row, query, isExact });
  const nearest = await nearestOf(compared, query, k);
  const [blobs] = await db.tenant(accountId, [
    blobsOf(
      key,
      nearest.map(({ id }) => id),
    ),
  ]);
  const byId = new Map(blobs.map((one) => [one.id, one]));
  const results = nearest.flatMap(({ id, score }) => {
    // One that was deleted in between is no result.
    const stored = byId.get(id);
    return stored === undefined ? [] : [{ ...stored, score }];
  });
  return { mode: isExact ? 'exact' : 'approximate', results };
}

/** The embeddings that a search in the database compares: all, or the nearest by their signs. */
async function storedHere(
  db: Database,
  key: CollectionKey,
  {
    row,
    query,
    isExact,
  }: { readonly row: CollectionRow; readonly query: Embedding; readonly isExact: boolean },
) {
  const found = await db.tenant(key.accountId, isExact ? [allEmbedded(key)] : likely(key, row, query));
  const parts = partsOf(
    found.flat().map(({ id }) => id),
    query.length,
  );
  return readParts(db, key, parts);
}

/** The nearest by their signs: while signs are written anew, of those by either centre, for such distances can't be compared with each other. */
function likely(
  key: CollectionKey,
  { coding, centre, former_centre, recoding }: CollectionRow,
  query: Embedding,
): readonly Statement<ItemIdRow>[] {
  const by = (of: number, its: Uint8Array | null) =>
    candidates(key, { coding: of, signs: signsOf(query, readCentre(its)) }, CANDIDATES);
  return [by(coding, centre), ...(recoding ? [by(coding - 1, former_centre)] : [])];
}

/** The embeddings of items, a transaction for each part: others have the connection in between. */
async function* readParts(db: Database, key: CollectionKey, parts: readonly (readonly string[])[]) {
  for (const ids of parts) {
    const [rows] = await db.tenant(key.accountId, [embeddingsOf(key, ids)]);
    yield rows;
  }
}

async function find(
  { db }: VectorStorageParts,
  { product, collection }: Which,
  { blob, k }: { readonly blob: Uint8Array; readonly k: number },
): Promise<VectorSearch> {
  const [rows] = await db.tenant(collection.accountId, [sameBlob(collection, product, { blob, limit: k })]);
  return { mode: 'exact', results: rows.map((row) => ({ ...row, score: 1, blob })) };
}
