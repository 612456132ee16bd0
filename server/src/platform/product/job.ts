import type { Statement } from '#platform/db';
import type { DeadJob, JobFailure, RunningJob } from '#platform/jobs';

/** Work outside of requests, as its product declares it. Its kind is `product.name`. */
export interface ProductJob<Service> {
  /** How often it is tried in all, crashes included; its permit's provider calls count too. Three times, when not said. */
  readonly attempts?: number;
  /** How many one process runs at once: `JobHandler.atOnce`. */
  readonly atOnce?: number;
  /** Does the work; it may run again after a crash, so that it must be idempotent. */
  readonly run: (service: Service, job: RunningJob) => Promise<void>;
  /**
   * The last try failed: store the failure, release the permit and finish the job, in one transaction. Not said: there is nothing to
   * store, and the worker does the rest.
   */
  readonly giveUp?: (service: Service, job: RunningJob, failure: JobFailure) => Promise<void>;
  /**
   * Its fate while its operator has turned the product off. `ends`: it is given up with `product_off`, and its permit is voided; its
   * schedules rest. `runs`: it goes on, as what deletes, closes or books must. Not said: one of a schedule runs, any other ends.
   */
  readonly whenOff?: 'ends' | 'runs';
  /** The statements that put what it is about back to waiting, when an admin replays it after it was given up. */
  readonly reviving?: (service: Service, job: DeadJob) => Statement[];
}

/** When a job of the product runs by the clock, without an account: its `accountId` is `PLATFORM_ACCOUNT`. */
export interface ProductSchedule {
  /** A cron expression of five fields, in UTC. */
  readonly cron: string;
  /** The name of the job among the product's. */
  readonly job: string;
}
