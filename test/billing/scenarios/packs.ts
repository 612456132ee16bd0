import type { Scenario, Step } from '../scenario.ts';

const PACK = 'gateway.image_pack';
/** No plan is bought. */
const has = null;

const at = (day: number, does: Step['does']): Step => ({ day, ...(does === undefined ? {} : { does }), has });
const buys = (day: number, quantity = 1) => at(day, (customer) => customer.buys(PACK, { quantity }));
const isRefunded = (day: number, payment: number, amount?: number) =>
  at(day, (customer) => customer.isRefunded(payment, amount));
const isChargedBack = (day: number, payment: number) =>
  at(day, (customer) => customer.isChargedBack(payment));
const dispute = (day: number, end: 'is won' | 'is lost') => at(day, (customer) => customer.dispute(end));

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
  {
    name: 'three packs at once are refunded at odd amounts',
    left: 1000,
    steps: [buys(0, 3), isRefunded(1, 0, 1_999), isRefunded(2, 0, 1)],
  },
  {
    name: 'cents that are no whole credit go back',
    left: 500,
    steps: [buys(0), isRefunded(1, 0, 1), isRefunded(2, 0, 1), isRefunded(3, 0, 1)],
  },
  {
    name: 'a pack is charged back after a part of it was refunded, and that is lost',
    left: 0,
    steps: [buys(0), isRefunded(1, 0, 500), isChargedBack(9, 0), dispute(12, 'is lost')],
  },
  {
    name: 'the first of two packs is charged back, and that is lost',
    left: 500,
    steps: [buys(0), buys(1), isChargedBack(3, 0), dispute(5, 'is lost')],
  },
  {
    name: 'two packs are refunded, the newest first',
    left: 0,
    steps: [buys(0), buys(1), isRefunded(2, 1), isRefunded(3, 0)],
  },
  {
    name: 'a pack is refunded after a dispute of it was won',
    left: 0,
    steps: [buys(0), isChargedBack(3, 0), dispute(5, 'is won'), isRefunded(7, 0)],
  },
  {
    name: 'a pack is bought in each of three months',
    left: 1500,
    steps: [buys(0), buys(31), buys(59)],
  },
  {
    name: 'two packs at once are refunded in part and charged back, and that is won',
    left: 750,
    steps: [buys(0, 2), isRefunded(1, 0, 1_000), isChargedBack(4, 0), dispute(6, 'is won')],
  },
  {
    name: 'one pack is refunded in part while another is disputed and lost',
    left: 250,
    steps: [buys(0), buys(1), isChargedBack(2, 1), isRefunded(3, 0, 1_000), dispute(6, 'is lost')],
  },
  {
    name: 'a pack is bought anew after a refund',
    left: 500,
    steps: [buys(0), isRefunded(1, 0), buys(2)],
  },
  {
    name: 'a pack is bought anew after a lost dispute, and refunded in part',
    left: 250,
    steps: [buys(0), isChargedBack(1, 0), dispute(3, 'is lost'), buys(4), isRefunded(5, 1, 1_000)],
  },
  {
    name: 'one dispute is won, and the next one of another pack is lost',
    left: 500,
    steps: [
      buys(0),
      isChargedBack(1, 0),
      dispute(3, 'is won'),
      buys(4),
      isChargedBack(5, 1),
      dispute(7, 'is lost'),
    ],
  },
  {
    name: 'ten packs at once lose less than a credit',
    left: 5000,
    steps: [buys(0, 10), isRefunded(1, 0, 1)],
  },
  {
    name: 'one pack is refunded while a dispute of another is won',
    left: 500,
    steps: [buys(0), buys(1), isChargedBack(2, 1), isRefunded(3, 0), dispute(6, 'is won')],
  },
];
