import { mkdir, open, readdir, rename, rm, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { makeFolder } from '#platform/config';
import { AppError, sha256 } from '#platform/kernel';
import { codeOf, diskFailure, onDisk, writeChecked } from './checked-bytes.ts';
import type { BlobHome, ByteRange, HomeEntry, HomePage } from './home.ts';
import { type OwnRequestParts, nameOfUpload, signOwnRequests } from './own-requests.ts';

export interface FolderHomeParts extends OwnRequestParts {
  /** Made at the first write. */
  readonly folder: string;
}

/** No dot, and nothing but a name between two slashes: no key leads out of the folder. */
const KEY = /^[A-Za-z0-9-]+(\/[A-Za-z0-9-]+)*$/;
/** Uploads under way, by when they began; keys have no dots. */
const UNFINISHED = '.unfinished';
const LEVEL = /^[0-9a-f]{2}$/;
const PAGE = 1_000;
/** Files whose SHA-256 this process has just seen, so that completing an upload does not read it all again. */
const MOST_SEEN = 1_000;
const MIB = 1_048_576;

/** Keeps blobs in a folder of this machine, or one that all machines share; its signed requests are answered by this server. */
export function createFolderHome(parts: FolderHomeParts): BlobHome {
  const { folder } = parts;
  const seen = createSeen();
  let keeping: Promise<unknown> = Promise.resolve();
  const pathOf = (key: string) => {
    if (!KEY.test(key)) throw new Error('this is not the key of a blob');
    return join(folder, key);
  };
  const unfinishedPath = () => join(folder, UNFINISHED, nameOfUpload(parts));
  const partsOf = (uploadId: string) => {
    if (!KEY.test(uploadId)) throw new Error('this is not the name of an upload');
    return join(folder, UNFINISHED, uploadId);
  };
  return {
    name: 'folder',
    parts: { leastBytes: MIB, most: 10_000 },
    ...signOwnRequests(parts),
    async startParts() {
      const name = nameOfUpload(parts);
      await onDisk(() => mkdir(partsOf(name), { recursive: true, mode: 0o700 }));
      return name;
    },
    async writePart({ uploadId, part, bytes }, body) {
      // Under a name that is no part's until it is whole.
      await place(unfinishedPath(), join(partsOf(uploadId), String(part)), (path) =>
        writeChecked(path, body, { bytes }),
      );
    },
    async completeParts({ key, uploadId, parts: count }) {
      const paths = Array.from({ length: count }, (_, at) => join(partsOf(uploadId), String(at + 1)));
      try {
        if ((await entryAt(pathOf(key))) === undefined) {
          const bytes = await bytesOf(paths);
          const make = (path: string) => writeChecked(path, joinFiles(paths), { bytes });
          await seen.add(pathOf(key), await place(unfinishedPath(), pathOf(key), make));
        }
      } catch (error) {
        // Another call has done it, and deleted the parts.
        if ((await entryAt(pathOf(key))) === undefined) throw error;
      }
      await onDisk(() => rm(partsOf(uploadId), { recursive: true, force: true }));
    },
    abortParts: ({ uploadId }) => onDisk(() => rm(partsOf(uploadId), { recursive: true, force: true })),
    async head(key): Promise<HomeEntry | undefined> {
      const path = pathOf(key);
      const entry = await entryAt(path);
      return entry && { bytes: entry.size, sha256: seen.of(path, entry) };
    },
    read: (key, range) => readAt(pathOf(key), range),
    async write(key, body, facts) {
      const chunks = body instanceof Uint8Array ? [body] : body;
      const hash = await place(unfinishedPath(), pathOf(key), (path) => writeChecked(path, chunks, facts));
      await seen.add(pathOf(key), hash);
    },
    keep(work) {
      const kept = work(folder);
      keeping = kept.catch(() => {});
      return kept;
    },
    async delete(keys) {
      await keeping;
      for (const key of keys) await removeFile(pathOf(key));
    },
    list: (prefix, after = '') => pageOf(folder, prefix, after),
    sweepUnfinished: (before) => sweep(join(folder, UNFINISHED), before.getTime()),
    check: () => checkFolder(folder, unfinishedPath()),
  };
}

/** Makes a file under a name of its own and moves it to its place in one step: there is all of it, or nothing. */
async function place(
  temporary: string,
  to: string,
  make: (path: string) => Promise<string>,
): Promise<string> {
  await onDisk(() => mkdir(dirname(temporary), { recursive: true, mode: 0o700 }));
  try {
    const hash = await make(temporary);
    const made = await onDisk(() => mkdir(dirname(to), { recursive: true, mode: 0o700 }));
    await onDisk(() => rename(temporary, to));
    for (let above = dirname(to); ; above = dirname(above)) {
      await onDisk(() => syncNames(above));
      // A folder that was made is kept by the one above it.
      if (made === undefined || above === dirname(made)) break;
    }
    return hash;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Has the disk keep the names in a folder. Windows has no such thing. */
async function syncNames(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

interface Entry {
  readonly size: number;
  readonly ino: number;
  readonly mtimeMs: number;
}

async function entryAt(path: string): Promise<Entry | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw diskFailure(error);
  }
}

async function readAt(path: string, range: ByteRange | undefined): Promise<Readable> {
  try {
    const handle = await open(path, 'r');
    return handle.createReadStream({ ...range, highWaterMark: MIB / 4 });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new AppError('blob_gone', { cause: error });
    throw diskFailure(error);
  }
}

/** How large all parts are together, once all are there. */
async function bytesOf(paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) {
    const entry = await entryAt(path);
    if (entry === undefined) throw new AppError('upload_missing');
    bytes += entry.size;
  }
  return bytes;
}

async function* joinFiles(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) yield* (await readAt(path, undefined)) as AsyncIterable<Uint8Array>;
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw diskFailure(error);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort((a, b) => (a < b ? -1 : 1));
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw diskFailure(error);
  }
}

