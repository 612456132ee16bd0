import { type Statement, statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import type { Collection, StoredVector } from './vectors.ts';

export interface CollectionRow {
  readonly id: string;
  readonly dimensions: number | null;
  readonly embedded: number;
  readonly coding: number;
  readonly centre: Uint8Array | null;
  readonly former_centre: Uint8Array | null;
  readonly recoding: boolean;
  /** The number of its last change. */
  readonly revision: number;
  /** The store outside that has a point of each embedding. */
  readonly store: string | null;
}

/** A collection that is there. */
export interface CollectionKey {
  readonly accountId: AccountId;
  readonly id: string;
}

const REVISION = 'revision::double precision as revision';
const COLUMNS = `id, dimensions, embedded, coding, centre, former_centre, recoding, store, ${REVISION}`;
const NAMED = 'account_id = $1 and product = $2 and name = $3 and user_id is not distinct from $4::uuid';
/** Items, and signs, of a collection. */
export const IN = 'account_id = $1 and collection_id = $2';

const nameOf = ({ accountId, userId, name }: Collection, product: string) => [
  accountId,
  product,
  name,
  userId ?? null,
];

export const findCollection = (collection: Collection, product: string) =>
  statement<CollectionRow>(
    `select ${COLUMNS} from vectors.collections where ${NAMED}`,
    nameOf(collection, product),
  );

export const makeCollection = (collection: Collection, product: string, id: string): Statement =>
  statement(
    `insert into vectors.collections (account_id, product, name, user_id, id, gauge) values ($1, $2, $3, $4, $5, $6)
     on conflict (account_id, product, name, user_id) do nothing`,
    [...nameOf(collection, product), id, collection.gauge ?? null],
  );

/** A change of a collection holds its row until the end: each change is counted once. */
export const lockCollection = (collection: Collection, product: string) =>
  statement<CollectionRow>(
    `select ${COLUMNS} from vectors.collections where ${NAMED} for update`,
    nameOf(collection, product),
  );

/** Size of items with these ids now. */
export const measureItems = (collection: Collection, product: string, ids: readonly string[]) =>
  statement<{ bytes: number; embedded: number }>(
    `select coalesce(sum(octet_length(blob) + coalesce(octet_length(embedding), 0)), 0)::float8 as bytes, count(embedding)::integer as embedded
     from vectors.items where account_id = $1
       and collection_id = (select id from vectors.collections where ${NAMED}) and id = any($5::text[])`,
    [...nameOf(collection, product), ids],
  );

/** Items with these ids. */
export const readItems = (collection: Collection, product: string, ids: readonly string[]) =>
  statement<StoredVector>(
    `select id, ${REVISION}, blob from vectors.items where account_id = $1
       and collection_id = (select id from vectors.collections where ${NAMED}) and id = any($5::text[])`,
    [...nameOf(collection, product), ids],
  );

export const revisionsOf = ({ accountId, id }: CollectionKey, ids: readonly string[]) =>
  statement<Pick<StoredVector, 'id' | 'revision'>>(
    `select id, ${REVISION} from vectors.items where ${IN} and id = any($3::text[])`,
    [accountId, id, ids],
  );

export interface Totals {
  readonly revision: number;
  readonly dimensions: number | null;
  readonly embedded: number;
  /** How many bytes more than before. */
  readonly growth: number;
  /** None of the embeddings that it had is left: it has no centre any more. */
  readonly fresh: boolean;
  readonly store: string | null;
}

export const countItems = (
  { accountId, id }: CollectionKey,
  { revision, dimensions, embedded, growth, fresh, store }: Totals,
): Statement =>
  statement(
    `update vectors.collections set dimensions = $3, embedded = $4, bytes = bytes + $5, revision = $7, updated_at = app.now(),
       centre = case when $6 then null else centre end, former_centre = case when $6 then null else former_centre end,
       centred = case when $6 then 0 else centred end, recoding = recoding and not $6,
       store = $8
     where account_id = $1 and id = $2`,
    [accountId, id, dimensions, embedded, growth, fresh, revision, store],
  );

/** An item as it is written: bytes in base64, signs in zeros and ones. */
export interface NewItem {
  readonly id: string;
  readonly blob: string;
  readonly embedding: string | null;
  readonly signs: string | null;
}

export const putItems = (
  { accountId, id }: CollectionKey,
  { userId, revision }: Pick<Collection, 'userId'> & Pick<Totals, 'revision'>,
  items: readonly NewItem[],
): Statement =>
  statement(
    `insert into vectors.items (account_id, collection_id, user_id, id, embedding, blob, revision)
     select $1, $2, $3, one.id, decode(one.embedding, 'base64'), decode(one.blob, 'base64'), $7
     from unnest($4::text[], $5::text[], $6::text[]) as one (id, embedding, blob)
     on conflict (account_id, collection_id, id) do update
       set embedding = excluded.embedding, blob = excluded.blob, revision = excluded.revision, updated_at = app.now()`,
    [
      accountId,
      id,
      userId ?? null,
      items.map((item) => item.id),
      items.map(({ embedding }) => embedding),
      items.map(({ blob }) => blob),
      revision,
    ],
  );

export interface NewSigns {
  readonly id: string;
  readonly signs: string;
}

export const putSigns = (
  { accountId, id }: CollectionKey,
  coding: number,
  signs: readonly NewSigns[],
): Statement =>
  statement(
    `insert into vectors.signs (account_id, collection_id, coding, id, signs)
     select $1, $2, $3, one.id, one.signs::bit varying from unnest($4::text[], $5::text[]) as one (id, signs)
     on conflict (account_id, collection_id, id) do update set coding = excluded.coding, signs = excluded.signs`,
    [accountId, id, coding, signs.map((one) => one.id), signs.map((one) => one.signs)],
  );

export const deleteSigns = ({ accountId, id }: CollectionKey, ids: readonly string[]): Statement =>
  statement(`delete from vectors.signs where ${IN} and id = any($3::text[])`, [accountId, id, ids]);

export const deleteItems = ({ accountId, id }: CollectionKey, ids: readonly string[]): Statement =>
  statement(`delete from vectors.items where ${IN} and id = any($3::text[])`, [accountId, id, ids]);

/** Their items and signs go with them, and the gauge gets back what they took. */
export const deleteOwned = (
  product: string,
  { accountId, userId }: { readonly accountId: AccountId; readonly userId: UserId },
): Statement =>
  statement('delete from vectors.collections where account_id = $1 and product = $2 and user_id = $3', [
    accountId,
    product,
    userId,
  ]);

export interface ItemIdRow {
  readonly id: string;
}

export interface EmbeddedRow extends ItemIdRow {
  readonly embedding: Uint8Array;
}

export const allEmbedded = ({ accountId, id }: CollectionKey) =>
  statement<ItemIdRow>(`select id from vectors.items where ${IN} and embedding is not null`, [accountId, id]);

export const embeddingsOf = ({ accountId, id }: CollectionKey, ids: readonly string[]) =>
  statement<EmbeddedRow>(
    `select id, embedding from vectors.items where ${IN} and id = any($3::text[]) and embedding is not null`,
    [accountId, id, ids],
  );

/** The sign codes to compare with: by the centre of a coding. */
export interface QuerySigns {
  readonly coding: number;
  readonly signs: string;
}

/** The items that have most signs in common with what is searched for, among those of its coding. */
export const candidates = (
  { accountId, id }: CollectionKey,
  { coding, signs }: QuerySigns,
  limit: number,
): Statement<ItemIdRow> =>
  statement<ItemIdRow>(
    `select id from vectors.signs where ${IN} and coding = $3 order by bit_count(signs # $4::text::bit varying) limit $5`,
    [accountId, id, coding, signs, limit],
  );

export const blobsOf = ({ accountId, id }: CollectionKey, ids: readonly string[]) =>
  statement<StoredVector>(
    `select id, ${REVISION}, blob from vectors.items where ${IN} and id = any($3::text[])`,
    [accountId, id, ids],
  );

export const sameBlob = (
  collection: Collection,
  product: string,
  { blob, limit }: { readonly blob: Uint8Array; readonly limit: number },
) =>
  statement<Pick<StoredVector, 'id' | 'revision'>>(
    `select id, ${REVISION} from vectors.items where account_id = $1
       and collection_id = (select id from vectors.collections where ${NAMED})
       and sha256(blob) = sha256(decode($5, 'base64')) and blob = decode($5, 'base64') order by id limit $6`,
    [...nameOf(collection, product), Buffer.from(blob).toString('base64'), limit],
  );

/** Collections without a centre that fits them, or with signs by a former one. */
export const dueCollections = (limit: number) =>
  statement<{ account_id: AccountId; id: string; recoding: boolean }>(
    'select account_id, id, recoding from vectors.collections where due order by account_id, id limit $1',
    [limit],
  );

/** Embeddings of a collection from all over it. */
export const sampleEmbeddings = ({ accountId, id }: CollectionKey, limit: number) =>
  statement<{ embedding: Uint8Array }>(
    `select embedding from vectors.items where ${IN} and embedding is not null order by hashtext(id) limit $3`,
    [accountId, id, limit],
  );

/** Nothing where it was emptied, or got embeddings of other dimensions, since the centre was made. */
export const beginCoding = ({ accountId, id }: CollectionKey, centre: string): Statement =>
  statement(
    `update vectors.collections set coding = coding + 1, former_centre = centre, centre = decode($3, 'base64'), centred = embedded,
       recoding = true, updated_at = app.now()
     where account_id = $1 and id = $2 and due and not recoding and octet_length(decode($3, 'base64')) = 4 * dimensions`,
    [accountId, id, centre],
  );

export const lockCoding = ({ accountId, id }: CollectionKey) =>
  statement<Pick<CollectionRow, 'coding' | 'centre'>>(
    'select coding, centre from vectors.collections where account_id = $1 and id = $2 and recoding for update',
    [accountId, id],
  );

export const formerlyCoded = (
  { accountId, id }: CollectionKey,
  { coding, after, limit }: { readonly coding: number; readonly after: string; readonly limit: number },
) =>
  statement<EmbeddedRow>(
    `select i.id, i.embedding from vectors.signs s join vectors.items i using (account_id, collection_id, id)
     where s.account_id = $1 and s.collection_id = $2 and s.id > $4 and s.coding <> $3 and i.embedding is not null
     order by s.id limit $5`,
    [accountId, id, coding, after, limit],
  );

export const endCoding = ({ accountId, id }: CollectionKey): Statement =>
  statement(
    'update vectors.collections set recoding = false, updated_at = app.now() where account_id = $1 and id = $2',
    [accountId, id],
  );
