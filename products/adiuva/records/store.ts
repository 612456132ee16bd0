import {
  microsecondsOf,
  type NumberedChanges,
  olderThan,
  type Statement,
  statement,
  type TimePosition,
  valuesOf,
} from 'plinth/product';
import { MEMBER_NUMBERS, type MemberKey } from '../members/store.ts';

export interface RecordKey extends MemberKey {
  readonly id: string;
}

/** A record as it is kept; without a blob: it was deleted. */
export interface RecordRow {
  readonly id: string;
  readonly table_name: string;
  /** The number of its last change: its version. */
  readonly seq: number;
  readonly blob_id: string | null;
  readonly bytes: number;
  readonly checksum: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const COLUMNS = `id, table_name, seq::double precision as seq, blob_id, bytes::double precision as bytes, checksum, created_at, updated_at`;

/** How the changes of a member's records are numbered; deletions grow old. */
export const RECORD_CHANGES: NumberedChanges = {
  ...MEMBER_NUMBERS,
  changes: 'adiuva.records',
  since: 'deleted_at',
};

/** A record, or what is left of one that was deleted. */
export const readRecord = ({ accountId, userId, id }: RecordKey) =>
  statement<RecordRow>(
    `select ${COLUMNS} from adiuva.records where account_id = $1 and user_id = $2 and id = $3`,
    [accountId, userId, id],
  );

/** Some of a member's records, in no order. */
export const readRecords = ({ accountId, userId }: MemberKey, ids: readonly string[]) =>
  statement<RecordRow & { readonly blob_id: string }>(
    `select ${COLUMNS} from adiuva.records
     where account_id = $1 and user_id = $2 and id = any($3::uuid[]) and deleted_at is null and blob_id is not null`,
    [accountId, userId, ids],
  );

/** The new contents of a record. */
export interface RecordContent {
  readonly table: string;
  readonly seq: number;
  readonly blobId: string;
  readonly bytes: number;
  readonly checksum: string;
}

/** Writes a record: a new one, another state of one, or a new one in the place of one that was deleted. */
export const writeRecord = (
  { accountId, userId, id }: RecordKey,
  { table, seq, blobId, bytes, checksum }: RecordContent,
) =>
  statement<RecordRow>(
    `insert into adiuva.records as r (account_id, user_id, id, table_name, seq, blob_id, bytes, checksum)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (account_id, user_id, id) do update set table_name = $4, seq = $5, blob_id = $6, bytes = $7, checksum = $8,
       deleted_at = null, created_at = case when r.deleted_at is null then r.created_at else app.now() end, updated_at = app.now()
     returning ${COLUMNS}`,
    [accountId, userId, id, table, seq, blobId, bytes, checksum],
  );

/** Leaves of a record that it was deleted. */
export const deleteRecord = ({ accountId, userId, id }: RecordKey, seq: number): Statement =>
  statement(
    `update adiuva.records set blob_id = null, seq = $4, deleted_at = app.now(), updated_at = app.now()
     where account_id = $1 and user_id = $2 and id = $3`,
    [accountId, userId, id, seq],
  );

export interface RecordQuery {
  readonly table: string | undefined;
  readonly after: TimePosition | undefined;
  /** How many of the newest are left out. */
  readonly skip: number;
  readonly limit: number;
}

/** Newest first. */
export function listRecords(
  { accountId, userId }: MemberKey,
  { table, after, skip, limit }: RecordQuery,
): Statement<RecordRow & TimePosition> {
  const { values, put } = valuesOf(accountId, userId, limit, skip);
  const conditions = [
    'account_id = $1',
    'user_id = $2',
    'deleted_at is null',
    ...(table === undefined ? [] : [`table_name = ${put(table)}`]),
    ...olderThan(after, put),
  ];
  return statement<RecordRow & TimePosition>(
    `select ${COLUMNS}, ${microsecondsOf('created_at')} as at from adiuva.records where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $3 offset $4`,
    values,
  );
}

/** A changed record with how far its owner's have come, as one look saw them; without one where none has changed. */
export type RecordChangeRow = { readonly head: number; readonly pruned: number } & {
  readonly [Column in keyof RecordRow]: RecordRow[Column] | null;
};

/**
 * The records that have changed after a number, as they are now, in the order of their last changes; and how far all have come: in one
 * statement, so that what was pruned and what is there are of one instant. No row: there was never a record.
 */
export const changedAfter = ({ accountId, userId }: MemberKey, after: number, limit: number) =>
  statement<RecordChangeRow>(
    `select h.seq::double precision as head, h.pruned::double precision as pruned, r.id, r.table_name, r.seq::double precision as seq,
       r.blob_id, r.bytes::double precision as bytes, r.checksum, r.created_at, r.updated_at
     from adiuva.member_heads h left join lateral (
       select * from adiuva.records c where c.account_id = $1 and c.user_id = $2 and c.seq > $3::bigint
       order by c.seq limit $4) r on true
     where h.account_id = $1 and h.user_id = $2 order by r.seq`,
    [accountId, userId, after, limit],
  );
