import { Worker } from 'node:worker_threads';
import { broken, DatabaseAway, isFull, QUERY_CANCELED, saysAway } from './away.ts';
import { CONNECTING, deadlinesOf, IDLE_TRANSACTION } from './deadlines.ts';
import { createFairQueue, laneOf } from './fair-queue.ts';
import type { Answer, Ask, Opened, WorkerInput } from './pglite-worker.ts';
import type { Engine, EngineTransaction, Opening, Plain } from './port.ts';

export interface PgliteOptions {
  /** The folder of the database; none: it lives in memory and ends with the process. */
  readonly dataDir?: string | undefined;
  /** A database dumped by `dump()`, to start from (tests). */
  readonly template?: Uint8Array<ArrayBuffer> | undefined;
  /** The file of a prepared database: a folder without a database begins as a copy of it. */
  readonly prepared?: string | undefined;
  /** Told why a new database is made without it. */
  readonly onSlow?: ((reason: string) => void) | undefined;
  /** Milliseconds for an answer of the database, but to uses that take long; 14,000 when not said. Where it is longer than the wait for a turn, that is as long. */
  readonly answerWithin?: number | undefined;
  /** Told of a statement that did not end in time. */
  readonly onIdleError?: ((error: Error) => void) | undefined;
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
  /** The folder may be another process's by now. */
  let isClosed = false;
  /** When it was last tried to open it anew, on the clock that never jumps. */
  let triedAt = Number.NEGATIVE_INFINITY;
  const patience = Math.max(CONNECTING, options.answerWithin ?? 0);
  const queue = createFairQueue({ slots: 1, patience, onLate: busy });

  /** The call whose turn it is opens it anew after it broke: what was committed is in its log. In memory nothing would be left. */
  async function liveThread(): Promise<Thread> {
    const { failure } = thread;
    if (failure === undefined) return thread;
    if (isClosed || dataDir === undefined || performance.now() - triedAt < REOPEN_AFTER) throw failure;
    triedAt = performance.now();
    await thread.end();
    thread = await openThread({ dataDir, onIdleError: options.onIdleError });
    return thread;
  }

  /**
   * Waits for the database's turn, as long as for a connection of PostgreSQL; the caller must call the returned function exactly once. A
   * caller that gave up has asked nothing.
   */
  async function turn(request?: Ask): Promise<() => void> {
    const lane = laneOf(request !== undefined && 'opening' in request ? request.opening : undefined);
    await queue.enter(lane);
    return () => queue.leave(lane);
  }

  /** A turn behind which none waits. */
  async function lastTurn(): Promise<() => void> {
    for (;;) {
      const done = await turn();
      if (queue.waiting() === 0) return done;
      done();
    }
  }

  async function alone<T>(request: Ask, { within, commits = true }: Partial<Terms> = {}): Promise<T> {
    const done = await turn(request);
    try {
      return (await (await liveThread()).ask(request, { within, commits })) as T;
    } finally {
      done();
    }
  }

  const answerOf = (opening: Pick<Opening, 'isLong'>) =>
    opening.isLong ? deadlinesOf(opening).answer : (options.answerWithin ?? deadlinesOf(opening).answer);
  const quick = answerOf({ isLong: false });

  async function oneStatement(statement: Plain): Promise<unknown[]> {
    const [rows = []] = await alone<unknown[][]>({ kind: 'run', statements: [statement] }, { within: quick });
    return rows;
  }

