import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AppError, jsonIn } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import { z } from 'zod';
import { damaged, readTar, TAR_END, type TarEntry, tarHeader, tarPadding } from './tar.ts';

const FORMAT = 1;
const MANIFEST = 'manifest.json';
const SIGNED = 'backup manifest';

const factsSchema = z.object({
  /** The program's version. */
  version: z.string(),
  installation: z.string(),
  /** The instant that the copy is of. */
  at: z.iso.datetime(),
  postgres: z.string(),
  /** The master key that the secrets in it, and this manifest, are sealed under. */
  master_key: z.string(),
  /** The last entry of the list of erasures and revocations at that instant. */
  revocations: z.object({ entries: z.int(), digest: z.string() }),
});
const manifestSchema = factsSchema.extend({
  format: z.int(),
  files: z.int(),
  bytes: z.number(),
  /** SHA-256 over the lines `<SHA-256 of its bytes>  <path>` of all entries before this one. */
  digest: z.string(),
  signature: z.string(),
});

export type BackupFacts = z.infer<typeof factsSchema>;
export type Manifest = z.infer<typeof manifestSchema>;

/** Counts of the entries of an archive so far. */
interface Tally {
  files: number;
  bytes: number;
  readonly list: Hash;
}
const newTally = (): Tally => ({ files: 0, bytes: 0, list: createHash('sha256') });

function count(tally: Tally, path: string, hash: Hash): void {
  if (!path.endsWith('/')) tally.files += 1;
  tally.list.update(`${hash.digest('hex')}  ${path}\n`);
}

/** The archive of a folder, chunk by chunk, with its manifest at the end. */
export async function* packFolder(
  folder: string,
  facts: BackupFacts,
  secrets: Pick<Secrets, 'derived'>,
): AsyncGenerator<Uint8Array> {
  const tally = newTally();
  for await (const path of pathsIn(folder, '')) {
    const hash = createHash('sha256');
    const size = path.endsWith('/') ? 0 : (await stat(join(folder, path))).size;
    yield tarHeader({ path, size });
    if (size > 0)
      for await (const chunk of createReadStream(join(folder, path)) as AsyncIterable<Uint8Array>) {
        hash.update(chunk);
        tally.bytes += chunk.length;
        yield chunk;
      }
    yield tarPadding(size);
    count(tally, path, hash);
  }
  const { files, bytes, list } = tally;
  const unsigned = { ...facts, format: FORMAT, files, bytes, digest: list.digest('hex') };
  const [signature = ''] = secrets.derived(textOf(unsigned), SIGNED);
  const manifest = Buffer.from(`${JSON.stringify({ ...unsigned, signature }, null, 2)}\n`);
  yield tarHeader({ path: MANIFEST, size: manifest.length });
  yield Buffer.concat([manifest, tarPadding(manifest.length), TAR_END]);
}

/** All paths below a folder, folders before what is in them. */
async function* pathsIn(folder: string, above: string): AsyncGenerator<string> {
  for (const entry of await readdir(join(folder, above), { withFileTypes: true })) {
    const path = above + entry.name;
    if (entry.isDirectory()) {
      yield `${path}/`;
      yield* pathsIn(folder, `${path}/`);
    } else yield path;
  }
}

/** The signed text: the fields in the order of their names. */
function textOf(unsigned: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(unsigned).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export interface ReadingOptions {
  /** Where its files go; nowhere: it is only looked at. */
  readonly into?: string;
  /** With which its signature is looked at. */
  readonly secrets?: Pick<Secrets, 'derived' | 'keyIds'>;
}

/** Reads a backup from its beginning to its end; answers its manifest. Throws `backup_damaged` where one byte of it is another or lacks. */
export async function readBackup(file: string, options: ReadingOptions = {}): Promise<Manifest> {
  const source = createReadStream(file);
  let manifest: Manifest | undefined;
  const read = async (unpacked: AsyncIterable<Uint8Array>) => {
    const tally = newTally();
    for await (const entry of readTar(unpacked)) {
      if (manifest !== undefined) throw damaged('something follows its manifest');
      if (entry.path === MANIFEST) manifest = await readManifest(entry, tally, options);
      else await readEntry(entry, tally, options.into);
    }
  };
  try {
    await pipeline(source, createGunzip(), read);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw String(code).startsWith('Z_') ? damaged('its bytes were changed or cut off', error) : error;
  }
  if (manifest === undefined) throw damaged('it has no manifest');
  return manifest;
}

/** Paths that a backup may hold; none of its names leads out of the folder. */
const PATH = /^(database\/|blobs\/|(database|blobs)(\/[A-Za-z0-9][\w.-]*)+\/?|[a-z][a-z-]*\.json)$/;

async function readEntry({ path, size, bytes }: TarEntry, tally: Tally, into?: string): Promise<void> {
  if (!PATH.test(path)) throw damaged(`it holds ${JSON.stringify(path.slice(0, 100))}`);
  const hash = createHash('sha256');
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      hash.update(chunk);
      yield chunk;
    }
  }
  tally.bytes += size;
  if (path.endsWith('/')) {
    if (into !== undefined) await mkdir(join(into, path), { recursive: true, mode: 0o700 });
  } else if (into === undefined) for await (const _ of counted());
  else {
    const target = join(into, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    // Flushed: what is put into its place at last must not be lost with the power.
    await pipeline(
      Readable.from(counted()),
      createWriteStream(target, { flags: 'wx', mode: 0o600, flush: true }),
    );
  }
  count(tally, path, hash);
}

const LARGEST_MANIFEST = 65_536;

async function readManifest(
  { size, bytes }: TarEntry,
  tally: Tally,
  { secrets }: ReadingOptions,
): Promise<Manifest> {
  if (size > LARGEST_MANIFEST) throw damaged('its manifest is too large');
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const { data: format } = z.object({ format: z.int() }).safeParse(jsonIn(text));
  if (format !== undefined && format.format > FORMAT) throw new AppError('backup_newer');
  const { data: manifest } = manifestSchema.safeParse(jsonIn(text));
  if (manifest === undefined) throw damaged('its manifest can not be read');
  const { files, bytes: sum, digest, master_key: key } = manifest;
  if (files !== tally.files || sum !== tally.bytes || digest !== tally.list.digest('hex'))
    throw damaged('its files are not those of its manifest');
  if (secrets === undefined) return manifest;
  if (!secrets.keyIds.includes(key))
    throw new AppError('master_key_missing', {
      message: `The secrets in this backup are sealed under the master key "${key}", which is not set here. Put the file master-keys into DATA_DIR, or set MASTER_KEYS (docs/keys.md).`,
    });
  const { signature, ...unsigned } = manifest;
  if (!secrets.derived(textOf(unsigned), SIGNED).includes(signature))
    throw damaged('its manifest was changed, or another master key has signed it');
  return manifest;
}
