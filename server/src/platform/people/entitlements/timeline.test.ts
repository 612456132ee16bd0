import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { usd } from '#platform/kernel';
import {
  catalogueOf,
  declareCatalogue,
  type Segment,
  segmentAt,
  type TimedGrant,
  timelineOf,
} from './index.ts';

const DAY = 86_400_000;
const BASE = Date.parse('2027-03-01T00:00:00.000Z');
const day = (n: number) => new Date(BASE + n * DAY);

const declaration = declareCatalogue({
  key: 'demo',
  name: 'Demo',
  holds: 'both',
  limits: { posts: { kind: 'quota', per: 'month', by: 'account' } },
  features: { post: { consumes: ['posts'], reserve: usd('0'), longestSeconds: 60 } },
  plans: {
    basic: { name: 'Basic', rank: 1, price: { currency: 'usd', monthly: 500 }, grants: { posts: 10 } },
    plus: { name: 'Plus', rank: 2, price: { currency: 'usd', monthly: 1_000 }, grants: { posts: 50 } },
    pro: { name: 'Pro', rank: 3, price: { currency: 'usd', monthly: 2_000 }, grants: { posts: 100 } },
  },
  addOns: {
    boost: { name: 'Boost', price: { currency: 'usd', once: 900 }, days: 30, lifts: 'pro' },
    nudge: { name: 'Nudge', price: { currency: 'usd', once: 300 }, days: 7, lifts: 'plus' },
  },
});
const paid = catalogueOf(declaration);
const free = catalogueOf({
  ...declaration,
  plans: {
    ...declaration.plans,
    free: { name: 'Free', rank: 0, price: { currency: 'usd', monthly: 0 }, grants: { posts: 1 } },
  },
  defaultPlan: 'free',
});

let made = 0;
function grant(of: Partial<TimedGrant>): TimedGrant {
  made += 1;
  const nothing = { externalId: null, plan: null, addOn: null, endsAt: null, days: null, revokedAt: null };
  const plain = { ...nothing, meteredFrom: null, terms: null, overrides: null };
  return { id: `grant-${made}`, source: 'admin', quantity: 1, startsAt: day(0), ...plain, ...of };
}
const plan = (name: string, of: Partial<TimedGrant> = {}) => grant({ plan: name, ...of });
const boost = (of: Partial<TimedGrant> = {}) => grant({ addOn: 'boost', days: 30, ...of });

/** A timeline in short: the day on which each plan begins. */
const days = (timeline: readonly Segment[]) =>
  timeline.map(({ from, plan: name }) => [
    Date.parse(from) === 0 ? 'first' : (Date.parse(from) - BASE) / DAY,
    name,
  ]);

describe('what an account holds, from the first instant to the last', () => {
  test('without a grant there is the default plan for ever', () => {
    expect(timelineOf(free, [])).toEqual([
      {
        from: '1970-01-01T00:00:00.000Z',
        until: null,
        plan: 'demo.free',
        add_ons: [],
        source: 'default',
        grants: { posts: 1 },
      },
    ]);
  });

  test('without a grant and a default plan there is none, and nothing is granted', () => {
    expect(timelineOf(paid, [])).toMatchObject([{ plan: null, source: null, grants: {} }]);
  });

  test('the plan of the highest rank is in effect, and what lies beneath comes back when it ends', () => {
    const timeline = timelineOf(free, [plan('basic'), plan('pro', { startsAt: day(5), endsAt: day(9) })]);
    expect(days(timeline)).toEqual([
      ['first', 'demo.free'],
      [0, 'demo.basic'],
      [5, 'demo.pro'],
      [9, 'demo.basic'],
    ]);
  });

  test('a revoked grant ends at that instant, and its past stays as it was', () => {
    const timeline = timelineOf(paid, [plan('plus', { revokedAt: day(3) })]);
    expect(days(timeline)).toEqual([
      ['first', null],
      [0, 'demo.plus'],
      [3, null],
    ]);
  });

  test('a grant that begins where another of the same plan ends leaves no seam', () => {
    const timeline = timelineOf(paid, [
      plan('plus', { endsAt: day(30) }),
      plan('plus', { startsAt: day(30), endsAt: day(60) }),
    ]);
    expect(days(timeline)).toEqual([
      ['first', null],
      [0, 'demo.plus'],
      [60, null],
    ]);
  });

  test('two grants of one plan: the first is named as its source, and the second goes on without it', () => {
    const timeline = timelineOf(paid, [
      plan('plus', { startsAt: day(1), source: 'owner' }),
      plan('plus', { endsAt: day(9) }),
    ]);
    expect(timeline.map(({ source }) => source)).toEqual([null, 'admin', 'owner']);
  });

  test('a granted plan below the default plan takes nothing away', () => {
    const upside = { ...free, defaultPlan: 'plus' };
    expect(days(timelineOf(upside, [plan('basic')]))).toEqual([['first', 'demo.plus']]);
  });

  test('a plan that the code no longer has gives nothing', () => {
    expect(days(timelineOf(free, [plan('gone')]))).toEqual([['first', 'demo.free']]);
  });
});

