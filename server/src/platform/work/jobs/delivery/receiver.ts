import type { Database } from '#platform/db';
import type { AccountId, Clock, JobId } from '#platform/kernel';
import type { Delivered } from '../job-runner.ts';
import { DELIVERY_PATH, RETRIES } from './message.ts';
import { signatures, type SignatureParts, type Verify } from './signature.ts';
import { announceAnew } from './store.ts';

export interface ReceiverParts {
  readonly db: Database;
  /** undefined: nothing is taken from QStash here. */
  readonly keys: SignatureParts['keys'] | undefined;
  /** The origin that QStash delivers to, and signs for. */
  readonly target: string;
  readonly clock: Clock;
  readonly jobs: {
    deliver(accountId: AccountId, id: JobId): Promise<Delivered>;
    wake(): void;
  };
}

/** A job that QStash says is to be run. */
export interface DeliveredJob {
  readonly accountId: AccountId;
  readonly id: JobId;
  /** How often QStash has tried before. */
  readonly retried: number;
}

/** Takes deliveries: the service of `POST /worker/generate`. */
export interface Receiver {
  /** undefined: nothing is taken from QStash here. */
  readonly verify: Verify | undefined;
  /**
   * Runs a job that was announced, if it is still to be run, and answers what it came to; `busy` is to be tried again,
   * and the last time that QStash would hear it the job is announced anew instead.
   */
  deliver(job: DeliveredJob): Promise<Delivered | 'announced_anew'>;
}

export function createReceiver({ db, keys, target, clock, jobs }: ReceiverParts): Receiver {
  return {
    verify: keys === undefined ? undefined : signatures({ keys, url: target + DELIVERY_PATH, clock }),
    async deliver({ accountId, id, retried }) {
      const outcome = await jobs.deliver(accountId, id);
      if (outcome === 'busy') {
        if (retried < RETRIES.count) return outcome;
        await announceAnew(db, accountId, id);
      }
      // There is something to announce, or room for it; and another process may do it.
      if (outcome !== 'absent') jobs.wake();
      return outcome === 'busy' ? 'announced_anew' : outcome;
    },
  };
}
