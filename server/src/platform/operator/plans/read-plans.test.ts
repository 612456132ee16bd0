import { describe, expect, test } from 'vitest';
import { UNLIMITED } from '#platform/entitlements';
import { describeProblem, readPlans } from './read-plans.ts';

const SOUND = `products:
  notes:
    name: Notes
    limits:
      uses: quota per month
      cost: budget per day
      pause: cooldown
    options:
      sharing: boolean
      size: number
    features:
      summarize:
        consumes: [uses, cost]
        reserve: $0.10
    plans:
      free:
        price: free
        grants: { uses: 5, cost: $1, pause: 0, sharing: false, size: 1 }
      pro:
        price: 4.99
        grants: { uses: 50, cost: $9, pause: 0, sharing: true, size: 2 }
    add_ons:
      boost:
        price: 1.99
        days: 7
        lifts: pro
    default_plan: free
`;

const problemsOf = (text: string) => readPlans(text, ['gateway']).problems.map(describeProblem);

test('JSON, and a limit as a map, say the same', () => {
  const { catalogues, problems } = readPlans(SOUND);
  expect(problems).toEqual([]);
  const long = SOUND.replace('uses: quota per month', 'uses: { kind: quota, per: month, by: account }');
  expect(readPlans(long).catalogues).toEqual(catalogues);
  const json = JSON.stringify({
    products: {
      notes: {
        plans: { free: { price: 0, grants: { uses: 'unlimited' } } },
        limits: { uses: 'quota per week by member' },
      },
    },
  });
  expect(readPlans(json)).toMatchObject({
    problems: [],
    catalogues: [
      {
        product: 'notes',
        limits: { uses: { kind: 'quota', per: 'week', by: 'member' } },
        plans: { free: { grants: { uses: UNLIMITED } } },
      },
    ],
  });
});

