import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type LineCaps, LinesRefused, linesIn } from './lines.ts';
import { NOT_LOADED, type ReaderOrder } from './process/read-file.ts';
import {
  type After,
  type ReaderCaps,
  type ReaderExcess,
  type ReaderProgram,
  startReader,
} from './reader-process.ts';

/** A file that is read in a process of its own. */
export interface FileReading<End> {
  readonly program: ReaderProgram;
  readonly order: Omit<ReaderOrder, 'worker'>;
  readonly caps: Omit<ReaderCaps, 'after'> & { readonly lines: LineCaps };
  /** Tells when the time is over; the system's timers when not said. */
  readonly after?: After | undefined;
  /** Answers the file itself, once. */
  readonly open: () => Promise<Readable>;
  readonly signal: AbortSignal;
  /**
   * Takes what the process says, line by line; it waits for it. Answers the end, if the line is that. The process has read a hostile
   * file: nothing of a line is believed. `extend` gives the process so many milliseconds from now on.
   */
  readonly take: (line: unknown, extend: (milliseconds: number) => void) => Promise<End | undefined>;
}

/** The end of a reading. `excess` is the file's doing: reading it again would fail again. */
export type FileReadingEnd<End> =
  | { readonly kind: 'ended'; readonly end: End }
  | { readonly kind: 'excess'; readonly of: ReaderExcess['of'] | 'lines'; readonly detail: string };

const setTimer: After = (milliseconds, then) => {
  const timer = setTimeout(then, milliseconds);
  return () => clearTimeout(timer);
};

/**
 * Throws what `take` and `open` throw, and an error that passes where the process ended for no reason of the file's. How many are read at
 * once is the queue's to say.
 */
export async function readInProcess<End>(reading: FileReading<End>): Promise<FileReadingEnd<End>> {
  const { program, order, caps, signal, after = setTimer } = reading;
  signal.throwIfAborted();
  const file = await reading.open();
  if (signal.aborted) file.destroy();
  signal.throwIfAborted();
  const process = startReader(program, order, { ...caps, after });
  const stop = () => process.kill();
  signal.addEventListener('abort', stop, { once: true });
  // The rest that the process does not read is no failure of the file.
  const feeding = pipeline(file, process.input).catch((error: unknown) =>
    isPipe(error) ? undefined : error,
  );
  try {
    const end = await endOf(process.answers, reading, process.extend);
    const failed = await feeding;
    if (failed !== undefined) throw failed;
    const { code, reason } = await process.ended;
    signal.throwIfAborted();
    if (reason !== undefined) return { kind: 'excess', ...reason };
    if (code === NOT_LOADED) throw new Error('the reader process could not load its packages');
    if (end === undefined) throw new Error(`the reader process ended with ${code}`);
    return { kind: 'ended', end };
  } catch (error) {
    if (error instanceof LinesRefused) return { kind: 'excess', of: 'lines', detail: error.message };
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    process.kill();
    file.destroy();
  }
}

function isPipe(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET';
}

/** The end that the process says, or undefined where it said none. */
async function endOf<End>(
  answers: Readable,
  { take, caps }: FileReading<End>,
  extend: (milliseconds: number) => void,
): Promise<End | undefined> {
  for await (const line of linesIn(answers, caps.lines)) {
    const end = await take(JSON.parse(line), extend);
    if (end !== undefined) return end;
  }
  return undefined;
}
