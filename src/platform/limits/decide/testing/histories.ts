import fc from 'fast-check';
import type { LimitDeclaration } from '#platform/entitlements';
import { type Rule, ruleOf } from '../../features.ts';
import {
  type Bounds,
  DAY,
  type FeatureRules,
  type Instant,
  type Request,
  SECOND,
  spenderOf,
  type State,
} from '../state.ts';

/** Noon on a Wednesday. */
export const NOON: Instant = Date.parse('2030-03-13T12:00:00.123Z') * 1_000;
export const HOLDER = 'holder';

/** A limit of every kind, with a size that few uses reach. */
const LIMITS = {
  minute: [{ kind: 'burst', per: 'minute', by: 'account' }, 4],
  hourly: [{ kind: 'burst', per: 'hour', by: 'member' }, 6],
  daily: [{ kind: 'quota', per: 'day', by: 'account' }, 8],
  zoned_day: [{ kind: 'quota', per: 'day', zone: 'account', by: 'member' }, 6],
  zoned_month: [{ kind: 'budget', per: 'month', zone: 'account', by: 'key' }, 200],
  weekly: [{ kind: 'quota', per: 'week', by: 'subject' }, 5],
  period: [{ kind: 'quota', per: 'billing_period', by: 'account' }, 12],
  cost: [{ kind: 'budget', per: 'day', by: 'account' }, 150],
  slide_minute: [{ kind: 'burst', per: 'minute', by: 'account', sliding: true }, 5],
  slide_hour: [{ kind: 'burst', per: 'hour', by: 'subject', sliding: true }, 5],
  pause: [{ kind: 'cooldown', by: 'subject' }, 20],
  at_once: [{ kind: 'concurrency', by: 'account' }, 3],
  each_at_once: [{ kind: 'concurrency', by: 'member' }, 2],
  coins: [{ kind: 'credits', per: 'month', by: 'account', rollover: { percent: 50, most: 3 } }, 7],
} as const satisfies Record<string, readonly [LimitDeclaration, number]>;
export type LimitName = keyof typeof LIMITS;
export const NAMES = Object.keys(LIMITS) as LimitName[];
export const SIZES = Object.fromEntries(NAMES.map((name) => [name, LIMITS[name][1]]));
export const RULES = new Map<string, Rule>(NAMES.map((name) => [name, ruleOf(name, LIMITS[name][0])]));
export const KEY_SIZE = 300;
const FAILURES: Rule = {
  name: 'failures',
  kind: 'failures',
  per: 'day',
  by: 'account',
  share: null,
  most: 400,
};

/** What a request consumes: any of the limits, in any order. */
const rules: fc.Arbitrary<FeatureRules> = fc.subarray(NAMES, { minLength: 1, maxLength: 6 }).map((names) => ({
  requires: [],
  longestSeconds: 600,
  rules: [...names.flatMap((name) => RULES.get(name) ?? []), FAILURES],
}));

export type Wish = Omit<Request, 'permitId' | 'eventId' | 'requestId'>;
export const wish: fc.Arbitrary<Wish> = fc
  .record({
    userId: fc.constantFrom('ann', 'ben'),
    keyId: fc.constantFrom(undefined, 'key'),
    feature: fc.constant('use'),
    rules,
    units: fc.integer({ min: 1, max: 4 }),
    reserve: fc.integer({ min: 0, max: 90 }),
    part: fc.integer({ min: 0, max: 100 }),
    state: fc.constantFrom('queued' as const, 'running' as const),
    subject: fc.constantFrom('a', 'b'),
    provider: fc.constantFrom('sandbox', 'openai'),
    again: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 }) },
    ),
  })
  .map(({ part, again, ...rest }) => ({
    ...rest,
    least: Math.floor((rest.reserve * part) / 100),
    key: again === 0 ? undefined : { route: 'POST /use', keyHash: `${again}`, bodyHash: 'body' },
  }));

/** Requests with ids of their own. */
export function numbered(wishes: readonly Wish[], from = 0): Request[] {
  return wishes.map((one, place) => ({
    ...one,
    permitId: `permit ${from + place}`,
    eventId: `event ${from + place}`,
    requestId: 'request',
  }));
}

/** A step of a history: a batch, or time that passes; work that ends; the clock that goes back a little, or far. */
export type Step =
  | { readonly do: 'ask'; readonly wishes: readonly Wish[] }
  | { readonly do: 'pass'; readonly seconds: number }
  | { readonly do: 'end'; readonly pick: number };
const crowd = fc
  .tuple(wish, fc.integer({ min: 1, max: 6 }))
  .map(([one, n]) => Array.from({ length: n }, () => one));
const SECONDS = [1, 5, 25, 70, 1_900, 40_000, 90_000, 12 * 86_400, -2, -100, -290, -90_000, -31 * 86_400];
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      wishes: fc.oneof(crowd, fc.array(wish, { minLength: 1, maxLength: 4 })),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.constantFrom(...SECONDS) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), pick: fc.nat(20) }) },
);

const spender = { refused: null, keyExpiresAt: null, sessionExpiresAt: null, keyBudgets: [] };

export function newState(): State {
  const keyed = { ...spender, keyBudgets: [{ keyId: 'key', micros: KEY_SIZE }] };
  const spenders = (['ann', 'ben'] as const).flatMap((userId) => [
    [spenderOf({ userId }), spender] as const,
    [spenderOf({ userId, keyId: 'key' }), keyed] as const,
  ]);
  return {
    accountId: 'account',
    product: 'demo',
    zone: 'America/Havana',
    madeAt: NOON - 400 * DAY,
    anchor: null,
    timeline: [{ from: 0, until: null, plan: 'demo.only', source: 'admin', grants: SIZES }],
    meters: new Map(),
    failuresElsewhere: [],
    staked: [],
    open: [],
    credits: [],
    spenders: new Map(spenders),
    keys: new Map(),
  };
}

export function boundsAt(now: Instant): Bounds {
  return { now, holder: HOLDER, leases: new Map([[HOLDER, now + 1_000 * DAY]]), operatorBudgets: [] };
}

/** Work that is over leaves the open permits. */
export function ended(state: State, pick: number): State {
  return { ...state, open: state.open.filter((_, place) => place !== pick % Math.max(1, state.open.length)) };
}

/** What is overdue is closed, and stays so when the clock goes back. */
export function swept(state: State, now: Instant): State {
  return { ...state, open: state.open.filter((permit) => permit.state === 'queued' || permit.dueAt > now) };
}

export function later(now: Instant, seconds: number): Instant {
  return now + seconds * SECOND;
}
