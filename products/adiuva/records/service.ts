import { buffer } from 'node:stream/consumers';
import {
  AppError,
  canGoOn,
  commitPoint,
  type IncomingCall,
  type ProductContext,
  pruneChanges,
  type SentBlob,
  timeList,
  type Transaction,
} from 'plinth/product';
import { FILE, refuseMismatch } from '../octets.ts';
import {
  changedAfter,
  deleteRecord,
  listRecords,
  readRecord,
  readRecords,
  RECORD_CHANGES,
  type RecordChangeRow,
  type RecordKey,
  type RecordRow,
  writeRecord,
} from './store.ts';
import { type MemberKey, numberIn, takeNumber } from '../members/store.ts';

const WRITE = commitPoint(
  'adiuva.record-write',
  'a record with its bytes and their storage, the former ones forgotten',
);
const DELETE = commitPoint('adiuva.record-delete', 'a deleted record, its storage given back');
const PRUNE = commitPoint('adiuva.records-pruned', 'deletions of records that are old are told no more');

/** How long a client may be away and still be told what was deleted. */
export const DAYS_KEPT = 90;

/** A client's new record, and its belief about the record that is there. */
export interface RecordInput {
  readonly body: Uint8Array | IncomingCall;
  readonly checksum: string;
  /** The table of a record that exists; if it is said, it must be the same. */
  readonly table: string | undefined;
  /** Its version; undefined: any. */
  readonly ifMatch: number | undefined;
  /** `absent`: there is none, and it is created. */
  readonly expects: 'present' | 'absent';
}

type SeveralInput = RecordInput & { readonly id: string };

/** One of several records: as it was written, or why it was not. */
export interface WriteOutcome {
  readonly id: string;
  readonly outcome: RecordRow | AppError;
}

/** So many of several records are written at a time, as clients send them one by one. */
const AT_ONCE = 8;

function refusalIn(error: unknown): AppError {
  if (error instanceof AppError && error.status < 500) return error;
  throw error;
}

interface ListQuery {
  readonly table?: string | undefined;
  readonly cursor?: string | undefined;
  /** From 1. */
  readonly page?: number | undefined;
  readonly limit: number;
}

/** The record that is there, if it is as the caller believes. Throws what that is refused by. */
function assertExpected(
  row: RecordRow | undefined,
  { expects, ifMatch }: Pick<RecordInput, 'expects' | 'ifMatch'>,
): StoredRecord | undefined {
  const present = row === undefined ? undefined : storedIn(row);
  if (expects === 'absent') {
    if (present !== undefined) throw new AppError('precondition_failed');
    return undefined;
  }
  if (present === undefined) throw new AppError('record_not_found');
  if (ifMatch !== undefined && ifMatch !== present.seq) throw new AppError('precondition_failed');
  return present;
}

type StoredRecord = RecordRow & { readonly blob_id: string };

/** The record of a row; none of one that was deleted. */
function storedIn(row: RecordRow): StoredRecord | undefined {
  return row.blob_id === null ? undefined : { ...row, blob_id: row.blob_id };
}

const blobsOf = (present: StoredRecord | undefined) => (present === undefined ? [] : [present.blob_id]);

/** The table that a record is of, or is to be of. */
function tableOf(present: RecordRow | undefined, table: string | undefined): string {
  if (present !== undefined && table !== undefined && table !== present.table_name)
    throw new AppError('record_table_fixed');
  const name = present?.table_name ?? table;
  if (name !== undefined) return name;
  throw new AppError('validation_failed', {
    details: { issues: [{ path: 'table', message: 'A new record needs it.' }] },
  });
}

/** Takes the next number of the owner's changes, and reads the record under its lock. */
async function openChange(tx: Transaction, key: RecordKey) {
  const [[head], [row]] = await tx.runAll([takeNumber(key), readRecord(key)] as const);
  return { seq: numberIn(head), row };
}