/** Keys in order: names of one level are all of one length, so that the order of folders is that of keys. */
async function pageOf(folder: string, prefix: string, after: string): Promise<HomePage> {
  const keys: string[] = [];
  for (const first of (await namesIn(folder)).filter(
    (name) => LEVEL.test(name) && name >= after.slice(0, 2),
  )) {
    for (const second of (await namesIn(join(folder, first))).filter((name) => LEVEL.test(name))) {
      const above = `${first}/${second}/`;
      if (above < after.slice(0, above.length)) continue;
      const names = await namesIn(join(folder, above));
      keys.push(...names.map((name) => above + name).filter((key) => key > after && key.startsWith(prefix)));
      if (keys.length >= PAGE) {
        const page = keys.slice(0, PAGE);
        return { keys: page, next: page.at(-1) };
      }
    }
  }
  return { keys, next: undefined };
}

async function sweep(folder: string, before: number): Promise<number> {
  const old = (await namesIn(folder)).filter((name) => Number(name.split('-')[0]) < before);
  for (const name of old) await onDisk(() => rm(join(folder, name), { recursive: true, force: true }));
  return old.length;
}

async function checkFolder(folder: string, path: string): Promise<string> {
  const said = Buffer.from('written, read and deleted by plinth doctor');
  makeFolder(folder);
  await onDisk(() => mkdir(dirname(path), { recursive: true, mode: 0o700 }));
  try {
    await writeChecked(path, [said], { bytes: said.length, sha256: sha256(said) });
    const [read] = await (await readAt(path, undefined)).toArray();
    if (!said.equals(read as Uint8Array)) throw new AppError('storage_unavailable');
  } finally {
    await rm(path, { force: true });
  }
  const { bavail, bsize } = await onDisk(() => statfs(folder));
  return `${folder}, ${Math.floor((bavail * bsize) / MIB / 1_024)} GiB free`;
}

/** SHA-256 of files that were just written by this process, as long as they are the same files. */
function createSeen() {
  const known = new Map<string, { readonly hash: string; readonly entry: Entry }>();
  return {
    async add(path: string, hash: string): Promise<void> {
      const entry = await entryAt(path);
      if (entry === undefined) return;
      known.delete(path);
      known.set(path, { hash, entry });
      const [oldest] = known.keys();
      if (known.size > MOST_SEEN && oldest !== undefined) known.delete(oldest);
    },
    of(path: string, { size, ino, mtimeMs }: Entry): string | undefined {
      const found = known.get(path);
      const isSame = found?.entry.size === size && found.entry.ino === ino && found.entry.mtimeMs === mtimeMs;
      return isSame ? found.hash : undefined;
    },
  };
}
