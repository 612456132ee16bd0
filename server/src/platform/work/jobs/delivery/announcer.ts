import type { Clock } from '#platform/kernel';
import type { JobRunner } from '../job-runner.ts';
import type { WorkerParts } from '../parts.ts';
import { createPublish, type Publish, type QStashParts } from './qstash.ts';
import { claim, recordPublished } from './store.ts';

export interface Announcing {
  readonly publish: Publish;
  /** Deliveries that may be under way at once, over all processes. */
  readonly parallelism: number;
  readonly clock: Clock;
}

/** Parts of a worker that announces jobs to QStash. */
export function announceTo(parts: QStashParts & { readonly clock: Clock }): Announcing {
  return { publish: createPublish(parts), parallelism: parts.parallelism, clock: parts.clock };
}

/** Messages of one call. */
const MOST = 100;
/** Milliseconds before QStash is asked again that could not take a job: doubled each time, up to the cap. */
const BACKOFF = { base: 500, cap: 30_000 } as const;

/**
 * Loop of a worker that announces jobs in place of running them: it claims the next ones in the queue's order, publishes
 * them and writes that down, in this order. A crash between the two publishes them again under the same Deduplication-Id.
 * As many wait at QStash as may run, so that nothing waits for a publisher, and the order in which jobs go stays ours.
 */
export function startAnnouncing(
  { db, holder, handlers, log }: Pick<WorkerParts, 'db' | 'holder' | 'handlers' | 'log'>,
  { publish, parallelism, clock }: Announcing,
): JobRunner['fill'] {
  const most = { interactive: 2 * parallelism, batch: Math.max(1, Math.floor(parallelism / 2)) };
  let failures = 0;
  let waitUntil = 0;

  async function publishAll(claimed: Parameters<Publish>[0]): Promise<void> {
    for (let from = 0; from < claimed.length; from += MOST) {
      const group = claimed.slice(from, from + MOST);
      const taken = await publish(group);
      if (taken.length > 0) await recordPublished(db, holder.id, taken);
      if (taken.length < group.length)
        throw new Error(`QStash refused ${group.length - taken.length} of ${group.length} jobs`);
    }
  }

  return async () => {
    const early = waitUntil - clock.monotonic();
    if (early > 0) return { isFull: false, nextDue: early };
    const { claimed, nextDue } = await claim(db, { holder: holder.id, kinds: [...handlers.keys()], most });
    try {
      await publishAll(claimed);
      failures = 0;
      return { isFull: false, nextDue };
    } catch (err) {
      failures += 1;
      const delay = Math.min(BACKOFF.cap, BACKOFF.base * 2 ** (failures - 1));
      waitUntil = clock.monotonic() + delay;
      log.warn({ err, jobs: claimed.length }, 'jobs could not be announced to QStash');
      return { isFull: false, nextDue: delay };
    }
  };
}
