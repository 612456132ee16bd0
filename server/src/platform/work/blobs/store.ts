import { type Statement, statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';

/** A file as it came. */
export interface StoredFile {
  readonly id: string;
  readonly product: string;
  readonly purpose: string;
  readonly key: string;
  readonly filename: string;
  readonly type: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A file as its row says it. */
export interface BlobRow extends StoredFile {
  readonly account_id: AccountId;
  readonly status: 'reserved' | 'stored' | 'forgotten';
  readonly upload_id: string | null;
  readonly parts: number | null;
  readonly part_bytes: number | null;
  readonly expires_at: Date | null;
  readonly created_at: Date;
  /** Whether its time is over, by the database's clock. */
  readonly over: boolean;
}

const COLUMNS = `account_id, id, product, purpose, key, filename, type, bytes, sha256, status, upload_id, parts, part_bytes,
  expires_at, created_at, coalesce(expires_at <= app.now(), false) as over`;

export interface NewRow extends StoredFile {
  readonly accountId: AccountId;
  readonly gauge: string | undefined;
  readonly createdBy: UserId | undefined;
  readonly parts?: { readonly count: number; readonly bytes: number } | undefined;
  /** Seconds in which bytes may come in from outside; none: they don't. */
  readonly uploadSeconds?: number | undefined;
  /** Seconds until it is given up. */
  readonly reservedSeconds: number;
  /** When it is deleted by itself, once it is stored. */
  readonly keepUntil?: Date | undefined;
  /** Bytes that are charged before it is stored, where that is not all of them. */
  readonly charged?: number | undefined;
}

export const insertBlob = (row: NewRow) =>
  statement<BlobRow>(
    `insert into blobs.blobs (account_id, id, product, gauge, purpose, key, filename, type, bytes, sha256, created_by, parts, part_bytes,
       upload_until, expires_at, keep_until, charged)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, app.now() + $14::float8 * interval '1 second',
       app.now() + $15::float8 * interval '1 second', $16, $17)
     returning ${COLUMNS}`,
    [
      row.accountId,
      row.id,
      row.product,
      row.gauge ?? null,
      row.purpose,
      row.key,
      row.filename,
      row.type,
      row.bytes,
      row.sha256,
      row.createdBy ?? null,
      row.parts?.count ?? null,
      row.parts?.bytes ?? null,
      row.uploadSeconds ?? null,
      row.reservedSeconds,
      row.keepUntil ?? null,
      row.charged ?? null,
    ],
  );

/** Name of a file in the scope of its account. */
export interface BlobKey {
  readonly accountId: AccountId;
  readonly product: string;
  readonly id: string;
}

export const oneBlob = ({ accountId, product, id }: BlobKey) =>
  statement<BlobRow>(
    `select ${COLUMNS} from blobs.blobs where account_id = $1 and id = $2 and product = $3`,
    [accountId, id, product],
  );

export const nameUpload = ({ accountId, product, id }: BlobKey, uploadId: string) =>
  statement(
    `update blobs.blobs set upload_id = $4, updated_at = app.now()
     where account_id = $1 and id = $2 and product = $3 and status = 'reserved'`,
    [accountId, id, product, uploadId],
  );

export const holdHere = ({ accountId, id }: BlobKey, seconds: number): Statement =>
  statement(
    `update blobs.blobs set expires_at = app.now() + make_interval(secs => $3), updated_at = app.now()
     where account_id = $1 and id = $2 and status = 'reserved'`,
    [accountId, id, seconds],
  );

/** Undoes its transaction with PL030 where there is nothing to be stored. `copy` is kept in place of the bytes that were sent. */
export const storeHere = (id: string, copy?: { readonly id: string; readonly key: string }): Statement =>
  statement('select blobs.store_here($1, $2, $3)', [id, copy?.id ?? null, copy?.key ?? null]);

/** Stores a file in place of others, which are forgotten: the gauge moves by the difference. */
export const replaceHere = (id: string, former: readonly string[]): Statement =>
  statement('select blobs.replace_here($1, $2::uuid[])', [id, former]);

/** The bytes of some stored files together. */
export const bytesStored = ({ accountId, product }: Omit<BlobKey, 'id'>, ids: readonly string[]) =>
  statement<{ bytes: number }>(
    `select coalesce(sum(bytes), 0)::double precision as bytes from blobs.blobs
     where account_id = $1 and product = $2 and id = any ($3::uuid[]) and status = 'stored'`,
    [accountId, product, ids],
  );

export const forgetHere = (id: string): Statement => statement('select blobs.forget_here($1, null)', [id]);

/** Only while it is reserved: a caller that does not know whether it was stored may give it up. */
export const dropHere = (id: string): Statement =>
  statement(
    `select blobs.forget_here(b.id, null) from (
       select id from blobs.blobs where account_id = app.account() and id = $1 and status = 'reserved' for update) b`,
    [id],
  );

/** Only while it is in that state and its time is over. */
export const giveUpHere = (id: string, was: BlobRow['status']) =>
  statement<{ forgotten: boolean }>('select blobs.forget_here($1, $2) as forgotten', [id, was]);

/** A file that a signed request names. */
export const signedBlob = (id: string) =>
  statement<BlobRow>(`select ${COLUMNS} from blobs.blobs where id = $1`, [id]);

/** Files whose time is over, the oldest first. */
export const overdue = (limit: number) =>
  statement<Pick<BlobRow, 'account_id' | 'id' | 'product' | 'status'>>(
    `select account_id, id, product, status from blobs.blobs
     where expires_at <= app.now() and status <> 'forgotten' order by expires_at limit $1`,
    [limit],
  );

/** How long bytes may still come in under a request that was signed: those that began in time. */
const LATE = `interval '1 hour'`;

/** Forgotten files whose bytes are to be deleted: at once, and again when none can come in any more. */
export const deletable = (limit: number) =>
  statement<Pick<BlobRow, 'account_id' | 'id' | 'key' | 'upload_id'>>(
    `select account_id, id, key, upload_id from blobs.blobs
     where status = 'forgotten' and (swept_at is null or upload_until + ${LATE} <= app.now())
     order by coalesce(swept_at, '-infinity'), upload_until limit $1`,
    [limit],
  );

/** Their bytes are deleted: rows go when none can come in any more. */
export const deleteRows = (ids: readonly string[]) =>
  [
    statement(
      `delete from blobs.blobs where id = any($1::uuid[]) and status = 'forgotten'
         and (upload_until is null or upload_until + ${LATE} <= app.now())`,
      [ids],
    ),
    statement(
      `update blobs.blobs set swept_at = app.now(), updated_at = app.now()
       where id = any($1::uuid[]) and status = 'forgotten' and swept_at is null`,
      [ids],
    ),
  ] as const;

/** All files of an account in the order of their ids, in every state. */
export const filesOf = (accountId: AccountId, after: string | undefined, limit: number) =>
  statement<BlobRow>(
    `select ${COLUMNS} from blobs.blobs where account_id = $1 and ($2::uuid is null or id > $2) order by id limit $3`,
    [accountId, after ?? null, limit],
  );

/** Which of these keys files have, in every state. */
export const knownKeys = (keys: readonly string[]) =>
  statement<{ key: string }>('select key from blobs.blobs where key = any($1::text[])', [keys]);

/** Stored files with a key after the first and up to the second, in order. */
export const storedBetween = (after: string, to: string | undefined, limit: number) =>
  statement<{ key: string; id: string; account_id: AccountId }>(
    `select key, id, account_id from blobs.blobs
     where status = 'stored' and key > $1 and ($2::text is null or key <= $2) order by key limit $3`,
    [after, to ?? null, limit],
  );

/** Bytes that all accounts store, by product. */
export const totals = statement<{ product: string; bytes: number }>(
  `select product, coalesce(sum(bytes), 0)::float8 as bytes
   from blobs.blobs where status = 'stored' group by product order by product`,
);
