import { createHash, createPublicKey, verify } from 'node:crypto';
import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { type ReaderProgram, readInProcess, type Scanner } from 'plinth/product';
import { z } from 'zod';
import { hostOf } from '../lists.ts';
import { type Check, type ChecklistItem, checklistOf, type Code, CODES, type Found } from './checks.ts';
import { checkManifest, isAbove, manifestSchema, type PluginManifest } from './manifest.ts';

const MEBIBYTE = 1_048_576;
export const MOST_PACKAGE_BYTES = 20 * MEBIBYTE;
const PROGRAM: ReaderProgram = {
  worker: new URL('./process/read-package.ts', import.meta.url),
  packages: [],
};
/** Node takes 60 MiB; a package of 20 MiB that unpacks to one file of 48 takes 210 in all. */
const PROCESS_CAPS = {
  heapMegabytes: 96,
  memoryMegabytes: 250,
  milliseconds: 60_000,
  cpuMilliseconds: 30_000,
  lines: { lineBytes: MEBIBYTE, bytes: 16 * MEBIBYTE },
} as const;
const EXCESS = {
  time: 'archive_took_too_long',
  memory: 'archive_took_too_much_memory',
  lines: 'archive_unreadable',
} as const;
/** Checks that need the package's bytes; the last ones need its files too. */
const OF_FILES: readonly Check[] = ['manifest_inside', 'native_code', 'static'];
const OF_ARCHIVE: readonly Check[] = ['paths', 'links', ...OF_FILES];
const OF_BYTES: readonly Check[] = ['digest', 'signature', 'virus', 'scanned', 'archive', ...OF_ARCHIVE];

/** Task of the reader process for a package: hosts that the manifest's permissions name. */
export interface PackageTask {
  readonly hosts: readonly string[];
}

const place = z.string().max(1_024);
const packageFile = z.strictObject({
  path: place,
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[\da-f]{64}$/),
});

/** Answers of the reader process, a line of JSON each. It has read a hostile file: nothing of a line is believed. */
const packageLine = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('finding'),
    code: z.enum(Object.keys(CODES) as [Code, ...Code[]]),
    file: place.optional(),
    line: z.int().min(1).optional(),
    detail: z.string().max(300).optional(),
  }),
  z.strictObject({ kind: z.literal('file'), ...packageFile.shape }),
  z.strictObject({ kind: z.literal('manifest'), text: z.string() }),
  /** All was told. `inflated`: the entries were looked into. */
  z.strictObject({ kind: z.literal('read'), inflated: z.boolean() }),
]);
export type PackageLine = z.infer<typeof packageLine>;
export type PackageFile = Readonly<z.infer<typeof packageFile>>;

/** A package, and what is said of it: its SHA-256 in hex, and Ed25519 over the 32 bytes of that by a key in PEM. */
export interface PackageToCheck {
  readonly zip: Buffer;
  readonly manifest: unknown;
  readonly sha256?: string | undefined;
  readonly signature?: Uint8Array | undefined;
  readonly publicKey?: string | undefined;
  /** The version before, which was approved. */
  readonly previous?: PreviousVersion | undefined;
}

interface PreviousVersion {
  readonly manifest: Pick<PluginManifest, 'id' | 'version' | 'permissions' | 'price_cents'>;
  readonly files: readonly Pick<PackageFile, 'path' | 'sha256'>[];
}

export interface PackageReport {
  readonly checklist: readonly ChecklistItem[];
  /** None: the package could not be read, or its directory is refused. */
  readonly files: readonly PackageFile[];
  readonly changedFiles: readonly {
    readonly path: string;
    readonly change: 'added' | 'changed' | 'removed';
  }[];
}

interface Parts {
  /** undefined: files are not scanned. */
  readonly scanner: Scanner | undefined;
  readonly signal: AbortSignal;
}

/**
 * Fills the checklist of a package. What is in it is read in a process of its own, which is killed at 250 MiB. Throws
 * `scanner_unavailable` where clamd is away, and an error that passes where the process ended for no reason of the package's.
 */
export async function checkPackage(request: PackageToCheck, parts: Parts): Promise<PackageReport> {
  const { zip, previous } = request;
  const { read, found } = checkManifest(request.manifest);
  if (read !== undefined && previous !== undefined) found.push(...compareTo(previous.manifest, read));
  if (zip.length === 0 || zip.length > MOST_PACKAGE_BYTES) {
    found.push({ code: zip.length === 0 ? 'package_empty' : 'package_too_large' });
    return { checklist: checklistOf(found, OF_BYTES), files: [], changedFiles: [] };
  }
  const { files, notMade, ...content } = await readPackage(zip, read, parts.signal);
  found.push(...checkDigest(request), ...(await scan(zip, parts)), ...content.found);
  return {
    checklist: checklistOf(found, notMade),
    files,
    // An unreadable package has not changed file by file.
    changedFiles: files.length === 0 ? [] : changesOf(files, previous?.files ?? []),
  };
}

