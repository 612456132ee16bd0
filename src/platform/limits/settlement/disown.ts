import { commitPoint, type Database, statement } from '#platform/db';
import type { HolderId, Ids } from '#platform/kernel';
import type { RetryQueue } from './retry-queue.ts';
import type { Asked } from '../batch.ts';
import type { Step } from './steps.ts';

const DISOWN = commitPoint(
  'limits.disown',
  'permits of a batch of callers whose admission was never answered: closed, or never to be',
);

export interface DisownParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly holder: HolderId;
  readonly retries: RetryQueue;
}

/** A release of a permit that there may be, and what its row needs to say where there is none. */
interface Disowned extends Step {
  readonly user: string;
  readonly feature: string;
  readonly request: string;
}

/**
 * Closes permits of an admission whose answer was lost, once the database is there again: its places, its quota and its
 * reserve are free then, and its Idempotency-Keys, and no call is on its bill. Where there is no such permit its id is taken, so
 * that an admission that is still on its way fails when it arrives. The same twice is once.
 */
export function disown({ db, ids, holder, retries }: DisownParts, items: readonly Asked[]): void {
  const disowned = items.map(
    ({ request, permit, event }): Disowned => ({
      a: request.accountId,
      p: request.product,
      id: permit,
      h: holder,
      f: 1,
      op: 'release',
      reason: 'answer lost',
      calls: [{ e: event, s: 'voided', t: false, c: ids.next() }],
      user: request.userId,
      feature: request.feature,
      request: request.requestId,
    }),
  );
  const facts = { admissions: disowned.map(({ a, id }) => ({ account_id: a, permit_id: id })) };
  const told = statement('select limits.disown($1::jsonb)', [JSON.stringify(disowned)]);
  retries.add(facts, () => db.system('limits.settlement', DISOWN, [told]));
}
