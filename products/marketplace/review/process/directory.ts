import type { ZipEntry } from 'plinth/product';
import type { Code } from '../checks.ts';

/** Thrown where a package can't be believed. */
export class PackageRefused extends Error {
  readonly code: Code;

  constructor(code: Code) {
    super(code);
    this.code = code;
  }
}

const UTF8_FLAG = 0x800;
/** Encrypted, strongly encrypted, with a masked header. */
const ENCRYPTED_FLAGS = 0x20_41;
/** Stored as they are, or deflated. */
const METHODS = [0, 8];
const FILE_TYPES = { mask: 0xf0_00, link: 0xa0_00, folder: 0x40_00, file: 0x80_00 } as const;
export const MOST_ENTRIES = 2_000;
/** Bytes of all entries when inflated. */
const MOST_BYTES = 48 * 1_048_576;
/** Deflate reaches a thousand; texts of programs reach twenty. */
const MOST_RATIO = 100;
const SMALL = 1_048_576;
const LONGEST_PATH = 240;
/** Names that mean devices to Windows, with any ending. */
const DEVICES = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
const FORBIDDEN = /[\p{C}\ufffd<>:"|?*]/u;

/** Looks at the entries of a package before anything is inflated. Throws PackageRefused. */
export function checkEntries(listed: readonly ZipEntry[]) {
  let total = 0;
  for (const { bytes, packed } of listed) {
    total += bytes;
    if (total > MOST_BYTES || (bytes > SMALL && bytes > MOST_RATIO * packed.length))
      throw new PackageRefused('archive_bomb');
  }
  const seen: Seen = new Map();
  const findings = listed.flatMap((entry) => {
    const file = entry.path.slice(0, 300).replace(/\p{C}/gu, '?').toWellFormed();
    return codesOf(entry, seen).map((code) => ({ code, file }));
  });
  return findings;
}

/** Paths as systems without case know them: of entries, and of folders that only paths of entries name. */
type Seen = Map<string, 'file' | 'folder' | 'parent'>;

function codesOf(entry: ZipEntry, seen: Seen): Code[] {
  const { path, flags, method, mode, bytes } = entry;
  const codes: Code[] = [];
  if ((flags & ENCRYPTED_FLAGS) !== 0) codes.push('archive_encrypted');
  else if (!METHODS.includes(method)) codes.push('archive_method');
  const type = mode & FILE_TYPES.mask;
  const expected = path.endsWith('/') ? FILE_TYPES.folder : FILE_TYPES.file;
  if (type === FILE_TYPES.link) codes.push('link');
  else if ((type !== 0 && type !== expected) || (path.endsWith('/') && bytes > 0)) codes.push('special_file');
  if (/^[/\\]|^[a-z]:|\\/i.test(path) || path.split('/').includes('..')) codes.push('path_outside');
  else if (!isPortable(entry)) codes.push('path_invalid');
  if (codes.length === 0 && isTaken(path, seen)) codes.push('path_duplicate');
  return codes;
}

/** Upper case first: to some systems `ß` is `ss`. */
const folded = (path: string) => path.normalize('NFKC').toUpperCase().toLowerCase().replace(/\/$/, '');

/** Whether an earlier entry has the path, or is a file where this one needs a folder. Notes the path. */
function isTaken(path: string, seen: Seen): boolean {
  const own = folded(path);
  const kind = path.endsWith('/') ? 'folder' : 'file';
  const before = seen.get(own);
  const parents = Array.from(own.matchAll(/\//g), ({ index }) => own.slice(0, index));
  const isTwice = before !== undefined && (before !== 'parent' || kind === 'file');
  const isBelowFile = parents.some((parent) => seen.get(parent) === 'file');
  for (const parent of parents) if (!seen.has(parent)) seen.set(parent, 'parent');
  seen.set(own, kind);
  return isTwice || isBelowFile;
}

function isPortable({ path, rawName, flags, isSaidTwice }: ZipEntry): boolean {
  const isEncoded = (flags & UTF8_FLAG) !== 0 || rawName.every((byte) => byte < 0x80);
  const parts = path.replace(/\/$/, '').split('/');
  return (
    isEncoded &&
    !isSaidTwice &&
    rawName.length <= LONGEST_PATH &&
    !FORBIDDEN.test(path) &&
    parts.every((part) => !/^\.?$|[. ]$/.test(part) && !DEVICES.test(part))
  );
}
