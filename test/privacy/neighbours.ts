import {
  countKinds,
  publishCounts,
  type ShownCount,
} from '../../server/src/platform/operator/privacy/counts.ts';
import type { Noise } from '../../server/src/platform/operator/privacy/discrete-laplace.ts';

const KINDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const ACCOUNTS = 42;
const SURE = 1e-6;

/** The same accounts, without and with one more. It has five of six kinds, and so adds as much as an account may. */
const without = Array.from({ length: ACCOUNTS }, (_, at) => ({
  account_id: String(at),
  kinds: [...KINDS.slice(at % KINDS.length), ...KINDS.slice(0, at % KINDS.length)],
}));
const one = { account_id: 'one more', kinds: KINDS };
const COUNTS = countKinds(KINDS, without);
const MORE = countKinds(KINDS, [...without, one]);
/** Each kind has 35 accounts, and the five that are added to have 36: the test tries the edges of the shown figures. */
const [ADDED, OTHER] = [KINDS.slice(0, 5), 'f'];

type Event = (shown: ReadonlyMap<string, number>) => boolean;

interface Attack {
  readonly minimumGroup: number;
  readonly events: Readonly<Record<string, Event>>;
}

/** Attacks of a reader who knows all accounts but one. */
const ATTACKS: readonly Attack[] = [
  {
    minimumGroup: 36,
    events: {
      'all five are shown': (shown) => ADDED.every((kind) => shown.has(kind)),
      'none of the five is shown': (shown) => !ADDED.some((kind) => shown.has(kind)),
    },
  },
  {
    minimumGroup: 1,
    events: {
      'a kind has exactly what one more makes': (shown) => shown.get('a') === MORE.get('a'),
      'a kind has exactly what there was': (shown) => shown.get('a') === COUNTS.get('a'),
      'all five have at least what one more makes': (shown) =>
        ADDED.every((kind) => (shown.get(kind) ?? 0) >= (MORE.get(kind) ?? 0)),
      'two kinds differ as they do with one more': (shown) =>
        difference(shown) === (MORE.get('a') ?? 0) - (MORE.get(OTHER) ?? 0),
      'two kinds differ as they did': (shown) =>
        difference(shown) === (COUNTS.get('a') ?? 0) - (COUNTS.get(OTHER) ?? 0),
    },
  },
];

function difference(shown: ReadonlyMap<string, number>): number {
  return (shown.get('a') ?? Number.NaN) - (shown.get(OTHER) ?? Number.NaN);
}

/** How well the two data sets can be told apart by one event. */
export interface Distinction {
  readonly event: string;
  /** ln of how many times as often the event comes on one of them. */
  readonly measured: number;
  /** It is no less, with a confidence of 1 − 1e-6 over all events. More than ε: the mechanism is not ε-differentially private. */
  readonly atLeast: number;
}

/**
 * A black-box test with ε = 1: releases are made of two neighbouring data sets, and how often an event comes on either bounds ε from below.
 * By Chernoff's bound on a binomial: it holds for any number of draws, and asks for no distribution.
 */
export function tellApart(noise: Noise, runs: number): Distinction[] {
  return ATTACKS.flatMap(({ minimumGroup, events }) => {
    const releases = [COUNTS, MORE].map((counts) =>
      Array.from({ length: runs }, () => new Map(release(counts, minimumGroup, noise))),
    );
    return Object.entries(events).map(([event, holds]) => {
      const [before = 0, after = 0] = releases.map((all) => all.filter(holds).length);
      const [low, high] = [Math.min(before, after), Math.max(before, after)];
      const atLeast = Math.log(bound(high / runs, runs, -1) / bound(low / runs, runs, 1));
      return { event, measured: Math.log(high / low), atLeast };
    });
  });
}

function release(
  counts: ReadonlyMap<string, number>,
  minimumGroup: number,
  noise: Noise,
): [string, number][] {
  const epsilon = { numerator: 1n, denominator: 1n };
  return publishCounts(counts, { epsilon, minimumGroup, noise }).map(({ kind, count }: ShownCount) => [
    kind,
    count,
  ]);
}

/** The outermost probability, below (-1) or above (1), under which a share of so many runs is not too rare. */
function bound(share: number, runs: number, side: -1 | 1): number {
  const allowed = Math.log((4 * EVENTS) / SURE) / runs;
  let [inner, outer] = [share, side === 1 ? 1 : 0];
  for (let step = 0; step < 60; step += 1) {
    const middle = (inner + outer) / 2;
    if (divergence(share, middle) < allowed) inner = middle;
    else outer = middle;
  }
  return outer;
}

const EVENTS = ATTACKS.reduce((total, { events }) => total + Object.keys(events).length, 0);

/** Kullback–Leibler's, of two coins. */
function divergence(a: number, b: number): number {
  return part(a, b) + part(1 - a, 1 - b);
}

function part(a: number, b: number): number {
  return a === 0 ? 0 : a * Math.log(a / b);
}