describe('a mistake is a sentence with its line', () => {
  test.each<[string, string, string]>([
    // The text that is replaced, its replacement, and the sentence.
    [
      'products:\n  notes:',
      'products:\n\tnotes:',
      'line 2, column 1: A tab begins this line: indent by spaces.',
    ],
    [
      'name: Notes\n',
      'name: Notes\n    name: Again\n',
      'line 4, column 5: This key is there twice: keep one of them.',
    ],
    [
      'name: Notes\n',
      'name: "Notes\n',
      'line 3, column 11: The text that begins here has no quote at its end.',
    ],
    [
      'name: Notes',
      'name: *notes',
      'line 3, column 11: A value that begins with *, & or ! means something else in YAML: put it in quotes, if it is text.',
    ],
    [
      'name: Notes',
      'name: Notes: AI',
      'line 3, column 11: There is a second colon in this line: put the value in quotes.',
    ],
    [
      '    limits:',
      '   limits:',
      'line 4, column 1: This line begins at another column than those beside it: indent them by the same spaces.',
    ],
    [
      'name: Notes',
      'name: Notes\0',
      'line 3, column 16: This character is none of a text: save the file as UTF-8.',
    ],
    ['products:', 'product:', 'line 1, column 1: The file has no "product". Did you mean products?'],
    ['name: Notes', 'nam: Notes', 'line 3, column 5: notes has no "nam". Did you mean name?'],
    ['name: Notes', 'name: 7', 'line 3, column 5: name must be a text of 1 to 100 characters.'],
    [
      '  notes:',
      '  gateway:',
      'line 2, column 3: "gateway" is a product in source here: give this one another name.',
    ],
    [
      '  notes:',
      '  My-Notes:',
      'line 2, column 3: "My-Notes" is no name: lower-case words joined by _, and none that every object of JavaScript has.',
    ],
    ['name: Notes', 'holds: teams', 'line 3, column 5: holds must be personal, organization or both.'],
    ['name: Notes', 'currency: dollars', 'line 3, column 5: currency must be one of ISO 4217, as eur.'],
    ['name: Notes', 'currency: xxq', 'line 3, column 5: "xxq" is no currency of ISO 4217.'],
    [
      'uses: quota per month',
      'uses: quote per month',
      'line 5, column 7: limits > uses must be of a kind that there is: quota, budget, credits, burst, cooldown, concurrency, gauge.',
    ],
    [
      'uses: quota per month',
      'uses: quota',
      'line 5, column 7: limits > uses is a quota: say per day, per week, per month, per billing period.',
    ],
    [
      'uses: quota per month',
      'uses: monthly quota!',
      'line 5, column 7: limits > uses must read as "quota per month", or be a map of kind, per and by.',
    ],
    [
      'uses: quota per month',
      'uses: { kind: quota, by: user, per: month }',
      'line 5, column 28: limits > uses > by must be account, member, key or subject.',
    ],
    [
      'pause: cooldown',
      'pause: cooldown per day',
      'line 7, column 7: limits > pause is a cooldown, which has no window: leave out "per".',
    ],
    [
      'pause: cooldown',
      'pause: seats',
      'line 7, column 7: Seats of machines are for products in source. Sell a plan by the seat with per_seat, or count members with "gauge of members".',
    ],
    [
      'pause: cooldown',
      'pause: rate',
      'line 7, column 7: A rate is for routes in source. Use "burst per minute".',
    ],
    [
      'pause: cooldown',
      'pause: gauge of bytes',
      'line 7, column 7: limits > pause can count members alone: write "gauge of members".',
    ],
    [
      'pause: cooldown',
      'pause: gauge of members by member',
      'line 7, column 7: limits > pause counts by account alone: leave out "by".',
    ],
    [
      'pause: cooldown',
      'pause: { kind: burst, per: minute, zone: account }',
      'line 7, column 7: limits > pause can have "zone: account" alone, and where it counts by day, week or month.',
    ],
    [
      'pause: cooldown',
      'pause: { kind: burst, per: minute, sliding: 5 }',
      'line 7, column 7: limits > pause can have "sliding: true" where it is a burst.',
    ],
    [
      'pause: cooldown',
      'pause: { kind: burst, per: minute, rollover: { percent: 5, most: 5 } }',
      'line 7, column 42: limits > pause is a burst: only credits roll over.',
    ],
    [
      'pause: cooldown',
      'pause: { kind: credits, per: month, rollover: { percent: 500, most: 5 } }',
      'line 7, column 55: Limit pause: rolls over no whole percent from 1 to 100, or no whole amount at most.',
    ],
    [
      'pause: cooldown',
      'pause: concurrency of members',
      'line 7, column 7: limits > pause is a concurrency, which has no unit: leave out "of".',
    ],
    ['sharing: boolean', 'sharing: yes', 'line 9, column 7: options > sharing must be number or boolean.'],
    [
      'consumes: [uses, cost]',
      'consumes: [use, cost]',
      'line 13, column 9: Feature summarize: consumes "use", which is no limit.',
    ],
    [
      'consumes: [uses, cost]',
      'consumes: { uses: 1 }',
      'line 13, column 9: features > summarize > consumes must be a list of names, as [calls, cost].',
    ],
    [
      'consumes: [uses, cost]',
      'consumes: [uses]\n        requires: [size]',
      'line 14, column 9: Feature summarize: requires "size", which is no boolean option.',
    ],
    [
      'consumes: [uses, cost]',
      'consumes: [uses]\n        outside: everybody',
      'line 14, column 9: features > summarize > outside must be operator or account.',
    ],
    [
      'consumes: [uses, cost]',
      'consumes: [uses]\n        longest_seconds: 5m',
      'line 14, column 9: features > summarize > longest_seconds must be a whole number from 1 up.',
    ],
    [
      'reserve: $0.10',
      'reserve: 0.10',
      'line 14, column 9: features > summarize > reserve is money: write dollars with at most six decimals, as $0.50.',
    ],
    [
      'reserve: $0.10',
      'reserve: $2',
      "line 18, column 28: Plan free: cost can't hold the reserve of one summarize.",
    ],
    [
      'price: 4.99',
      'price: 4.999',
      'line 20, column 9: plans > pro > price must be an amount in USD with at most 2 decimals, as 4.99.',
    ],
    ['price: 4.99', 'price: 0', 'line 20, column 9: Plan pro ranks above free and does not cost more.'],
    [
      'price: 4.99',
      'rank: 5',
      'line 19, column 7: plans > pro > price is missing: write free, or an amount a month, as 4.99.',
    ],
    ['price: 4.99', 'price: { yearly: 49 }', 'line 20, column 9: plans > pro > price has no "monthly".'],
    [
      'price: 4.99',
      'price: { monthly: 4.99, yearly: 99 }',
      'line 20, column 9: Plan pro: a year costs less than one month, or more than twelve.',
    ],
    ['price: 4.99', 'price: { monthly: 4.99, eur: 4.49 }', 'line 23, column 7: Boost has no price in eur.'],
    [
      'price: 4.99',
      'price: { monthly: 4.99, weekly: 2 }',
      'line 20, column 33: plans > pro > price has no "weekly". There are: monthly, yearly.',
    ],
    [
      'price: 4.99',
      'price: 4.99\n        rank: 0',
      'line 19, column 7: Plans free and pro have the same rank.',
    ],
    [
      'price: 4.99',
      'price: 4.99\n        trial_days: 900',
      'line 21, column 9: Plan pro: its trial lasts more than 730 days.',
    ],
    [
      'price: free',
      'price: free\n        trial_days: 7',
      'line 18, column 9: Plan free: is free, and has a trial.',
    ],
    [
      'price: 4.99',
      'price: 4.99\n        trial_days: 0',
      'line 21, column 9: plans > pro > trial_days must be a whole number from 1 up.',
    ],
    [
      'price: 4.99',
      'price: 4.99\n        trial_days: 7\n        trial_needs_card: no',
      'line 22, column 9: trial_needs_card must be true or false.',
    ],
    [
      'price: 4.99',
      'price: 4.99\n        trial_needs_card: false',
      'line 21, column 9: Plan pro: has no trial, and says whether its trial needs a card.',
    ],
    ['price: 4.99', 'price: 4.99\n        hidden: later', 'line 21, column 9: hidden must be true or false.'],
    [
      'price: 4.99',
      'price: 4.99\n        per_seat: [seats]',
      'line 21, column 9: Plan pro: sells "seats" by the seat, which is no limit.',
    ],
    [
      'price: 4.99',
      'price: 4.99\n        per_seat: [pause]',
      'line 21, column 9: Plan pro: sells pause by the seat, which is a cooldown.',
    ],
    [
      'price: 4.99',
      'price: 4.99\n        overage: { cost: 0.01 }',
      'line 21, column 9: Plan pro: "cost" may be passed, and is no quota of accounts.',
    ],
    [
      'price: 4.99',
      'price: 4.99\n        overage: { uses: free }',
      'line 21, column 20: plans > pro > overage > uses must be the price of one unit, with at most six decimals, as 0.01.',
    ],
    [
      'price: 4.99',
      'price: 4.99\n        overage: { uses: { eur: 0.01 } }',
      "line 21, column 20: plans > pro > overage > uses has no price in usd, the product's own currency.",
    ],
    ['grants: { uses: 50, cost: $9', 'grants: { cost: $9', 'line 19, column 7: Plan pro: forgets uses.'],
    [
      'grants: { uses: 50',
      'grants: { used: 5, uses: 50',
      'line 21, column 9: Plan pro: grants "used", which is neither limit nor option.',
    ],
    [
      'grants: { uses: 50',
      'grants: { uses: many',
      'line 21, column 19: plans > pro > grants > uses must be a whole number from 0 up, or unlimited.',
    ],
    [
      'grants: { uses: 50',
      'grants: { uses: $50',
      'line 21, column 19: plans > pro > grants > uses counts units and not money: leave out the $.',
    ],
    [
      'uses: 50, cost: $9',
      'uses: 50, cost: 9',
      'line 21, column 29: plans > pro > grants > cost is money: write dollars with at most six decimals, as $0.50.',
    ],
    [
      'uses: 50, cost: $9',
      'uses: 50, cost: $0.01',
      "line 21, column 29: Plan pro: cost can't hold the reserve of one summarize.",
    ],
    [
      'pause: 0, sharing: true',
      'pause: unlimited, sharing: true',
      'line 21, column 39: Plan pro: pause never ends: say how many seconds it takes.',
    ],
    [
      'sharing: true',
      'sharing: 1',
      'line 21, column 49: plans > pro > grants > sharing must be true or false.',
    ],
    [
      'price: 1.99',
      'price: free',
      'line 24, column 9: add_ons > boost > price must be an amount in USD with at most 2 decimals, as 4.99.',
    ],
    [
      'days: 7',
      'days: a week',
      'line 25, column 9: add_ons > boost > days must be a whole number from 1 up.',
    ],
    [
      'days: 7\n        lifts: pro',
      'credits: 100\n        limit: uses\n        months: 12',
      'line 26, column 9: Add-on boost: sells "uses", which is no limit of credits.',
    ],
    [
      'days: 7\n        lifts: pro',
      'credits: 100\n        limit: uses\n        months: 1\n        days: 12',
      'line 28, column 9: add_ons > boost has no "days". There are: name, price, credits, limit, months.',
    ],
    ['lifts: pro', 'lifts: max', 'line 26, column 9: Add-on boost: lifts to "max", which is no plan.'],
    ['  boost:', '  pro:', 'line 19, column 7: "pro" is both a plan and an add-on.'],
    ['default_plan: free', 'default_plan: pro', 'line 27, column 5: The default plan "pro" is not free.'],
    ['default_plan: free', 'default_plan: basic', 'line 27, column 5: The default plan "basic" is no plan.'],
  ])('%j as %j', (from, to, says) => {
    expect(SOUND).toContain(from);
    expect(problemsOf(SOUND.replace(from, to))).toEqual([says]);
  });
});

test('a file without a product is refused, and one that was stored before is read', () => {
  expect(problemsOf('products: {}')).toEqual([
    'line 1, column 1: products has none: write one. To sell a plan no more, write "hidden: true" in it.',
  ]);
  expect(readPlans('products: {}', [], { isStored: true }).problems).toEqual([]);
});
