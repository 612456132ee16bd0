import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { readInProcess, type ReaderProgram, type Scanner } from '#platform/files';
import { hostOf } from '../lists.ts';
import { type Check, type ChecklistItem, checklistOf, type Found } from './checks.ts';
import { checkManifest, isAbove, manifestSchema, type PluginManifest } from './manifest.ts';
import { type PackageLine, packageLine, type PackageTask } from './protocol.ts';

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

/** A staged upload, and what is known of it. */
export interface PackageToCheck {
  /** Its path. */
  readonly file: string;
  /** As it was submitted. */
  readonly manifest: unknown;
  /** What was declared: in hexadecimal digits. */
  readonly sha256?: string | undefined;
  /** Ed25519 over the 32 bytes of the SHA-256. */
  readonly signature?: Uint8Array | undefined;
  /** The developer's registered key: PEM (SPKI). */
  readonly publicKey?: string | undefined;
  /** The version before, which was approved. */
  readonly previous?: PreviousVersion | undefined;
}

interface PreviousVersion {
  readonly manifest: Pick<PluginManifest, 'id' | 'version' | 'permissions'>;
  readonly files: readonly Pick<PackageFile, 'path' | 'sha256'>[];
}

export type PackageFile = Readonly<Omit<Extract<PackageLine, { kind: 'file' }>, 'kind'>>;

export interface ChangedFile {
  readonly path: string;
  readonly change: 'added' | 'changed' | 'removed';
}

export interface PackageReport {
  readonly bytes: number;
  /** Undefined: the package was not read, because of its size. */
  readonly sha256: string | undefined;
  readonly checklist: readonly ChecklistItem[];
  /** None: the package could not be read, or its directory is refused. */
  readonly files: readonly PackageFile[];
  readonly changedFiles: readonly ChangedFile[];
}

interface Parts {
  /** `createClamd`; undefined: nobody scans. */
  readonly scanner: Scanner | undefined;
  readonly signal: AbortSignal;
}

/**
 * Fills the checklist of a package. The file is streamed; its content is read in a process of its own, which is killed at 250 MiB.
 * Throws `scanner_unavailable` where clamd is away, and an error that passes where the process ended for no reason of the package's.
 */
export async function checkPackage(request: PackageToCheck, parts: Parts): Promise<PackageReport> {
  const { file, previous } = request;
  const { size: bytes } = await stat(file);
  const { read, found } = checkManifest(request.manifest);
  if (read !== undefined && previous !== undefined) found.push(...compareTo(previous.manifest, read));
  if (bytes === 0 || bytes > MOST_PACKAGE_BYTES) {
    found.push({ code: bytes === 0 ? 'package_empty' : 'package_too_large' });
    const checklist = checklistOf(found, OF_BYTES);
    return { bytes, sha256: undefined, checklist, files: [], changedFiles: [] };
  }
  const digest = await digestOf(file);
  const content = await readPackage(file, { ...parts, bytes, manifest: read });
  found.push(...checkDigest(request, digest), ...(await scan(file, parts)), ...content.found);
  const { files } = content;
  return {
    bytes,
    sha256: digest.toString('hex'),
    checklist: checklistOf(found, content.notMade),
    files,
    // What could not be read has not changed file by file.
    changedFiles: files.length === 0 ? [] : changesOf(files, previous?.files ?? []),
  };
}

function compareTo(former: PreviousVersion['manifest'], manifest: PluginManifest): Found[] {
  const added = manifest.permissions.filter((permission) => !former.permissions.includes(permission));
  const found = added.map((permission): Found => ({ code: 'permission_new', detail: permission }));
  if (manifest.id !== former.id) found.push({ code: 'plugin_differs' });
  if (!isAbove(manifest.version, former.version))
    found.push({ code: 'version_not_above', detail: former.version });
  return found;
}

async function digestOf(file: string): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest();
}

function checkDigest({ sha256, signature, publicKey }: PackageToCheck, digest: Buffer): Found[] {
  const found: Found[] = [];
  if (sha256 !== undefined && sha256 !== digest.toString('hex')) found.push({ code: 'digest_mismatch' });
  if (signature === undefined) found.push({ code: 'signature_missing' });
  else if (publicKey === undefined) found.push({ code: 'signature_key_missing' });
  else if (!isSigned(digest, signature, publicKey)) found.push({ code: 'signature_invalid' });
  return found;
}

function isSigned(digest: Buffer, signature: Uint8Array, pem: string): boolean {
  const key = createPublicKey(pem);
  return key.asymmetricKeyType === 'ed25519' && verify(null, digest, key, signature);
}

async function scan(file: string, { scanner, signal }: Parts): Promise<Found[]> {
  const verdict = await scanner?.scan(async () => createReadStream(file), signal);
  if (verdict === undefined) return [{ code: 'virus_scanner_off' }];
  if (verdict.kind === 'clean') return [];
  return verdict.kind === 'infected'
    ? [{ code: 'virus_found', detail: verdict.name }]
    : [{ code: 'virus_not_scanned', detail: verdict.reason }];
}

async function readPackage(
  file: string,
  of: { readonly bytes: number; readonly manifest: PluginManifest | undefined; readonly signal: AbortSignal },
) {
  const { bytes, manifest, signal } = of;
  const found: Found[] = [];
  const files: PackageFile[] = [];
  const task: PackageTask = {
    hosts: (manifest?.permissions ?? []).flatMap((permission) => hostOf(permission) ?? []),
  };
  const came = await readInProcess<'whole' | 'directory' | 'nothing'>({
    program: PROGRAM,
    order: { bytes, milliseconds: PROCESS_CAPS.milliseconds, task },
    caps: PROCESS_CAPS,
    open: async () => createReadStream(file),
    signal,
    async take(said) {
      const line = packageLine.parse(said);
      if (line.kind === 'read') return line.inflated ? 'whole' : 'directory';
      if (line.kind === 'manifest') found.push(...compareManifests(line.text, manifest));
      else if (line.kind === 'finding') found.push(line);
      else files.push({ path: line.path, bytes: line.bytes, sha256: line.sha256 });
      // Of an archive that can't be read nothing follows but that.
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
    const isSame = data !== undefined && isDeepStrictEqual(data, submitted);
    return isSame ? [] : [{ code: 'manifest_differs', file }];
  } catch {
    return [{ code: 'manifest_not_json', file }];
  }
}

function changesOf(files: readonly PackageFile[], former: PreviousVersion['files']): ChangedFile[] {
  const before = new Map(former.map(({ path, sha256 }) => [path, sha256]));
  const now = new Map(files.map(({ path, sha256 }) => [path, sha256]));
  return [...new Set([...before.keys(), ...now.keys()])].toSorted().flatMap((path): ChangedFile[] => {
    if (before.get(path) === now.get(path)) return [];
    if (!now.has(path)) return [{ path, change: 'removed' }];
    return [{ path, change: before.has(path) ? 'changed' : 'added' }];
  });
}
