import { setTimeout } from 'node:timers/promises';
import { commitPoint, type Database } from '#platform/db';
import type { ObjectRef } from '../../facts.ts';
import { requestDrainIn, type DrainRequestParts } from './request-drain.ts';
import type { Drain } from './drain.ts';
import { countPending, type RequestedFetch, requestFetches } from '../store/fetch-tasks.ts';
import type { ProviderMode } from '../../payment-provider.ts';

const REFRESHED = commitPoint(
  'billing.looked',
  'that objects are looked at, because something was done to them, and the job that does',
);

/** How long a caller waits at most; and the first pause between two looks, doubled each time. Milliseconds. */
const LONGEST_WAIT = 5_000;
const FIRST_PAUSE = 25;

export interface RefreshParts extends DrainRequestParts {
  readonly db: Database;
}

/**
 * Marks objects and fetches them: a caller who changed something at a payment provider sees it when this resolves. If another process
 * fetches them, or the provider is away, it resolves after some five seconds, and the job goes on.
 */
export async function refresh(
  parts: RefreshParts,
  { providerMode, drain }: { readonly providerMode: ProviderMode; readonly drain: Drain },
  refs: readonly ObjectRef[],
): Promise<void> {
  const marks = await parts.db.system('billing.inbox', REFRESHED, async (tx) => {
    const marked = await tx.run(requestFetches(providerMode, refs, { low: false }));
    await requestDrainIn(parts, tx, providerMode);
    return marked;
  });
  parts.jobs.wake();
  const late = new AbortController();
  const waited = setTimeout(LONGEST_WAIT, undefined, { signal: late.signal }).catch(() => {});
  await Promise.race([waited, untilApplied(parts, { providerMode, drain, marks }, late.signal)]);
  late.abort();
}

interface PendingRefresh {
  readonly providerMode: ProviderMode;
  readonly drain: Drain;
  readonly marks: readonly RequestedFetch[];
}

/** Resolves when they were applied, with what they name. What fails here the job does. */
async function untilApplied(
  { db }: RefreshParts,
  { providerMode, drain, marks }: PendingRefresh,
  signal: AbortSignal,
): Promise<void> {
  for (let pause = FIRST_PAUSE; !signal.aborted; pause *= 2) {
    await drain.run(new AbortController().signal).catch(() => {});
    const [[unseen]] = await db.system('billing.inbox', [countPending(providerMode, marks)]);
    if (unseen?.count === 0) return;
    await setTimeout(pause, undefined, { signal }).catch(() => {});
  }
}
