import { commitPoint, statement } from '#platform/db';
import { AppError } from '#platform/kernel';
import type { Attempt } from './attempt.ts';
import type { JobFailure, JobHandler } from './job.ts';
import type { WorkerParts } from './parts.ts';

const RETRY = commitPoint(
  'jobs.retry',
  'a failed attempt, put back to be due later; its permit waits with it',
);
const POSTPONE = commitPoint(
  'jobs.postpone',
  'an attempt that found no room at its provider, put back without counting; its permit waits with it',
);
const HAND_OVER = commitPoint(
  'jobs.hand-over',
  'a job that its stopping process gives to the next, without counting; its permit waits with it',
);
const FINISH = commitPoint('jobs.finish', 'a job whose handler left its end to the worker');

/** The longest first delay between attempts and the longest of all, milliseconds; full jitter below them (AWS, "Exponential Backoff And Jitter"). */
const BACKOFF = { base: 500, cap: 30_000 } as const;
/** However long an error asks to wait, as a provider that is mended for a day: meanwhile its account's place is taken. Milliseconds. */
const LONGEST_ASKED = 60_000;
/** So many attempts after its last may fail at storing the failure; then the job ends without its handler. */
const PATIENCE = 5;

/** Ends a job whose handler did its work and left the end to the worker. */
export async function finish({ db }: WorkerParts, { job }: Attempt): Promise<void> {
  const settlement = job.permit === undefined ? [] : [job.permit.settlement()];
  await db.tenant(job.accountId, FINISH, [job.finishing(), ...settlement]);
}

/** The job is not retried. A handler that can't even store the failure is skipped in the end: its permit must not stay open. */
export async function giveUp(
  { db }: WorkerParts,
  attempt: Attempt,
  { handler, failure }: { handler: JobHandler; failure: JobFailure },
): Promise<void> {
  const { job, taken } = attempt;
  attempt.ended = false;
  if (job.attempt <= taken.job.attempts + PATIENCE) await handler.giveUp(job, failure);
  if (attempt.ended) return;
  const releasing = job.permit === undefined ? [] : [job.permit.releasing(failure.code)];
  await db.tenant(job.accountId, FINISH, [job.finishing({ failed: failure.code }), ...releasing]);
}

/** Puts the job back, to be due after the time that the error asks for and a random share of a doubling one. */
export async function retryLater(parts: WorkerParts, attempt: Attempt, error: unknown): Promise<void> {
  const { job, held } = attempt;
  const { code } = failureOf(error);
  await parts.db.tenant(job.accountId, RETRY, [
    statement('select jobs.retry($1, $2, $3, make_interval(secs => $4::double precision / 1000), $5)', [
      ...held,
      pauseBefore(parts, error, job.attempt),
      code,
    ]),
    ...requeuePermit(attempt, code),
  ]);
}

/** The same for an attempt that does not count, because its provider had no room. False: it may not wait any longer. */
export async function postpone(parts: WorkerParts, attempt: Attempt, error: unknown): Promise<boolean> {
  const { job, held, taken } = attempt;
  const { code } = failureOf(error);
  return parts.db.tenant(job.accountId, POSTPONE, async (tx) => {
    const [row] = await tx.run(
      statement<{ back: boolean }>(
        'select jobs.postpone($1, $2, $3, make_interval(secs => $4::double precision / 1000), $5) as back',
        [...held, pauseBefore(parts, error, taken.job.postponed + 1), code],
      ),
    );
    if (row?.back !== true) return false;
    await tx.runAll(requeuePermit(attempt, code));
    return true;
  });
}

/** Gives the job to the next process: this one stops before the work is done. */
export async function handOver({ db, handlers }: WorkerParts, attempt: Attempt): Promise<void> {
  const { job, held } = attempt;
  await db.tenant(job.accountId, HAND_OVER, [
    statement('select jobs.hand_over($1, $2, $3, $4::text[])', [...held, [...handlers.keys()]]),
    ...requeuePermit(attempt, 'handed over'),
  ]);
}

function requeuePermit({ job }: Attempt, reason: string) {
  return job.permit === undefined ? [] : [job.permit.requeueing(reason)];
}

/** Milliseconds until the next attempt; `nth` is 1 for the first pause. */
function pauseBefore({ random }: WorkerParts, error: unknown, nth: number): number {
  const wished = error instanceof AppError && error.retryAfter !== undefined ? error.retryAfter * 1_000 : 0;
  const asked = Math.min(wished, LONGEST_ASKED);
  return asked + random.uniform() * Math.min(BACKOFF.cap, BACKOFF.base * 2 ** (nth - 1));
}

/** The public part of an error: its code where it has one, and no internals. */
export function failureOf(error: unknown): JobFailure {
  if (error instanceof AppError) return { code: error.code, message: error.message };
  return { code: 'internal', message: 'Something went wrong on our side.' };
}