  /** `within`: for each answer, and a transaction that says nothing for too long is undone; without it there is no deadline. */
  async function begun(opening: Ask, within?: number): Promise<EngineTransaction> {
    const done = await turn(opening);
    let own: Thread;
    try {
      own = await liveThread();
    } catch (error) {
      done();
      throw error;
    }
    let asking = 0;
    let silence: NodeJS.Timeout | undefined;
    const ask = async (request: Ask, commits = false) => {
      clearTimeout(silence);
      asking += 1;
      try {
        return await own.ask(request, { within, commits });
      } finally {
        asking -= 1;
        if (within !== undefined && asking === 0)
          silence = setTimeout(() => own.stop('a transaction said nothing'), IDLE_TRANSACTION).unref();
      }
    };
    const end = async (kind: 'commit' | 'rollback') => {
      try {
        await ask({ kind }, kind === 'commit');
      } finally {
        clearTimeout(silence);
        done();
      }
    };
    try {
      await ask(opening);
    } catch (error) {
      await end('rollback').catch(() => {});
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
    batch: (opening, statements) =>
      alone({ kind: 'batch', opening, statements }, { within: answerOf(opening), commits: opening.write }),
    call: oneStatement,
    begin: (opening) => begun({ kind: 'begin', opening }, answerOf(opening)),
    beginAsMigrator: (write) => begun({ kind: 'script', sql: write ? 'begin' : 'begin read only' }),
    script: (sql) => alone({ kind: 'script', sql }),
    bare: oneStatement,
    async freeze(work) {
      if (dataDir === undefined) throw new Error('a database in memory has no files');
      const done = await turn();
      try {
        // All that was committed is in the files then, and nothing writes to them while the turn is held.
        await (await liveThread()).ask({ kind: 'script', sql: 'checkpoint' }, { commits: false });
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
      // Earlier requests are done before.
      const done = await lastTurn().catch(() => undefined);
      isClosed = true;
      // Work that keeps its turn is undone, as by a kill. A broken thread has nothing to close.
      if (done !== undefined && thread.failure === undefined)
        await thread.ask({ kind: 'close' }, { within: quick, commits: false }).catch(() => {});
      await thread.end();
      done?.();
    },
  };
}

const busy = () => new DatabaseAway('The embedded database is busy with other work.', undefined);

/** Milliseconds between two tries to open it anew. */
const REOPEN_AFTER = 1_000;
/** Milliseconds that it may take to open: a new one without a prepared copy takes ten seconds on a slow machine. */
const OPENING = 120_000;
/** After so many milliseconds without an answer, and as often again, it is looked at whether the disk is full: then PGlite may say nothing for ever. */
const LOOK = 5_000;

/** Megabytes for what a statement leaves to be collected; the thread's own default is 48, of which it keeps 10 more in use. */
const YOUNG = 6;

/** The thread that holds the database. Once it has failed, it stays so. */
interface Thread {
  readonly slowly: string | undefined;
  readonly failure: Error | undefined;
  ask(request: Ask, terms: Terms): Promise<unknown>;
  /** Ends it in the midst of its work. Its log has each commit, all else is undone when it is opened anew. */
  stop(reason: string): void;
  end(): Promise<unknown>;
}

interface Terms {
  /** Milliseconds for the answer; without it there is no deadline. PGlite itself honours no `statement_timeout`. */
  readonly within?: number | undefined;
  /** Whether what is asked may be committed though its answer is lost. */
  readonly commits: boolean;
}

interface Caller {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly commits: boolean;
  readonly deadline: NodeJS.Timeout | undefined;
}

async function openThread({ dataDir, template, prepared, onIdleError }: PgliteOptions): Promise<Thread> {
  const workerData: WorkerInput = { dataDir: dataDir ?? '', template, prepared };
  const worker = new Worker(new URL('./pglite-worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG },
  });
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
    for (const { reject, commits, deadline } of waiting.values()) {
      clearTimeout(deadline);
      reject(broken(dataDir, cause, commits));
    }
    waiting.clear();
    worker.unref();
  };
  const stop = (reason: string) => {
    fail(Object.assign(new Error(reason), { code: QUERY_CANCELED }));
    void worker.terminate();
    if (failure !== undefined) onIdleError?.(failure);
  };
  worker.on('message', ({ id, value, error }: Answer) => {
    const caller = waiting.get(id);
    waiting.delete(id);
    clearTimeout(caller?.deadline);
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
    ask(request, { within, commits }) {
      if (failure !== undefined) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        sent += 1;
        const id = sent;
        // A process that stood still finds that time is over before it has read the answer that waits for it.
        const late = () => waiting.has(id) && stop(`no answer within ${within} ms to ${textOf(request)}`);
        const deadline = within === undefined ? undefined : setTimeout(() => setImmediate(late), within);
        if (waiting.size === 0) silentSince = performance.now();
        waiting.set(id, { resolve, reject, commits, deadline });
        worker.ref();
        worker.postMessage({ id, ask: request });
      });
    },
    stop,
    end: () => worker.terminate(),
  };
}

/** The texts of what was asked, without its values: for a log. */
function textOf(request: Ask): string {
  return 'statements' in request ? request.statements.map(({ text }) => text).join('; ') : request.kind;
}
