import { type Statement, statement } from '#platform/db';
import type { AccountId, Ids, JobId } from '#platform/kernel';
import type { NewJob } from './job.ts';

/** How often the jobs of each kind are tried, by the kind. */
type Handlers = ReadonlyMap<string, { readonly attempts: number }>;

/** The statements that enqueue a job, for the transaction of what it belongs to; with a permit, it becomes the job's. */
export function enqueueing(
  parts: { ids: Ids; handlers: Handlers },
  accountId: AccountId,
  job: NewJob,
): Statement[] {
  const handler = parts.handlers.get(job.kind);
  if (handler === undefined) throw new Error(`no handler for jobs of kind ${job.kind}`);
  const id = job.id ?? parts.ids.next<JobId>();
  const { delay = 0 } = job;
  // What is due later gets its turn when it is due.
  const [state, turn] =
    delay > 0 ? ['delayed', 'null'] : ['ready', 'jobs.turn_for($1, $4, null, $10::text[])'];
  const insert = statement(
    `insert into jobs.jobs (account_id, id, kind, lane, payload, permit_id, state, turn, attempts, request_id, run_at)
     values ($1, $2, $3, $4, $5::jsonb, $6, '${state}', ${turn}, $7, $8, app.now() + make_interval(secs => $9::double precision / 1000))`,
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
      ...(delay > 0 ? [] : [[...parts.handlers.keys()]]),
    ],
  );
  return job.permit === undefined ? [insert] : [insert, job.permit.attaching(id)];
}
