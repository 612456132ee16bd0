import { expect, test } from 'vitest';
import { type Micros, usd } from '#platform/kernel';
import { catalogueOf, type PlainDeclaration, UNLIMITED } from './index.ts';

const price = (monthly: number) => ({ currency: 'usd' as const, monthly });
const sound: PlainDeclaration = {
  key: 'demo',
  name: 'Demo',
  holds: 'both',
  limits: {
    posts: { kind: 'quota', per: 'month', by: 'account' },
    pause: { kind: 'cooldown', by: 'subject' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
  },
  options: { exports: 'boolean', variants: 'number' },
  features: {
    post: { consumes: ['posts', 'cost'], requires: ['exports'], reserve: usd('0.10'), longestSeconds: 60 },
  },
  plans: {
    free: { name: 'Free', rank: 1, price: price(0), grants: grantsOf({ posts: 1, cost: 0, exports: false }) },
    paid: {
      name: 'Paid',
      rank: 2,
      price: { ...price(900), yearly: 9_000 },
      trialDays: 14,
      grants: grantsOf({ posts: UNLIMITED }),
    },
    team: {
      name: 'Team',
      rank: 4,
      price: price(1_900),
      grants: grantsOf({}),
      perSeat: ['posts', 'cost'],
      overage: [{ limit: 'posts', micros: usd('0.10') }],
    },
    staff: { name: 'Staff', rank: 3, price: price(0), grants: grantsOf({}), hidden: true },
  },
  addOns: { boost: { name: 'Boost', price: { currency: 'usd', once: 500 }, days: 30, lifts: 'paid' } },
  defaultPlan: 'free',
};

function grantsOf(of: Readonly<Record<string, number | boolean>>) {
  return { posts: 5, pause: 20, cost: 500_000, exports: true, variants: 1, ...of };
}
function requirePlans({ plans: { team: dear, paid: cheap } }: PlainDeclaration) {
  if (dear === undefined || cheap === undefined) throw new Error('a plan is missing');
  return { team: dear, paid: cheap };
}
const planWith = (of: Partial<PlainDeclaration['plans'][string]>): Partial<PlainDeclaration> => ({
  plans: { ...sound.plans, paid: { name: 'Paid', rank: 2, price: price(900), grants: grantsOf({}), ...of } },
});
const featureWith = (of: Partial<PlainDeclaration['features'][string]>): Partial<PlainDeclaration> => ({
  features: { post: { consumes: ['posts'], reserve: usd('0'), longestSeconds: 60, ...of } },
});
const boost = { name: 'Boost', price: { currency: 'usd' as const, once: 500 }, days: 30, lifts: 'paid' };
const pack = {
  name: 'Pack',
  price: { currency: 'usd' as const, once: 900 },
  limit: 'coins',
  credits: 9,
  months: 12,
};
const alsoIn = (also: NonNullable<PlainDeclaration['plans'][string]['price']['also']>) => ({
  ...price(900),
  also,
});
const { team, paid } = requirePlans(sound);
const { posts: _, ...withoutPosts } = grantsOf({});

test('what a product sells is answered as a catalogue, with nothing left out', () => {
  const { key, ...rest } = sound;
  expect(catalogueOf(sound)).toEqual({ product: key, ...rest });
});

const BROKEN: readonly (readonly [string, Partial<PlainDeclaration>])[] = [
  ['plan paid: forgets posts', planWith({ grants: withoutPosts })],
  [
    'plan paid: grants "likes", which is neither limit nor option',
    planWith({ grants: grantsOf({ likes: 1 }) }),
  ],
  [
    'plan paid: grants "constructor", which is neither limit nor option',
    planWith({ grants: grantsOf({ constructor: 1 }) }),
  ],
  ['plan paid: posts is no whole number from 0 up', planWith({ grants: grantsOf({ posts: -1 }) })],
  [
    'feature post: consumes "disk", which no use of a feature changes',
    {
      ...featureWith({ consumes: ['disk'] }),
      limits: { ...sound.limits, disk: { kind: 'gauge', by: 'account' } },
    },
  ],
  [
    'limit tokens: rolls over no whole percent from 1 to 100, or no whole amount at most',
    {
      limits: {
        ...sound.limits,
        tokens: { kind: 'credits', per: 'month', by: 'account', rollover: { percent: 120, most: 5 } },
      },
    },
  ],
  ['plan paid: posts is no whole number from 0 up', planWith({ grants: grantsOf({ posts: 1.5 }) })],
  [
    'plan paid: posts is no whole number from 0 up',
    planWith({ grants: grantsOf({ posts: Number.POSITIVE_INFINITY }) }),
  ],
  ['plan paid: posts is no whole number from 0 up', planWith({ grants: grantsOf({ posts: true }) })],
  [
    'plan paid: pause never ends: say how many seconds it takes',
    planWith({ grants: grantsOf({ pause: UNLIMITED }) }),
  ],
  ['plan paid: exports is no boolean', planWith({ grants: grantsOf({ exports: 1 }) })],
  ['plan paid: variants is no whole number from 0 up', planWith({ grants: grantsOf({ variants: true }) })],
  ["plan paid: cost can't hold the reserve of one post", planWith({ grants: grantsOf({ cost: 99_999 }) })],
  ["plan paid: its price is no whole number of usd's smallest units", planWith({ price: price(9.95) })],
  ['plan paid: its rank is no whole number', planWith({ rank: 1.5 })],
  ['plans free and paid have the same rank', planWith({ rank: 1 })],
  ['plan paid ranks above free and does not cost more', planWith({ price: price(0) })],
  ['feature post: consumes "likes", which is no limit', featureWith({ consumes: ['likes'] })],
  ['feature post: consumes a limit twice', featureWith({ consumes: ['posts', 'posts'] })],
  ['feature post: requires "variants", which is no boolean option', featureWith({ requires: ['variants'] })],
  ['feature post: reserves no whole amount of micro-dollars', featureWith({ reserve: 0.5 as Micros })],
  ['feature post: says not in how many seconds it is over', featureWith({ longestSeconds: 0 })],
  ['add-on boost: lifts to "gold", which is no plan', { addOns: { boost: { ...boost, lifts: 'gold' } } }],
  [
    'add-on pack: sells "gold", which is no limit of credits',
    { addOns: { pack: { ...pack, limit: 'gold' } } },
  ],
  [
    'add-on pack: sells "posts", which is no limit of credits',
    { addOns: { pack: { ...pack, limit: 'posts' } } },
  ],
  [
    'add-on pack: has no whole number of credits from 1 to 1000000000000',
    { addOns: { pack: { ...pack, credits: 0.5 } } },
  ],
  [
    'add-on pack: lasts no whole number of months from 1 to 120',
    { addOns: { pack: { ...pack, months: 0 } } },
  ],
  ['add-on boost: lasts no whole number of days', { addOns: { boost: { ...boost, days: 0 } } }],
  [
    "add-on boost: its price is no whole number of usd's smallest units",
    { addOns: { boost: { ...boost, price: { currency: 'usd', once: -1 } } } },
  ],
  ['the default plan "gold" is no plan', { defaultPlan: 'gold' }],
  ['the default plan "paid" is not free', { defaultPlan: 'paid' }],
  ['there is no plan', { plans: {} }],
  ['it is sold in several currencies: usd, eur', planWith({ price: { currency: 'eur', monthly: 900 } })],
  ['"bit" is no currency of ISO 4217', planWith({ price: alsoIn({ bit: { monthly: 900 } }) })],
  ['"EUR" is no currency of ISO 4217', planWith({ price: alsoIn({ EUR: { monthly: 900 } }) })],
  ['team has no price in jpy', planWith({ price: alsoIn({ jpy: { monthly: 1_400 } }) })],
  [
    "plan paid: its price is no whole number of kwd's smallest units",
    planWith({ price: alsoIn({ kwd: { monthly: 2_995 } }) }),
  ],
  [
    'plan paid: a year costs less than one month, or more than twelve',
    planWith({ price: { ...alsoIn({ eur: { monthly: 900, yearly: 10_801 } }), yearly: 9_000 } }),
  ],
  [
    'plan paid: it is sold by the year in some currencies alone',
    planWith({ price: alsoIn({ eur: { monthly: 900, yearly: 9_000 } }) }),
  ],
  [
    'plan team: one unit past posts has no price in jpy',
    {
      plans: {
        ...sound.plans,
        team: { ...team, price: { ...price(1_900), also: { jpy: { monthly: 2_900 } } } },
      },
    },
  ],
  [
    'plan team ranks above paid and does not cost more',
    {
      plans: {
        ...sound.plans,
        paid: { ...paid, price: alsoIn({ jpy: { monthly: 2_900 } }) },
        team: { ...team, price: { ...price(1_900), also: { jpy: { monthly: 2_900 } } } },
      },
    },
  ],
  [
    'plan paid: a year costs less than one month, or more than twelve',
    planWith({ price: { ...price(900), yearly: 10_801 } }),
  ],
  ['plan paid: its trial lasts no whole number of days', planWith({ trialDays: 0.5 })],
  ['plan paid: its trial lasts more than 730 days', planWith({ trialDays: 731 })],
  [`"${'x'.repeat(41)}" is longer than 40 characters`, { key: 'x'.repeat(41) }],
  [
    "plan paid: its price is no whole number of isk's smallest units",
    planWith({ price: alsoIn({ isk: { monthly: 99_950 } }) }),
  ],
  [
    'plan free: is free, and has a trial',
    { plans: { free: { name: 'Free', rank: 1, price: price(0), grants: grantsOf({}), trialDays: 14 } } },
  ],
  ['plan paid: sells "likes" by the seat, which is no limit', planWith({ perSeat: ['likes'] })],
  ['plan paid: sells pause by the seat, which is a cooldown', planWith({ perSeat: ['pause'] })],
  [
    'plan paid: "cost" may be passed, and is no quota of accounts',
    planWith({ overage: [{ limit: 'cost', micros: usd('0.01') }] }),
  ],
  [
    "plan paid: posts may be passed, and its windows are of the account's own time zone",
    {
      ...planWith({ overage: [{ limit: 'posts', micros: usd('0.01') }] }),
      limits: { ...sound.limits, posts: { kind: 'quota', per: 'month', zone: 'account', by: 'account' } },
    },
  ],
  [
    'plan paid: posts may be passed, and has no end',
    planWith({ grants: grantsOf({ posts: UNLIMITED }), overage: [{ limit: 'posts', micros: usd('0.01') }] }),
  ],
  [
    'plan paid: one unit past posts costs no whole number of micro-units',
    planWith({ overage: [{ limit: 'posts', micros: usd('0') }] }),
  ],
  [
    'plan paid: has two prices past a limit',
    planWith({ overage: ['0.01', '0.02'].map((each) => ({ limit: 'posts', micros: usd(each) })) }),
  ],
  [
    '"Demo" is no name: lower-case words joined by _, and none that every object of JavaScript has',
    { key: 'Demo' },
  ],
  [
    '"constructor" is no name: lower-case words joined by _, and none that every object of JavaScript has',
    { key: 'constructor' },
  ],
  ['"posts" is both a limit and an option', { options: { ...sound.options, posts: 'number' } }],
  ['"paid" is both a plan and an add-on', { addOns: { paid: boost } }],
];

test.each(BROKEN)('refused at definition: %s', (says, change) => {
  expect(() => catalogueOf({ ...sound, ...change })).toThrow(`\n  ${says}`);
});

test('all problems are told at once, a line for each', () => {
  const broken = { ...sound, ...planWith({ rank: 1, price: price(-1) }), defaultPlan: 'gold' };
  expect(() => catalogueOf(broken)).toThrow(/can't be sold:(\n  .+){3,}/);
});
