import { commitPoint, type Database, statement } from '#platform/db';
import { AppError, type JobId, type Random } from '#platform/kernel';
import { type Holder, type Limits, stale } from '#platform/limits';
import { type Attempt, attemptOf, type Taken } from './attempt.ts';
import type { JobFailure, JobHandler } from './job.ts';

const TAKE = commitPoint(
  'jobs.take',
  'jobs taken up: holder, fence and permit set, their calls marked as sent',
);
const RETRY = commitPoint(
  'jobs.retry',
  'a failed attempt, put back to be due later; its permit waits with it',
);
const FINISH = commitPoint('jobs.finish', 'a job whose handler left its end to the worker');
const RECOVER = commitPoint('jobs.recover', 'jobs of dead workers, due again');

/** The longest first delay between attempts and the longest of all, milliseconds; full jitter below them (AWS, "Exponential Backoff And Jitter"). */
const BACKOFF = { base: 500, cap: 30_000 } as const;

export interface WorkerLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface WorkerMetrics {
  job(facts: {
    kind: string;
    lane: string;
    outcome: 'done' | 'retry' | 'failed' | 'stale';
    waitSeconds: number;
    runSeconds: number;
  }): void;
}

export interface WorkerParts {
  readonly db: Database;
  readonly limits: Limits;
  readonly holder: Holder;
  readonly handlers: ReadonlyMap<string, JobHandler>;
  readonly random: Random;
  readonly concurrency: number;
  readonly log: WorkerLog;
  readonly metrics?: WorkerMetrics | undefined;
}

/** Takes up one batch of due jobs and answers them, with the milliseconds until the next is due when it found fewer. */
export async function takeJobs(
  parts: WorkerParts,
  max: number,
): Promise<{ taken: Taken[]; nextDue: number | undefined }> {
  const [taken, due] = await parts.db.system('jobs.queue', TAKE, [
    statement<Taken>('select job, permit from jobs.take($1, $2)', [parts.holder.id, max]),
    statement<{ due: number | null }>('select jobs.next_due() as due'),
  ]);
  return { taken, nextDue: due[0]?.due ?? undefined };
}

/**
 * Makes jobs due again that nobody runs: those of dead workers, and those of this one that are not among `known`, its
 * jobs under way. No take-up of this worker may be in flight. Answers how many.
 */
export async function recoverJobs(parts: WorkerParts, known: readonly JobId[]): Promise<number> {
  const [rows] = await parts.db.system('jobs.queue', RECOVER, [
    statement<{ count: number }>('select jobs.recover($1, $2::uuid[]) as count', [
      parts.holder.id,
      `{${known.join()}}`,
    ]),
    statement('select jobs.close_orphans()'),
  ]);
  return rows[0]?.count ?? 0;
}

/** Runs one taken job to its end: done, tried again later, or given up. Never throws. */
export async function runJob(parts: WorkerParts, taken: Taken, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  const attempt = attemptOf(parts, taken, signal);
  const { job } = attempt;
  const facts = {
    // Ids alone: what the job is about, so that a request is found again in the logs by either.
    ...job.payload,
    job_id: job.id,
    kind: job.kind,
    attempt: job.attempt,
    request_id: job.requestId,
    permit_id: job.permit?.id,
  };
  let outcome: Outcome = 'stale';
  try {
    outcome = await carryOut(parts, attempt);
    parts.log.info({ ...facts, outcome }, 'job ended');
  } catch (error) {
    if (isStale(error)) {
      // Another attempt has the job. What the provider told this one is still true.
      await job.permit?.reportLate().catch(() => {});
      parts.log.warn(facts, 'job was taken over by another attempt');
    } else {
      // Nothing could be written, so nothing changed: the job is no longer known here, and the next recovery takes it up.
      parts.log.error({ ...facts, err: error }, 'job could not be ended');
    }
  } finally {
    const runSeconds = (performance.now() - started) / 1_000;
    parts.metrics?.job({
      kind: job.kind,
      lane: job.lane,
      outcome,
      waitSeconds: taken.job.waited,
      runSeconds,
    });
  }
}

type Outcome = 'done' | 'retry' | 'failed' | 'stale';

