import type { Database, Statement } from '#platform/db';
import type { AccountId, Ids } from '#platform/kernel';
import { enqueueing } from './enqueue.ts';
import type { JobHandler, NewJob, QueuedJob } from './job.ts';
import { type Schedule, scheduleOf } from './schedule.ts';

/** What a signal of this topic means: a job may be due. */
export const DUE = 'jobs';

/** Where work is left for later, and who does it: `Job` is what a worker gives to handlers. */
export interface Queue<Job extends QueuedJob = QueuedJob> {
  /** Registers what runs the jobs of a kind; before any is enqueued or taken. Throws for a second one of a kind. */
  handle(handler: JobHandler<Job>): void;
  /** Registers what enqueues jobs by the clock, of a kind that is handled; before workers begin. Throws for a wrong expression. */
  schedule(schedule: Schedule): void;
  /** Statements for the transaction of what the job belongs to. After the commit, call `wake`. */
  enqueueing(accountId: AccountId, job: NewJob): Statement[];
  /** Tells the workers of all processes that a job may be due. A lost call costs the slow poll's second. */
  wake(): void;
}

/** A queue as its workers see it. */
export interface WorkedQueue<Job extends QueuedJob> extends Queue<Job> {
  readonly handlers: ReadonlyMap<string, JobHandler<Job>>;
  readonly schedules: ReadonlyMap<string, Schedule>;
}

/** The queue that modules leave work in and register with. What takes the work out lies above them, in `jobs`. */
export function createQueue<Job extends QueuedJob = QueuedJob>(parts: {
  readonly db: Pick<Database, 'signal'>;
  readonly ids: Ids;
}): WorkedQueue<Job> {
  const handlers = new Map<string, JobHandler<Job>>();
  const schedules = new Map<string, Schedule>();
  return {
    handlers,
    schedules,
    handle(handler) {
      if (handlers.has(handler.kind)) throw new Error(`two handlers for jobs of kind ${handler.kind}`);
      handlers.set(handler.kind, handler);
    },
    schedule(schedule) {
      if (schedules.has(schedule.name)) throw new Error(`two schedules are called ${schedule.name}`);
      if (!handlers.has(schedule.kind)) throw new Error(`no handler for jobs of kind ${schedule.kind}`);
      schedules.set(schedule.name, scheduleOf(schedule));
    },
    enqueueing: (accountId, job) => enqueueing({ ids: parts.ids, handlers }, accountId, job),
    wake: () => parts.db.signal(DUE),
  };
}
