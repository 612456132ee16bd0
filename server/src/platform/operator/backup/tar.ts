import './errors.ts';
import { AppError } from '#platform/kernel';

/** The header of a file or a folder in a tar archive (POSIX ustar), before its bytes. */
export interface TarHeader {
  /** With `/` between names; that of a folder ends with one. */
  readonly path: string;
  readonly size: number;
}

export interface TarEntry extends TarHeader {
  /** To be read to the end before the next entry is asked for. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

const BLOCK = 512;
/** The largest number of eleven octal digits. */
const LARGEST = 8 ** 11 - 1;
const SUM = { at: 148, length: 8 } as const;

/** The zeros behind so many bytes of a file. */
export const tarPadding = (size: number) => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
export const TAR_END = Buffer.alloc(2 * BLOCK);

export function tarHeader({ path, size }: TarHeader): Buffer {
  // A path of more than a hundred bytes is cut at a slash into two fields.
  const cut = path.length <= 100 ? -1 : path.indexOf('/', path.length - 101);
  const [prefix, name] = cut === -1 ? ['', path] : [path.slice(0, cut), path.slice(cut + 1)];
  if (name === '' || name.length > 100 || prefix.length > 155 || size > LARGEST)
    throw new Error(`${path} (${size} bytes) does not fit into an archive`);
  const isFolder = path.endsWith('/');
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  header.write(isFolder ? '0000700' : '0000600', 100);
  header.write('0000000\x000000000', 108);
  header.write(size.toString(8).padStart(11, '0'), 124);
  header.write('00000000000', 136);
  header.write(' '.repeat(SUM.length), SUM.at);
  header.write(isFolder ? '5' : '0', 156);
  header.write('ustar\x0000', 257);
  header.write(prefix, 345);
  header.write(`${sumOf(header).toString(8).padStart(6, '0')}\0`, SUM.at);
  return header;
}

function sumOf(header: Uint8Array): number {
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= SUM.at && at < SUM.at + SUM.length ? 0x20 : byte;
  return sum;
}

/** The entries of an archive, one after the other; of what is no file and no folder, or ends before its end, it throws `backup_damaged`. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const input = source[Symbol.asyncIterator]();
  let rest: Uint8Array = Buffer.alloc(0);

  /** Some bytes, so many at most and one at least. */
  async function some(most: number): Promise<Uint8Array> {
    while (rest.length === 0) {
      const next = await input.next();
      if (next.done === true) throw damaged('it ends before its end');
      rest = next.value;
    }
    const taken = rest.subarray(0, most);
    rest = rest.subarray(taken.length);
    return taken;
  }
  async function* exactly(size: number): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0; ) {
      const chunk = await some(left);
      left -= chunk.length;
      yield chunk;
    }
  }
  async function whole(size: number): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of exactly(size)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  for (;;) {
    const header = await whole(BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const entry = headerOf(header);
    yield { ...entry, bytes: exactly(entry.size) };
    await whole(tarPadding(entry.size).length);
  }
  // To its end: what was cut off behind the last entry is noticed too.
  for (let next = await input.next(); next.done !== true; next = await input.next());
}

function headerOf(header: Buffer): TarHeader {
  const text = (at: number, length: number) =>
    header.toString('latin1', at, at + length).replace(/\0.*$/s, '');
  const type = text(156, 1);
  const prefix = text(345, 155);
  const path = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`;
  const [sum, size] = [Number.parseInt(text(SUM.at, SUM.length), 8), Number.parseInt(text(124, 12), 8)];
  if (text(257, 5) !== 'ustar' || sum !== sumOf(header)) throw damaged('it is no archive of a backup');
  if (type !== (path.endsWith('/') ? '5' : '0') || !(size >= 0))
    throw damaged('it holds what is neither a file nor a folder');
  return { path, size };
}

export function damaged(what: string, cause?: unknown): AppError {
  return new AppError('backup_damaged', { message: `This file is not a whole backup: ${what}.`, cause });
}
