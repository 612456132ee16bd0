import type { NewEvent } from '#platform/webhooks';
import type { Change, WrittenSnapshot } from './store.ts';
import { type Segment, segmentAt } from './timeline.ts';

/**
 * The events of accounts whose plan or add-ons are now others than before: those that a new snapshot changed at this moment.
 * What a snapshot says of later (`until`) comes by time alone, and is told here, when it is written.
 */
export function planEvents(
  { product, cause }: Pick<Change, 'product' | 'cause'>,
  written: readonly WrittenSnapshot[],
): NewEvent[] {
  return written.flatMap(({ account_id: accountId, version, timeline, former, now }) => {
    const present = segmentAt(timeline, now);
    const before = former === null ? undefined : segmentAt(former, now);
    if (before !== undefined && heldIn(before) === heldIn(present)) return [];
    const { plan, add_ons, source, until } = present;
    const data = { product, plan, former_plan: before?.plan ?? null, add_ons, source, until, cause };
    return [{ type: 'plan.changed', accountId, id: `${product} ${version}`, data }];
  });
}

const heldIn = ({ plan, add_ons }: Segment) => JSON.stringify([plan, [...add_ons].sort()]);
