import { commitPoint, type Transaction } from '#platform/db';
import { type Answer, answer, type Once } from '#platform/http';
import { AppError, declareErrors, type JobId } from '#platform/kernel';
import type { ProductContext } from '#platform/product';
import { countVariants, endGeneration, lockGeneration } from './store.ts';
import { type GenerationKey, signalEnded } from './views.ts';

const CANCEL = commitPoint(
  'reel.cancel',
  'a cancelled generation, its job, its permit and the stored answer',
);

declareErrors({
  generation_ended: { status: 409, message: 'This generation has ended: there is nothing left to cancel.' },
});

/** What whoever cancels is answered; a reference, because answers are kept for repeats. */
export interface Cancelled {
  readonly generation_id: string;
  readonly draft_id: string;
  readonly status: 'cancelled';
  readonly status_url: string;
}

type Parts = Pick<ProductContext, 'db' | 'jobs'>;

/**
 * Cancels a generation, once per Idempotency-Key, and calls off whoever writes it. Its quota is given back when nothing
 * was written, and counts otherwise; what the provider served stays on the bill. Throws `not_found`, and
 * `generation_ended` for one that completed or failed; one that is cancelled stays so.
 */
export async function cancel(parts: Parts, key: GenerationKey, once: Once): Promise<Answer<Cancelled>> {
  const called: JobId[] = [];
  const answered = await once(CANCEL, async (tx) => {
    const { draftId, job } = await cancelIn(tx, parts, key);
    called.push(...job);
    const { generationId: id } = key;
    const status_url = `/v1/generations/${id}`;
    return answer(200, { generation_id: id, draft_id: draftId, status: 'cancelled' as const, status_url });
  });
  for (const job of called) {
    parts.jobs.interrupt(job);
    signalEnded(parts.db, key.generationId);
  }
  return answered;
}

/** `job`: the one that was cancelled with it; none, when that had happened before. */
async function cancelIn(
  tx: Transaction,
  { jobs }: Parts,
  { accountId, generationId }: GenerationKey,
): Promise<{ draftId: string; job: JobId[] }> {
  const [generation] = await tx.run(lockGeneration(accountId, generationId));
  if (generation === undefined) throw new AppError('not_found', { message: 'There is no such generation.' });
  const { status, draft_id: draftId, job_id: job } = generation;
  if (status === 'cancelled') return { draftId, job: [] };
  if (status !== 'queued' && status !== 'running') throw new AppError('generation_ended');
  // A look of its own after the lock: the worker may have stored a variant while this one waited.
  const [variants] = await tx.run(countVariants(accountId, generationId));
  await tx.runAll([
    endGeneration(accountId, generationId, { status: 'cancelled' }),
    jobs.cancelling(accountId, job, { keep: variants !== undefined && variants.stored > 0 }),
  ]);
  return { draftId, job: [job] };
}
