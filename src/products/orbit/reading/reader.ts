import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { READING_CAPS, type ReadingCaps } from './caps.ts';
import { NOT_LOADED, type ReadFailure } from './failures.ts';
import { legibilityOf } from './legibility.ts';
import { type ReadingLine, readingLine, type ReadingOrder } from './protocol.ts';
import { type After, type ReaderProcess, startReader } from './reader-process.ts';
import type { DocumentType } from './formats.ts';

/** A letter may take six bytes of JSON. */
const LONGEST_LETTER = 6;
const MEBIBYTE = 1_048_576;

/** A file to be read. */
export interface ReadRequest {
  readonly declared: DocumentType;
  readonly bytes: number;
  /** Answers the file itself, once. */
  readonly open: () => Promise<Readable>;
  /** The pages to read by OCR. Not said: all that is text is read, and pages that need OCR are named. */
  readonly ocrPages?: readonly number[];
  readonly signal: AbortSignal;
  /** Takes what is read, page by page; the reader waits for it. */
  readonly take: (line: PageLine) => Promise<void> | void;
}

type Page = Extract<ReadingLine, { kind: 'page' }>;
export type PageLine =
  | (Page & { readonly confidence: number })
  | Exclude<Extract<ReadingLine, { page: number }>, Page>;

/** What came of it. `failed` is the document's doing: reading it again would fail again. */
export type ReadingEnd =
  | { readonly kind: 'read'; readonly pages: number }
  | ({ readonly kind: 'failed' } & ReadFailure);

export interface Reader {
  /**
   * Reads a file in a process of its own. Throws what `take` and `open` throw, and an error that passes where the process ended for no
   * reason of the document's. How many are read at once is the queue's to say.
   */
  read(reading: ReadRequest): Promise<ReadingEnd>;
}

export interface ReaderOptions {
  readonly caps?: Partial<ReadingCaps>;
  /** Tells when the time of a document is over; the system's timers when not said. */
  readonly after?: After;
}

const setTimer: After = (milliseconds, then) => {
  const timer = setTimeout(then, milliseconds);
  return () => clearTimeout(timer);
};

export function createReader({ caps: given = {}, after = setTimer }: ReaderOptions = {}): Reader {
  const caps = { ...READING_CAPS, ...given };
  return { read: (reading) => readInProcess(reading, { caps, after }) };
}

async function readInProcess(
  reading: ReadRequest,
  { caps, after }: { readonly caps: ReadingCaps; readonly after: After },
): Promise<ReadingEnd> {
  const { declared, ocrPages, signal } = reading;
  signal.throwIfAborted();
  const file = await reading.open();
  if (signal.aborted) file.destroy();
  signal.throwIfAborted();
  const { bytes } = reading;
  const milliseconds = firstDeadline(caps, ocrPages);
  const order: ReadingOrder = {
    declared,
    bytes,
    caps,
    milliseconds: milliseconds + (ocrPages?.length ?? 0) * caps.ocrPageMilliseconds,
    ...(ocrPages === undefined ? {} : { ocr: { pages: ocrPages } }),
  };
  const process = startReader(order, {
    memoryMegabytes: caps.memoryMegabytes + Math.ceil((4 * bytes) / MEBIBYTE),
    milliseconds,
    cpuMilliseconds: cpuOf(caps, reading),
    after,
  });
  const stop = () => process.kill();
  signal.addEventListener('abort', stop, { once: true });
  // What the process does not read any more is no failure of the file.
  const feeding = pipeline(file, process.input).catch((error: unknown) =>
    isPipe(error) ? undefined : error,
  );
  try {
    const end = await answersOf(process, reading, caps);
    const failed = await feeding;
    if (failed !== undefined) throw failed;
    const { code, reason } = await process.ended;
    signal.throwIfAborted();
    if (reason !== undefined) return { kind: 'failed', ...reason };
    if (code === NOT_LOADED) throw new Error('the reader process could not load its packages');
    if (end === undefined) throw new Error(`the reader process ended with ${code}`);
    return end;
  } catch (error) {
    if (error instanceof LinesRefused)
      return { kind: 'failed', code: 'document_too_long', detail: 'It holds more text than may be read.' };
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    process.kill();
    file.destroy();
  }
}

/** Until all is read, or the first page of OCR: each that follows has its own time. */
function firstDeadline(caps: ReadingCaps, ocrPages: readonly number[] | undefined): number {
  return (
    caps.beginMilliseconds + caps.readMilliseconds + (ocrPages === undefined ? 0 : caps.ocrPageMilliseconds)
  );
}

/** Processor time goes by the file's size: who sends little gets little, however much is packed into it. */
function cpuOf(caps: ReadingCaps, { bytes, ocrPages }: ReadRequest): number {
  const sized = Math.min(
    caps.cpuMilliseconds + (bytes / MEBIBYTE) * caps.cpuMillisecondsPerMebibyte,
    caps.cpuMostMilliseconds,
  );
  const images = Math.min(ocrPages?.length ?? 0, 1 + Math.floor(bytes / caps.ocrPageBytes));
  return sized + images * caps.ocrPageCpuMilliseconds;
}

function isPipe(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET';
}

/** Hands on what the process says; answers its end, or undefined where it said none. */
async function answersOf(
  process: ReaderProcess,
  { take, ocrPages }: ReadRequest,
  caps: ReadingCaps,
): Promise<ReadingEnd | undefined> {
  const most = {
    lineBytes: LONGEST_LETTER * caps.pageCharacters + 1_024,
    bytes: LONGEST_LETTER * caps.characters + 1_024 * caps.pages,
  };
  let told = 0;
  for await (const line of linesIn(process.answers, most)) {
    const said = readingLine.parse(JSON.parse(line));
    if (said.kind === 'read' || said.kind === 'failed') return said;
    told += 1;
    if (ocrPages !== undefined) process.extend(caps.ocrPageMilliseconds);
    if (told > caps.pages || said.page > caps.pages) throw new LinesRefused('more pages than there may be');
    await take(said.kind === 'page' ? pageOf(said, caps) : said);
  }
  return undefined;
}

/** A garbled text is known by its signs as they came. */
function pageOf({ text, confidence = 1, ...said }: Page, caps: ReadingCaps): PageLine {
  const surely = Math.round(confidence * legibilityOf(text) * 100) / 100;
  return { ...said, text: cleanText(text, caps), confidence: surely };
}

/** Of control characters, those that texts have; PostgreSQL keeps no NUL, and half a character is none. */
function cleanText(text: string, { pageCharacters }: ReadingCaps): string {
  return text
    .replace(/[^\P{Cc}\t\n]/gu, '')
    .toWellFormed()
    .slice(0, pageCharacters)
    .trim();
}

/** Why a stream of lines is not read on. */
class LinesRefused extends Error {}

/** The lines of a stream, of at most so many bytes each and all together: their writer is not trusted. */
async function* linesIn(
  stream: Readable,
  most: { readonly lineBytes: number; readonly bytes: number },
): AsyncGenerator<string, void, undefined> {
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
