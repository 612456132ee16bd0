import type { Rule } from '../../../server/src/platform/limits/features.ts';
import { BACKENDS } from '../../../server/src/platform/limits/permits/delegated.ts';
import { deny, requirePlan } from './answers.ts';
import { type CheckInput, type LimitCheck, scopeOf } from './limit-check.ts';
import { type Bounds, type Instant, type OpenPermit, SECOND, sizeOf } from './state.ts';

const OUTSIDE: ReadonlySet<string> = new Set(Object.values(BACKENDS));

/** A job's permit counts until it is closed; a delegated one, until it is due; any other while its holder lives. */
function isCounted({ jobId, state, holder, dueAt }: OpenPermit, { leases }: Bounds, now: Instant): boolean {
  if (jobId !== null || state === 'queued') return true;
  return dueAt > now && (OUTSIDE.has(holder) || (leases.get(holder) ?? 0) > now);
}

/** A limit of concurrent permits: open permits are counted, so that no counter can drift. */
export function checkConcurrency(rule: Rule, asking: CheckInput): LimitCheck {
  const { name } = rule;
  const { state, request, bounds, now, segment } = asking;
  const slot = `${scopeOf(rule, asking)} ${name}`;
  const max = sizeOf(segment, name);
  const here = state.open.filter(({ slots }) => slots.includes(slot));
  const used = here.filter((permit) => isCounted(permit, bounds, now)).length;
  return {
    isOpen: max !== null && used < max,
    slot,
    denial() {
      if (max === null || max < 1) return requirePlan(name, 1, { max, plan: segment.plan });
      if (used < max) return;
      const longest = now + request.rules.longestSeconds * SECOND;
      const firstDue =
        here.length === 0 ? longest : here.reduce((due, { dueAt }) => Math.min(due, dueAt), Infinity);
      // The latest possible instant; mostly a slot is free again as soon as one call ends.
      const resetsAt = Math.max(firstDue, now + SECOND);
      return deny({ limit: name, of: 'concurrency', used, max, resetsAt }, asking);
    },
    changes: () => [{ do: 'take_place', slot, max: max ?? 0 }],
  };
}

/** A pause after each use. */
export function checkCooldown(rule: Rule, asking: CheckInput): LimitCheck {
  const { name } = rule;
  const { state, now, segment } = asking;
  const scope = scopeOf(rule, asking);
  const seconds = sizeOf(segment, name);
  const until = state.meters.get(scope)?.windows.find((window) => window.name === name)?.start ?? 0;
  // One that ends later than it can was begun by a wrong clock; a plan that the account had may have had longer ones.
  const longest = Math.max(seconds ?? 0, 3_600) * SECOND;
  const isWaiting = until > now && until <= now + longest;
  return {
    isOpen: seconds !== null && !isWaiting,
    ...(until > now + longest && { until: until - longest }),
    denial() {
      if (seconds === null) return requirePlan(name, 0, { max: seconds, plan: segment.plan });
      if (!isWaiting) return;
      return deny({ limit: name, of: 'cooldown', used: 1, max: 1, resetsAt: until }, asking);
    },
    changes: () => [{ do: 'wait', scope, name, until: now + (seconds ?? 0) * SECOND }],
  };
}
