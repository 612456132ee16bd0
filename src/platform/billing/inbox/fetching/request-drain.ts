import { statement, type Transaction } from '#platform/db';
import { PLATFORM_ACCOUNT, type Queue } from '#platform/queue';
import type { Ids } from '#platform/kernel';
import type { Shop } from '../../payment-provider.ts';

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

/**
 * Says that a drain is on its way; a row: nobody had said so. Whoever finds it said holds on to it until they commit, so that
 * a drain that begins meanwhile waits for what they mark.
 */
const sayOnItsWay = ({ store, mode }: Shop) =>
  statement(
    `with said as (select 1 from billing.drains where store = $1 and mode = $2 for key share)
     insert into billing.drains (store, mode) select $1, $2 where not exists (select from said)
     on conflict (store, mode) do update set mode = excluded.mode where false returning store`,
    [store, mode],
  );

export const sayBegun = ({ store, mode }: Shop) =>
  statement('delete from billing.drains where store = $1 and mode = $2', [store, mode]);
