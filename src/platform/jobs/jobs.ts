import type { Audit } from '#platform/audit';
import { commitPoint, type Statement, statement } from '#platform/db';
import type { AccountId, JobId } from '#platform/kernel';
import { createCrew, type Delivered } from './crew.ts';
import { createDeadLetters, type DeadLetters } from './dead-letters.ts';
import { type Announcing, announcing } from './delivery/announcer.ts';
import { enqueueing } from './enqueue.ts';
import type { JobHandler, NewJob } from './job.ts';
import { type Listing, readListing } from './listing.ts';
import type { WorkerParts } from './parts.ts';
import { CANCELLED } from './places.ts';
import { scheduleOf, type Schedule, startSchedules } from './schedules.ts';
import { DUE, startWorker, type Worker } from './worker.ts';

const PRUNE = commitPoint('jobs.prune', 'jobs that were over a day ago, deleted');

export interface JobsParts extends Omit<WorkerParts, 'handlers'> {
  readonly audit: Audit;
  /** A worker announces jobs to QStash in place of running them (docs/qstash.md). */
  readonly announce?: Announcing | undefined;
}

/** Depth of the queue by lane and state, for metrics. */
export interface JobDepth {
  readonly lane: string;
  readonly state: string;
  readonly count: number;
}

/** How long the oldest job of a lane that could start has waited. */
export interface OldestJob {
  readonly lane: string;
  readonly seconds: number;
}

export interface Jobs {
  /** Registers what runs the jobs of a kind; before `enqueueing` and `work`. */
  handle(handler: JobHandler): void;
  /** Registers what enqueues jobs by the clock, of a kind that is handled; before `work`. Throws for a wrong expression. */
  schedule(schedule: Schedule): void;
  /** Statements for the transaction of what the job belongs to. After the commit, call `wake`. */
  enqueueing(accountId: AccountId, job: NewJob): Statement[];
  /** Tells the workers of all processes that a job may be due. A lost call costs the slow poll's second. */
  wake(): void;
  /**
   * The statement that cancels a job, as the last one of its account's transaction (workers lock what a job is about
   * before the job, too): the job is `cancelled`, whatever a worker still writes for it is undone (PL010), and its permit
   * is closed. `keep`: the work was used, so that it is settled; else quota comes back as by a release. A provider call
   * under way is posted at its reserve until the worker knows better. `cancelled` is false for a job that was final.
   * After the commit, call `interrupt`.
   */
  cancelling(
    accountId: AccountId,
    id: JobId,
    how?: { readonly keep: boolean },
  ): Statement<{ cancelled: boolean }>;
  /** Tells whoever runs the job that it was cancelled: the attempt's `signal` aborts. A lost call costs a vain attempt. */
  interrupt(id: JobId): void;
  /** Takes that very job up now, if it is due, and runs it here to its end: for a delivery from outside. */
  deliver(accountId: AccountId, id: JobId): Promise<Delivered>;
  /** Starts taking jobs and keeping schedules, one worker at a time on the process's lease; the answer stops it. */
  work(): Worker;
  /** For a process without a worker: takes no delivery any more, and ends those under way as `Worker.stop` does. */
  close(grace: number): Promise<void>;
  readonly listing: Listing;
  readonly deadLetters: DeadLetters;
  depth(): Promise<JobDepth[]>;
  oldest(): Promise<OldestJob[]>;
  /** Deletes jobs that were done or cancelled more than a day ago. */
  prune(): Promise<number>;
}

/** The queue (docs/jobs.md): fair between accounts, in lanes; a job owns its permit. */
export function createJobs(given: JobsParts): Jobs {
  const handlers = new Map<string, JobHandler>();
  const schedules = new Map<string, Schedule>();
  const parts: WorkerParts & JobsParts = { ...given, handlers };
  const { db } = parts;
  const crew = createCrew(parts);
  const wake = () => db.signal(DUE);
  let isWorking = false;
  return {
    handle(handler) {
      if (handlers.has(handler.kind)) throw new Error(`two handlers for jobs of kind ${handler.kind}`);
      handlers.set(handler.kind, handler);
    },
    schedule(schedule) {
      if (schedules.has(schedule.name)) throw new Error(`two schedules are called ${schedule.name}`);
      if (!handlers.has(schedule.kind)) throw new Error(`no handler for jobs of kind ${schedule.kind}`);
      schedules.set(schedule.name, scheduleOf(schedule));
    },
    enqueueing: (accountId, job) => enqueueing(parts, accountId, job),
    wake,
    cancelling: (accountId, id, how = { keep: false }) =>
      statement('select jobs.cancel($1, $2, $3) as cancelled', [accountId, id, how.keep]),
    interrupt: (id) => db.signal(CANCELLED, id),
    deliver: (accountId, id) => crew.deliver(accountId, id),
    work() {
      // A worker takes up again what runs under its lease and it does not know: two of them would rob each other.
      if (isWorking) throw new Error('this process has a worker already');
      isWorking = true;
      const { announce } = given;
      const fill = announce === undefined ? crew.fill : announcing(parts, announce);
      const worker = startWorker(parts, { ...crew, fill });
      const stopSchedules = startSchedules({ ...parts, wake }, [...schedules.values()]);
      return {
        async stop(grace) {
          await stopSchedules();
          await worker.stop(grace);
          isWorking = false;
        },
      };
    },
    close: (grace) => crew.close(grace),
    listing: readListing(db),
    deadLetters: createDeadLetters({ ...parts, wake }),
    async depth() {
      const asked = statement<JobDepth>('select lane, state, count from jobs.depth()');
      return (await db.system('jobs.queue', [asked]))[0];
    },
    async oldest() {
      const asked = statement<OldestJob>('select lane, seconds from jobs.oldest()');
      return (await db.system('jobs.queue', [asked]))[0];
    },
    async prune() {
      const [rows] = await db.system('jobs.queue', PRUNE, [
        statement<{ count: number }>("select jobs.prune('1 day') as count"),
      ]);
      return rows[0]?.count ?? 0;
    },
  };
}