describe('add-ons', () => {
  test('lift the plan while they last, and end at their instant', () => {
    const timeline = timelineOf(paid, [plan('basic'), boost({ startsAt: day(2) })]);
    expect(timeline.slice(1)).toEqual([
      expect.objectContaining({ from: day(0).toISOString(), plan: 'demo.basic', add_ons: [] }),
      expect.objectContaining({
        plan: 'demo.pro',
        add_ons: ['demo.boost'],
        until: day(32).toISOString(),
        grants: { posts: 100 },
      }),
      expect.objectContaining({ from: day(32).toISOString(), plan: 'demo.basic', add_ons: [], until: null }),
    ]);
  });

  test('a second purchase adds its days to the end of the first', () => {
    const timeline = timelineOf(paid, [
      plan('basic'),
      boost({ startsAt: day(2) }),
      boost({ startsAt: day(10) }),
    ]);
    expect(days(timeline)).toEqual([
      ['first', null],
      [0, 'demo.basic'],
      [2, 'demo.pro'],
      [62, 'demo.basic'],
    ]);
  });

  test('a purchase after the first has ended begins when it is made', () => {
    const timeline = timelineOf(paid, [boost({ startsAt: day(0) }), boost({ startsAt: day(50) })]);
    expect(days(timeline).map(([from]) => from)).toEqual(['first', 0, 30, 50, 80]);
  });

  test('a refund of the first brings the second one forward', () => {
    const timeline = timelineOf(paid, [boost({ revokedAt: day(5) }), boost({ startsAt: day(3) })]);
    expect(days(timeline)).toEqual([
      ['first', null],
      [0, 'demo.pro'],
      [35, null],
    ]);
  });

  test('a refund of the second while the first still runs leaves the first as it was', () => {
    const timeline = timelineOf(paid, [boost(), boost({ startsAt: day(3), revokedAt: day(5) })]);
    expect(days(timeline).at(-1)).toEqual([30, null]);
  });

  test('a third one, after a refund of the first, begins when the second is over', () => {
    const bought = [boost({ revokedAt: day(5) }), boost({ startsAt: day(3) }), boost({ startsAt: day(6) })];
    expect(days(timelineOf(paid, bought)).at(-1)).toEqual([65, null]);
  });

  test('a third one, after a refund of the second, begins when the first is over', () => {
    const bought = [boost(), boost({ startsAt: day(3), revokedAt: day(5) }), boost({ startsAt: day(6) })];
    expect(days(timelineOf(paid, bought)).at(-1)).toEqual([60, null]);
  });

  test('one that is given until an instant ends there, and days bought meanwhile come after it', () => {
    const given = grant({ addOn: 'boost', endsAt: day(10) });
    expect(days(timelineOf(paid, [given, boost({ startsAt: day(4) })])).at(-1)).toEqual([40, null]);
  });

  test('lift an account without a plan too, and lower nobody', () => {
    expect(days(timelineOf(paid, [boost()]))[1]).toEqual([0, 'demo.pro']);
    const lifted = timelineOf(paid, [plan('pro'), grant({ addOn: 'nudge', days: 7 })]);
    expect(lifted.map(({ plan: name, add_ons }) => [name, add_ons])).toEqual([
      [null, []],
      ['demo.pro', ['demo.nudge']],
      ['demo.pro', []],
    ]);
  });
});

const anyDay = fc.integer({ min: 0, max: 120 });
const anyGrant = fc
  .record({
    startsAt: anyDay,
    lasts: fc.option(fc.integer({ min: 1, max: 60 })),
    revoked: fc.option(anyDay, { freq: 3 }),
    what: fc.constantFrom('basic', 'plus', 'pro', 'gone', 'boost', 'boost', 'nudge'),
    source: fc.constantFrom('admin' as const, 'owner' as const),
  })
  .map(({ startsAt, lasts, revoked, what, source }): TimedGrant => {
    const isAddOn = what === 'boost' || what === 'nudge';
    const times = { startsAt: day(startsAt), revokedAt: revoked === null ? null : day(revoked) };
    const endsAt = lasts === null ? null : day(startsAt + lasts);
    const of = { ...times, source, endsAt };
    if (!isAddOn) return plan(what, of);
    return grant({ addOn: what, ...of, days: endsAt === null ? (what === 'boost' ? 30 : 7) : null });
  });
const anyGrants = fc.array(anyGrant, { maxLength: 12 });

/** Purchases of one instant stand in the order of their sources, then as we heard of them. */
const turnOf = ({ source, id }: TimedGrant) => `${source} ${id}`;

