import type { Code } from '../checks.ts';

/** An entry as the directory at the end of a ZIP lists it. */
export type ZipEntry = ReturnType<typeof entryAt>;

/** Thrown where a package can't be believed: different programs would unpack different files. */
export class PackageRefused extends Error {
  readonly code: Code;

  constructor(code: Code) {
    super(code);
    this.code = code;
  }
}

const END = { mark: 0x06_05_4b_50, bytes: 22 } as const;
const LISTED = { mark: 0x02_01_4b_50, bytes: 46 } as const;
const LOCAL = { mark: 0x04_03_4b_50, bytes: 30 } as const;
const LONGEST_COMMENT = 65_535;
const UTF8_FLAG = 0x800;
/** Encrypted, strongly encrypted, with a masked header. */
const ENCRYPTED_FLAGS = 0x20_41;
export const STORED = 0;
const DEFLATED = 8;
/** An extra field that names the entry once more, for some programs. */
const UNICODE_PATH = 0x70_75;
const FILE_TYPES = { mask: 0xf0_00, link: 0xa0_00, folder: 0x40_00, file: 0x80_00 } as const;
const MOST_ENTRIES = 2_000;
/** Of all entries when inflated. */
const MOST_BYTES = 48 * 1_048_576;
/** Deflate reaches a thousand; texts of programs reach twenty. */
const MOST_RATIO = 100;
const SMALL = 1_048_576;
const LONGEST_PATH = 240;
/** Names that mean devices to Windows, with any ending. */
const DEVICES = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
const FORBIDDEN = /[\p{C}\ufffd<>:"|?*]/u;

function assertWhole(isWhole: boolean): asserts isWhole {
  if (!isWhole) throw new PackageRefused('archive_damaged');
}

/**
 * Reads the directory of a ZIP without inflating anything, and strictly: whatever two programs could understand in two ways is
 * refused. Throws PackageRefused.
 */
export function readDirectory(zip: Buffer) {
  const end = endOf(zip);
  const count = zip.readUInt16LE(end + 10);
  if (count > MOST_ENTRIES) throw new PackageRefused('archive_too_many_entries');
  const start = zip.readUInt32LE(end + 16);
  assertWhole(zip.readUInt16LE(end + 8) === count && start + zip.readUInt32LE(end + 12) === end);
  const listed: ZipEntry[] = [];
  for (let at = start; listed.length < count; at = listed.at(-1)?.next ?? end)
    listed.push(entryAt(zip.subarray(0, end), at, start));
  assertWhole((listed.at(-1)?.next ?? start) === end);
  const ranges = listed.toSorted((one, other) => one.local - other.local);
  assertWhole(ranges.every(({ local }, at) => local >= (ranges[at - 1]?.localEnd ?? 0)));
  let total = 0;
  for (const { bytes, packed } of listed) {
    total += bytes;
    if (total > MOST_BYTES || (bytes > SMALL && bytes > MOST_RATIO * packed.length))
      throw new PackageRefused('archive_bomb');
  }
  const seen = new Set<string>();
  const findings = listed.flatMap((entry) => {
    const file = entry.path.slice(0, 300).replace(/\p{C}/gu, '?').toWellFormed();
    return codesOf(entry, seen).map((code) => ({ code, file }));
  });
  return { entries: listed, findings };
}

/** The end record: the last thing in the file. That of ZIP64, which holds more than may be, is damage. */
function endOf(zip: Buffer): number {
  const first = Math.max(0, zip.length - END.bytes - LONGEST_COMMENT);
  for (let end = zip.length - END.bytes; end >= first; end -= 1) {
    if (zip.readUInt32LE(end) !== END.mark) continue;
    assertWhole(
      zip.readUInt32LE(end + 4) === 0 && end + END.bytes + zip.readUInt16LE(end + 20) === zip.length,
    );
    return end;
  }
  throw new PackageRefused('archive_damaged');
}

/** An entry whose own header, which lies before the directory, says the same of it. */
function entryAt(zip: Buffer, at: number, directory: number) {
  assertWhole(at + LISTED.bytes <= zip.length && zip.readUInt32LE(at) === LISTED.mark);
  const nameEnd = at + LISTED.bytes + zip.readUInt16LE(at + 28);
  const extraEnd = nameEnd + zip.readUInt16LE(at + 30);
  const next = extraEnd + zip.readUInt16LE(at + 32);
  const local = zip.readUInt32LE(at + 42);
  assertWhole(
    next <= zip.length && local + LOCAL.bytes <= directory && zip.readUInt32LE(local) === LOCAL.mark,
  );
  const flags = zip.readUInt16LE(at + 8);
  const method = zip.readUInt16LE(at + 10);
  const rawName = zip.subarray(at + LISTED.bytes, nameEnd);
  const localName = local + LOCAL.bytes + zip.readUInt16LE(local + 26);
  const content = localName + zip.readUInt16LE(local + 28);
  const localEnd = content + zip.readUInt32LE(at + 20);
  assertWhole(
    localEnd <= directory &&
      zip.subarray(local + LOCAL.bytes, localName).equals(rawName) &&
      zip.readUInt16LE(local + 8) === method &&
      ((zip.readUInt16LE(local + 6) ^ flags) & ENCRYPTED_FLAGS) === 0,
  );
  return {
    path: rawName.toString((flags & UTF8_FLAG) === 0 ? 'latin1' : 'utf8'),
    method,
    bytes: zip.readUInt32LE(at + 24),
    crc: zip.readUInt32LE(at + 16),
    /** What is stored for it. */
    packed: zip.subarray(content, localEnd),
    rawName,
    flags,
    /** Of UNIX, with the type of the file. */
    mode: zip.readUInt32LE(at + 38) >>> 16,
    isRenamed: hasUnicodePath(zip.subarray(nameEnd, extraEnd)),
    /** Where its own header begins, its bytes end, and the next entry is listed. */
    local,
    localEnd,
    next,
  };
}

function hasUnicodePath(fields: Buffer): boolean {
  for (let at = 0; at + 4 <= fields.length; at += 4 + fields.readUInt16LE(at + 2))
    if (fields.readUInt16LE(at) === UNICODE_PATH) return true;
  return false;
}

function codesOf(entry: ZipEntry, seen: Set<string>): Code[] {
  const { path, flags, method, mode, bytes } = entry;
  const codes: Code[] = [];
  if ((flags & ENCRYPTED_FLAGS) !== 0) codes.push('archive_encrypted');
  else if (method !== STORED && method !== DEFLATED) codes.push('archive_method');
  const type = mode & FILE_TYPES.mask;
  const expected = path.endsWith('/') ? FILE_TYPES.folder : FILE_TYPES.file;
  if (type === FILE_TYPES.link) codes.push('link');
  else if ((type !== 0 && type !== expected) || (path.endsWith('/') && bytes > 0)) codes.push('special_file');
  if (/^[/\\]|^[a-z]:|\\/i.test(path) || path.split('/').includes('..')) codes.push('path_outside');
  else if (!isPortable(entry)) codes.push('path_invalid');
  const folded = path.normalize('NFKC').toLowerCase().replace(/\/$/, '');
  if (seen.has(folded)) codes.push('path_duplicate');
  seen.add(folded);
  return codes;
}

function isPortable({ path, rawName, flags, isRenamed }: ZipEntry): boolean {
  const isEncoded = (flags & UTF8_FLAG) !== 0 || rawName.every((byte) => byte < 0x80);
  const parts = path.replace(/\/$/, '').split('/');
  return (
    isEncoded &&
    !isRenamed &&
    rawName.length <= LONGEST_PATH &&
    !FORBIDDEN.test(path) &&
    parts.every((part) => !/^\.?$|[. ]$/.test(part) && !DEVICES.test(part))
  );
}
