import {
  type Credit,
  type Instant,
  keyOf,
  type KnownKey,
  type Meter,
  type OpenPermit,
  type State,
  type Window,
} from './state.ts';
import { kept } from './sliding.ts';

/** A grant that is drawn from credits, or a share of them. */
export interface Draw {
  readonly id: string;
  readonly amount: number;
}

/** A row of `limits.alerts`, which is written once. */
export interface Alert {
  readonly scope: string;
  readonly name: string;
  readonly starts: Instant;
  readonly size: number;
  readonly threshold: 80 | 100;
  readonly kind: string;
  readonly used: number;
  readonly resetsAt: Instant | null;
}

/** What a permit charged, to give it back: [scope or credit, limit, kind, window's start, amount, window's length]. */
export type Charge = readonly [
  string,
  string,
  string,
  Instant | null,
  number | null,
  ...rest: (string | null)[],
];

export interface NewPermit extends OpenPermit {
  readonly eventId: string;
  readonly units: number;
  readonly reserve: number;
  readonly charges: readonly Charge[];
  readonly plan: string | null;
  readonly operatorBudgets: readonly string[] | null;
  readonly createdAt: Instant;
}

/**
 * What PostgreSQL must write for a granted request. Counters are added to, each only if its sum stays within the bound that
 * it was decided under: `max` of a window, of a slot's permits, of the credits that are left.
 */
export type Change =
  /** `start` and `add` units or micro-dollars; an older window begins anew with them. */
  | {
      readonly do: 'count';
      readonly scope: string;
      readonly name: string;
      readonly start: Instant;
      readonly add: number;
      readonly max: number;
    }
  /** A cooldown begins, if the last one is over. */
  | { readonly do: 'wait'; readonly scope: string; readonly name: string; readonly until: Instant }
  | {
      readonly do: 'slide';
      readonly scope: string;
      readonly name: string;
      readonly per: string;
      readonly add: number;
      readonly max: number;
    }
  /** Counted beside `permit`, which takes the place. */
  | { readonly do: 'take_place'; readonly slot: string; readonly max: number }
  /** Credits that are due for this window, and what is drawn of which ones. */
  | {
      readonly do: 'credits';
      readonly name: string;
      readonly due: readonly Credit[];
      readonly draws: readonly Draw[];
    }
  | { readonly do: 'anchor'; readonly at: Instant }
  | ({ readonly do: 'alert' } & Alert)
  /** A meter that a wrong clock wrote is replaced as a whole: this needs its lock. */
  | { readonly do: 'clean'; readonly scope: string; readonly windows: readonly Window[] }
  | { readonly do: 'permit'; readonly permit: NewPermit }
  /** The Idempotency-Key is remembered, in place of one that came to nothing. */
  | {
      readonly do: 'key';
      readonly route: string;
      readonly keyHash: string;
      readonly bodyHash: string;
      readonly permit: NewPermit;
    }
  /** A permit that its holder left gets another one, and the next fence. */
  | {
      readonly do: 'adopt';
      readonly key: string;
      readonly permitId: string;
      readonly holder: string;
      readonly fence: number;
    };

const REMEMBERED = 86_400_000_000;

/** A copy of a state that changes are applied to while a batch is decided. */
export class Draft implements State {
  readonly accountId: string;
  readonly product: string;
  readonly zone: string;
  readonly madeAt: Instant;
  readonly timeline: State['timeline'];
  readonly failuresElsewhere: State['failuresElsewhere'];
  readonly spenders: State['spenders'];
  anchor: Instant | null;
  open: OpenPermit[];
  credits: Credit[];
  readonly meters: Map<string, Meter>;
  readonly keys: Map<string, KnownKey>;

  constructor(state: State) {
    this.accountId = state.accountId;
    this.product = state.product;
    this.zone = state.zone;
    this.madeAt = state.madeAt;
    this.timeline = state.timeline;
    this.failuresElsewhere = state.failuresElsewhere;
    this.spenders = state.spenders;
    this.anchor = state.anchor;
    this.open = [...state.open];
    this.credits = [...state.credits];
    this.meters = new Map(state.meters);
    this.keys = new Map(state.keys);
  }

  /** Applies what was decided at an instant: what the database will have once it is written. */
  apply(changes: readonly Change[], now: Instant): void {
    for (const change of changes) this.#apply(change, now);
    if (changes.some((change) => change.do === 'permit')) {
      const { windows } = this.#meter(this.product);
      this.meters.set(this.product, { seen: now, windows });
    }
  }

  #apply(change: Change, now: Instant): void {
    switch (change.do) {
      case 'count':
        return this.#replace(change.scope, change.name, (old) => ({
          name: change.name,
          start: change.start,
          used: change.add + (old?.start === change.start ? old.used : 0),
        }));
      case 'wait':
        return this.#replace(change.scope, change.name, () => ({
          name: change.name,
          start: change.until,
          used: 1,
        }));
      case 'slide':
        return this.#setWindows(change.scope, kept(this.#meter(change.scope).windows, change, now));
      case 'clean':
        return this.#setWindows(change.scope, change.windows);
      case 'credits':
        this.credits = drawn(this.credits, change, now);
        return;
      case 'anchor':
        this.anchor ??= change.at;
        return;
      case 'permit':
        this.open.push(change.permit);
        return;
      case 'key':
        this.keys.set(keyOf(change), remembered(change));
        return;
      case 'adopt':
        return this.#adopt(change);
      case 'alert':
      case 'take_place':
    }
  }

  #meter(scope: string): Meter {
    return this.meters.get(scope) ?? { seen: 0, windows: [] };
  }

  #setWindows(scope: string, windows: readonly Window[]): void {
    this.meters.set(scope, { seen: this.#meter(scope).seen, windows });
  }

  #replace(scope: string, name: string, change: (old: Window | undefined) => Window): void {
    const { windows } = this.#meter(scope);
    const place = windows.findIndex((window) => window.name === name);
    const changed = change(windows[place]);
    this.#setWindows(scope, place < 0 ? [...windows, changed] : windows.with(place, changed));
  }

  #adopt({ key, permitId, holder, fence }: Extract<Change, { do: 'adopt' }>): void {
    const known = this.keys.get(key);
    if (known?.permit) this.keys.set(key, { ...known, permit: { ...known.permit, holder, fence } });
    this.open = this.open.map((permit) => (permit.id === permitId ? { ...permit, holder } : permit));
  }
}

function remembered({ bodyHash, permit }: Extract<Change, { do: 'key' }>): KnownKey {
  const { id, state, holder, jobId, reserve, eventId, createdAt } = permit;
  const pendingEvent = state === 'queued' ? eventId : null;
  return {
    bodyHash,
    state: 'running',
    expiresAt: createdAt + REMEMBERED,
    kept: {},
    permit: { id, state, holder, jobId, fence: 1, reserve, pendingEvent },
  };
}

function drawn(
  credits: readonly Credit[],
  { due, draws }: Extract<Change, { do: 'credits' }>,
  now: Instant,
): Credit[] {
  const amounts = new Map(draws.map(({ id, amount }) => [id, amount]));
  const ids = new Set(due.map(({ id }) => id));
  return [...credits.filter(({ id }) => !ids.has(id)), ...due].map((credit) => {
    const amount = amounts.get(credit.id);
    return amount === undefined
      ? credit
      : { ...credit, remaining: credit.remaining - amount, updatedAt: now };
  });
}