async function carryOut(parts: WorkerParts, attempt: Attempt): Promise<Outcome> {
  const { job, taken } = attempt;
  const handler = parts.handlers.get(job.kind);
  const impossible = handler === undefined ? UNHANDLED : beforehand(taken);
  if (handler === undefined || impossible !== undefined) {
    return giveUp(parts, attempt, { handler, failure: impossible ?? UNHANDLED });
  }
  try {
    await handler.run(job);
  } catch (error) {
    if (isStale(error)) throw error;
    const tries = Math.max(job.attempt, job.permit?.calls ?? 0);
    if (tries >= taken.job.attempts || !worthAnotherTry(error)) {
      parts.log.warn({ job_id: job.id, request_id: job.requestId, err: error }, 'job given up');
      return giveUp(parts, attempt, { handler, failure: failureOf(error) });
    }
    await retryLater(parts, attempt, error);
    return 'retry';
  }
  if (!attempt.ended) {
    await parts.db.tenant(job.accountId, FINISH, [
      job.finishing(),
      ...(job.permit === undefined ? [] : [job.permit.settlement()]),
    ]);
  }
  return 'done';
}

const UNHANDLED: JobFailure = { code: 'internal', message: 'Nothing handles jobs of this kind.' };
/** So many attempts after its last may fail at storing the failure; then the job ends without its handler. */
const PATIENCE = 5;

/** Nobody tries again. A handler that can't even store the failure is left out in the end: its permit must not stay. */
async function giveUp(
  parts: WorkerParts,
  attempt: Attempt,
  { handler, failure }: { handler: JobHandler | undefined; failure: JobFailure },
): Promise<Outcome> {
  const { job, taken } = attempt;
  attempt.ended = false;
  if (handler !== undefined && job.attempt <= taken.job.attempts + PATIENCE)
    await handler.giveUp(job, failure);
  if (!attempt.ended) {
    await parts.db.tenant(job.accountId, FINISH, [
      job.finishing({ failed: failure.code }),
      ...(job.permit === undefined ? [] : [job.permit.releasing(failure.code)]),
    ]);
  }
  return 'failed';
}

/** Why a job must not even start: its account was suspended while it waited, its tries are used up by crashes. */
function beforehand({ job, permit }: Taken): JobFailure | undefined {
  if (job.permit !== null && permit === null)
    return { code: 'permit_stale', message: 'The permit of this work was closed before it began.' };
  if (permit?.refused != null)
    return { code: 'forbidden', message: 'This account, user or key may no longer use this.' };
  if (job.attempt > job.attempts || (permit !== null && permit.calls >= job.attempts)) {
    return { code: 'provider_unavailable', message: 'The work was cut short too often.' };
  }
  return undefined;
}

async function retryLater(parts: WorkerParts, { job, taken }: Attempt, error: unknown): Promise<void> {
  const asked = error instanceof AppError && error.retryAfter !== undefined ? error.retryAfter * 1_000 : 0;
  const delay = asked + parts.random.uniform() * Math.min(BACKOFF.cap, BACKOFF.base * 2 ** (job.attempt - 1));
  const { code } = failureOf(error);
  await parts.db.tenant(job.accountId, RETRY, [
    ...(job.permit === undefined ? [] : [job.permit.requeueing(code)]),
    statement('select jobs.retry($1, $2, $3, make_interval(secs => $4::double precision / 1000), $5)', [
      job.id,
      parts.holder.id,
      taken.job.fence,
      delay,
      code,
    ]),
  ]);
}

/** Faults of ours and of providers pass; what a caller or a rule caused does not. An error that says so itself is believed. */
function worthAnotherTry(error: unknown): boolean {
  if (error instanceof Error && 'retryable' in error && typeof error.retryable === 'boolean')
    return error.retryable;
  return !(error instanceof AppError) || error.status >= 500;
}

function failureOf(error: unknown): JobFailure {
  if (error instanceof AppError) return { code: error.code, message: error.message };
  return { code: 'internal', message: 'Something went wrong on our side.' };
}

function isStale(error: unknown): boolean {
  const lost = stale(error);
  return lost instanceof AppError && lost.code === 'permit_stale';
}
