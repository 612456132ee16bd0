import { commitPoint } from '#platform/db';
import type { Store } from '../../payment-provider.ts';
import { sayBegun } from './request-drain.ts';
import { type FetchingParts, fetchNext } from './fetch-next.ts';
import type { Turns } from './read-rate.ts';

const BEGUN = commitPoint('billing.drain-begun', 'that the next hint asks for another drain');

/** Objects of a store that a process fetches at once. */
const LANES = 6;

/** Fetches and applies what was hinted at, until nothing is due. */
export interface Drain {
  /** Resolves when nothing is due any more, whoever fetched it here. */
  run(signal: AbortSignal): Promise<void>;
}

/** One drain at a time in this process: another one only has it look again. */
export function createDrain(parts: FetchingParts, store: Store, turns: Turns): Drain {
  let underWay: Promise<void> | undefined;
  let isAsked = false;

  async function drainWhileAsked(signal: AbortSignal): Promise<void> {
    while (isAsked) {
      isAsked = false;
      const shop = { store: store.name, mode: store.mode };
      await parts.db.system('billing.inbox', BEGUN, [sayBegun(shop)]);
      await Promise.all(Array.from({ length: LANES }, () => lane(signal)));
    }
  }

  async function lane(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await fetchNext(parts, { store, turns, signal })));
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