/** The days on which an add-on runs, played through day by day: bought days wait in a queue until their turn. */
function playedThrough(grants: readonly TimedGrant[], last: number): Map<string, Set<number>> {
  const queue = grants
    .filter(({ addOn }) => addOn !== null)
    .sort((a, b) => Number(a.startsAt) - Number(b.startsAt) || (turnOf(a) < turnOf(b) ? -1 : 1))
    .map((bought) => ({ bought, left: bought.days, over: false }));
  const running = new Map<string, Set<number>>([
    ['boost', new Set()],
    ['nudge', new Set()],
  ]);
  for (let today = 0; today <= last; today += 1) {
    for (const [turn, entry] of queue.entries()) {
      const { bought } = entry;
      if (entry.over || bought.startsAt > day(today)) continue;
      if (bought.revokedAt !== null && bought.revokedAt <= day(today)) entry.over = true;
      if (bought.endsAt !== null && bought.endsAt <= day(today)) entry.over = true;
      if (entry.left === 0) entry.over = true;
      const waits = queue.slice(0, turn).some((one) => one.bought.addOn === bought.addOn && !one.over);
      if (entry.over || (bought.days !== null && waits)) continue;
      if (entry.left !== null) entry.left -= 1;
      running.get(bought.addOn ?? '')?.add(today);
    }
  }
  return running;
}

test('purchases of one instant stand in the order of their store’s names, whichever we heard of first', () => {
  const bought = [
    boost({ externalId: 'line_b', source: 'stripe', revokedAt: day(10) }),
    boost({ externalId: 'line_a', source: 'stripe' }),
  ];
  const heard = bought.toReversed().map((one, place) => ({ ...one, id: `heard-${place}` }));
  expect(timelineOf(paid, heard)).toEqual(timelineOf(paid, bought));
  expect(days(timelineOf(paid, heard))).toEqual([
    ['first', null],
    [0, 'demo.pro'],
    [30, null],
  ]);
});

describe('for any grants', () => {
  test('any order of them gives the same timeline', () => {
    fc.assert(
      fc.property(anyGrants, fc.infiniteStream(fc.nat()), (grants, chance) => {
        const shuffled = grants
          .map((one) => ({ one, at: chance.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ one }) => one);
        expect(timelineOf(free, shuffled)).toEqual(timelineOf(free, grants));
      }),
    );
  });

  test('segments have no gap, no overlap and no seam', () => {
    fc.assert(
      fc.property(anyGrants, (grants) => {
        const timeline = timelineOf(free, grants);
        expect(Date.parse(timeline[0]?.from ?? '')).toBe(0);
        expect(timeline.at(-1)?.until).toBeNull();
        for (const [index, next] of timeline.slice(1).entries()) {
          const { from, until, ...before } = timeline[index] ?? next;
          expect(until).toBe(next.from);
          expect(from < next.from).toBe(true);
          expect({ ...next, from: '', until: '' }).not.toEqual({ ...before, from: '', until: '' });
        }
      }),
    );
  });

  test('each day has the best plan of what runs on it', () => {
    fc.assert(
      fc.property(anyGrants, fc.boolean(), (grants, hasDefault) => {
        const catalogue = hasDefault ? free : paid;
        const timeline = timelineOf(catalogue, grants);
        const running = playedThrough(grants, 160);
        for (let today = 0; today <= 160; today += 1) {
          const held = grants.filter(
            ({ startsAt, endsAt, revokedAt }) =>
              startsAt <= day(today) &&
              (endsAt === null || day(today) < endsAt) &&
              (revokedAt === null || day(today) < revokedAt),
          );
          const addOns = ['boost', 'nudge'].filter((name) => running.get(name)?.has(today));
          const names = [
            ...(hasDefault ? ['free'] : []),
            ...held.flatMap(({ plan: name }) => (name === null || name === 'gone' ? [] : [name])),
            ...addOns.map((name) => (name === 'boost' ? 'pro' : 'plus')),
          ];
          const best = ['pro', 'plus', 'basic', 'free'].find((name) => names.includes(name));
          const segment = segmentAt(timeline, new Date(day(today).getTime() + DAY / 3));
          expect(segment.plan).toBe(best === undefined ? null : `demo.${best}`);
          expect(segment.add_ons).toEqual(addOns.map((name) => `demo.${name}`));
          expect(segment.grants).toEqual(best === undefined ? {} : catalogue.plans[best]?.grants);
        }
      }),
    );
  });

  test('what is granted or revoked at an instant changes nothing before it', () => {
    fc.assert(
      fc.property(anyGrants, fc.nat(), anyDay, (grants, which, today) => {
        const held = grants.filter(
          ({ startsAt, revokedAt }) => startsAt < day(today) && (revokedAt ?? day(0)) < day(today),
        );
        const revoked = held.map((one, index) =>
          index === which % held.length ? { ...one, revokedAt: one.revokedAt ?? day(today) } : one,
        );
        const granted = [...held, boost({ startsAt: day(today) }), plan('plus', { startsAt: day(today) })];
        for (let before = 0; before < today; before += 1) {
          const then = segmentAt(timelineOf(paid, held), day(before)).plan;
          expect(segmentAt(timelineOf(paid, revoked), day(before)).plan).toBe(then);
          expect(segmentAt(timelineOf(paid, granted), day(before)).plan).toBe(then);
        }
      }),
    );
  });
});
