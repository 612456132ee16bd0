import type { Rule } from '../../../server/src/platform/limits/features.ts';
import { deny, requirePlan, severalOf } from './answers.ts';
import { type CheckInput, type LimitCheck, scopeOf } from './limit-check.ts';
import { type Instant, SECOND, sizeOf, type Window } from './state.ts';

/** Units are counted in sixtieths, and one counts as long as any of it lies within: freed up to a sixtieth late, never early. */
function sixtiethOf(per: string | null): number {
  return per === 'minute' ? SECOND : 60 * SECOND;
}

function countedWindows(windows: readonly Window[], per: string | null, now: Instant): Window[] {
  return windows.filter(({ start }) => start > now - 61 * sixtiethOf(per) && start <= now);
}

/** The windows of such a meter with so many more units, and without what no longer counts. */
export function slideWindows(
  windows: readonly Window[],
  { name, per, add }: { readonly name: string; readonly per: string; readonly add: number },
  now: Instant,
): Window[] {
  const present = now - (now % sixtiethOf(per));
  const by = new Map<Instant, number>();
  for (const { start, used } of [...countedWindows(windows, per, now), { start: present, used: add }])
    by.set(start, (by.get(start) ?? 0) + used);
  return [...by].sort(([a], [b]) => a - b).map(([start, used]) => ({ name, start, used }));
}

/** When so many units will be all that still counts. */
function freedAt(windows: readonly Window[], per: string | null, room: number): Instant | undefined {
  let sum = 0;
  let freed: Instant | undefined;
  for (const { start, used } of windows.toSorted((a, b) => b.start - a.start)) {
    if (sum > room) break;
    freed = start + 61 * sixtiethOf(per);
    sum += used;
  }
  return freed;
}

/** A burst over the last minute or hour at any moment. */
export function checkSliding(rule: Rule, asking: CheckInput): LimitCheck {
  const { name, per } = rule;
  const { state, request, now, segment } = asking;
  const scope = `${scopeOf(rule, asking)}/${name}`;
  const max = sizeOf(segment, name);
  const windows = countedWindows(state.meters.get(scope)?.windows ?? [], per, now);
  const used = windows.reduce((sum, window) => sum + window.used, 0);
  const { units } = request;
  return {
    isOpen: units <= (max === null ? 0 : max - used),
    until: now - (now % sixtiethOf(per)) + sixtiethOf(per),
    denial() {
      if (max === null || max < units) return requirePlan(name, units, { max, plan: segment.plan });
      if (units <= max - used) return;
      const resetsAt = freedAt(windows, per, max - units) ?? now + 61 * sixtiethOf(per);
      return deny({ limit: name, of: 'burst', used, max, resetsAt, ...severalOf(units) }, asking);
    },
    changes: () => [{ do: 'slide', scope, name, per: per ?? '', add: units, max: max ?? 0 }],
  };
}
