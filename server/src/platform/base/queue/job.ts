import type { Statement } from '#platform/db';
import type { AccountId, JobId, PermitId } from '#platform/kernel';

/** A class of jobs: interactive ones, which a user waits for, go before batch. */
export const LANES = ['interactive', 'batch'] as const;
export type Lane = (typeof LANES)[number];

/** The account of jobs that no account ordered: those of schedules. The nil UUID, which no account has. */
export const PLATFORM_ACCOUNT = '00000000-0000-0000-0000-000000000000' as AccountId;

/** A thing that a job may own from its beginning to its end: a permit, of which the queue knows no more than this. */
export interface Owned {
  readonly id: PermitId;
  /** The statement that hands it to a job, in the transaction that enqueues it. */
  attaching(jobId: JobId): Statement;
}

/** A job to be enqueued. Its payload holds ids only: copies of user text would be copies. */
export interface NewJob {
  /** Chosen by the caller who keeps it, to cancel the job later. */
  readonly id?: JobId;
  readonly kind: string;
  readonly lane: Lane;
  readonly payload: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** The permit that the job owns from now on. */
  readonly permit?: Owned;
  /** Delay in milliseconds before it is due. */
  readonly delay?: number;
}

/** A job under way, as far as it is the queue's: who runs it may know more of it. */
export interface QueuedJob {
  readonly id: JobId;
  readonly accountId: AccountId;
  readonly kind: string;
  readonly lane: Lane;
  readonly payload: Readonly<Record<string, string>>;
  /** 1 for the first that counts. A handler may run again after a crash: it must be idempotent. */
  readonly attempt: number;
  readonly requestId: string;
  /** Ends when the job was cancelled, or when the process must stop before the job has. */
  readonly signal: AbortSignal;
  /**
   * The statement that stores how far the job is, for the transaction that stores a part of its result: it undoes that
   * transaction (PL010) when another attempt has taken over or the job was cancelled.
   */
  progressing(done: number, total: number): Statement;
  /**
   * The statement that ends the job, for the transaction that stores its result; a handler that does not use it is
   * finished by the worker in a commit of its own. When another attempt has taken over it undoes the transaction (PL010).
   */
  finishing(outcome?: { readonly failed: string }): Statement;
}

/** Runs the jobs of one kind. */
export interface JobHandler<Job extends QueuedJob = QueuedJob> {
  readonly kind: string;
  /** How often the job is tried in all, crashes included. */
  readonly attempts: number;
  /** How many one process runs at once; further ones wait in the queue by their turns. As many as there are slots when not said. */
  readonly atOnce?: number;
  /**
   * Does the work and stores its result, `job.finishing()` in the same transaction. Throws to be tried again; an error
   * whose own property `postponed` is true says that a provider had no room, and does not count as an attempt;
   * one whose own property `yields` is true, that a part of the work is stored, and the next part waits for its turn.
   */
  readonly run: (job: Job) => Promise<void>;
  /** The last try failed: store the failure, release the permit and finish the job, in one transaction. */
  readonly giveUp: (job: Job, failure: JobFailure) => Promise<void>;
  /** The statements that put what the job is about back to waiting, when an admin replays it after it was given up. */
  readonly reviving?: (job: DeadJob) => Statement[];
}

/** A job that was given up, as its handler is told of it. */
export type DeadJob = Pick<QueuedJob, 'accountId' | 'payload'>;

export interface JobFailure {
  /** A stable code for the caller: that of the error that ended it. */
  readonly code: string;
  readonly message: string;
}
