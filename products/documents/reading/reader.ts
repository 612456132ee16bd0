import type { Readable } from 'node:stream';
import {
  type After,
  type FileReadingEnd,
  LinesRefused,
  type ReaderProgram,
  readInProcess,
} from 'plinth/product';
import { READING_CAPS, type ReadingCaps, sizedTime } from './caps.ts';
import type { ReadFailure } from './failures.ts';
import { legibilityOf } from './legibility.ts';
import { type ReadingLine, readingLine, type ReadingTask } from './protocol.ts';
import type { DocumentType } from './formats.ts';

/** A letter may take six bytes of JSON. */
const LONGEST_LETTER = 6;
const MEBIBYTE = 1_048_576;
const PROGRAM: ReaderProgram = {
  worker: new URL('./process/read-document.ts', import.meta.url),
  packages: ['pdfjs-dist', 'mammoth', 'htmlparser2', 'zod'],
};

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

/** End of a reading. `failed` is the document's doing: reading it again would fail again. */
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

export function createReader({ caps: given = {}, after }: ReaderOptions = {}): Reader {
  const caps = { ...READING_CAPS, ...given };
  return { read: (reading) => readDocument(reading, { caps, after }) };
}

async function readDocument(
  reading: ReadRequest,
  { caps, after }: { readonly caps: ReadingCaps; readonly after: After | undefined },
): Promise<ReadingEnd> {
  const { declared, bytes, ocrPages, open, signal } = reading;
  const milliseconds = firstDeadline(caps, ocrPages);
  const task: ReadingTask = {
    declared,
    caps,
    ...(ocrPages === undefined ? {} : { ocr: { pages: ocrPages } }),
  };
  const came = await readInProcess({
    program: PROGRAM,
    order: {
      bytes,
      milliseconds: milliseconds + (ocrPages?.length ?? 0) * caps.ocrPageMilliseconds,
      task,
    },
    caps: {
      heapMegabytes: caps.heapMegabytes,
      memoryMegabytes: caps.memoryMegabytes + Math.ceil((4 * bytes) / MEBIBYTE),
      milliseconds,
      cpuMilliseconds: cpuOf(caps, reading),
      lines: {
        lineBytes: LONGEST_LETTER * caps.pageCharacters + 1_024,
        bytes: LONGEST_LETTER * caps.characters + 1_024 * caps.pages,
      },
    },
    after,
    open,
    signal,
    take: takeLines(reading, caps),
  });
  return came.kind === 'ended' ? came.end : { kind: 'failed', ...excessOf(came) };
}

function excessOf({ of, detail }: Extract<FileReadingEnd<ReadingEnd>, { kind: 'excess' }>): ReadFailure {
  if (of === 'lines') return { code: 'document_too_long', detail: 'It holds more text than may be read.' };
  return { code: of === 'time' ? 'document_took_too_long' : 'document_took_too_much_memory', detail };
}

/** Until all is read, or the first page of OCR: each that follows has its own time. */
function firstDeadline(caps: ReadingCaps, ocrPages: readonly number[] | undefined): number {
  return (
    caps.beginMilliseconds + caps.readMilliseconds + (ocrPages === undefined ? 0 : caps.ocrPageMilliseconds)
  );
}

function cpuOf(caps: ReadingCaps, { bytes, ocrPages }: ReadRequest): number {
  const images = Math.min(ocrPages?.length ?? 0, 1 + Math.floor(bytes / caps.ocrPageBytes));
  return sizedTime(caps, bytes) + images * caps.ocrPageCpuMilliseconds;
}

/** Hands on what the process says; answers its end. */
function takeLines({ take, ocrPages }: ReadRequest, caps: ReadingCaps) {
  let told = 0;
  return async (line: unknown, extend: (milliseconds: number) => void): Promise<ReadingEnd | undefined> => {
    const said = readingLine.parse(line);
    if (said.kind === 'read' || said.kind === 'failed') return said;
    if (said.kind === 'gap') {
      if (said.page > caps.pages) throw new LinesRefused('a gap on a page that is none');
      await take(said);
      return undefined;
    }
    told += 1;
    if (ocrPages !== undefined) extend(caps.ocrPageMilliseconds);
    if (told > caps.pages || said.page > caps.pages) throw new LinesRefused('more pages than there may be');
    await take(said.kind === 'page' ? pageOf(said, caps) : said);
    return undefined;
  };
}

/** A garbled text is known by its signs as they came. */
function pageOf({ text, confidence = 1, ...said }: Page, caps: ReadingCaps): PageLine {
  const surely = Math.round(confidence * legibilityOf(text) * 100) / 100;
  return { ...said, text: cleanText(text, caps), confidence: surely };
}

/** Keeps the control characters that texts have; PostgreSQL keeps no NUL, and half a character is none. */
function cleanText(text: string, { pageCharacters }: ReadingCaps): string {
  return text
    .replace(/[^\P{Cc}\t\n]/gu, '')
    .toWellFormed()
    .slice(0, pageCharacters)
    .trim();
}
