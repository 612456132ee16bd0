import { commitPoint } from '#platform/db';
import type { PaymentProvider } from '../../payment-provider.ts';
import { releaseAbandonedTasks } from '../store/fetch-tasks.ts';
import { deleteDrain } from './request-drain.ts';
import { claimNext, fetchClaimed, type FetchParts } from './fetch-next.ts';
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

interface Worker {
  /** Whether it holds an object, and waits for the provider or the database. */
  isReading: boolean;
  /** Rejects when the signal that it began with ends, and for the database. */
  ended: Promise<void>;
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
  const workers = new Set<Worker>();

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
    // A worker of an earlier round that reads nothing may be about to take what this round is for.
    const looking = [...workers].filter(({ isReading }) => !isReading);
    const free = Array.from({ length: WORKERS - workers.size }, () => startWorker(signal));
    await Promise.all([...looking, ...free].map(({ ended }) => ended));
  }

  function startWorker(signal: AbortSignal): Worker {
    const worker: Worker = { isReading: false, ended: Promise.resolve() };
    workers.add(worker);
    worker.ended = work(worker, signal);
    return worker;
  }

  /** Looks again where a round began while it found nothing due: that round counted it as one of its workers. */
  async function work(worker: Worker, signal: AbortSignal): Promise<void> {
    const source = { provider, readRate, signal };
    try {
      for (let seen = -1; seen !== rounds && !signal.aborted; ) {
        seen = rounds;
        for (let claim; !signal.aborted && (claim = await claimNext(parts, source)) !== undefined; ) {
          worker.isReading = true;
          await fetchClaimed(parts, source, claim);
          worker.isReading = false;
        }
      }
      signal.throwIfAborted();
    } finally {
      workers.delete(worker);
    }
  }

  return { run: (signal) => (next ??= round(signal)) };
}
