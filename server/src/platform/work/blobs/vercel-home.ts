import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { AppError, sha256 } from '#platform/kernel';
import { z } from 'zod';
import { assertExpected, checkedChunks, type ExpectedBytes } from './checked-bytes.ts';
import type { BlobHome, ByteRange, HomeEntry, HomePage } from './home.ts';
import { type OwnRequestParts, nameOfUpload, signOwnRequests } from './own-requests.ts';
import { brokenOff, createVercelAccess, type VercelAccess, type VercelAddresses } from './vercel-access.ts';

export interface VercelHomeParts extends OwnRequestParts {
  /** BLOB_READ_WRITE_TOKEN. */
  readonly token: string;
  readonly addresses?: VercelAddresses;
}

const MIB = 1_048_576;
const PAGE = 1_000;
/** Parts of uploads under way: no key of a blob begins like this. */
const UNFINISHED = 'unfinished/';
const partOf = (uploadId: string, part: number) => `${UNFINISHED}${uploadId}/${part}`;
const LEVEL = /^[0-9a-f]{2}\/$/;

const headAnswer = z.object({ size: z.int() });
const listAnswer = z.object({
  blobs: z.array(z.object({ pathname: z.string() })),
  folders: z.array(z.string()).optional(),
  cursor: z.string().optional(),
  hasMore: z.boolean(),
});

/**
 * Keeps blobs in a private store of Vercel Blob. Its own signed requests hold a sender to no SHA-256, and its links name no file to save as:
 * this server takes and sends the bytes itself, as for a folder.
 */
export function createVercelHome({ token, addresses, ...own }: VercelHomeParts): BlobHome {
  const access = createVercelAccess(token, addresses);
  const remove = async (paths: readonly string[]) => {
    for (let first = 0; first < paths.length; first += PAGE)
      await access.ask('delete', '/delete', { urls: paths.slice(first, first + PAGE) });
  };
  const removeParts = async (uploadId: string) =>
    remove(await pathsBelow(access, `${UNFINISHED}${uploadId}/`));
  const head = (key: string) => headOf(access, key);
  const home: BlobHome = {
    name: 'vercel',
    parts: { leastBytes: MIB, most: 10_000 },
    ...signOwnRequests(own),
    startParts: async () => nameOfUpload(own),
    writePart: ({ uploadId, part, bytes }, body) => writeTo(access, partOf(uploadId, part), { body, bytes }),
    async completeParts({ key, uploadId, parts }) {
      const paths = Array.from({ length: parts }, (_, at) => partOf(uploadId, at + 1));
      try {
        if ((await head(key)) === undefined) {
          const bytes = await bytesOf(access, paths);
          await writeTo(access, key, { body: joinFiles(access, paths), bytes });
        }
      } catch (error) {
        // Another call has done it, and deleted the parts.
        if ((await head(key)) === undefined) throw error;
      }
      await removeParts(uploadId);
    },
    abortParts: ({ uploadId }) => removeParts(uploadId),
    head,
    read: (key, range) => readOf(access, key, range),
    write: (key, body, facts) => writeTo(access, key, { ...facts, body }),
    delete: remove,
    list: (prefix, after = '') => pageOf(access, prefix, after),
    async sweepUnfinished(before) {
      const uploads = (await foldersIn(access, UNFINISHED)).map((folder) =>
        folder.slice(UNFINISHED.length, -1),
      );
      const old = uploads.filter((name) => Number(name.split('-')[0]) < before.getTime());
      for (const name of old) await removeParts(name);
      return old.length;
    },
    async check() {
      const said = Buffer.from('written, read and deleted by plinth doctor');
      const key = `plinth/doctor-${nameOfUpload(own)}`;
      await home.write(key, said, { type: 'text/plain', bytes: said.length, sha256: sha256(said) });
      const read = Buffer.concat((await (await home.read(key)).toArray()) as Uint8Array[]);
      await home.delete([key]);
      if (!said.equals(read)) throw new AppError('storage_unavailable');
      return `Vercel Blob, store ${access.store}: a private file was written, read and deleted`;
    },
  };
  return home;
}

