import { setTimeout } from 'node:timers/promises';
import { commitPoint, type Database } from '#platform/db';
import type { ObjectRef } from '../../facts.ts';
import { askForDrainIn, type AskingParts } from './request-drain.ts';
import type { Drain } from './drain.ts';
import { countUnseen, type Mark, markWanted } from '../store/fetch-tasks.ts';
import type { Shop } from '../../payment-provider.ts';

const LOOKED = commitPoint(
  'billing.looked',
  'that objects are looked at, because something was done to them, and the job that does',
);

/** What whoever did something waits, at most; and how long until it is looked again, each time twice as long. Milliseconds. */
const PATIENCE = 5_000;
const FIRST_PAUSE = 25;

export interface LookingParts extends AskingParts {
  readonly db: Database;
}

/**
 * Marks objects and fetches them: whoever changed something at a store sees it when this resolves. Another process may be at
 * them, or the store away: then it resolves after some five seconds, and the job goes on.
 */
export async function look(
  parts: LookingParts,
  { shop, drain }: { readonly shop: Shop; readonly drain: Drain },
  refs: readonly ObjectRef[],
): Promise<void> {
  const marks = await parts.db.system('billing.inbox', LOOKED, async (tx) => {
    const marked = await tx.run(markWanted(shop, refs, { low: false }));
    await askForDrainIn(parts, tx, shop);
    return marked;
  });
  parts.jobs.wake();
  const late = new AbortController();
  const waited = setTimeout(PATIENCE, undefined, { signal: late.signal }).catch(() => {});
  await Promise.race([waited, seen(parts, { shop, drain, marks }, late.signal)]);
  late.abort();
}

interface Looking {
  readonly shop: Shop;
  readonly drain: Drain;
  readonly marks: readonly Mark[];
}

/** Resolves when they were applied, with what they name. What fails here the job does. */
async function seen(
  { db }: LookingParts,
  { shop, drain, marks }: Looking,
  signal: AbortSignal,
): Promise<void> {
  for (let pause = FIRST_PAUSE; !signal.aborted; pause *= 2) {
    await drain.run(new AbortController().signal).catch(() => {});
    const [[unseen]] = await db.system('billing.inbox', [countUnseen(shop, marks)]);
    if (unseen?.count === 0) return;
    await setTimeout(pause, undefined, { signal }).catch(() => {});
  }
}
