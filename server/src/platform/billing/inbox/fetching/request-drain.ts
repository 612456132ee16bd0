import { statement, type Transaction } from '#platform/db';
import { PLATFORM_ACCOUNT, type Queue } from '#platform/queue';
import type { Ids } from '#platform/kernel';
import type { ProviderMode } from '../../payment-provider.ts';

/** The kind of the job that fetches and applies what was reported. */
export const DRAIN = 'billing.drain';

export interface DrainRequestParts {
  readonly ids: Ids;
  readonly jobs: Pick<Queue, 'enqueueing' | 'wake'>;
}

/** Sees to it, in the transaction that marked something, that a drain is on its way. After the commit, call `jobs.wake`. */
export async function requestDrainIn(
  { ids, jobs }: DrainRequestParts,
  tx: Transaction,
  providerMode: ProviderMode,
): Promise<void> {
  const isFirst = (await tx.run(insertDrain(providerMode))).length > 0;
  if (!isFirst) return;
  const { provider } = providerMode;
  await tx.runAll(
    // Interactive: a payer may stand at the page that they came back to from paying.
    jobs.enqueueing(PLATFORM_ACCOUNT, {
      kind: DRAIN,
      lane: 'interactive',
      payload: { provider },
      requestId: ids.next(),
    }),
  );
}

/**
 * Records that a drain is on its way; a row: it was not recorded before. A transaction that finds the record keeps it locked until its
 * commit, so that a drain that begins meanwhile waits for what it marked.
 */
const insertDrain = ({ provider, mode }: ProviderMode) =>
  statement(
    `with said as (select 1 from billing.drains where store = $1 and mode = $2 for key share)
     insert into billing.drains (store, mode) select $1, $2 where not exists (select from said)
     on conflict (store, mode) do update set mode = excluded.mode where false returning store`,
    [provider, mode],
  );

export const deleteDrain = ({ provider, mode }: ProviderMode) =>
  statement('delete from billing.drains where store = $1 and mode = $2', [provider, mode]);
