import type { Transaction } from '#platform/db';
import { PLATFORM_ACCOUNT, type Queue } from '#platform/queue';
import type { Ids } from '#platform/kernel';
import { sayOnItsWay } from '../store/drains.ts';
import type { Shop } from '../store/fetch-tasks.ts';

/** The kind of the job that fetches and applies what was hinted at. */
export const DRAIN = 'billing.drain';

export interface AskingParts {
  readonly ids: Ids;
  readonly jobs: Pick<Queue, 'enqueueing' | 'wake'>;
}

/** Sees to it, in the transaction that marked something, that a drain is on its way. After the commit, call `jobs.wake`. */
export async function askForDrainIn({ ids, jobs }: AskingParts, tx: Transaction, shop: Shop): Promise<void> {
  const isFirst = (await tx.run(sayOnItsWay(shop))).length > 0;
  if (!isFirst) return;
  const { store } = shop;
  await tx.runAll(
    // Interactive: somebody may stand at the page that they came back to from paying.
    jobs.enqueueing(PLATFORM_ACCOUNT, {
      kind: DRAIN,
      lane: 'interactive',
      payload: { store },
      requestId: ids.next(),
    }),
  );
}
