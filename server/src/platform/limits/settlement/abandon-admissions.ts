import { commitPoint, type Database, statement } from '#platform/db';
import type { HolderId, Ids } from '#platform/kernel';
import type { RetryQueue } from './retry-queue.ts';
import type { AdmissionItem } from '../batch.ts';
import { encodeStep } from './step.ts';

const ABANDON = commitPoint(
  'limits.disown',
  'permits of a batch of callers whose admission was never answered: closed, or never to be',
);

export interface AbandonParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly holder: HolderId;
  readonly retries: RetryQueue;
}

/**
 * Closes permits of admissions whose answer was lost, as soon as the database answers again. Their slots, quota, reserve and
 * Idempotency-Keys are free then, and no call is billed. The id of a permit that was never written is taken, so that an admission that is
 * still under way fails when it arrives. Doing it twice changes nothing.
 */
export function abandonAdmissions(
  { db, ids, holder, retries }: AbandonParts,
  items: readonly AdmissionItem[],
): void {
  const abandoned = items.map(({ request, permit, event }) => ({
    ...encodeStep({
      account: request.accountId,
      product: request.product,
      permit,
      holder,
      fence: 1,
      operation: 'release',
      reason: 'answer lost',
      calls: [{ event, state: 'voided', isTry: false, correctionId: ids.next() }],
    }),
    // Columns that the permit's row needs where there is none.
    user: request.userId,
    feature: request.feature,
    request: request.requestId,
  }));
  const facts = { admissions: abandoned.map(({ a, id }) => ({ account_id: a, permit_id: id })) };
  const call = statement('select limits.disown($1::jsonb)', [JSON.stringify(abandoned)]);
  retries.add(facts, () => db.system('limits.settlement', ABANDON, [call]));
}
