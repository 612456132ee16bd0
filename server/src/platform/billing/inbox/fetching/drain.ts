import { commitPoint } from '#platform/db';
import type { PaymentProvider } from '../../payment-provider.ts';
import { releaseAbandonedTasks } from '../store/fetch-tasks.ts';
import { deleteDrain } from './request-drain.ts';
import { fetchNext, type FetchParts } from './fetch-next.ts';
import type { ReadRate } from './read-rate.ts';

const BEGUN = commitPoint(
  'billing.drain-begun',
  'that the next event asks for another drain, and what dead processes were fetching is due',
);

/** Objects of a payment provider that a process fetches at once. */
const READERS = 6;

/** Fetches and applies what was reported, until nothing is due. */
export interface Drain {
  /** Resolves when its readers find nothing due any more; those of earlier runs may be reading still. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves when this process reads nothing. Rejects as the runs that it waits for do. */
  settled(): Promise<void>;
}

interface Reader {
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
  const readers = new Set<Reader>();

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
    await Promise.all(Array.from({ length: READERS - readers.size }, () => startReader(signal)));
  }

  function startReader(signal: AbortSignal): Promise<void> {
    const reader: Reader = { ended: Promise.resolve() };
    readers.add(reader);
    reader.ended = read(reader, signal);
    return reader.ended;
  }

  /** Looks again where a round began while it found nothing due: that round counted it as one of its readers. */
  async function read(reader: Reader, signal: AbortSignal): Promise<void> {
    const source = { provider, readRate, signal };
    try {
      for (let seen = -1; seen !== rounds && !signal.aborted; ) {
        seen = rounds;
        while (!signal.aborted && (await fetchNext(parts, source)));
      }
      signal.throwIfAborted();
    } finally {
      readers.delete(reader);
    }
  }

  async function settled(): Promise<void> {
    while (readers.size > 0) await Promise.all([...readers].map(({ ended }) => ended));
  }

  return { run: (signal) => (next ??= round(signal)), settled };
}
