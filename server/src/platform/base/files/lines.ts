import type { Readable } from 'node:stream';

/** Bytes of a line, and of all together. */
export interface LineCaps {
  readonly lineBytes: number;
  readonly bytes: number;
}

/** Why a stream of lines is not read on. */
export class LinesRefused extends Error {}

/** The lines of a stream, of at most so many bytes each and all together: their writer is not trusted. */
export async function* linesIn(stream: Readable, most: LineCaps): AsyncGenerator<string, void, undefined> {
  let kept: Buffer[] = [];
  let length = 0;
  let total = 0;
  for await (const read of stream as AsyncIterable<Buffer>) {
    total += read.length;
    if (total > most.bytes) throw new LinesRefused('more than may be said');
    let chunk = read;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a)) {
      kept.push(chunk.subarray(0, end));
      yield Buffer.concat(kept).toString();
      [kept, length, chunk] = [[], 0, chunk.subarray(end + 1)];
    }
    length += chunk.length;
    if (length > most.lineBytes) throw new LinesRefused('a line longer than any may be');
    if (chunk.length > 0) kept.push(chunk);
  }
}
