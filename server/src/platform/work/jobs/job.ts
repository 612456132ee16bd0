import type { Permit } from '#platform/limits';
import type { JobHandler as Handler, QueuedJob } from '#platform/queue';

export { LANES, PLATFORM_ACCOUNT } from '#platform/queue';
export type { DeadJob, JobFailure, Lane, NewJob } from '#platform/queue';

/** A job under way, with the permit that it owns. */
export interface RunningJob extends QueuedJob {
  readonly permit: Permit | undefined;
}

/** Runs the jobs of one kind. */
export type JobHandler = Handler<RunningJob>;
