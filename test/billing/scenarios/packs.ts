import type { Scenario } from '../scenario.ts';

const PACK = 'gateway.image_pack';
/** No plan is bought. */
const has = null;

/** Packs of credits, and their money that goes back. */
export const PACKS: readonly Scenario[] = [
  {
    name: 'packs are bought, two at once and one later',
    left: 1500,
    steps: [
      { day: 0, does: (customer) => customer.buys(PACK, { quantity: 2 }), has },
      { day: 31, does: (customer) => customer.buys(PACK), has },
    ],
  },
  {
    name: 'a pack is refunded in part, then the rest of it',
    left: 0,
    steps: [
      { day: 0, does: (customer) => customer.buys(PACK), has },
      { day: 1, does: (customer) => customer.isRefunded(0, 333), has },
      { day: 2, does: (customer) => customer.isRefunded(0), has },
    ],
  },
  {
    name: 'one pack of two is refunded',
    left: 500,
    steps: [
      { day: 0, does: (customer) => customer.buys(PACK), has },
      { day: 1, does: (customer) => customer.buys(PACK), has },
      { day: 2, does: (customer) => customer.isRefunded(0), has },
    ],
  },
  {
    name: 'a pack is disputed, and the dispute won',
    left: 500,
    steps: [
      { day: 0, does: (customer) => customer.buys(PACK, { card: 'disputed' }), has },
      { day: 5, does: (customer) => customer.dispute('is won'), has },
    ],
  },
  {
    name: 'a pack is disputed, and the dispute lost',
    left: 0,
    steps: [
      { day: 0, does: (customer) => customer.buys(PACK, { card: 'disputed' }), has },
      { day: 5, does: (customer) => customer.dispute('is lost'), has },
    ],
  },
  {
    name: 'a pack is charged back after a part of it was refunded, and that is won',
    left: 375,
    steps: [
      { day: 0, does: (customer) => customer.buys(PACK), has },
      { day: 1, does: (customer) => customer.isRefunded(0, 500), has },
      { day: 9, does: (customer) => customer.isChargedBack(0), has },
      { day: 12, does: (customer) => customer.dispute('is won'), has },
    ],
  },
];
