import {
  type AccountId,
  answerFollower,
  AppError,
  cancelWork,
  commitPoint,
  type DeadJob,
  type Follower,
  type JobFailure,
  type Once,
  type Page,
  type RunningJob,
  timeList,
  type WorkKey,
} from 'plinth/product';
import type { OrbitParts } from '../orbit-parts.ts';
import { createAsks } from './ask.ts';
import { extractionOf, giveUpExtraction, runExtraction } from './run.ts';
import {
  countUntold,
  endExtraction,
  type ExtractionRow,
  listExtractions,
  lockExtraction,
  reviveExtraction,
} from './store.ts';
import { followExtractions, noExtraction, progressOf, signals } from './views.ts';

const CANCEL = commitPoint(
  'orbit.extract-cancel',
  'a cancelled extraction, its job, its permit and the stored answer',
);

/** Extractions: requested over HTTP, read by a worker, followed and cancelled by their requester. */
export function createExtraction(parts: OrbitParts) {
  const { db, scopes } = parts;
  const told = { following: followExtractions(db), resultEvent: 'part', progressOf };

  /** Chunks that were read stay for the next one, and count as a call. */
  function cancel(key: WorkKey, once: Once) {
    return cancelWork(
      parts,
      { key, once },
      {
        point: CANCEL,
        signals,
        lock: lockExtraction(key),
        ending: endExtraction(key, { status: 'cancelled' }),
        async keeps(tx) {
          const [untold] = await tx.run(countUntold(key));
          return untold !== undefined && untold.chunks > 0;
        },
        missing: noExtraction,
        ended: () => new AppError('extraction_ended'),
        body: ({ scope_id: scopeId }) => ({
          extraction_id: key.id,
          scope_id: scopeId,
          status: 'cancelled' as const,
          status_url: `/v1/ai/extractions/${key.id}`,
        }),
      },
    );
  }

  /** Extractions of a scope, newest first. Throws `scope_not_found`. */
  async function list(
    accountId: AccountId,
    {
      scopeId,
      cursor,
      limit,
    }: { readonly scopeId: string; readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<Page<ExtractionRow>> {
    await scopes.read(accountId, scopeId);
    const extractions = timeList('extractions', { scopeId });
    const [rows] = await db.tenant(accountId, [
      listExtractions(accountId, { scopeId, after: extractions.after(cursor), limit: limit + 1 }),
    ]);
    return extractions.page(rows, limit);
  }

  return {
    ...createAsks(parts),
    cancel,
    list,
    follow: (follower: Follower) => answerFollower(follower, told),
    run: (job: RunningJob) => runExtraction(parts, job),
    giveUp: (job: RunningJob, failure: JobFailure) => giveUpExtraction(parts, job, failure),
    revive: (job: DeadJob) => [reviveExtraction(extractionOf(job))],
  };
}

export type Extraction = ReturnType<typeof createExtraction>;
