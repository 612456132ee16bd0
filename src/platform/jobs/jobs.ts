import { commitPoint, type Database, type Runnable, statement } from '#platform/db';
import type { AccountId, Ids, JobId } from '#platform/kernel';
import type { Taken } from './attempt.ts';
import { enqueueing } from './enqueue.ts';
import type { JobHandler, NewJob } from './job.ts';
import { recoverJobs, runJob, takeJobs, type WorkerParts } from './worker.ts';

/** What a signal of this topic means: a job may be due. */
const TOPIC = 'jobs';
/** Milliseconds: the poll behind lost signals, and between looks for jobs of dead workers. */
const SLOW_POLL = 1_000;
const RECOVERY = 2_000;
const PRUNE = commitPoint('jobs.prune', 'done jobs older than a day, deleted');

export interface JobsParts extends Omit<WorkerParts, 'handlers'> {
  readonly ids: Ids;
}

/** Depth of the queue by lane and state, for metrics. */
export interface JobDepth {
  readonly lane: string;
  readonly state: string;
  readonly jobs: number;
}

export interface Jobs {
  /** Registers what runs the jobs of a kind; before `enqueueing` and `work`. */
  handle(handler: JobHandler): void;
  /** Statements for the transaction of what the job belongs to. After the commit, call `wake`. */
  enqueueing(accountId: AccountId, job: NewJob): Runnable[];
  /** Tells the workers of all processes that a job may be due. A lost call costs the slow poll's second. */
  wake(): void;
  /** Starts taking jobs, one worker at a time on the process's lease; the answer stops it. */
  work(): Worker;
  depth(): Promise<JobDepth[]>;
  /** Deletes done jobs older than a day. */
  prune(): Promise<number>;
}

export interface Worker {
  /** No new jobs; waits for those under way. After `grace` milliseconds their signals end, and they are left to others. */
  stop(grace: number): Promise<void>;
}

/** The queue (docs/decisions): a job owns a permit and shares its fence. */
export function createJobs(parts: JobsParts): Jobs {
  const { db } = parts;
  const handlers = new Map<string, JobHandler>();
  let isWorking = false;
  return {
    handle(handler) {
      if (handlers.has(handler.kind)) throw new Error(`two handlers for jobs of kind ${handler.kind}`);
      handlers.set(handler.kind, handler);
    },
    enqueueing: (accountId, job) => enqueueing({ ids: parts.ids, handlers }, accountId, job),
    wake: () => db.signal(TOPIC),
    work() {
      // A worker takes up again what runs under its lease and it does not know: two of them would rob each other.
      if (isWorking) throw new Error('this process has a worker already');
      isWorking = true;
      const worker = startWorker({ ...parts, handlers });
      return {
        async stop(grace) {
          await worker.stop(grace);
          isWorking = false;
        },
      };
    },
    depth: () => readDepth(db),
    async prune() {
      const [rows] = await db.system('jobs.queue', PRUNE, [
        statement<{ count: number }>("select jobs.prune('1 day') as count"),
      ]);
      return rows[0]?.count ?? 0;
    },
  };
}

async function readDepth(db: Database): Promise<JobDepth[]> {
  const [rows] = await db.system('jobs.queue', [
    statement<JobDepth>('select lane, state, jobs from jobs.depth()'),
  ]);
  return rows;
}

/** Takes jobs while it has room: woken by signals, by the exact time of the next due job, and by a slow poll behind both. */
function startWorker(parts: WorkerParts): Worker {
  const abort = new AbortController();
  const running = new Map<JobId, Promise<void>>();
  let stopped = false;
  let taking: Promise<void> | undefined;
  let again = false;
  // At the start too: whoever had this place before may have died.
  let recoveryDue = true;
  let timer: NodeJS.Timeout | undefined;

  async function takeAll(): Promise<void> {
    do {
      again = false;
      // Before the next take-up and never beside one: what is taken in the meantime would look lost.
      if (recoveryDue) await recoverJobs(parts, [...running.keys()]);
      recoveryDue = false;
      const room = parts.concurrency - running.size;
      if (room <= 0 || stopped) return;
      const { taken, nextDue } = await takeJobs(parts, room);
      for (const one of taken) start(one);
      if (taken.length === room) return;
      schedule(Math.min(SLOW_POLL, Math.max(0, nextDue ?? SLOW_POLL)));
    } while (again);
  }

  function start(one: Taken): void {
    const { id } = one.job;
    const run = runJob(parts, one, abort.signal).finally(() => {
      running.delete(id);
      look();
    });
    running.set(id, run);
  }

  function schedule(delay: number): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(look, Math.ceil(delay));
  }

  function look(): void {
    if (stopped) return;
    again = true;
    taking ??= takeAll()
      .catch((error: unknown) => {
        parts.log.warn({ err: error }, 'no jobs could be taken');
        schedule(SLOW_POLL);
      })
      .finally(() => {
        taking = undefined;
        if (again) look();
      });
  }

  const deaf = parts.db.onSignal(TOPIC, look);
  const recovering = setInterval(() => {
    recoveryDue = true;
    look();
  }, RECOVERY);
  look();

  return {
    async stop(grace) {
      stopped = true;
      deaf();
      clearTimeout(timer);
      clearInterval(recovering);
      await taking;
      const force = setTimeout(() => abort.abort(), grace);
      await Promise.all(running.values());
      clearTimeout(force);
    },
  };
}
