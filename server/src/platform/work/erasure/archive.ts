import type { ZipDeflate } from 'fflate';

/** A file of an archive: its name, and what is in it, piece by piece. */
export interface ArchivedFile {
  readonly name: string;
  readonly pieces: AsyncIterable<string | Uint8Array>;
}

/** Bytes of a part of an archive, at least; the last one may be smaller. */
const PART = 256 * 1_024;

/**
 * A ZIP archive in parts of about 256 KiB, made while its files are read: no more of it is in memory than a part and a piece
 * of a file of any size. A file of no pieces is left out.
 */
export async function* archiveOf(files: AsyncIterable<ArchivedFile>): AsyncGenerator<Uint8Array> {
  const { Zip, ZipDeflate: Deflate } = await import('fflate');
  const made: Uint8Array[] = [];
  let size = 0;
  const zip = new Zip((error, chunk) => {
    if (error !== null) throw error;
    made.push(chunk);
    size += chunk.length;
  });
  const takePart = (): Uint8Array => {
    const part = Buffer.concat(made);
    made.length = 0;
    size = 0;
    return part;
  };
  const encoder = new TextEncoder();
  for await (const { name, pieces } of files) {
    let entry: ZipDeflate | undefined;
    for await (const piece of pieces) {
      if (entry === undefined) {
        entry = new Deflate(name, { level: 6 });
        zip.add(entry);
      }
      entry.push(typeof piece === 'string' ? encoder.encode(piece) : piece);
      if (size >= PART) yield takePart();
    }
    entry?.push(new Uint8Array(), true);
  }
  zip.end();
  yield takePart();
}
