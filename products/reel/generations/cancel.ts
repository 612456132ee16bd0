import {
  type Answer,
  AppError,
  cancelWork,
  commitPoint,
  declareErrors,
  type Once,
  type ProductContext,
  type WorkKey,
} from 'plinth/product';
import { countVariants, endGeneration, lockGeneration } from './store.ts';
import { signals } from './views.ts';

const CANCEL = commitPoint(
  'reel.cancel',
  'a cancelled generation, its job, its permit and the stored answer',
);

declareErrors({
  generation_ended: { status: 409, message: 'This generation has ended: there is nothing left to cancel.' },
});

/** The answer to a cancellation. */
export interface CancelResult {
  readonly generation_id: string;
  readonly draft_id: string;
  readonly status: 'cancelled';
  readonly status_url: string;
}

/**
 * Cancels a generation. Its quota is given back when nothing was written, and counts otherwise. Throws `not_found`, and
 * `generation_ended` for one that completed or failed; one that is cancelled stays so.
 */
export function cancel(
  parts: Pick<ProductContext, 'db' | 'jobs'>,
  key: WorkKey,
  once: Once,
): Promise<Answer<CancelResult>> {
  const { accountId, id } = key;
  return cancelWork(
    parts,
    { key, once },
    {
      point: CANCEL,
      signals,
      lock: lockGeneration(accountId, id),
      ending: endGeneration(accountId, id, { status: 'cancelled' }),
      async keeps(tx) {
        const [variants] = await tx.run(countVariants(accountId, id));
        return variants !== undefined && variants.stored > 0;
      },
      missing: () => new AppError('not_found', { message: 'There is no such generation.' }),
      ended: () => new AppError('generation_ended'),
      body: ({ draft_id }) => ({
        generation_id: id,
        draft_id,
        status: 'cancelled' as const,
        status_url: `/v1/generations/${id}`,
      }),
    },
  );
}
