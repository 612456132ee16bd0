import type { Scenario, Step } from '../scenario.ts';

/** A month that is paid, and the card that does not pay the next one. */
const declinedLater: readonly Step[] = [
  { day: 0, does: (customer) => customer.subscribes('reel.basic'), has: 'reel.basic' },
  { day: 30, does: (customer) => customer.uses('declined'), has: 'reel.basic' },
  { day: 31, has: 'reel.basic' },
];
const pays: Step['does'] = (customer) => customer.uses('good').then(() => customer.paysWhatIsOwed());

/** Renewals that can't be charged. Stripe tries again on the days 34, 39 and 46. */
export const DUNNING: readonly Scenario[] = [
  {
    name: 'a renewal fails, and is paid two days later',
    steps: [...declinedLater, { day: 33, does: pays, has: 'reel.basic' }, { day: 39, has: 'reel.basic' }],
  },
  {
    name: 'a renewal fails twice, and is paid within the days that were promised',
    steps: [
      ...declinedLater,
      { day: 34, has: 'reel.basic' },
      { day: 36, does: pays, has: 'reel.basic' },
      { day: 40, has: 'reel.basic' },
    ],
  },
  {
    name: 'a renewal fails twice, suspends after the seven days that were promised, and is paid',
    steps: [
      ...declinedLater,
      { day: 34, has: 'reel.basic' },
      { day: 37, has: 'reel.basic' },
      { day: 38, has: null },
      { day: 38.5, does: pays, has: 'reel.basic' },
    ],
  },
  {
    name: 'a renewal fails three times, and is paid',
    steps: [...declinedLater, { day: 39, has: null }, { day: 40, does: pays, has: 'reel.basic' }],
  },
  {
    name: 'a renewal is never paid, and Stripe cancels',
    steps: [...declinedLater, { day: 39, has: null }, { day: 46, has: null }],
  },
  {
    name: 'a renewal finds no card, and is paid two days later',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.basic'), has: 'reel.basic' },
      { day: 30, does: (customer) => customer.losesTheirCard(), has: 'reel.basic' },
      { day: 33, does: pays, has: 'reel.basic' },
      { day: 39, has: 'reel.basic' },
    ],
  },
  {
    name: 'a renewal finds no card, and nobody pays',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.basic'), has: 'reel.basic' },
      { day: 30, does: (customer) => customer.losesTheirCard(), has: 'reel.basic' },
      { day: 35, has: 'reel.basic' },
      { day: 39, has: null },
    ],
  },
  {
    name: 'a bank asks for the person at a renewal, and they never come',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.basic'), has: 'reel.basic' },
      { day: 30, does: (customer) => customer.uses('asking'), has: 'reel.basic' },
      { day: 35, has: 'reel.basic' },
      { day: 39, has: null },
    ],
  },
  {
    name: 'a renewal fails, and the shop forgives it',
    steps: [
      ...declinedLater,
      { day: 33, does: (customer) => customer.isForgivenWhatIsOwed(), has: 'reel.basic' },
      { day: 39, has: 'reel.basic' },
    ],
  },
  {
    name: 'invoices are sent with a term; one is paid late, and the next one never',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.basic', { term: 14 }), has: 'reel.basic' },
      { day: 17, has: 'reel.basic' },
      { day: 20, does: (customer) => customer.paysWhatIsOwed(), has: 'reel.basic' },
      { day: 40, has: 'reel.basic' },
      { day: 50, has: 'reel.basic' },
      { day: 55, has: null },
    ],
  },
  {
    name: 'a plan is paused, and goes on',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.standard'), has: 'reel.standard' },
      { day: 10, does: (customer) => customer.isPaused('void'), has: 'reel.standard' },
      { day: 31, has: null },
      { day: 40, does: (customer) => customer.goesOn(), has: 'reel.standard' },
      { day: 59, has: 'reel.standard' },
    ],
  },
  {
    name: 'a plan whose invoices are kept as drafts goes on meanwhile',
    steps: [
      { day: 0, does: (customer) => customer.subscribes('reel.standard'), has: 'reel.standard' },
      { day: 10, does: (customer) => customer.isPaused('keep_as_draft'), has: 'reel.standard' },
      { day: 33, has: 'reel.standard' },
    ],
  },
];
