import { Worker } from 'node:worker_threads';
import { broken, saysAway, isFull } from './away.ts';
import { createFairQueue, laneOf } from './fair-queue.ts';
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
  const { dataDir } = options;
  let thread = await openThread(options);
  if (thread.slowly !== undefined) options.onSlow?.(thread.slowly);
  /** When it was last tried to open it anew, on the clock that never jumps. */
  let triedAt = Number.NEGATIVE_INFINITY;
  const queue = createFairQueue({ slots: 1 });

  /** Who has the turn opens it anew after it broke: what was committed is in its log. In memory nothing would be left. */
  async function liveThread(): Promise<Thread> {
    const { failure } = thread;
    if (failure === undefined) return thread;
    if (dataDir === undefined || performance.now() - triedAt < REOPEN_AFTER) throw failure;
    triedAt = performance.now();
    await thread.end();
    thread = await openThread({ dataDir });
    return thread;
  }

  /** Waits for the database's turn; the caller must call the returned function exactly once. */
  async function turn(request?: Ask): Promise<() => void> {
    const lane = laneOf(request !== undefined && 'opening' in request ? request.opening : undefined);
    await queue.enter(lane);
    return () => queue.leave(lane);
  }

  async function alone<T>(request: Ask, commits = true): Promise<T> {
    const done = await turn(request);
    try {
      return (await (await liveThread()).ask(request, commits)) as T;
    } finally {
      done();
    }
  }

  async function oneStatement(statement: Plain): Promise<unknown[]> {
    const [rows = []] = await alone<unknown[][]>({ kind: 'run', statements: [statement] });
    return rows;
  }

  async function begun(opening: Ask): Promise<EngineTransaction> {
    const done = await turn(opening);
    let own: Thread;
    try {
      own = await liveThread();
    } catch (error) {
      done();
      throw error;
    }
    const end = async (kind: 'commit' | 'rollback') => {
      try {
        await own.ask({ kind }, kind === 'commit');
      } finally {
        done();
      }
    };
    try {
      await own.ask(opening, false);
    } catch (error) {
      await end('rollback').catch(() => {});
      throw error;
    }
    return {
      run: (statements) => own.ask({ kind: 'run', statements }, false) as Promise<unknown[][]>,
      commit: () => end('commit'),
      rollback: () => end('rollback'),
    };
  }

  return {
    name: 'pglite',
    batch: (opening, statements) => alone({ kind: 'batch', opening, statements }, opening.write),
    call: oneStatement,
    begin: (opening) => begun({ kind: 'begin', opening }),
    beginAsMigrator: (write) => begun({ kind: 'script', sql: write ? 'begin' : 'begin read only' }),
    script: (sql) => alone({ kind: 'script', sql }),
    bare: oneStatement,
    async freeze(work) {
      if (dataDir === undefined) throw new Error('a database in memory has no files');
      const done = await turn();
      try {
        // All that was committed is in the files then, and nothing writes to them while the turn is held.
        await (await liveThread()).ask({ kind: 'script', sql: 'checkpoint' }, false);
        return await work(dataDir);
      } finally {
        done();
      }
    },
    async dump() {
      return new Uint8Array(await alone<ArrayBuffer>({ kind: 'dump' }));
    },
    waitingIn: (lane) => queue.waiting(lane),
    // One process has the folder, and signals reach its own listeners without the database.
    listen: () => Promise.resolve(),
    async close() {
      // What was asked for before is done before.
      while (queue.waiting() > 0) (await turn())();
      // One that broke has nothing to close.
      if (thread.failure === undefined) await alone({ kind: 'close' });
      await thread.end();
    },
  };
}

/** Milliseconds between two tries to open it anew. */
const REOPEN_AFTER = 1_000;
/** Milliseconds that it may take to open: a new one without a prepared copy takes ten seconds on a slow machine. */
const OPENING = 120_000;
/** After so many milliseconds without an answer, and as often again, it is looked at whether the disk is full: then PGlite may say nothing for ever. */
const LOOK = 5_000;

/** The thread that holds the database. Once it has failed, it stays so. */
interface Thread {
  readonly slowly: string | undefined;
  readonly failure: Error | undefined;
  /** `commits`: whether what is asked may be committed though its answer is lost. */
  ask(request: Ask, commits: boolean): Promise<unknown>;
  end(): Promise<unknown>;
}

interface Caller {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly commits: boolean;
}

async function openThread({ dataDir, template, prepared }: PgliteOptions): Promise<Thread> {
  const workerData: WorkerInput = { dataDir: dataDir ?? '', template, prepared };
  const worker = new Worker(new URL('./pglite-worker.ts', import.meta.url), { workerData });
  const waiting = new Map<number, Caller>();
  let sent = 0;
  let failure: Error | undefined;

  const { slowly } = await new Promise<Opened>((resolve, reject) => {
    const rejectOpening = (cause: unknown) => reject(broken(dataDir, cause));
    const slow = setTimeout(() => rejectOpening(new Error('it does not open')), OPENING);
    worker.once('message', () => clearTimeout(slow));
    worker.once('message', ({ value, error }: Answer) =>
      error === undefined ? resolve(value as Opened) : rejectOpening(error),
    );
    worker.once('error', rejectOpening);
    worker.once('exit', rejectOpening);
  }).catch(async (error: unknown) => {
    await worker.terminate();
    throw error;
  });
  let silentSince = 0;
  const isSilent = () => waiting.size > 0 && performance.now() - silentSince > LOOK;
  const look = setInterval(() => {
    if (dataDir !== undefined && isSilent() && isFull(dataDir)) fail(new Error('it does not answer'));
  }, LOOK).unref();
  const fail = (cause: unknown) => {
    failure ??= broken(dataDir, cause);
    clearInterval(look);
    for (const { reject, commits } of waiting.values()) reject(broken(dataDir, cause, commits));
    waiting.clear();
    worker.unref();
  };
  worker.on('message', ({ id, value, error }: Answer) => {
    const caller = waiting.get(id);
    waiting.delete(id);
    silentSince = performance.now();
    if (waiting.size === 0) worker.unref();
    if (error === undefined) caller?.resolve(value);
    else if (error.isBroken || saysAway(error.code))
      caller?.reject(broken(dataDir, error, caller.commits && error.isBroken));
    else caller?.reject(new PgliteError(error));
    if (error?.isBroken === true) fail(error);
  });
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the embedded database has ended')));
  worker.unref();

  return {
    slowly,
    get failure() {
      return failure;
    },
    ask(request, commits) {
      if (failure !== undefined) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        sent += 1;
        if (waiting.size === 0) silentSince = performance.now();
        waiting.set(sent, { resolve, reject, commits });
        worker.ref();
        worker.postMessage({ id: sent, ask: request });
      });
    },
    end: () => worker.terminate(),
  };
}
