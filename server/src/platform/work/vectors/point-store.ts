import { type Statement, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { type CollectionKey, type EmbeddedRow, IN } from './store.ts';

/** The store of points, as their rows name it. */
interface At {
  readonly store: string;
  readonly dimensions: number;
}

export const expectPoints = (
  { id }: CollectionKey,
  { store, dimensions }: At,
  points: readonly ItemPoint[],
): Statement =>
  statement('select vectors.expect_points($1, $2, $3, $4::uuid[])', [
    id,
    store,
    dimensions,
    points.map(({ point }) => point),
  ]);

export interface ItemPoint {
  readonly id: string;
  readonly point: string;
}

export const putPoints = (
  { accountId, id }: CollectionKey,
  { store, dimensions }: At,
  points: readonly ItemPoint[],
): Statement =>
  statement(
    `insert into vectors.points (account_id, collection_id, id, store, point, dimensions)
     select $1, $2, one.id, $3, one.point, $4 from unnest($5::text[], $6::uuid[]) as one (id, point)`,
    [accountId, id, store, dimensions, points.map((one) => one.id), points.map(({ point }) => point)],
  );

export const deletePoints = ({ accountId, id }: CollectionKey, ids: readonly string[]): Statement =>
  statement(`delete from vectors.points where ${IN} and id = any($3::text[])`, [accountId, id, ids]);

/** The items of a collection that have these points: a store can name no others. */
export const pointedItems = ({ accountId, id }: CollectionKey, store: string, points: readonly string[]) =>
  statement<EmbeddedRow>(
    `select i.id, i.embedding from vectors.points p join vectors.items i using (account_id, collection_id, id)
     where p.account_id = $1 and p.collection_id = $2 and p.store = $3 and p.point = any($4::uuid[]) and i.embedding is not null`,
    [accountId, id, store, points],
  );

/** Points of a store that are to be deleted there, the first due first; `space`: those of one collection. */
export const dueStrays = (store: string, space: string | undefined, limit: number) =>
  statement<{ point: string; space: string; dimensions: number }>(
    `select point, space, dimensions from vectors.stray_points
     where store = $1 and due_at <= app.now()${space === undefined ? '' : ' and space = $3'} order by due_at limit $2`,
    space === undefined ? [store, limit] : [store, limit, space],
  );

export const deleteStrays = (points: readonly string[]): Statement =>
  statement('delete from vectors.stray_points where point = any($1::uuid[]) and due_at <= app.now()', [
    points,
  ]);

/** Collections with embeddings that a store lacks, of as many dimensions as it takes. */
export const elsewhere = (store: string, most: number, limit: number) =>
  statement<{ account_id: AccountId; id: string; dimensions: number | null }>(
    `select account_id, id, dimensions from vectors.collections
     where embedded > 0 and (store is null or store < $1 or store > $1) and dimensions <= $2 limit $3`,
    [store, most, limit],
  );

/** Items of a collection with an embedding that a store lacks. */
const UNPLACED = `from vectors.items i left join vectors.points p using (account_id, collection_id, id)
  where i.account_id = $1 and i.collection_id = $2 and i.embedding is not null and p.store is distinct from $3`;

export const unplacedItems = ({ accountId, id }: CollectionKey, store: string, limit: number) =>
  statement<EmbeddedRow & { readonly revision: number }>(
    `select i.id, i.embedding, i.revision::float8 as revision ${UNPLACED} order by i.id limit $4`,
    [accountId, id, store, limit],
  );

/** Answers those of the items that have the same revision still: of others the point is another's work. */
export const unchangedItems = (
  { accountId, id }: CollectionKey,
  items: readonly { readonly id: string; readonly revision: number }[],
) =>
  statement<{ id: string }>(
    `select i.id from vectors.items i join unnest($3::text[], $4::bigint[]) as one (id, revision) on one.id = i.id
     where i.account_id = $1 and i.collection_id = $2 and i.revision = one.revision`,
    [accountId, id, items.map((one) => one.id), items.map(({ revision }) => revision)],
  );

export const lockKey = ({ accountId, id }: CollectionKey) =>
  statement<{ dimensions: number | null }>(
    'select dimensions from vectors.collections where account_id = $1 and id = $2 for update',
    [accountId, id],
  );

/** Where no embedding is elsewhere any more, searches go to the store from now on. */
export const moveCollection = ({ accountId, id }: CollectionKey, store: string): Statement =>
  statement(
    `update vectors.collections set store = $3, updated_at = app.now()
     where account_id = $1 and id = $2 and not exists (select ${UNPLACED})`,
    [accountId, id, store],
  );
