import { commitPoint, type Database } from '#platform/db';
import type { Clock } from '#platform/kernel';
import type { Webhooks } from '#platform/webhooks';
import type { AdmitRequest } from './admission.ts';
import type { Denial } from './denial.ts';

const DENIED = commitPoint('limits.denied', 'the event of a first denial in its window');

const HOUR = 3_600_000;
/** Kinds whose windows are days and longer. */
const LONG: ReadonlySet<Denial['of']> = new Set(['quota', 'credits', 'budget', 'failures']);
/** About 2 MB. The one that was told first goes first. */
const CAPACITY = 10_000;

export interface DeniedParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
  readonly onFailure: (error: unknown) => void;
}

/** Tells of denials, without being in anybody's way. */
export interface DeniedEvents {
  /** Stores `permit.denied` for the first denial of an account by a limit in its window; others cost a look into a set. */
  note(request: Pick<AdmitRequest, 'accountId' | 'product' | 'feature'>, denial: Denial): void;
  /** Waits for what is being stored. */
  close(): Promise<void>;
}

/**
 * A client that hammers a closed limit makes one event for each window, or, of a limit whose window is shorter than an hour
 * or that has none, for each hour. A process remembers what it has told; among processes the event's id makes it one. An
 * event is not part of any decision: one that could not be stored comes with the next denial.
 */
export function createDeniedEvents({ db, clock, webhooks, onFailure }: DeniedParts): DeniedEvents {
  const told = new Set<string>();
  const underWay = new Set<Promise<void>>();

  async function store(
    id: string,
    { accountId, product, feature }: Parameters<DeniedEvents['note']>[0],
    denial: Denial,
  ) {
    const { limit, of: kind, used, max, resetsAt: resets_at } = denial;
    const data = { product, feature, limit, kind, used, max, resets_at };
    try {
      await db.system('limits.alerts', DENIED, [
        ...webhooks.emitting({ type: 'permit.denied', accountId, id, data }),
      ]);
      webhooks.wake();
    } catch (error) {
      told.delete(`${accountId} ${id}`);
      onFailure(error);
    }
  }

  return {
    note(request, denial) {
      const id = `${request.product} ${denial.limit} ${windowOf(denial, clock.now())}`;
      const known = `${request.accountId} ${id}`;
      if (told.has(known)) return;
      const [oldest] = told;
      if (told.size >= CAPACITY && oldest !== undefined) told.delete(oldest);
      told.add(known);
      const storing: Promise<void> = store(id, request, denial).finally(() => underWay.delete(storing));
      underWay.add(storing);
    },
    close: async () => void (await Promise.all(underWay)),
  };
}

/** The end of the window; of a shorter one, and of what has none, the hour. */
function windowOf({ of, resetsAt }: Denial, now: number): string {
  const isLong = resetsAt !== null && LONG.has(of);
  return isLong ? resetsAt : new Date(now - (now % HOUR)).toISOString();
}
