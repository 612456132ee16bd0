import type { Credit, Instant, OpenPermit, Window } from './state.ts';

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

/** A charge of a permit, so that it can be given back: [scope or credit, limit, kind, window's start, amount, window's length]. */
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
 * A change that PostgreSQL must write for a granted request. Counters are added to, each only if its sum stays within the bound that
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
  /** Counted beside `permit`, which takes the slot. */
  | { readonly do: 'take_place'; readonly slot: string; readonly max: number }
  /** Credits that are due for this window, and the draws. */
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
