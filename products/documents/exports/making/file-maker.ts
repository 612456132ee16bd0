import { Worker } from 'node:worker_threads';
import { AppError } from 'plinth/product';
import type { MadeFile } from '../document/model.ts';
import type { Order, Reply } from './thread.ts';

/** Milliseconds that one file may take: 600 pages take 20 s on an idle core. */
const LONGEST = 300_000;
/** Megabytes of a thread's heap: what a file of 600 pages takes, and as much again. */
const MOST_MEMORY = 1_024;
/** Files that are made at a time in one process: each takes a core. */
const AT_ONCE = 2;

/** Makes files on threads of their own, so that calls are answered meanwhile. */
export interface FileMaker {
  /** Throws `export_too_large` for what no file is made of within its time and memory; what else goes wrong is worth another try. */
  make(order: Order, signal: AbortSignal): Promise<MadeFile>;
}

export function createFileMaker(): FileMaker {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function place(signal: AbortSignal): Promise<void> {
    if (running < AT_ONCE) {
      running += 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    waiting.push(resolve);
    const giveUp = () => {
      const at = waiting.indexOf(resolve);
      if (at === -1) return;
      waiting.splice(at, 1);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** The slot goes to the one that has waited longest. */
  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  return {
    async make(order, signal) {
      signal.throwIfAborted();
      await place(signal);
      try {
        return await onThread(order, signal);
      } finally {
        leave();
      }
    },
  };
}

async function onThread(order: Order, signal: AbortSignal): Promise<MadeFile> {
  const over = AbortSignal.any([signal, AbortSignal.timeout(LONGEST)]);
  over.throwIfAborted();
  const thread = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY, stackSizeMb: 8 },
    // Output of the packages is not read.
    stdout: true,
    stderr: true,
  });
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const stop = () => {
    reject(signal.aborted ? (signal.reason as Error) : tooLarge('It takes too long to make.'));
  };
  thread.once('message', resolve);
  thread.on('error', (error: NodeJS.ErrnoException) => {
    reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge('It takes too much memory.') : error);
  });
  thread.once('exit', () => reject(new Error('the thread that makes files ended')));
  over.addEventListener('abort', stop, { once: true });
  try {
    const reply = await promise;
    if (reply.kind === 'made') return reply.file;
    throw reply.kind === 'too_large' ? tooLarge(reply.reason) : new Error(reply.reason);
  } finally {
    over.removeEventListener('abort', stop);
    await thread.terminate();
  }
}

export function tooLarge(reason: string): AppError {
  return new AppError('export_too_large', { message: `No file can be made of this scope. ${reason}` });
}
