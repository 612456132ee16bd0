import { statement } from 'plinth/product';
import type { MemberKey } from '../members/store.ts';

/** What a client says of a backup. */
export interface BackupFacts {
  /** Version of the client's own form. */
  readonly version: number;
  /** When it was made, by the client's clock: milliseconds since 1970. */
  readonly timestamp: number;
  readonly checksum: string;
  readonly chunkCount: number;
}

export interface BackupKey extends MemberKey {
  readonly id: string;
}

export interface BackupRow {
  readonly id: string;
  readonly blob_id: string;
  readonly bytes: number;
  readonly checksum: string;
  readonly version: number;
  readonly made_at: number;
  readonly chunk_count: number;
  readonly created_at: Date;
}

const COLUMNS = `id, blob_id, bytes::double precision as bytes, checksum, version, made_at::double precision as made_at, chunk_count, created_at`;

export const insertBackup = (
  { accountId, userId, id }: BackupKey,
  {
    seq,
    blobId,
    bytes,
    ...facts
  }: BackupFacts & { readonly seq: number; readonly blobId: string; readonly bytes: number },
) =>
  statement<{ id: string }>(
    `insert into adiuva.backups (account_id, user_id, id, seq, blob_id, bytes, checksum, version, made_at, chunk_count)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id`,
    [
      accountId,
      userId,
      id,
      seq,
      blobId,
      bytes,
      facts.checksum,
      facts.version,
      facts.timestamp,
      facts.chunkCount,
    ],
  );

/** One, or the newest. */
export const readBackup = ({ accountId, userId }: MemberKey, id: string | undefined) =>
  statement<BackupRow>(
    `select ${COLUMNS} from adiuva.backups where account_id = $1 and user_id = $2 and ($3::uuid is null or id = $3)
     order by seq desc limit 1`,
    [accountId, userId, id ?? null],
  );

/** The one that was sent with these words already. */
export const sameBackup = ({ accountId, userId }: MemberKey, { timestamp, checksum, version }: BackupFacts) =>
  statement<{ id: string }>(
    `select id from adiuva.backups where account_id = $1 and user_id = $2 and made_at = $3 and checksum = $4 and version = $5`,
    [accountId, userId, timestamp, checksum, version],
  );

/** All of a member's, the newest first. */
export const listBackups = ({ accountId, userId }: MemberKey) =>
  statement<BackupRow>(
    `select ${COLUMNS} from adiuva.backups where account_id = $1 and user_id = $2 order by seq desc`,
    [accountId, userId],
  );

/** The files of those that are not among so many newest. */
export const surplusFiles = ({ accountId, userId }: MemberKey, kept: number) =>
  statement<{ blob_id: string }>(
    `select blob_id from adiuva.backups where account_id = $1 and user_id = $2 order by seq desc offset $3`,
    [accountId, userId, kept],
  );

/** Those, and one that is named. */
export const deleteBackups = ({ accountId, userId }: MemberKey, files: readonly string[]) =>
  statement(
    `delete from adiuva.backups where account_id = $1 and user_id = $2 and blob_id = any ($3::uuid[])`,
    [accountId, userId, files],
  );

export const deleteBackup = ({ accountId, userId, id }: BackupKey) =>
  statement<{ blob_id: string }>(
    `delete from adiuva.backups where account_id = $1 and user_id = $2 and id = $3 returning blob_id`,
    [accountId, userId, id],
  );
