import { type Database, type Statement, statement } from '#platform/db';
import type { AccountId, Ids, JobId } from '#platform/kernel';
import { currentTrace, type Logger } from '#platform/telemetry';
import type { JobHandler, NewJob, QueuedJob } from './job.ts';
import { type Schedule, scheduleOf } from './schedule.ts';

/** Topic of a signal that a job may be due. */
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
  readonly telemetry?: { readonly logger: Pick<Logger, 'hears' | 'info'> };
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
    enqueueing: (accountId, job) => enqueueStatements({ ...parts, handlers }, accountId, job),
    wake: () => parts.db.signal(DUE),
  };
}

/** How often the jobs of each kind are tried, by the kind. */
type Handlers = ReadonlyMap<string, { readonly attempts: number }>;

/** The statements that enqueue a job, for the transaction of what it belongs to; with a permit, it becomes the job's. */
function enqueueStatements(
  parts: { ids: Ids; handlers: Handlers; telemetry?: { logger: Pick<Logger, 'hears' | 'info'> } },
  accountId: AccountId,
  job: NewJob,
): Statement[] {
  const handler = parts.handlers.get(job.kind);
  if (handler === undefined) throw new Error(`no handler for jobs of kind ${job.kind}`);
  const id = job.id ?? parts.ids.next<JobId>();
  const { delay = 0 } = job;
  // A job that is due later gets its turn when it is due.
  const [state, turn] =
    delay > 0 ? ['delayed', 'null'] : ['ready', 'jobs.turn_for($1, $4, null, $11::text[])'];
  const insert = statement(
    `insert into jobs.jobs (account_id, id, kind, lane, payload, permit_id, state, turn, attempts, request_id, run_at, traceparent)
     values ($1, $2, $3, $4, $5::jsonb, $6, '${state}', ${turn}, $7, $8, app.now() + make_interval(secs => $9::double precision / 1000), $10)`,
    [
      accountId,
      id,
      job.kind,
      job.lane,
      JSON.stringify(job.payload),
      job.permit?.id ?? null,
      handler.attempts,
      job.requestId,
      delay,
      currentTrace()?.current.traceparent ?? null,
      ...(delay > 0 ? [] : [[...parts.handlers.keys()]]),
    ],
  );
  const logger = parts.telemetry?.logger;
  const noted =
    logger?.hears('info') === true ? { ...insert, onCommit: () => noteQueued(logger, id, job) } : insert;
  return job.permit === undefined ? [noted] : [noted, job.permit.attaching(id)];
}

/** The first line of a job's life: those of its attempts say the same ids. */
function noteQueued(logger: Pick<Logger, 'info'>, id: JobId, job: NewJob): void {
  const { payload, kind, lane, requestId, permit, delay = 0 } = job;
  const facts = { ...payload, job_id: id, kind, lane, request_id: requestId, permit_id: permit?.id };
  logger.info(delay > 0 ? { ...facts, delay_ms: delay } : facts, 'job queued');
}
