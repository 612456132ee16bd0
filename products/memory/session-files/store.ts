import { microsecondsOf, statement, type TimePosition } from 'plinth/product';
import type { ListRange } from '../items/items.ts';
import { READABLE, type SessionKey } from '../sessions/store.ts';

/** A file of a session, by the server's id. */
export interface FileKey extends SessionKey {
  readonly fileId: string;
}

export interface FileRow {
  readonly id: string;
  readonly session_id: string;
  readonly client_id: string;
  readonly content_hash: Uint8Array;
  readonly name: Uint8Array;
  readonly type: string;
  readonly bytes: number;
  readonly blob_id: string;
  readonly sealed_for: string;
  readonly created_at: Date;
}

const COLUMNS = `f.id, f.session_id, f.client_id, f.content_hash, f.name, f.type, f.bytes, f.blob_id, f.sealed_for, f.created_at`;
const SHOWN = `f.account_id = $1 and f.session_id = $3 and exists (select from coditect.memory_sessions s where ${READABLE} and s.id = $3)`;

/** Newest first. */
export const listFiles = ({ accountId, userId, id }: SessionKey, { after, limit }: ListRange) =>
  statement<FileRow & TimePosition>(
    `select ${COLUMNS}, ${microsecondsOf('f.created_at')} as at from coditect.memory_files f where ${SHOWN}
       and ($4::bigint is null or (f.created_at, f.id) < (timestamptz 'epoch' + $4::bigint * interval '1 microsecond', $5::uuid))
     order by f.created_at desc, f.id desc limit $6`,
    [accountId, userId, id, after?.at ?? null, after?.id ?? null, limit],
  );

export const readFile = ({ accountId, userId, id, fileId }: FileKey) =>
  statement<FileRow>(`select ${COLUMNS} from coditect.memory_files f where ${SHOWN} and f.id = $4`, [
    accountId,
    userId,
    id,
    fileId,
  ]);

/** The file that the client has named so, and those that have the same bytes. */
export const knownFiles = ({ accountId, id }: SessionKey, clientId: string, hash: Buffer) =>
  statement<FileRow>(
    `select ${COLUMNS} from coditect.memory_files f
     where f.account_id = $1 and f.session_id = $2 and (f.client_id = $3 or f.content_hash = $4)`,
    [accountId, id, clientId, hash],
  );

export const countFiles = ({ accountId, id }: SessionKey) =>
  statement<{ files: number }>(
    'select count(*)::integer as files from coditect.memory_files where account_id = $1 and session_id = $2',
    [accountId, id],
  );

/** No row for others than the session's author. */
export const insertFile = (
  { accountId, userId, id }: SessionKey,
  file: Omit<FileRow, 'session_id' | 'created_at'>,
) =>
  statement<FileRow>(
    `insert into coditect.memory_files as f (account_id, session_id, id, client_id, content_hash, name, type, bytes, blob_id, sealed_for)
     select $1, s.id, $4, $5, $6, $7, $8, $9, $10, $11 from coditect.memory_sessions s
     where s.account_id = $1 and s.author_id = $2 and s.id = $3 returning ${COLUMNS}`,
    [
      accountId,
      userId,
      id,
      file.id,
      file.client_id,
      file.content_hash,
      file.name,
      file.type,
      file.bytes,
      file.blob_id,
      file.sealed_for,
    ],
  );

/** Its storage is given back with it. */
export const deleteFile = ({ accountId, id, fileId }: FileKey) =>
  statement<{ id: string }>(
    'delete from coditect.memory_files where account_id = $1 and session_id = $2 and id = $3 returning id',
    [accountId, id, fileId],
  );
