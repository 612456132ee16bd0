import { Worker } from 'node:worker_threads';
import { broken } from './away.ts';
import type { Answer, Ask, Opened, WorkerInput } from './pglite-worker.ts';
import type { Engine, EngineTransaction, Plain } from './port.ts';

export interface PgliteOptions {
  /** The folder of the database; none: it lives in memory and ends with the process. */
  readonly dataDir?: string | undefined;
  /** A database dumped by `dump()`, to start from (tests). */
  readonly template?: Uint8Array<ArrayBuffer> | undefined;
  /** The file of a prepared database: a folder without a database begins as a copy of it. */
  readonly prepared?: string | undefined;
  /** Told why a new database is made without it. */
  readonly onSlow?: ((reason: string) => void) | undefined;
}

/** An error of SQL as the embedded database gives it, with PostgreSQL's own code, as `pg` gives its errors. */
export class PgliteError extends Error {
  readonly code: string | undefined;
  readonly detail: string | undefined;
  constructor(error: NonNullable<Answer['error']>) {
    super(error.message);
    this.name = 'PgliteError';
    this.code = error.code;
    this.detail = error.detail;
  }
}

/**
 * PGlite in a worker thread, so that a heavy query never holds up the event loop. It has one connection: a
 * transaction has the database for itself until it ends, and everything else waits its turn.
 */
export async function createPgliteEngine(
  options: PgliteOptions,
): Promise<Engine & { dump(): Promise<Uint8Array<ArrayBuffer>> }> {
  const workerData: WorkerInput = {
    dataDir: options.dataDir ?? '',
    template: options.template,
    prepared: options.prepared,
  };
  const worker = new Worker(new URL('./pglite-worker.ts', import.meta.url), { workerData });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let sent = 0;
  let failure: Error | undefined;
  /** The end of the queue: each transaction waits for the one before it. */
  let tail: Promise<void> = Promise.resolve();

  const { slowly } = await new Promise<Opened>((resolve, reject) => {
    const failed = (cause: unknown) => reject(broken(options.dataDir, cause));
    worker.once('message', ({ value, error }: Answer) =>
      error === undefined ? resolve(value as Opened) : failed(error),
    );
    worker.once('error', failed);
    worker.once('exit', failed);
  });
  if (slowly !== undefined) options.onSlow?.(slowly);
  worker.on('message', (answer: Answer) => {
    const caller = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) worker.unref();
    if (answer.error === undefined) caller?.resolve(answer.value);
    else if (!answer.error.isBroken) caller?.reject(new PgliteError(answer.error));
    else caller?.reject(broken(options.dataDir, answer.error));
  });
  const fail = (cause: unknown) => {
    const error = (failure ??= broken(options.dataDir, cause));
    for (const caller of waiting.values()) caller.reject(error);
    waiting.clear();
  };
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the embedded database has ended')));
  worker.unref();

  function ask(request: Ask): Promise<unknown> {
    if (failure !== undefined) return Promise.reject(failure);
    return new Promise((resolve, reject) => {
      sent += 1;
      waiting.set(sent, { resolve, reject });
      worker.ref();
      worker.postMessage({ id: sent, ask: request });
    });
  }

  /** Waits for the database's turn; whoever has it must call what this answers, exactly once. */
  async function turn(): Promise<() => void> {
    const before = tail;
    const { promise, resolve } = Promise.withResolvers<void>();
    tail = promise;
    await before;
    return resolve;
  }

  async function alone<T>(request: Ask): Promise<T> {
    const done = await turn();
    try {
      return (await ask(request)) as T;
    } finally {
      done();
    }
  }

  async function oneStatement(statement: Plain): Promise<unknown[]> {
    const [rows = []] = await alone<unknown[][]>({ kind: 'run', statements: [statement] });
    return rows;
  }

  async function begun(opening: Ask): Promise<EngineTransaction> {
    const done = await turn();
    const end = async (kind: 'commit' | 'rollback') => {
      try {
        await ask({ kind });
      } finally {
        done();
      }
    };
    try {
      await ask(opening);
    } catch (error) {
      await end('rollback');
      throw error;
    }
    return {
      run: (statements) => ask({ kind: 'run', statements }) as Promise<unknown[][]>,
      commit: () => end('commit'),
      rollback: () => end('rollback'),
    };
  }

  return {
    name: 'pglite',
    batch: (opening, statements) => alone({ kind: 'batch', opening, statements }),
    call: oneStatement,
    begin: (opening) => begun({ kind: 'begin', opening }),
    beginAsMigrator: (write) => begun({ kind: 'script', sql: write ? 'begin' : 'begin read only' }),
    script: (sql) => alone({ kind: 'script', sql }),
    bare: oneStatement,
    async dump() {
      return new Uint8Array(await alone<ArrayBuffer>({ kind: 'dump' }));
    },
    // One process has the folder, and signals reach its own listeners without the database.
    listen: () => Promise.resolve(),
    async close() {
      await alone({ kind: 'close' });
      await worker.terminate();
    },
  };
}
