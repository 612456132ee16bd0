import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  globSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Changes with what is written below, or with how PGlite is started. */
const FORMAT = 2;
const DIGEST = 32;
/** How many bytes there are once they are unpacked. */
const LENGTH = 4;
/** Maps of free space and of visible pages, which PostgreSQL makes anew where they are gone. */
const MAPS = /_(fsm|vm)$/;
const NAME = /^database-[0-9a-f]{64}$/;
/** Whose database is not whole has this beside it. */
const UNFINISHED = '.unfinished';

/** The list before the contents: folders, and files with their size, of which the first `kept` bytes follow; the rest is zeros. */
interface Contents {
  readonly folders: readonly string[];
  readonly files: readonly { readonly path: string; readonly size: number; readonly kept: number }[];
}

/**
 * The name of the prepared database of these sources: other migrations or another PGlite have another one, so a stale one is
 * never found. It tells from the files themselves: when a start needs it, the modules are still being loaded.
 */
export function preparedName(sources: string): string {
  const hash = createHash('sha256').update(`${FORMAT} ${pgliteVersion()}\n`);
  for (const path of migrationFiles(sources)) {
    const text = readFileSync(join(sources, path), 'utf8').replaceAll('\r\n', '\n');
    hash.update(`${path.replaceAll('\\', '/')} ${text.length}\n${text}`);
  }
  return `database-${hash.digest('hex')}`;
}

/** The files of all migrations, functions and rights included, below the folder of the checkout or the package. */
export function migrationFiles(sources: string): string[] {
  const files = ['migrations/*.up.sql', 'functions/*.sql', 'functions/version.json'];
  return globSync(
    files.map((file) => `{server/src/platform/{*,*/*},products/*}/${file}`),
    { cwd: sources },
  ).sort();
}

function pgliteVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const { version } = JSON.parse(readFileSync(join(entry, '../../package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** Packs the folder of a database that is closed into `folder/name`, all of it or nothing, and removes older ones. Answers its bytes. */
export function writePrepared(database: string, folder: string, name: string): number {
  const names = readdirSync(database, { recursive: true })
    .map(String)
    .filter((path) => !MAPS.test(path))
    .sort();
  const folders = names.filter((path) => statSync(join(database, path)).isDirectory());
  const bodies: Buffer[] = [];
  const files = names
    .filter((path) => !folders.includes(path))
    .map((path) => {
      const bytes = readFileSync(join(database, path));
      const body = bytes.subarray(0, withoutZeros(bytes));
      bodies.push(body);
      return { path, size: bytes.length, kept: body.length };
    });
  const head = Buffer.from(JSON.stringify({ folders, files } satisfies Contents));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const all = Buffer.concat([length, head, ...bodies]);
  const unpacked = Buffer.alloc(LENGTH);
  unpacked.writeUInt32LE(all.length);
  const packed = Buffer.concat([unpacked, zstdCompressSync(all)]);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.${process.pid}`);
  try {
    writeFileSync(path, Buffer.concat([digestOf(packed), packed]));
    // The user who installs is not always the one who runs, and nothing in it is secret.
    chmodSync(path, 0o644);
    renameSync(path, join(folder, name));
  } finally {
    rmSync(path, { force: true });
  }
  for (const other of readdirSync(folder))
    if (NAME.test(other) && other !== name) rmSync(join(folder, other), { force: true });
  return packed.length + DIGEST;
}

/** Unpacks a prepared database into a folder that does not exist. Answers why not, where there is none or it is torn. */
export function unpackPrepared(path: string, database: string): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return `there is none for these migrations (${(error as NodeJS.ErrnoException).code})`;
  }
  const packed = bytes.subarray(DIGEST);
  if (!digestOf(packed).equals(bytes.subarray(0, DIGEST))) return 'it is torn';
  // In one piece: pieces of the default size take longer to put together than to unpack.
  const all = zstdDecompressSync(packed.subarray(LENGTH), { chunkSize: packed.readUInt32LE(0) });
  const start = 4 + all.readUInt32LE(0);
  const { folders, files } = JSON.parse(all.toString('utf8', 4, start)) as Contents;
  mkdirSync(database, { mode: 0o700 });
  for (const folder of folders) mkdirSync(join(database, folder), { mode: 0o700 });
  let at = start;
  for (const { path: name, size, kept } of files) {
    const file = openSync(join(database, name), 'wx', 0o600);
    writeSync(file, all, at, kept);
    if (kept < size) ftruncateSync(file, size);
    closeSync(file);
    at += kept;
  }
  return undefined;
}

/**
 * Whether a database is still to be made in this folder. What a start has left that was killed while it made one is removed: it
 * is incomplete in unknown ways. Until `finished` it counts as not made.
 */
export function beginDatabase(folder: string): boolean {
  const note = folder + UNFINISHED;
  if (existsSync(note)) rmSync(folder, { recursive: true, force: true });
  else if (existsSync(join(folder, 'PG_VERSION'))) return false;
  writeFileSync(note, '', { mode: 0o600 });
  return true;
}

/** The database in this folder is whole and open. */
export function finishDatabase(folder: string): void {
  rmSync(folder + UNFINISHED, { force: true });
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** Where the zeros at a file's end begin: most of the write-ahead log's segment is nothing else. */
function withoutZeros(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}
