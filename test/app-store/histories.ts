import type { World } from '#sandbox/app-store';

/** What happens to one purchase, day by day; the first day buys. */
export interface History {
  readonly name: string;
  readonly days: Readonly<Record<number, (world: World, id: string) => void>>;
  /** Days after the purchase until which its plan is kept; null: it gave none on the last day. */
  readonly ends: { readonly plan: 'basic' | 'pro'; readonly until: number } | null;
}

const PRO = 'reel.pro.monthly';
const BASIC = 'reel.basic.monthly';

/** For so many days each is looked at; a month of the calendar in which they begin has 31 days, then 28, then 31. */
export const LAST_DAY = 70;
const MONTHS = [31, 59, 90] as const;
/** A renewal may be told late. */
const LEEWAY = 3;

/** All begin with Reel's basic plan, bought by the month on day 0; Apple gives 16 days of grace. */
export const HISTORIES: readonly History[] = [
  { name: 'renews and renews', days: {}, ends: { plan: 'basic', until: MONTHS[2] + LEEWAY } },
  { name: 'canceled at once', days: { 1: (world, id) => world.cancel(id) }, ends: null },
  {
    name: 'canceled and resumed',
    days: { 3: (world, id) => world.cancel(id), 9: (world, id) => world.resume(id) },
    ends: { plan: 'basic', until: MONTHS[2] + LEEWAY },
  },
  {
    name: 'canceled in the last period',
    days: { 65: (world, id) => world.cancel(id) },
    ends: { plan: 'basic', until: MONTHS[2] },
  },
  {
    name: 'canceled, over, and bought again',
    days: { 1: (world, id) => world.cancel(id), 60: (world, id) => world.subscribeAgain(id, PRO) },
    ends: { plan: 'pro', until: 91 + LEEWAY },
  },
  {
    name: 'upgraded',
    days: { 12: (world, id) => world.upgrade(id, PRO), 44: (world, id) => world.cancel(id) },
    ends: { plan: 'pro', until: 71 },
  },
  {
    name: 'upgraded, and the upgrade given back',
    days: { 40: (world, id) => world.upgrade(id, PRO), 41: (world, id) => world.refund(id) },
    ends: null,
  },
  {
    name: 'upgraded, given back, and that reversed',
    days: {
      60: (world, id) => world.upgrade(id, PRO),
      61: (world, id) => world.refund(id),
      64: (world, id) => world.reverseRefund(id),
    },
    ends: { plan: 'pro', until: 91 + LEEWAY },
  },
  {
    name: 'downgraded with the next period',
    days: { 1: (world, id) => world.upgrade(id, PRO), 5: (world, id) => world.downgrade(id, BASIC) },
    ends: { plan: 'basic', until: 91 + LEEWAY },
  },
  {
    name: 'a change arranged and taken back',
    days: { 60: (world, id) => world.downgrade(id, PRO), 61: (world, id) => world.downgrade(id, BASIC) },
    ends: { plan: 'basic', until: MONTHS[2] + LEEWAY },
  },
  {
    name: 'refunded in its period',
    days: { 65: (world, id) => world.refund(id) },
    ends: null,
  },
  {
    name: 'refunded for an earlier period',
    days: { 40: (world, id) => world.refund(id, id) },
    ends: { plan: 'basic', until: MONTHS[2] + LEEWAY },
  },
  {
    name: 'refunded, and the refund reversed',
    days: { 62: (world, id) => world.refund(id), 66: (world, id) => world.reverseRefund(id) },
    ends: { plan: 'basic', until: MONTHS[2] + LEEWAY },
  },
  {
    name: 'declined, in grace at the end',
    days: { 57: (world, id) => world.setCard(id, 'declined') },
    ends: { plan: 'basic', until: MONTHS[1] + 16 },
  },
  {
    name: 'declined, good again in grace',
    days: { 30: (world, id) => world.setCard(id, 'declined'), 40: (world, id) => world.setCard(id, 'good') },
    ends: { plan: 'basic', until: MONTHS[2] + LEEWAY },
  },
  {
    name: 'declined, good again after grace',
    days: { 30: (world, id) => world.setCard(id, 'declined'), 50: (world, id) => world.setCard(id, 'good') },
    ends: { plan: 'basic', until: 81 + LEEWAY },
  },
  {
    name: 'declined, and grace is over',
    days: { 30: (world, id) => world.setCard(id, 'declined') },
    ends: null,
  },
  {
    name: 'dearer, and agreed to',
    days: { 40: (world, id) => world.raisePrice(id, 12_990), 45: (world, id) => world.agree(id) },
    ends: { plan: 'basic', until: MONTHS[2] + LEEWAY },
  },
  {
    name: 'dearer, and never agreed to',
    days: { 40: (world, id) => world.raisePrice(id, 12_990) },
    ends: null,
  },
  {
    name: 'extended by the app’s owner',
    days: { 65: (world, id) => world.extend(id, 10) },
    ends: { plan: 'basic', until: MONTHS[2] + 10 + LEEWAY },
  },
  {
    name: 'revoked and never again',
    days: { 5: (world, id) => world.revoke(id) },
    ends: null,
  },
];