function compareTo(former: PreviousVersion['manifest'], manifest: PluginManifest): Found[] {
  const added = manifest.permissions.filter((permission) => !former.permissions.includes(permission));
  const found = added.map((permission): Found => ({ code: 'permission_new', detail: permission }));
  const [before, after] = [former.price_cents, manifest.price_cents];
  if (before !== after) found.push({ code: 'price_changed', detail: `${before} → ${after}` });
  if (manifest.id !== former.id) found.push({ code: 'plugin_differs' });
  if (!isAbove(manifest.version, former.version))
    found.push({ code: 'version_not_above', detail: former.version });
  return found;
}

function checkDigest({ zip, sha256, signature, publicKey }: PackageToCheck): Found[] {
  const digest = createHash('sha256').update(zip).digest();
  const isOther = sha256 !== undefined && sha256 !== digest.toString('hex');
  const found: Found[] = isOther ? [{ code: 'digest_mismatch' }] : [];
  if (signature === undefined) return [...found, { code: 'signature_missing' }];
  if (publicKey === undefined) return [...found, { code: 'signature_key_missing' }];
  const key = createPublicKey(publicKey);
  const isSigned = key.asymmetricKeyType === 'ed25519' && verify(null, digest, key, signature);
  return isSigned ? found : [...found, { code: 'signature_invalid' }];
}

async function scan(zip: Buffer, { scanner, signal }: Parts): Promise<Found[]> {
  const verdict = await scanner?.scan(async () => Readable.from(zip), signal);
  if (verdict === undefined) return [{ code: 'virus_scanner_off' }];
  if (verdict.kind === 'clean') return [];
  return verdict.kind === 'infected'
    ? [{ code: 'virus_found', detail: verdict.name }]
    : [{ code: 'virus_not_scanned', detail: verdict.reason }];
}

async function readPackage(zip: Buffer, manifest: PluginManifest | undefined, signal: AbortSignal) {
  const found: Found[] = [];
  const files: PackageFile[] = [];
  const hosts = (manifest?.permissions ?? []).flatMap((permission) => hostOf(permission) ?? []);
  const came = await readInProcess<'whole' | 'directory' | 'nothing'>({
    program: PROGRAM,
    order: { bytes: zip.length, milliseconds: PROCESS_CAPS.milliseconds, task: { hosts } },
    caps: PROCESS_CAPS,
    open: async () => Readable.from(zip),
    signal,
    async take(said) {
      const line = packageLine.parse(said);
      if (line.kind === 'read') return line.inflated ? 'whole' : 'directory';
      if (line.kind === 'manifest') found.push(...compareManifests(line.text, manifest));
      else if (line.kind === 'finding') found.push(line);
      else files.push({ path: line.path, bytes: line.bytes, sha256: line.sha256 });
      // From an archive that can't be read nothing follows but that.
      return line.kind === 'finding' && line.file === undefined && line.code.startsWith('archive_')
        ? 'nothing'
        : undefined;
    },
  });
  if (came.kind === 'ended' && came.end !== 'nothing')
    return { found, files, notMade: came.end === 'whole' ? [] : OF_FILES };
  if (came.kind === 'excess') found.push({ code: EXCESS[came.of] });
  return { found, files: [], notMade: OF_ARCHIVE };
}

function compareManifests(text: string, submitted: PluginManifest | undefined): Found[] {
  const file = 'manifest.json';
  try {
    const { data } = manifestSchema.safeParse(JSON.parse(text.replace(/^\uFEFF/, '')));
    const isSame =
      data !== undefined && fieldsIn(text) === Object.keys(data).length && isDeepStrictEqual(data, submitted);
    return isSame ? [] : [{ code: 'manifest_differs', file }];
  } catch {
    return [{ code: 'manifest_not_json', file }];
  }
}

/** How many fields an object of texts has. Programs differ in which one they take of two with the same name. */
const fieldsIn = (json: string) =>
  Array.from(json.matchAll(/"(?:[^"\\]|\\.)*"\s*(:?)/g)).filter(([, colon]) => colon === ':').length;

function changesOf(files: readonly PackageFile[], former: PreviousVersion['files']) {
  const before = new Map(former.map(({ path, sha256 }) => [path, sha256]));
  const now = new Map(files.map(({ path, sha256 }) => [path, sha256]));
  return [...new Set([...before.keys(), ...now.keys()])]
    .filter((path) => before.get(path) !== now.get(path))
    .toSorted()
    .map((path) => {
      if (!now.has(path)) return { path, change: 'removed' as const };
      return { path, change: before.has(path) ? ('changed' as const) : ('added' as const) };
    });
}
