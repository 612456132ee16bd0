import { type Runnable, statement } from '#platform/db';
import type { AccountId, Ids, JobId } from '#platform/kernel';
import type { JobHandler, Lane, NewJob } from './job.ts';

const PRIORITY: Readonly<Record<Lane, number>> = { interactive: 10, batch: 0 };

/** The statements that enqueue a job, for the transaction of what it belongs to; with a permit, it becomes the job's. */
export function enqueueing(
  parts: { ids: Ids; handlers: ReadonlyMap<string, JobHandler> },
  accountId: AccountId,
  job: NewJob,
): Runnable[] {
  const handler = parts.handlers.get(job.kind);
  if (handler === undefined) throw new Error(`no handler for jobs of kind ${job.kind}`);
  const id = job.id ?? parts.ids.next<JobId>();
  const insert = statement(
    `insert into jobs.jobs (account_id, id, kind, lane, priority, payload, permit_id, state, attempts, request_id, run_at)
     values ($1, $2, $3, $4, $5, $6::jsonb, $7, 'ready', $8, $9, app.now() + make_interval(secs => $10::double precision / 1000))`,
    [
      accountId,
      id,
      job.kind,
      job.lane,
      PRIORITY[job.lane],
      JSON.stringify(job.payload),
      job.permit?.id ?? null,
      handler.attempts,
      job.requestId,
      job.delay ?? 0,
    ],
  );
  return job.permit === undefined ? [insert] : [insert, job.permit.attaching(id)];
}
