import { crc32, inflateRawSync } from 'node:zlib';

/** An entry of a ZIP, as the directory at its end and the entry's own header agree on it. */
export type ZipEntry = Omit<ReturnType<typeof entryAt>, 'local' | 'localEnd' | 'next'>;

/** Thrown where an archive can't be believed: different programs would unpack different files. */
export class ZipRefused extends Error {
  readonly reason: 'damaged' | 'too_many_entries';

  constructor(reason: ZipRefused['reason']) {
    super(reason);
    this.reason = reason;
  }
}

const END = { mark: 0x06_05_4b_50, bytes: 22 } as const;
const LISTED = { mark: 0x02_01_4b_50, bytes: 46 } as const;
const LOCAL = { mark: 0x04_03_4b_50, bytes: 30 } as const;
const LONGEST_COMMENT = 65_535;
/** Behind the bytes of an entry that was written as a stream: its checksum and sizes, mostly after this mark. */
const DESCRIPTOR = { mark: 0x08_07_4b_50, bytes: 12, flag: 0x08 } as const;
const UTF8_FLAG = 0x800;
/** Encrypted, strongly encrypted, with a masked header. */
const ENCRYPTED_FLAGS = 0x20_41;
const STORED = 0;
const DEFLATED = 8;
/** Extra fields that say the name or the sizes once more, for some programs. */
const UNICODE_PATH = 0x70_75;
const ZIP64 = 0x00_01;
/** A descriptor, a header and a listed entry begin with these. */
const MARKS = ['PK\u0007\u0008', 'PK\u0003\u0004', 'PK\u0001\u0002'];

function assertWhole(isWhole: boolean): asserts isWhole {
  if (!isWhole) throw new ZipRefused('damaged');
}

/**
 * Lists the entries of a ZIP without inflating anything, and strictly. Some programs read the directory at the end and others entry by entry
 * from the beginning: both must find the same files. Entries lie end to end from byte 0 to the directory, and each one's own header says of it
 * what the directory says. Throws ZipRefused.
 */
export function readZipEntries(zip: Buffer, most: number): ZipEntry[] {
  const end = endOf(zip);
  const count = zip.readUInt16LE(end + 10);
  if (count > most) throw new ZipRefused('too_many_entries');
  const start = zip.readUInt32LE(end + 16);
  assertWhole(zip.readUInt16LE(end + 8) === count && start + zip.readUInt32LE(end + 12) === end);
  const listed: ReturnType<typeof entryAt>[] = [];
  for (let at = start; listed.length < count; at = listed.at(-1)?.next ?? end)
    listed.push(entryAt(zip.subarray(0, end), at, start));
  assertWhole((listed.at(-1)?.next ?? start) === end);
  const inPlace = listed.toSorted((one, other) => one.local - other.local);
  let reached = 0;
  for (const { local, localEnd } of inPlace) {
    assertWhole(local === reached);
    reached = localEnd;
  }
  assertWhole(reached === start);
  return listed;
}

/** Exactly what was declared, from exactly what is stored: another program might take what lies beyond. undefined: it is damaged. */
export function inflateEntry({ method, bytes, crc, packed }: ZipEntry): Buffer | undefined {
  const content = method === STORED ? packed : method === DEFLATED ? inflate(packed, bytes) : undefined;
  return content?.length === bytes && crc32(content) === crc ? content : undefined;
}

function inflate(packed: Buffer, bytes: number): Buffer | undefined {
  try {
    const options = { maxOutputLength: Math.max(1, bytes), info: true };
    const inflated: unknown = inflateRawSync(packed, options);
    const { buffer, engine } = inflated as { buffer: Buffer; engine: { bytesWritten: number } };
    return engine.bytesWritten === packed.length ? buffer : undefined;
  } catch {
    return undefined;
  }
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
  throw new ZipRefused('damaged');
}

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
  const rawName = zip.subarray(at + LISTED.bytes, nameEnd);
  const localName = local + LOCAL.bytes + zip.readUInt16LE(local + 26);
  const content = localName + zip.readUInt16LE(local + 28);
  const contentEnd = content + zip.readUInt32LE(at + 20);
  assertWhole(contentEnd <= directory && zip.subarray(local + LOCAL.bytes, localName).equals(rawName));
  /** Checksum, bytes as they are stored, and bytes. */
  const sums = zip.subarray(at + 16, at + 28);
  const method = zip.readUInt16LE(at + 10);
  assertAgreed(zip.subarray(local, local + LOCAL.bytes), { flags, method, sums });
  const packed = zip.subarray(content, contentEnd);
  assertWhole(zip.readUInt16LE(at + 34) === 0 && !hasTwoEnds(packed, flags, method));
  return {
    path: rawName.toString((flags & UTF8_FLAG) === 0 ? 'latin1' : 'utf8'),
    method,
    bytes: sums.readUInt32LE(8),
    crc: sums.readUInt32LE(0),
    /** Its stored bytes. */
    packed,
    rawName,
    flags,
    /** The UNIX mode, with the file type. */
    mode: zip.readUInt32LE(at + 38) >>> 16,
    isSaidTwice: [zip.subarray(nameEnd, extraEnd), zip.subarray(localName, content)].some(saysMore),
    /** Where its own header begins, all of it ends, and the next entry is listed. */
    local,
    localEnd: contentEnd + descriptorBytes(zip.subarray(contentEnd, directory), flags, sums),
    next,
  };
}

const AGREED_FLAGS = ENCRYPTED_FLAGS | UTF8_FLAG | DESCRIPTOR.flag;

/** Only a header that was written before its bytes were known may leave the sums to the descriptor behind them. */
function assertAgreed(
  header: Buffer,
  { flags, method, sums }: { readonly flags: number; readonly method: number; readonly sums: Buffer },
): void {
  const own = header.subarray(14, 26);
  const isLeftOut = (flags & DESCRIPTOR.flag) !== 0 && own.every((byte) => byte === 0);
  assertWhole(
    header.readUInt16LE(8) === method &&
      ((header.readUInt16LE(6) ^ flags) & AGREED_FLAGS) === 0 &&
      (isLeftOut || own.equals(sums)),
  );
}

/** How long the descriptor is that an entry says to have. */
function descriptorBytes(behind: Buffer, flags: number, sums: Buffer): number {
  if ((flags & DESCRIPTOR.flag) === 0) return 0;
  const mark = behind.length >= 4 && behind.readUInt32LE(0) === DESCRIPTOR.mark ? 4 : 0;
  assertWhole(behind.subarray(mark, mark + DESCRIPTOR.bytes).equals(sums));
  return mark + DESCRIPTOR.bytes;
}

/** Programs that read from the beginning end a stored entry without a length at the next mark: it may hold none. */
const hasTwoEnds = (packed: Buffer, flags: number, method: number) =>
  method === STORED && (flags & DESCRIPTOR.flag) !== 0 && MARKS.some((mark) => packed.includes(mark));

/** Whether extra fields say the name or the sizes once more, or don't end where they should. */
function saysMore(fields: Buffer): boolean {
  let at = 0;
  for (; at + 4 <= fields.length; at += 4 + fields.readUInt16LE(at + 2))
    if ([UNICODE_PATH, ZIP64].includes(fields.readUInt16LE(at))) return true;
  return at !== fields.length;
}