async function headOf(access: VercelAccess, key: string): Promise<HomeEntry | undefined> {
  const answer = await access.ask('head', `?${new URLSearchParams({ url: key }).toString()}`);
  return answer === undefined ? undefined : { bytes: headAnswer.parse(answer).size, sha256: undefined };
}

interface Written extends ExpectedBytes {
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  readonly type?: string;
}

async function writeTo(
  access: VercelAccess,
  path: string,
  { body, type = 'application/octet-stream', ...expected }: Written,
): Promise<void> {
  if (body instanceof Uint8Array) {
    assertExpected(body.length, createHash('sha256').update(body), expected);
    return access.put(path, body, type);
  }
  let failure: unknown;
  const stream = Readable.from(checkedChunks(body, expected), { objectMode: false });
  stream.on('error', (error) => {
    failure = error;
  });
  try {
    await access.put(path, Readable.toWeb(stream) as ReadableStream, type);
  } catch (error) {
    throw failure ?? error;
  } finally {
    stream.destroy();
  }
}

async function readOf(access: VercelAccess, key: string, range?: ByteRange): Promise<Readable> {
  const answer = await access.get(key, range && `bytes=${range.start}-${range.end}`);
  if (answer === undefined) throw new AppError('blob_gone');
  if (answer.body === null) return Readable.from([], { objectMode: false });
  const isWhole = answer.status !== 206;
  const stream = Readable.from(received(answer.body, isWhole ? range : undefined), { objectMode: false });
  const { body } = answer;
  // A reader that stops, even before the first byte, gives the connection back.
  stream.once('close', () => void body.cancel().catch(() => {}));
  return stream;
}

/** The bytes that come, and of those the range where the store sent all; until the connection breaks. */
async function* received(body: ReadableStream<Uint8Array>, range?: ByteRange): AsyncGenerator<Uint8Array> {
  let at = 0;
  try {
    for await (const chunk of body) {
      yield range === undefined
        ? chunk
        : chunk.subarray(Math.max(0, range.start - at), Math.max(0, range.end + 1 - at));
      at += chunk.length;
    }
  } catch (error) {
    throw brokenOff(error);
  }
}

/** How large all parts are together, once all are there. */
async function bytesOf(access: VercelAccess, paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) {
    const entry = await headOf(access, path);
    if (entry === undefined) throw new AppError('upload_missing');
    bytes += entry.bytes;
  }
  return bytes;
}

async function* joinFiles(access: VercelAccess, paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) yield* (await readOf(access, path)) as AsyncIterable<Uint8Array>;
}

async function* pagesOf(access: VercelAccess, query: Readonly<Record<string, string>>) {
  for (let cursor: string | undefined; ; ) {
    const search = new URLSearchParams({ ...query, limit: String(PAGE), ...(cursor && { cursor }) });
    const page = listAnswer.parse(await access.ask('list', `?${search.toString()}`));
    yield page;
    cursor = page.cursor;
    if (!page.hasMore || cursor === undefined) return;
  }
}

async function pathsBelow(access: VercelAccess, prefix: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { blobs } of pagesOf(access, { prefix }))
    paths.push(...blobs.map(({ pathname }) => pathname));
  return paths;
}

/** Names with a slash at their end, each once, in the order of their bytes. */
async function foldersIn(access: VercelAccess, prefix: string): Promise<string[]> {
  const folders = new Set<string>();
  for await (const page of pagesOf(access, { prefix, mode: 'folded' }))
    for (const folder of page.folders ?? []) folders.add(folder);
  return [...folders].sort();
}

/** The store lists by cursors, and not after a key: one first level after the other, which has a 256th of all keys. */
async function pageOf(access: VercelAccess, prefix: string, after: string): Promise<HomePage> {
  const keys: string[] = [];
  for (const level of await foldersIn(access, '')) {
    const isAsked = level.startsWith(prefix) || prefix.startsWith(level);
    if (!LEVEL.test(level) || !isAsked || level < after.slice(0, level.length)) continue;
    const found = await pathsBelow(access, prefix.length > level.length ? prefix : level);
    keys.push(...found.filter((key) => key > after).sort());
    if (keys.length >= PAGE) return { keys: keys.slice(0, PAGE), next: keys[PAGE - 1] };
  }
  return { keys, next: undefined };
}
