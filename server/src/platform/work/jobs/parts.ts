import type { Database } from '#platform/db';
import type { Ids, Random } from '#platform/kernel';
import type { Holder, Limits } from '#platform/limits';
import type { Tracer } from '#platform/telemetry';
import type { JobHandler } from './job.ts';

/** How an attempt ended. Only `retry` counts among those that put the job back. `lost`: nothing could be written. */
export type Outcome = 'done' | 'retry' | 'postponed' | 'handed_over' | 'failed' | 'stale' | 'lost';

export interface WorkerLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface WorkerMetrics {
  job(facts: { kind: string; lane: string; outcome: Outcome; waitSeconds: number; runSeconds: number }): void;
  scheduledRun(schedule: string): void;
}

/** Milliseconds: the poll behind lost signals, between looks for jobs of dead workers, and between looks at what is due by a schedule. */
export interface Polls {
  readonly slow: number;
  readonly recovery: number;
  readonly schedules: number;
}

/** An expression of a schedule has no finer grain than a second. */
export const POLLS: Polls = { slow: 1_000, recovery: 2_000, schedules: 1_000 };

/** Parts for taking up and running jobs. */
export interface WorkerParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly limits: Limits;
  readonly holder: Holder;
  /** Handlers of jobs, by their kind. */
  readonly handlers: ReadonlyMap<string, JobHandler>;
  readonly random: Random;
  /** Jobs that this process runs at once, and how many of them may be of the batch lane. */
  readonly concurrency: number;
  readonly batchConcurrency: number;
  /** `POLLS` when not said. */
  readonly polls?: Polls | undefined;
  readonly log: WorkerLog;
  readonly metrics?: WorkerMetrics | undefined;
  readonly tracer?: Tracer | undefined;
}
