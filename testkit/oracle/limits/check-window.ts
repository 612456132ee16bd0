import type { Rule } from '../../../server/src/platform/limits/features.ts';
import { alertsOf } from './alerts.ts';
import { deny, requirePlan, severalOf } from './answers.ts';
import type { Change } from './changes.ts';
import { type CheckInput, type LimitCheck, scopeOf } from './limit-check.ts';
import { endUserOf, isOfEndUser } from './key-bounds.ts';
import { type Instant, SECOND, sizeOf, spenderOf } from './state.ts';
import { anchorToKeep, windowOf } from './windows.ts';

/** How far clocks of two servers may be apart: what was written later was written by a wrong one. */
export const APART = 300 * SECOND;

/** The present window of a limit, and what its meter has in it. */
function heldIn(scope: string, { name, per, by }: Rule, { state, now }: CheckInput) {
  const stored = state.meters.get(scope)?.windows.find((window) => window.name === name);
  const span = windowOf(state, per ?? '', { now, stored: stored?.start });
  // Another product's decision with this key may have been later than this one.
  const isLater =
    by.startsWith('key:') &&
    stored !== undefined &&
    stored.start > span.starts &&
    stored.start <= now + APART;
  const { starts, ends } = isLater
    ? windowOf(state, per ?? '', { now: stored.start, stored: undefined })
    : span;
  return { starts, ends, taken: stored?.start === starts ? stored.used : 0, isNew: stored?.start !== starts };
}

/** So many end users has a key in a window; `rule` follows the bounds of the one who asks. */
export function checkUsers(rule: Rule, asking: CheckInput): LimitCheck {
  const { name, by: scope } = rule;
  const { state, request } = asking;
  const longest = state.spenders
    .get(spenderOf(request))
    ?.keyBounds.findLast((bound) => `key:${bound.keyId}` === scope && isOfEndUser(bound.name));
  const theirs = { ...rule, name: longest?.name ?? '', by: `${scope}/user:${endUserOf(request)}` };
  const { isNew } = heldIn(theirs.by, theirs, asking);
  const { starts, ends, taken: used } = heldIn(scope, rule, asking);
  const max = rule.most ?? 0;
  const isOpen = !isNew || used < max;
  return {
    isOpen,
    until: ends,
    denial: () =>
      isOpen ? undefined : deny({ limit: name, of: 'quota', used, max, resetsAt: ends }, asking),
    changes: () => [{ do: 'count', scope, name, start: starts, add: isNew ? 1 : 0, max }],
  };
}

/** Quotas, bursts and budgets in the window of a calendar, a billing period, or an account's zone. */
export function checkWindow(rule: Rule, asking: CheckInput): LimitCheck {
  const { name, kind, per } = rule;
  const { state, request, segment } = asking;
  const scope = scopeOf(rule, asking);
  // A bound of a key counts in all products, and no plan gives its size.
  const isKeys = rule.by.startsWith('key:');
  const max = isKeys ? rule.most : sizeOf(segment, name);
  const { starts, ends, taken } = heldIn(scope, rule, asking);
  const isBudget = kind === 'budget';
  const left = max === null ? -1 : max - taken;
  const units = kind === 'calls' ? 1 : request.units;
  const least = isBudget ? request.least : units;
  return {
    isOpen: isBudget ? least <= left : units <= (max === null ? 0 : left),
    until: ends,
    ...(isBudget && { left }),
    denial() {
      const isTooMuch = max !== null && max < least && (!isBudget || max === 0) && !isKeys;
      if (max === null || isTooMuch) return requirePlan(name, least, { max, plan: segment.plan });
      if (least <= left) return;
      const needed = isBudget ? { needed: least } : severalOf(units);
      const of = kind !== 'calls' ? kind : per === 'minute' ? 'burst' : 'quota';
      return deny({ limit: name, of, used: taken, max, resetsAt: ends, ...needed }, asking);
    },
    changes(reserve) {
      const add = isBudget ? reserve : units;
      const size = max ?? 0;
      const moved = { before: taken, after: taken + add, size };
      const at = {
        scope,
        name,
        starts,
        kind: kind === 'calls' && per !== 'minute' ? 'quota' : kind,
        resetsAt: ends,
      };
      const changes: Change[] = [{ do: 'count', scope, name, start: starts, add, max: size }];
      return [
        ...changes,
        ...(per === 'billing_period' ? fixAnchor(asking) : []),
        ...alertsOf(state.product, at, moved),
      ];
    },
    ...(kind !== 'burst' &&
      per !== 'minute' && {
        charge: () => [scope, name, kind === 'calls' ? 'quota' : kind, starts, isBudget ? null : units, per],
      }),
  };
}

/** The first use of a plan that was given or bought fixes from when periods are counted. */
export function fixAnchor({ state, now }: Pick<CheckInput, 'state' | 'now'>): Change[] {
  const at = state.anchor === null ? anchorToKeep(state, now) : undefined;
  return at === undefined ? [] : [{ do: 'anchor', at }];
}

/** The cost of an account's failed calls of this day: those of other products count too, once this product has one. */
export function failureCost(rule: Rule, { state, now }: Pick<CheckInput, 'state' | 'now'>): number {
  const { starts } = windowOf(state, 'day', { now, stored: undefined });
  const isToday = ({ start }: { readonly start: Instant }) => start === starts;
  const own = state.meters
    .get(state.product)
    ?.windows.find((window) => window.name === rule.name && isToday(window));
  if (own === undefined || own.used === 0) return 0;
  return own.used + state.failuresElsewhere.filter(isToday).reduce((sum, { used }) => sum + used, 0);
}

/** The limit of failed calls is closed for the day once their cost has reached it. */
export function checkFailures(rule: Rule, asking: CheckInput): LimitCheck {
  const { state, now } = asking;
  const { ends } = windowOf(state, 'day', { now, stored: undefined });
  const max = rule.most ?? 0;
  const used = failureCost(rule, asking);
  const isOpen = used < max;
  const closed = { limit: rule.name, of: 'failures', used, max, resetsAt: ends };
  return {
    isOpen,
    until: ends,
    denial: () => (isOpen ? undefined : deny(closed, asking)),
    changes: () => [],
  };
}
