import type { CommitPoint, Statement, Transaction } from '#platform/db';
import { type Answer, answer, type Once } from '#platform/http';
import type { RunningJob } from '#platform/jobs';
import type { AccountId, AppError, JobId } from '#platform/kernel';
import { type Permit, permitError } from '#platform/limits';
import { isEnded, type WorkKey, type WorkSignals, type WorkStatus } from './following.ts';
import type { ProductContext } from './product-context.ts';

/** Work that a route has a permit for and a job will do. */
export interface AcceptedWork<Body> {
  /** The rows of the product, made with the job. */
  readonly rows: readonly Statement[];
  readonly job: {
    readonly id: JobId;
    /** `reel.generate` */
    readonly kind: string;
    readonly lane: 'interactive' | 'batch';
    /** Ids alone: user text stays in the rows. */
    readonly payload: Readonly<Record<string, string>>;
  };
  /** The caller's answer, with 202; a reference, because it is kept for repeats of the Idempotency-Key. */
  readonly body: Body;
}

/**
 * The first commit of work: its rows, its job, which owns the permit from now on, and the answer under the request's key.
 * Throws `permit_stale` where the permit was closed meanwhile.
 */
export async function acceptWork<Body extends { readonly status_url: string }>(
  { db, jobs }: Pick<ProductContext, 'db' | 'jobs'>,
  { accountId, permit, point }: { accountId: AccountId; permit: Permit; point: CommitPoint },
  { rows, job, body }: AcceptedWork<Body>,
): Promise<Body> {
  const stored = permit.answering({ status: 202, body, headers: { location: body.status_url } });
  try {
    await db.tenant(accountId, point, [
      ...rows,
      ...jobs.enqueueing(accountId, { ...job, requestId: permit.requestId, permit }),
      ...(stored === undefined ? [] : [stored]),
    ]);
  } catch (error) {
    throw permitError(error);
  }
  jobs.wake();
  return body;
}

/** The answer to a caller whose work was accepted. */
export function acceptedAnswer<Body extends { readonly status_url: string }>(body: Body): Answer<Body> {
  return answer(202, body, { location: body.status_url });
}

/**
 * Keeps what an inline call answers, where it stores nothing else: with an Idempotency-Key, one commit has the answer and the settlement.
 * Without one nothing is kept, and the server settles when the answer is sent. Throws `permit_stale` where the permit was closed meanwhile.
 */
export async function keepAnswer<Body>(
  { db }: Pick<ProductContext, 'db'>,
  { permit, point }: { readonly permit: Permit; readonly point: CommitPoint },
  body: Body,
): Promise<Body> {
  const stored = permit.answering({ status: 200, body });
  if (stored === undefined) return body;
  try {
    await db.tenant(permit.accountId, point, [permit.settlement(), stored]);
  } catch (error) {
    throw permitError(error);
  }
  return body;
}

/** For the last commit of work that came to something: the end of its job, and the settlement of its permit. */
export function completeJob(job: RunningJob): Statement[] {
  return [job.finishing(), ...(job.permit === undefined ? [] : [job.permit.settlement()])];
}

/** For the last commit of work that came to nothing: the end of its job, and its quota given back. */
export function failJob(job: RunningJob, { code }: { readonly code: string }): Statement[] {
  return [job.finishing({ failed: code }), ...(job.permit === undefined ? [] : [job.permit.releasing(code)])];
}

/** How work of one kind is cancelled. */
export interface Cancellation<Row, Body> {
  readonly point: CommitPoint;
  readonly signals: WorkSignals;
  /** Reads the row under a lock against the commits of its worker: `… for no key update`. */
  readonly lock: Statement<Row>;
  /** The statement that marks it as cancelled. */
  readonly ending: Statement;
  /** Whether its use counts, because something came of it; looked at under the lock. It does not when not said. */
  readonly keeps?: (tx: Transaction) => Promise<boolean>;
  readonly missing: () => AppError;
  /** Why work that completed or failed can't be cancelled. */
  readonly ended: () => AppError;
  /** The answer to the caller who cancels; a reference, because answers are kept for repeats. */
  readonly body: (row: Row) => Body;
}

/**
 * Cancels work, once per Idempotency-Key, and calls off its worker. Its quota is given back unless `keeps` says that
 * it counts; what the provider served stays on the bill. Work that is cancelled stays so.
 */
export async function cancelWork<Row extends { readonly status: WorkStatus; readonly job_id: JobId }, Body>(
  { db, jobs }: Pick<ProductContext, 'db' | 'jobs'>,
  { key, once }: { readonly key: WorkKey; readonly once: Once },
  how: Cancellation<Row, Body>,
): Promise<Answer<Body>> {
  const called: JobId[] = [];
  const answered = await once(how.point, async (tx) => {
    const [row] = await tx.run(how.lock);
    if (row === undefined) throw how.missing();
    const { status, job_id: job } = row;
    if (status === 'cancelled') return answer(200, how.body(row));
    if (isEnded(status)) throw how.ended();
    // A look of its own after the lock: the worker may have stored something while this one waited.
    const keep = (await how.keeps?.(tx)) ?? false;
    await tx.runAll([how.ending, jobs.cancelling(key.accountId, job, { keep })]);
    called.push(job);
    return answer(200, how.body(row));
  });
  for (const job of called) {
    jobs.interrupt(job);
    how.signals.ended(db, key.id);
  }
  return answered;
}
