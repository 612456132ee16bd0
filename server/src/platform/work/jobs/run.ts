import { mayPass } from '#platform/db';
import { AppError } from '#platform/kernel';
import { permitError } from '#platform/limits';
import { readTraceparent, runInTrace } from '#platform/telemetry';
import { type Attempt, attemptOf, type Taken } from './attempt.ts';
import { failureOf, finish, giveUp, handOver, postpone, retryLater } from './endings.ts';
import type { JobFailure, JobHandler } from './job.ts';
import type { Outcome, WorkerParts } from './parts.ts';

/** Signals that end an attempt from outside: the process stops, or the job was cancelled. */
export interface Signals {
  readonly stop: AbortSignal;
  readonly cancel: AbortSignal;
}

/** After these an attempt has failed. */
const FAILED: ReadonlySet<Outcome> = new Set(['retry', 'failed', 'lost']);

/**
 * Runs one taken job to its end: done, tried again later, or given up; in the trace of the call that enqueued it, where that was
 * recorded. Never throws.
 */
export async function runJob(parts: WorkerParts, taken: Taken, signals: Signals): Promise<Outcome> {
  const { job, permit } = taken;
  const trace = parts.tracer?.begin(`job ${job.kind}`, 'consumer', {
    remote: readTraceparent(job.traceparent),
    isTrusted: true,
  });
  const outcome = await runInTrace(trace, () => runTaken(parts, taken, signals));
  if (trace === undefined) return outcome;
  trace.root.attributes = {
    'plinth.job_id': job.id,
    'plinth.job_attempt': job.attempt,
    'plinth.job_lane': job.lane,
    'plinth.job_waited_ms': Math.round(job.waited * 1_000),
    'plinth.job_outcome': outcome,
    'plinth.account_id': job.account,
    'plinth.permit_id': permit?.id,
    'plinth.request_id': job.request_id,
  };
  trace.end(FAILED.has(outcome) ? outcome : undefined);
  return outcome;
}

async function runTaken(parts: WorkerParts, taken: Taken, signals: Signals): Promise<Outcome> {
  const started = performance.now();
  const attempt = attemptOf(parts, taken, AbortSignal.any([signals.stop, signals.cancel]));
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
  parts.log.info({ ...facts, waited_ms: Math.round(taken.job.waited * 1_000) }, 'job started');
  let outcome: Outcome = 'lost';
  try {
    outcome = await carryOut(parts, attempt, signals);
    parts.log.info({ ...facts, outcome, ran_ms: Math.round(performance.now() - started) }, 'job ended');
  } catch (error) {
    if (isStale(error)) {
      outcome = 'stale';
      // It was cancelled, or another attempt has it. What the provider told this one is still true.
      await job.permit?.reportLate().catch(() => {});
      if (signals.cancel.aborted) parts.log.info(facts, 'job was cancelled');
      else parts.log.warn(facts, 'job was taken over by another attempt, or cancelled');
    } else {
      // Nothing could be written: the job is no longer known here, and the next recovery takes it up. What its calls cost is told
      // until it is known: the process that takes it up posts estimates, which become exact by it.
      await job.permit?.reportLate().catch(() => {});
      parts.log.error({ ...facts, err: error }, 'job could not be ended');
    }
  }
  parts.metrics?.job({
    kind: job.kind,
    lane: job.lane,
    outcome,
    waitSeconds: taken.job.waited,
    runSeconds: (performance.now() - started) / 1_000,
  });
  return outcome;
}

async function carryOut(parts: WorkerParts, attempt: Attempt, { stop }: Signals): Promise<Outcome> {
  const { job, taken } = attempt;
  const handler = parts.handlers.get(job.kind);
  if (handler === undefined) throw new Error(`a job of kind ${job.kind} was taken up, which nothing handles`);
  const impossible = checkStart(taken);
  if (impossible !== undefined) {
    await giveUp(parts, attempt, { handler, failure: impossible });
    return 'failed';
  }
  // It was taken up, and then this process was away for longer than its lease: others may run it by now.
  if (!parts.holder.isGood()) return requeue(parts, attempt);
  try {
    await handler.run(job);
  } catch (error) {
    if (isStale(error)) throw error;
    return afterFailure(parts, { attempt, handler, error, isStopping: stop.aborted });
  }
  if (!attempt.ended) await finish(parts, attempt);
  return 'done';
}

async function afterFailure(
  parts: WorkerParts,
  failed: { attempt: Attempt; handler: JobHandler; error: unknown; isStopping: boolean },
): Promise<Outcome> {
  const { attempt, handler, error } = failed;
  const { job, taken } = attempt;
  if (failed.isStopping || flagOf(error, 'yields') === true) return requeue(parts, attempt);
  // A database that went away is no fault of the work: the attempt counts as little as one for which a provider had no room.
  const isPostponed = flagOf(error, 'postponed') ?? mayPass(error);
  if (isPostponed && (await postpone(parts, attempt, error))) return 'postponed';
  const tries = Math.max(job.attempt, job.permit?.calls ?? 0);
  if (isPostponed || tries >= taken.job.attempts || !isRetryable(error)) {
    await giveUp(parts, attempt, { handler, failure: failureOf(error) });
    // Said once it is true: of a cancelled job, whose call breaks off too, it is not.
    parts.log.warn({ job_id: job.id, request_id: job.requestId, err: error }, 'job given up');
    return 'failed';
  }
  await retryLater(parts, attempt, error);
  return 'retry';
}

async function requeue(parts: WorkerParts, attempt: Attempt): Promise<Outcome> {
  await handOver(parts, attempt);
  return 'handed_over';
}

/** Why a job must not even start: its account was suspended while it waited, its tries are used up by crashes. */
function checkStart({ job, permit }: Taken): JobFailure | undefined {
  if (job.permit !== null && permit === null)
    return { code: 'permit_stale', message: 'The permit of this work was closed before it began.' };
  if (permit?.refused != null)
    return { code: 'forbidden', message: 'This account, user or key may no longer use this.' };
  if (job.attempt > job.attempts || (permit !== null && permit.calls >= job.attempts)) {
    return { code: 'provider_unavailable', message: 'The work was cut short too often.' };
  }
  return undefined;
}

/** Faults of ours and of providers pass; what a caller or a rule caused does not. An error that says so itself is believed. */
function isRetryable(error: unknown): boolean {
  return flagOf(error, 'retryable') ?? (!(error instanceof AppError) || error.status >= 500);
}

/** An error's own property. */
function flagOf(error: unknown, property: 'retryable' | 'postponed' | 'yields'): boolean | undefined {
  if (!(error instanceof Error) || !Object.hasOwn(error, property)) return undefined;
  const value = (error as Error & { readonly [P in typeof property]?: unknown })[property];
  return typeof value === 'boolean' ? value : undefined;
}

function isStale(error: unknown): boolean {
  const lost = permitError(error);
  return lost instanceof AppError && lost.code === 'permit_stale';
}
