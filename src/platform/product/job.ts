import type { JobFailure, RunningJob } from '#platform/jobs';

/** What runs outside of a request, as its product declares it. Its kind is `product.name`. */
export interface ProductJob<Service> {
  /** How often it is tried in all, crashes included; its permit's provider calls count too. */
  readonly attempts: number;
  /** Does the work; it may run again after a crash, so that it must be idempotent. */
  readonly run: (service: Service, job: RunningJob) => Promise<void>;
  /** Nobody tries again: store the failure, release the permit and finish the job, in one transaction. */
  readonly giveUp: (service: Service, job: RunningJob, failure: JobFailure) => Promise<void>;
}
