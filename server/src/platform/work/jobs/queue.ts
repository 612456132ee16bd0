import { commitPoint, statement, systemCall } from '#platform/db';
import type { AccountId, JobId } from '#platform/kernel';
import { errorCode, readTraceparent, runInTrace } from '#platform/telemetry';
import type { Taken } from './attempt.ts';
import type { Lane } from './job.ts';
import type { WorkerParts } from './parts.ts';

const TAKE = commitPoint(
  'jobs.take',
  'jobs taken up: holder, fence and permit set, their calls marked as sent',
);
const RECOVER = commitPoint('jobs.recover', 'jobs of dead workers, due again');

/** Free slots, and how many of them may go to the batch lane; and whether it had the last one. */
export interface FreeSlots {
  readonly all: number;
  readonly batch: number;
  readonly afterBatch: boolean;
  /** How many more may start, of each kind that has a limit. */
  readonly roomOf: Readonly<Record<string, number>>;
}

/** A job that was taken up; the last row has none, but the milliseconds until the next delayed one is due. */
interface TakeUpRow {
  readonly job: Taken['job'] | null;
  readonly permit: Taken['permit'];
  readonly due: number | null;
}

/** Takes up what there is room for and answers it, with the milliseconds until the next delayed job is due. */
export async function takeJobs(
  parts: WorkerParts,
  free: FreeSlots,
): Promise<{ taken: Taken[]; nextDue: number | undefined }> {
  const { db, holder, handlers } = parts;
  const kinds = [...handlers.keys()];
  const rows = await inTraceOfTakeUp(parts, async () => {
    const [found] = await db.system('jobs.queue', TAKE, [
      systemCall(
        statement<TakeUpRow>(
          'select job, permit, due from jobs.take_up($1, $2::text[], $3, $4, $5, $6::jsonb)',
          [holder.id, kinds, free.all, free.batch, free.afterBatch, JSON.stringify(free.roomOf)],
        ),
      ),
    ]);
    return found;
  });
  const taken = rows.flatMap(({ job, permit }) => (job === null ? [] : [{ job, permit }]));
  return { taken, nextDue: rows.at(-1)?.due ?? undefined };
}

/** A trace of its own for a look at the queue: it links to the traces of the jobs that it takes up. */
async function inTraceOfTakeUp(
  { tracer }: WorkerParts,
  look: () => Promise<TakeUpRow[]>,
): Promise<TakeUpRow[]> {
  if (tracer === undefined) return look();
  const trace = tracer.begin('jobs.take_up', 'internal', { isSampled: false });
  try {
    const rows = await runInTrace(trace, look);
    const links = rows.flatMap(({ job }) => readTraceparent(job?.traceparent) ?? []);
    trace.root.links = links;
    trace.end(
      undefined,
      links.some(({ sampled }) => sampled),
    );
    return rows;
  } catch (error) {
    trace.end(errorCode(error));
    throw error;
  }
}

/** Takes up one job out of its turn, if it is due, of a kind that has room here, and of one of these lanes. */
export async function takeJob(
  { db, holder, handlers }: WorkerParts,
  job: { readonly accountId: AccountId; readonly id: JobId } & Pick<FreeSlots, 'roomOf'> & {
      readonly lanes: readonly Lane[];
    },
): Promise<Taken | undefined> {
  const [taken] = await db.system('jobs.queue', TAKE, [
    statement<Taken>('select job, permit from jobs.take_one($1, $2, $3, $4::text[], $5::text[])', [
      holder.id,
      job.accountId,
      job.id,
      [...handlers.keys()].filter((kind) => job.roomOf[kind] !== 0),
      job.lanes,
    ]),
  ]);
  return taken[0];
}

/**
 * Makes abandoned jobs due again: those of dead workers, and those of this process that are not among `known`,
 * its jobs under way. `lost` are those that it has begun and could not end: calls of any other have never gone out. No take-up of
 * this process may be in flight. Answers how many.
 */
export async function recoverJobs(
  { db, holder, handlers }: WorkerParts,
  { known, lost }: { readonly known: readonly JobId[]; readonly lost: readonly JobId[] },
): Promise<number> {
  const [, rows] = await db.system('jobs.queue', RECOVER, [
    statement('select jobs.unbegin($1, $2::uuid[])', [holder.id, [...known, ...lost]]),
    statement<{ count: number }>('select jobs.recover($1, $2::uuid[], $3::text[]) as count', [
      holder.id,
      known,
      [...handlers.keys()],
    ]),
    statement('select jobs.close_orphans()'),
  ]);
  return rows[0]?.count ?? 0;
}
