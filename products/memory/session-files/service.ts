import { createHmac } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import {
  type AccountId,
  AppError,
  attachmentHeaders,
  commitPoint,
  type DataKey,
  type IncomingCall,
  movingIn,
  type Page,
  type ProductContext,
  readOctets,
  SEALED,
  type SentBlob,
  sha256,
  timeList,
  type Transaction,
  type Wire,
} from 'plinth/product';
import type { PageRequest } from '../items/items.ts';
import { sealedText } from '../items/sealed-text.ts';
import { scopeOf } from '../levels.ts';
import { whyNotOwn } from '../sessions/append.ts';
import { findOwnSession, lockOwnSession } from '../sessions/message-store.ts';
import { readSession, type SessionKey } from '../sessions/store.ts';
import * as store from './store.ts';

const STORE = commitPoint('coditect.memory-file', 'a file of a session, and the storage that it takes');
const DELETE = commitPoint('coditect.memory-file-delete', 'a file that is gone, its storage given back');

const MOST_FILES = 100;
/** Bytes of a file beside its own: its row, and the entries of indexes. */
const ROW_BYTES = 400;
/** Milliseconds that a reader may stand still. */
const STILL = 60_000;
/** Bytes that a reader is sent at once. */
const PIECE = 65_536;

/** A file as its client sends it. */
export interface SentFile {
  readonly clientId: string;
  readonly name: string;
  readonly type: string;
  readonly body: Uint8Array | IncomingCall;
}

/** A call that a file is read by. */
interface FileCall extends Pick<SentBlob, 'origin'> {
  readonly wire: Pick<Wire, 'take' | 'hold'>;
}

/** A file whose name is opened. */
export type OpenFile = Omit<store.FileRow, 'name'> & { readonly name: string };

interface NewFile extends Omit<SentFile, 'body'> {
  readonly key: DataKey;
  readonly bytes: Buffer;
  readonly hash: Buffer;
}

/** Sealed bytes where files lie: they belong to no file until the commit that stores them. */
interface KeptBytes extends Pick<store.FileRow, 'blob_id' | 'sealed_for'> {
  readonly received: Awaited<ReturnType<ProductContext['blobs']['receiving']>>;
}

/** The place that a file's bytes are bound to: what is copied to another file opens nowhere. */
export const placeOfBytes = (accountId: AccountId, session: string, file: string) =>
  `coditect.memory_files.bytes/${accountId}/${session}/${file}`;

type Context = Pick<ProductContext, 'db' | 'ids' | 'clock' | 'limits' | 'plan' | 'dataKeys' | 'blobs'>;

