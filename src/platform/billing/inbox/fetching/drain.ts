import { commitPoint } from '#platform/db';
import type { PaymentProvider } from '../../payment-provider.ts';
import { releaseAbandonedTasks } from '../store/fetch-tasks.ts';
import { deleteDrain } from './request-drain.ts';
import { type FetchParts, fetchNext } from './fetch-next.ts';
import type { ReadRate } from './read-rate.ts';

const BEGUN = commitPoint(
  'billing.drain-begun',
  'that the next event asks for another drain, and what dead processes were fetching is due',
);

/** Objects of a payment provider that a process fetches at once. */
const WORKERS = 6;

/** Fetches and applies what was reported, until nothing is due. */
export interface Drain {
  /** Resolves when nothing is due any more. It does not wait for what an earlier run is still reading. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Each request has all free readers look, so that a provider that keeps one of them waiting holds up no other object. Those who ask
 * before a round has begun are in one.
 */
export function createDrain(parts: FetchParts, provider: PaymentProvider, readRate: ReadRate): Drain {
  const providerMode = { provider: provider.name, mode: provider.mode };
  let next: Promise<void> | undefined;
  let begun: Promise<unknown> = Promise.resolve();
  let rounds = 0;
  let busy = 0;

  async function round(signal: AbortSignal): Promise<void> {
    await begun;
    next = undefined;
    const beginning = parts.db.system('billing.inbox', BEGUN, [
      deleteDrain(providerMode),
      releaseAbandonedTasks(providerMode),
    ]);
    begun = beginning.catch(() => {});
    await beginning;
    rounds += 1;
    await Promise.all(Array.from({ length: WORKERS - busy }, () => worker(signal)));
  }

  /** Looks again where a round began while it found nothing due: it was counted as busy then. */
  async function worker(signal: AbortSignal): Promise<void> {
    busy += 1;
    try {
      for (let seen = -1; seen !== rounds && !signal.aborted; ) {
        seen = rounds;
        while (!signal.aborted && (await fetchNext(parts, { provider, readRate, signal })));
      }
      signal.throwIfAborted();
    } finally {
      busy -= 1;
    }
  }

  return { run: (signal) => (next ??= round(signal)) };
}