/** Records that members keep here and only they can read. */
export function createRecords({
  db,
  ids,
  blobs,
  plan,
}: Pick<ProductContext, 'db' | 'ids' | 'blobs' | 'plan'>) {
  async function readStored(key: RecordKey): Promise<StoredRecord | undefined> {
    const [[row]] = await db.tenant(key.accountId, [readRecord(key)]);
    return row === undefined ? undefined : storedIn(row);
  }

  async function getStored(key: RecordKey): Promise<StoredRecord> {
    const row = await readStored(key);
    if (row === undefined) throw new AppError('record_not_found');
    return row;
  }

  /** Undefined: they are forgotten, for another version has taken their place. */
  async function readBytes({ accountId }: MemberKey, blobId: string): Promise<Buffer | undefined> {
    try {
      return await buffer(await blobs.open(accountId, blobId));
    } catch (error) {
      if (error instanceof AppError && ['blob_not_found', 'blob_gone'].includes(error.code)) return undefined;
      throw error;
    }
  }

  /** Has the bytes at their home, and their storage charged. */
  function receive({ accountId, userId, id }: RecordKey, input: RecordInput, replaces: readonly string[]) {
    const { body, checksum: sha256 } = input;
    const file = { ...FILE, filename: id, purpose: 'record', createdBy: userId };
    return refuseMismatch(blobs.receiving({ ...file, accountId, gauge: 'storage', body, sha256, replaces }));
  }

  /** Stores a record, or nothing: its bytes, their storage and its row are one commit. */
  async function write(key: RecordKey, input: RecordInput): Promise<RecordRow> {
    // A call that can't succeed is refused before a byte comes; the commit looks again.
    await plan.assertGrants(key.accountId, 'storage');
    const before = assertExpected(await readStored(key), input);
    tableOf(before, input.table);
    const { blob, replacing, drop } = await receive(key, input, blobsOf(before));
    try {
      return await db.tenant(key.accountId, WRITE, async (tx) => {
        const { seq, row } = await openChange(tx, key);
        const present = assertExpected(row, input);
        const table = tableOf(present, input.table);
        const content = { table, seq, blobId: blob.id, bytes: blob.bytes, checksum: blob.sha256 };
        const [written] = await tx.run(writeRecord(key, content));
        if (written === undefined) throw new Error('a record was not written');
        await tx.runAll(replacing(blobsOf(present)));
        return written;
      });
    } catch (error) {
      await drop();
      throw blobs.refusal(error, blob.bytes);
    }
  }

  return {
    write,
    /** Stores a record under an id of the server's. */
    create: (owner: MemberKey, input: Pick<RecordInput, 'body' | 'checksum' | 'table'>) =>
      write({ ...owner, id: ids.next() }, { ...input, ifMatch: undefined, expects: 'absent' }),

    /** Writes several records, a commit each: what refuses one holds up no other. Ends with a fault of the server's, once those that are under way have ended. */
    async writeEach(owner: MemberKey, inputs: readonly SeveralInput[]): Promise<WriteOutcome[]> {
      const outcomes: WriteOutcome[] = [];
      for (let at = 0; at < inputs.length; at += AT_ONCE) {
        const some = inputs.slice(at, at + AT_ONCE).map(async ({ id, ...input }) => {
          const outcome = await write({ ...owner, id }, input).catch(refusalIn);
          return { id, outcome };
        });
        await Promise.allSettled(some);
        outcomes.push(...(await Promise.all(some)));
      }
      return outcomes;
    },

    /** Those of several records that are there, with their bytes, so many together at most. `left`: those that had no room, or were changed meanwhile. */
    async readEach(owner: MemberKey, recordIds: readonly string[], most: number) {
      const [rows] = await db.tenant(owner.accountId, [readRecords(owner, recordIds)]);
      if (rows.length === 0) throw new AppError('record_not_found');
      const found: { readonly row: RecordRow; readonly bytes: Buffer }[] = [];
      const left: string[] = [];
      let room = most;
      for (const row of rows) {
        const bytes = row.bytes > room ? undefined : await readBytes(owner, row.blob_id);
        if (bytes === undefined) left.push(row.id);
        else found.push({ row, bytes });
        room -= bytes?.length ?? 0;
      }
      return { found, left };
    },

    /** A page of a member's records, newest first: by a cursor, or by its number. */
    async list(owner: MemberKey, { table, cursor, page = 1, limit }: ListQuery) {
      const list = timeList('records', { table });
      const query = { table, after: list.after(cursor), skip: (page - 1) * limit, limit: limit + 1 };
      const [rows] = await db.tenant(owner.accountId, [listRecords(owner, query)]);
      return list.page(rows, limit);
    },

    async remove(key: RecordKey, ifMatch: number | undefined): Promise<void> {
      await db.tenant(key.accountId, DELETE, async (tx) => {
        const { seq, row } = await openChange(tx, key);
        const present = assertExpected(row, { expects: 'present', ifMatch });
        await tx.run(deleteRecord(key, seq));
        if (present !== undefined) await tx.runAll(blobs.forgetting(key.accountId, present.blob_id));
      });
    },

    /** Answers a call with the bytes of a record. */
    async send(key: RecordKey, { wire, origin }: Pick<SentBlob, 'wire' | 'origin'>): Promise<void> {
      const { blob_id: blobId, seq, checksum, updated_at: modifiedAt } = await getStored(key);
      const headers = { 'x-checksum': checksum };
      await blobs.send(key.accountId, blobId, { wire, origin, etag: `"${seq}"`, modifiedAt, headers });
    },

    /** Changes after a place in the owner's changes, each record as it is now. */
    async changes(owner: MemberKey, { since, limit }: ChangesQuery): Promise<RecordChanges> {
      const [rows] = await db.tenant(owner.accountId, [changedAfter(owner, since?.at ?? 0, limit + 1)]);
      const { head, pruned } = rows[0] ?? { head: 0, pruned: 0 };
      // A reader that begins has never seen what was deleted before: only what is pruned after that counts.
      const complete = since?.complete ?? head;
      if (!canGoOn({ head, pruned }, complete)) throw new AppError('changes_gone');
      const changed = rows.flatMap(changedIn);
      const page = changed.slice(0, limit);
      const at = changed.length > limit ? (page.at(-1)?.seq ?? head) : head;
      return { changed: page, next: { at, complete: Math.max(at, complete) }, more: changed.length > limit };
    },

    /** Deletes what is left of records that were deleted long ago. */
    prune: () => pruneChanges(db, RECORD_CHANGES, { use: 'adiuva.records', point: PRUNE, days: DAYS_KEPT }),
  };
}

/** Where a reader of changes is: has all up to `at`, and has missed no deletion if none after `complete` is forgotten. */
export interface ChangesPosition {
  readonly at: number;
  readonly complete: number;
}

interface ChangesQuery {
  readonly since?: ChangesPosition | undefined;
  readonly limit: number;
}

interface RecordChanges {
  readonly changed: readonly RecordRow[];
  readonly next: ChangesPosition;
  /** Whether there is more at once. */
  readonly more: boolean;
}

function changedIn(row: RecordChangeRow): RecordRow[] {
  const { id, table_name, seq, bytes, checksum, created_at, updated_at } = row;
  if (id === null || table_name === null || seq === null || bytes === null) return [];
  if (checksum === null || created_at === null || updated_at === null) return [];
  return [{ id, table_name, seq, blob_id: row.blob_id, bytes, checksum, created_at, updated_at }];
}

export type Records = ReturnType<typeof createRecords>;
