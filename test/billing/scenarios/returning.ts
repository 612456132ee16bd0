import type { Scenario } from '../scenario.ts';

/** Money that goes back, add-ons, and objects of other accounts. */
export const RETURNING: readonly Scenario[] = [
  {
    name: 'this month is refunded, in two parts',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.standard'), has: 'reel.standard' },
      { day: 5, does: (customer) => customer.isRefunded(0, 500), has: 'reel.standard' },
      { day: 6, does: (customer) => customer.isRefunded(0), has: 'reel.standard' },
    ],
  },
  {
    name: 'an earlier month is refunded',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.standard'), has: 'reel.standard' },
      { day: 31, has: 'reel.standard' },
      { day: 35, does: (customer) => customer.isRefunded(0), has: 'reel.standard' },
    ],
  },
  {
    name: 'a dispute suspends until it is won',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.standard', { card: 'disputed' }), has: null },
      { day: 5, does: (customer) => customer.dispute('is won'), has: 'reel.standard' },
    ],
  },
  {
    name: 'a dispute is lost, and a later month paid with another card',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.standard', { card: 'disputed' }), has: null },
      { day: 5, does: (customer) => customer.dispute('is lost'), has: null },
      { day: 6, does: (customer) => customer.uses('good'), has: null },
      { day: 31, has: 'reel.standard' },
    ],
  },
  {
    name: 'a plan that was made smaller at once is charged back, and that is lost',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.pro'), has: 'reel.pro' },
      { day: 3, does: (customer) => customer.changesTo('reel.basic'), has: 'reel.basic' },
      { day: 9, does: (customer) => customer.isChargedBack(0), has: null },
      { day: 12, does: (customer) => customer.dispute('is lost'), has: null },
    ],
  },
  {
    name: 'a plan that was made smaller at once is charged back, and that is won',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.pro'), has: 'reel.pro' },
      { day: 3, does: (customer) => customer.changesTo('reel.basic'), has: 'reel.basic' },
      { day: 9, does: (customer) => customer.isChargedBack(0), has: null },
      { day: 12, does: (customer) => customer.dispute('is won'), has: 'reel.basic' },
    ],
  },
  {
    name: 'a plan that was made smaller, larger and smaller again is refunded in part',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.pro'), has: 'reel.pro' },
      { day: 3, does: (customer) => customer.changesTo('reel.basic'), has: 'reel.basic' },
      { day: 4, does: (customer) => customer.changesTo('reel.standard'), has: 'reel.standard' },
      { day: 5, does: (customer) => customer.changesTo('reel.basic'), has: 'reel.basic' },
      { day: 9, does: (customer) => customer.isRefunded(0, 2_000), has: 'reel.basic' },
    ],
  },
  {
    name: 'a bank inquires, and takes nothing',
    steps: [
      {
        day: 0,
        does: (customer) => customer.subscribes('reel.standard', { card: 'inquired' }),
        has: 'reel.standard',
      },
    ],
  },
  {
    name: 'an add-on is bought twice, and lasts twice as long',
    steps: [
      { day: 0, does: (customer) => customer.buys('reel.pro_boost'), has: 'reel.pro' },
      { day: 10, does: (customer) => customer.buys('reel.pro_boost'), has: 'reel.pro' },
      { day: 59, has: 'reel.pro' },
      { day: 60, has: null },
    ],
  },
  {
    name: 'an add-on is refunded in part, then the rest of it',
    steps: [
      { day: 0, does: (customer) => customer.buys('reel.pro_boost'), has: 'reel.pro' },
      { day: 1, does: (customer) => customer.isRefunded(0, 500), has: 'reel.pro' },
      { day: 2, does: (customer) => customer.isRefunded(0), has: null },
    ],
  },
  {
    name: 'an add-on is disputed, and the dispute won',
    steps: [
      { day: 0, does: (customer) => customer.buys('reel.pro_boost', { card: 'disputed' }), has: null },
      { day: 5, does: (customer) => customer.dispute('is won'), has: 'reel.pro' },
    ],
  },
  {
    name: 'an add-on lifts a plan while it lasts',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.basic'), has: 'reel.basic' },
      { day: 0, does: (customer) => customer.buys('reel.pro_boost'), has: 'reel.pro' },
      { day: 30, has: 'reel.basic' },
    ],
  },
  {
    name: 'a customer whom nobody knew becomes ours',
    noted: false,
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.standard'), has: null },
      { day: 5, does: (customer, accountId) => customer.isNoted(accountId), has: 'reel.standard' },
    ],
  },
  {
    name: 'a customer of ours also buys what is none of ours',
    steps: [
      { day: 0, does: (customer) => customer.subscribesElsewhere(), has: null },
      { day: 1, does: (customer) => customer.subscribes('reel.basic'), has: 'reel.basic' },
    ],
  },
];
