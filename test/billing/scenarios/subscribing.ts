import type { Scenario } from '../scenario.ts';

/** Plans that begin, go on and end as they were bought. */
export const SUBSCRIBING: readonly Scenario[] = [
  {
    name: 'a plan is bought and renewed twice',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.basic'), has: 'reel.basic' },
      { day: 31, has: 'reel.basic' },
      { day: 59, has: 'reel.basic' },
    ],
  },
  {
    name: 'a plan is bought at half its price with a coupon, and renewed at the whole',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.pro', { coupon: '50' }), has: 'reel.pro' },
      { day: 31, has: 'reel.pro' },
    ],
  },
  {
    name: 'a trial becomes a plan',
    steps: [
      {
        day: 0,
        does: (customer) => customer.subscribes('reel.standard', { trialDays: 14 }),
        has: 'reel.standard',
      },
      { day: 14, has: 'reel.standard' },
    ],
  },
  {
    name: 'a trial is canceled before it ends',
    steps: [
      {
        day: 0,
        does: (customer) => customer.subscribes('reel.standard', { trialDays: 14 }),
        has: 'reel.standard',
      },
      { day: 3, does: (customer) => customer.cancels('at the end'), has: 'reel.standard' },
      { day: 14, has: null },
    ],
  },
  {
    name: 'the first charge after a trial fails, and another card is good',
    steps: [
      {
        day: 0,
        does: (customer) => customer.subscribes('reel.standard', { trialDays: 14, card: 'declined' }),
        has: 'reel.standard',
      },
      { day: 14, has: 'reel.standard' },
      {
        day: 15,
        does: (customer) => customer.uses('good').then(() => customer.paysWhatIsOwed()),
        has: 'reel.standard',
      },
    ],
  },
  {
    name: 'a first payment is never confirmed',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.pro', { card: 'asking' }), has: null },
      { day: 1, has: null },
    ],
  },
  {
    name: 'a plan is canceled at once',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.standard'), has: 'reel.standard' },
      { day: 10, does: (customer) => customer.cancels('now'), has: null },
    ],
  },
  {
    name: 'a plan is canceled at the end of what is paid for',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.standard'), has: 'reel.standard' },
      { day: 10, does: (customer) => customer.cancels('at the end'), has: 'reel.standard' },
      { day: 31, has: null },
    ],
  },
  {
    name: 'a plan is canceled, and resumed in time',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.standard'), has: 'reel.standard' },
      { day: 10, does: (customer) => customer.cancels('at the end'), has: 'reel.standard' },
      { day: 20, does: (customer) => customer.resumes(), has: 'reel.standard' },
      { day: 31, has: 'reel.standard' },
    ],
  },
  {
    name: 'a plan is canceled, and another one bought',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.basic'), has: 'reel.basic' },
      { day: 5, does: (customer) => customer.cancels('now'), has: null },
      { day: 10, does: (customer) => customer.subscribes('reel.pro'), has: 'reel.pro' },
    ],
  },
];
