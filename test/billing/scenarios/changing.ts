import type { Scenario } from '../scenario.ts';

/** Plans that become other ones. */
export const CHANGING: readonly Scenario[] = [
  {
    name: 'an upgrade is paid at once for the rest of the month',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.basic'), has: 'reel.basic' },
      { day: 10, does: (customer) => customer.changesTo('reel.pro'), has: 'reel.pro' },
      { day: 31, has: 'reel.pro' },
    ],
  },
  {
    name: 'a downgrade at once leaves a credit that pays the next month',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.pro'), has: 'reel.pro' },
      {
        day: 10,
        does: (customer) => customer.changesTo('reel.basic', { credited: true }),
        has: 'reel.basic',
      },
      { day: 31, has: 'reel.basic' },
      { day: 59, has: 'reel.basic' },
    ],
  },
  {
    name: 'a downgrade is arranged for the end of the month',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.pro'), has: 'reel.pro' },
      { day: 5, does: (customer) => customer.arranges('reel.basic'), has: 'reel.pro' },
      { day: 31, has: 'reel.basic' },
    ],
  },
  {
    name: 'a downgrade is arranged, and given up in time',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.pro'), has: 'reel.pro' },
      { day: 5, does: (customer) => customer.arranges('reel.basic'), has: 'reel.pro' },
      { day: 6, does: (customer) => customer.staysAfterAll(), has: 'reel.pro' },
      { day: 31, has: 'reel.pro' },
    ],
  },
  {
    name: 'a plan gets another price, which is asked from the next month on',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.standard'), has: 'reel.standard' },
      { day: 10, does: (customer) => customer.isMovedToPrice(2_495), has: 'reel.standard' },
      { day: 31, has: 'reel.standard' },
    ],
  },
  {
    name: 'seats are added, and given up',
    steps: [
      {
        day: 0,
        does: (customer) => customer.subscribes('gateway.team', { quantity: 2 }),
        has: 'gateway.team',
      },
      {
        day: 5,
        does: (customer) => customer.changesTo('gateway.team', { quantity: 5 }),
        has: 'gateway.team',
      },
      {
        day: 10,
        does: (customer) => customer.changesTo('gateway.team', { quantity: 3, credited: true }),
        has: 'gateway.team',
      },
      { day: 31, has: 'gateway.team' },
    ],
  },
  {
    name: 'a monthly plan becomes a yearly one',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('gateway.scale'), has: 'gateway.scale' },
      {
        day: 10,
        does: (customer) => customer.changesTo('gateway.scale', { cycle: 'yearly' }),
        has: 'gateway.scale',
      },
      { day: 59, has: 'gateway.scale' },
    ],
  },
  {
    name: 'a plan is moved to what is none of ours, and another one is bought',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.basic'), has: 'reel.basic' },
      { day: 5, does: (customer) => customer.isMovedElsewhere(), has: null },
      { day: 6, does: (customer) => customer.subscribes('reel.standard'), has: 'reel.standard' },
    ],
  },
];
