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
  /** Resolves when nothing is due any more, whoever fetched it here. */
  run(signal: AbortSignal): Promise<void>;
}

/** One drain at a time in this process: another one only has it look again. */
export function createDrain(parts: FetchParts, provider: PaymentProvider, readRate: ReadRate): Drain {
  let underWay: Promise<void> | undefined;
  let isAsked = false;

  async function drainWhileAsked(signal: AbortSignal): Promise<void> {
    while (isAsked) {
      isAsked = false;
      const providerMode = { provider: provider.name, mode: provider.mode };
      await parts.db.system('billing.inbox', BEGUN, [
        deleteDrain(providerMode),
        releaseAbandonedTasks(providerMode),
      ]);
      await Promise.all(Array.from({ length: WORKERS }, () => worker(signal)));
    }
  }

  async function worker(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await fetchNext(parts, { provider, readRate, signal })));
    signal.throwIfAborted();
  }

  return {
    run(signal) {
      isAsked = true;
      underWay ??= drainWhileAsked(signal).finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
  };
}
