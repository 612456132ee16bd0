import type { Rule } from '../features.ts';
import type { Charge, Change } from './changes.ts';
import { KEY_BUDGET } from './check-window.ts';
import { decide } from './decide.ts';
import {
  type Instant,
  type Request,
  segmentAt,
  type Segment,
  spenderOf,
  type State,
  type Window,
} from './state.ts';

/** The facts of an account and product that seldom change: all but its counters. */
export interface AccountFacts {
  readonly accountId: string;
  readonly product: string;
  /** Version of its grants; null: it has none, and `byDefault` is its timeline, as PostgreSQL writes it. */
  readonly version: number | null;
  readonly byDefault: string | null;
  readonly timeline: readonly Segment[];
  readonly zone: string;
  readonly madeAt: Instant;
  readonly anchor: Instant | null;
  /** The windows of its own meter. */
  readonly windows: readonly Omit<Window, 'used'>[];
}

export interface KeyBudget {
  readonly keyId: string;
  readonly micros: number;
}

/** A window that is counted in, and the most that it may hold then (`limits.bound`). */
export interface Bound {
  readonly scope: string;
  readonly name: string;
  readonly start: Instant;
  readonly amount: number;
  readonly most: number | null;
  /** How the window runs; `minute` and `hour` are the lengths of a burst that slides. */
  readonly kind: 'begins' | 'stays' | 'pause' | 'minute' | 'hour';
}

/** Ground on which requests are admitted if it still holds under the account's lock (`limits.basis`). */
export interface Basis {
  readonly since: Instant;
  readonly until: Instant;
  readonly plan: string | null;
  readonly bounds: readonly Bound[];
  readonly slots: readonly string[];
  readonly slotSizes: readonly number[];
  readonly charges: readonly Charge[];
}

/**
 * The basis on which so many requests like this one would be admitted at an instant: PostgreSQL adds to what was used
 * and compares. Undefined if the request would be denied anyway, or has a limit that needs more than sums.
 */
export function basisOf(
  facts: AccountFacts,
  request: Request,
  at: {
    readonly now: Instant;
    readonly holder: string;
    readonly count: number;
    readonly keyBudgets: readonly KeyBudget[];
  },
): Basis | undefined {
  const state = withoutUse(facts, request, at.keyBudgets);
  const bounds = {
    now: at.now,
    holder: at.holder,
    leases: new Map([[at.holder, Infinity]]),
    operatorBudgets: [],
  };
  const [decision] = decide(state, [{ ...request, key: undefined }], bounds).decisions;
  if (decision?.answer.kind !== 'granted' || decision.answer.reserve !== request.reserve) return;
  const changes = decision.changes.filter((change) => change.do !== 'permit' && change.do !== 'alert');
  const slotSizes = changes.flatMap((change) => (change.do === 'take_place' ? [change.max] : []));
  const counted = changes.filter((change) => change.do !== 'take_place');
  const found = counted.map((change) => toBound(change, request.rules.rules, at));
  const windows = found.filter((bound) => bound !== undefined);
  if (windows.length < found.length) return;
  // A window in an account's zone has its end as `start`.
  const starts = windows.flatMap(({ start }) => (start <= at.now ? [start] : []));
  const { charges, slots } = decision.answer;
  return {
    since: Math.max(segmentAt(state.timeline, at.now).from, ...starts),
    until: decision.until,
    plan: segmentAt(state.timeline, at.now).plan,
    bounds: inOrder(windows, facts.product),
    slots,
    slotSizes,
    charges,
  };
}

/** The account without any use, and with a spender who may spend: the database checks both. */
function withoutUse(facts: AccountFacts, request: Request, keyBudgets: readonly KeyBudget[]): State {
  // A window in the account's zone stays as it began, also if the zone has changed.
  const zoned = new Set(
    request.rules.rules.flatMap(({ name, per }) => (per?.includes('@') === true ? [name] : [])),
  );
  const windows = facts.windows.flatMap((one) => (zoned.has(one.name) ? [{ ...one, used: 0 }] : []));
  const spender = { refused: null, keyExpiresAt: null, sessionExpiresAt: null, keyBudgets };
  return {
    ...facts,
    meters: new Map([[facts.product, { seen: 0, windows }]]),
    failuresElsewhere: [],
    staked: [],
    open: [],
    credits: [],
    spenders: new Map([[spenderOf(request), spender]]),
    keys: new Map(),
  };
}

function toBound(
  change: Change,
  rules: readonly Rule[],
  { now, count }: { readonly now: Instant; readonly count: number },
): Bound | undefined {
  if (change.do === 'wait') {
    const amount = change.until - now;
    // After the first of them all others would have to wait.
    if (amount > 0 && count > 1) return;
    return { scope: change.scope, name: change.name, start: 0, amount, most: null, kind: 'pause' };
  }
  if (change.do === 'slide') {
    const { scope, name, per, add, max } = change;
    return {
      scope,
      name,
      start: 0,
      amount: add * count,
      most: max,
      kind: per === 'hour' ? 'hour' : 'minute',
    };
  }
  if (change.do !== 'count') return;
  const { scope, name, start, add, max } = change;
  const per = name === KEY_BUDGET ? 'month' : (rules.find((rule) => rule.name === name)?.per ?? '');
  // A window that is not one of UTC begins under `limits.admit` alone: time zones of two programs may differ.
  const kind = per === 'billing_period' || per.includes('@') ? 'stays' : 'begins';
  return { scope, name, start, amount: add * count, most: max, kind };
}

/** The account's own meter first, and then as all processes lock them. */
function inOrder(bounds: readonly Bound[], product: string): Bound[] {
  const rank = ({ scope }: Bound) => (scope === product ? '' : scope);
  return bounds.toSorted((a, b) => (rank(a) < rank(b) ? -1 : Number(rank(a) > rank(b))));
}
