import { writeSync } from 'node:fs';
import type { Zip, ZipRefusal } from './zip.ts';

/** The order of a reader process, as its argument. The file itself comes by its standard input. */
export interface ReaderOrder {
  /** The worker's file, as a URL. */
  readonly worker: string;
  /** How long the file is: of one that breaks off on its way nothing is said. */
  readonly bytes: number;
  /** Milliseconds after which the process ends itself, should its parent be gone. */
  readonly milliseconds: number;
  /** The worker's task, as JSON. */
  readonly task: unknown;
}

/** A worker's tools. It imports nothing of the platform: that is not loaded in a reader process. */
export interface ReaderTools<Line> {
  /** Answers a line of JSON. */
  readonly tell: (line: Line) => void;
  /** Opens archives; a refusal is thrown as the error that is made of it. */
  readonly zip: (refuse: (reason: ZipRefusal, detail: string) => Error) => Promise<Zip>;
}

/** The export `worker` of a worker's file. */
export interface ReaderWorker<Task, Line> {
  /** Reads a file, and tells what it finds. */
  read(file: Buffer, task: Task, tools: ReaderTools<Line>): Promise<void> | void;
  /** The line for an error that `read` throws. Texts of libraries may hold some of the file. */
  failed(error: unknown): Line;
}

/** File descriptor of answers: libraries write what they like to the standard output. */
const ANSWERS = 3;
/** How the process ends when not all of the file came. */
const BROKEN_OFF = 3;
/** How it ends that could not load what it reads with: our failure, and none of the file. */
export const NOT_LOADED = 4;

/** Has a worker read the file on the standard input. Never throws. */
export async function readFile({ worker: url, bytes, task }: ReaderOrder): Promise<void> {
  const { worker } = await load(url);
  try {
    const file = await allOf(process.stdin);
    if (file.length !== bytes) process.exit(BROKEN_OFF);
    await worker.read(file, task, { tell, zip: async (refuse) => (await import('./zip.ts')).zipOf(refuse) });
  } catch (error) {
    if (isOfLoading(error)) process.exit(NOT_LOADED);
    tell(worker.failed(error));
  }
}

async function load(url: string): Promise<{ readonly worker: ReaderWorker<unknown, unknown> }> {
  try {
    return await import(url);
  } catch {
    process.exit(NOT_LOADED);
  }
}

function tell(line: unknown): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(ANSWERS, bytes, at);
}

async function allOf(input: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Packages are loaded when they are needed: one that is not there, or may not be read, says nothing of the file. */
function isOfLoading(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(?:ERR_ACCESS_DENIED|ERR_DLOPEN_FAILED|(?:ERR_)?MODULE_NOT_FOUND)$/.test(code);
}