/** Files of sessions: their bytes are sealed here, before they go to where files lie. */
export function createSessionFiles({ db, ids, clock, limits, plan, dataKeys, blobs }: Context) {
  /** Seals bytes for a new file. Without a commit that stores them they are swept, and their storage given back. */
  async function keep({ accountId, id }: SessionKey, { key, bytes }: NewFile): Promise<KeptBytes> {
    const file = ids.next();
    const body = key.sealBytes(bytes, placeOfBytes(accountId, id, file));
    const facts = {
      filename: file,
      type: 'application/octet-stream',
      purpose: SEALED,
      gauge: 'memory_bytes',
    };
    const received = await blobs.receiving({ ...facts, accountId, body, sha256: sha256(body) });
    return { blob_id: received.blob.id, sealed_for: file, received };
  }

  /** Undefined: its bytes are there no more. */
  async function storeIn(
    tx: Transaction,
    session: SessionKey,
    { file, kept }: { readonly file: NewFile; readonly kept: KeptBytes | undefined },
  ): Promise<{ readonly row: OpenFile; readonly isNew: boolean } | undefined> {
    const { key, clientId: client_id, hash: content_hash, type, bytes } = file;
    const [[own], known, [counted]] = await tx.runAll([
      lockOwnSession(session),
      store.knownFiles(session, client_id, content_hash),
      store.countFiles(session),
    ] as const);
    if (own === undefined) throw await whyNotOwn(tx, session);
    const present = presentIn(known, session, file);
    if (present !== undefined) return { row: present, isNew: false };
    if (counted !== undefined && counted.files >= MOST_FILES) throw new AppError('memory_files_exhausted');
    const [same] = known;
    const { blob_id, sealed_for } = same ?? kept ?? {};
    if (blob_id === undefined || sealed_for === undefined) return undefined;
    const id = same === undefined ? sealed_for : ids.next();
    const name = sealedText.fileName.seal(key, { ...session, id }, file.name);
    const facts = { id, client_id, content_hash, name, type, bytes: bytes.length, blob_id, sealed_for };
    const [row] = await tx.run(store.insertFile(session, facts));
    // Its author left since the session was locked.
    if (row === undefined) throw new AppError('memory_session_not_found');
    await tx.runAll([
      ...(same === undefined && kept !== undefined ? kept.received.storing : []),
      limits.gauging('coditect', 'memory_bytes', ROW_BYTES),
    ]);
    return { row: openFile(key, session, row), isNew: true };
  }

  async function storeNew(session: SessionKey, file: NewFile) {
    const scope = scopeOf(session);
    const [known] = await db.member(scope, [store.knownFiles(session, file.clientId, file.hash)]);
    presentIn(known, session, file);
    const kept = known.length > 0 ? undefined : await keep(session, file);
    try {
      const stored = await db.member(scope, STORE, (tx) => storeIn(tx, session, { file, kept }));
      if (stored?.row.blob_id !== kept?.blob_id) await kept?.received.drop();
      return stored;
    } catch (error) {
      await kept?.received.drop();
      throw plan.gaugeRefusal(blobs.refusal(error, file.bytes.length));
    }
  }

  return {
    /** Stores a file; the same again is the same file. */
    async store(session: SessionKey, { body, ...facts }: SentFile) {
      const { accountId, id } = session;
      const [[own]] = await db.member(scopeOf(session), [findOwnSession(session)]);
      if (own === undefined) throw await db.member(scopeOf(session), (tx) => whyNotOwn(tx, session));
      const chunks: Uint8Array[] = [];
      for await (const chunk of body instanceof Uint8Array ? [body] : readOctets(body, clock))
        chunks.push(chunk);
      const bytes = Buffer.concat(chunks.splice(0));
      if (bytes.length === 0) throw new AppError('memory_file_empty');
      const key = await dataKeys.of(accountId);
      const hash = createHmac('sha256', key.derive('memory files')).update(id).update(bytes).digest();
      for (;;) {
        const stored = await storeNew(session, { ...facts, key, bytes, hash });
        if (stored !== undefined) return stored;
      }
    },

    /** Newest first. */
    async list(session: SessionKey, { cursor, limit }: PageRequest): Promise<Page<OpenFile>> {
      const files = timeList('memory-files', { id: session.id });
      const key = await dataKeys.of(session.accountId);
      const [[present], rows] = await db.member(scopeOf(session), [
        readSession(session),
        store.listFiles(session, { after: files.after(cursor), limit: limit + 1 }),
      ]);
      if (present === undefined) throw new AppError('memory_session_not_found');
      const { data, next_cursor } = files.page(rows, limit);
      return { data: data.map((row) => openFile(key, session, row)), next_cursor };
    },

    /** Answers a call with the bytes of a file, all of them authenticated before the first goes out. */
    async send(file: store.FileKey, { wire, origin }: FileCall): Promise<void> {
      const { accountId } = file;
      const [[row]] = await db.member(scopeOf(file), [store.readFile(file)]);
      if (row === undefined) throw new AppError('memory_file_not_found');
      const place = wire.hold();
      place.take(row.bytes);
      const key = await dataKeys.of(accountId);
      const { name } = openFile(key, file, row);
      const sealed = await buffer(await blobs.open(accountId, row.blob_id));
      const bytes = key.openBytes(sealed, placeOfBytes(accountId, file.id, row.sealed_for));
      const response = wire.take();
      response.setTimeout(STILL, () => void response.destroy());
      response.writeHead(200, { ...attachmentHeaders(name), 'content-length': bytes.length });
      place.waits((error) => void response.destroy(error));
      await pipeline(movingIn(place, piecesOf(bytes)), response, { signal: origin.signal }).catch(() => {});
    },

    async remove(file: store.FileKey): Promise<void> {
      await db.member(scopeOf(file), DELETE, async (tx) => {
        const [[own], [gone]] = await tx.runAll([lockOwnSession(file), store.deleteFile(file)] as const);
        if (own === undefined) throw await whyNotOwn(tx, file);
        if (gone === undefined) throw new AppError('memory_file_not_found');
      });
    },
  };
}

/** Bytes in pieces. */
function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

/** The file that the client has named so. Throws `memory_file_conflict` where it is another one. */
function presentIn(
  known: readonly store.FileRow[],
  session: SessionKey,
  { key, clientId, hash, name, type }: NewFile,
): OpenFile | undefined {
  const row = known.find(({ client_id }) => client_id === clientId);
  if (row === undefined) return undefined;
  const present = openFile(key, session, row);
  if (hash.equals(row.content_hash) && present.name === name && present.type === type) return present;
  throw new AppError('memory_file_conflict');
}

const openFile = (key: DataKey, { accountId }: SessionKey, { name, ...row }: store.FileRow): OpenFile => ({
  ...row,
  name: sealedText.fileName.open(key, { accountId, id: row.id }, name),
});
