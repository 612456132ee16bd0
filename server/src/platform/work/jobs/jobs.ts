import type { Audit } from '#platform/audit';
import { commitPoint, statement, type Statement } from '#platform/db';
import type { AccountId, JobId } from '#platform/kernel';
import type { Queue, WorkedQueue } from '#platform/queue';
import { createJobRunner, type Delivered, CANCELLED } from './job-runner.ts';
import { createDeadLetters, type DeadLetters } from './dead-letters.ts';
import { type Announcing, startAnnouncing } from './delivery/announcer.ts';
import type { RunningJob } from './job.ts';
import { type Listing, readListing } from './listing.ts';
import type { WorkerParts } from './parts.ts';
import { startSchedules } from './schedules.ts';
import { startWorker, type Worker } from './worker.ts';

const PRUNE = commitPoint('jobs.prune', 'jobs that were over a day ago, deleted');

export interface JobsParts extends Omit<WorkerParts, 'handlers'> {
  /** The queue of its jobs, and its workers. */
  readonly queue: WorkedQueue<RunningJob>;
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

export interface Jobs extends Queue<RunningJob> {
  /**
   * The statement that cancels a job, as the last one of its account's transaction (workers lock what a job is about
   * before the job, too): the job is `cancelled`, all that a worker still writes for it is undone (PL010), and its permit
   * is closed. `keep`: the work was used, so that it is settled; else quota comes back as by a release. A provider call
   * under way is posted at its reserve until the worker knows better. `cancelled` is false for a job that was final.
   * After the commit, call `interrupt`.
   */
  cancelling(
    accountId: AccountId,
    id: JobId,
    how?: { readonly keep: boolean },
  ): Statement<{ cancelled: boolean }>;
  /** Tells the worker that runs the job that it was cancelled: the attempt's `signal` aborts. A lost call costs a vain attempt. */
  interrupt(id: JobId): void;
  /** Takes that very job up now, if it is due, and runs it here to its end: for a delivery from outside. */
  deliver(accountId: AccountId, id: JobId): Promise<Delivered>;
  /** Starts taking jobs and keeping schedules, unless told not to, one worker at a time on the process's lease; the answer stops it. */
  work(how?: { readonly keepsSchedules: boolean }): Worker;
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
  const { queue } = given;
  const { handlers, schedules, wake } = queue;
  const parts: WorkerParts & JobsParts = { ...given, handlers };
  const { db } = parts;
  const runner = createJobRunner(parts);
  let isWorking = false;
  return {
    ...queue,
    cancelling: (accountId, id, how = { keep: false }) =>
      statement('select jobs.cancel($1, $2, $3) as cancelled', [accountId, id, how.keep]),
    interrupt: (id) => db.signal(CANCELLED, id),
    deliver: (accountId, id) => runner.deliver(accountId, id),
    work({ keepsSchedules } = { keepsSchedules: true }) {
      // A worker takes up again what runs under its lease and it does not know: two of them would rob each other.
      if (isWorking) throw new Error('this process has a worker already');
      isWorking = true;
      const { announce } = given;
      const fill = announce === undefined ? runner.fill : startAnnouncing(parts, announce);
      const worker = startWorker(parts, { ...runner, fill });
      const stopSchedules = startSchedules({ ...parts, wake }, keepsSchedules ? [...schedules.values()] : []);
      return {
        async stop(grace) {
          await stopSchedules();
          await worker.stop(grace);
          isWorking = false;
        },
      };
    },
    close: (grace) => runner.close(grace),
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
