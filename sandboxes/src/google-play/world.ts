import { randomUUID } from 'node:crypto';
import { type BasePlan, DAY, isOnce, type Order, type Purchase, type VoidedPurchase } from './objects.ts';

/** Kinds of a subscription's notification, as Google numbers them. */
export const TOLD = {
  recovered: 1,
  renewed: 2,
  canceled: 3,
  purchased: 4,
  onHold: 5,
  inGracePeriod: 6,
  restarted: 7,
  deferred: 9,
  paused: 10,
  pauseScheduleChanged: 11,
  revoked: 12,
  expired: 13,
  priceChangeUpdated: 19,
  pendingPurchaseCanceled: 20,
} as const;

export type Notice = { readonly token: string } & (
  | { readonly type: (typeof TOLD)[keyof typeof TOLD]; readonly once?: string | undefined }
  | { readonly voided: Order }
);

/** What a customer buys in the app. */
export interface PurchaseInput {
  readonly productId: string;
  /** Not said: a product that is bought once. */
  readonly basePlanId?: string;
  /** What the app passes as the obfuscated account id; none where it was bought outside the app. */
  readonly account?: string | undefined;
  /** The token of a purchase that this one takes the place of. */
  readonly replaces?: string | undefined;
  readonly trialDays?: number | undefined;
  /** For a license tester: no money moves. */
  readonly isTest?: boolean | undefined;
  /** Paid in cash, some time: nothing is had before `complete`. */
  readonly isPending?: boolean | undefined;
}

/** All that is known, as it is kept in a file. */
export interface WorldState {
  readonly now: number;
  readonly purchases: readonly Purchase[];
  readonly orders: readonly (Omit<Order, 'purchase'> & { readonly token: string })[];
  readonly voided: readonly (Omit<VoidedPurchase, 'order'> & { readonly orderId: string })[];
}

interface Renewal {
  readonly from: number;
  readonly type: (typeof TOLD)[keyof typeof TOLD];
  readonly trialDays?: number | undefined;
}

/** An unacknowledged purchase is given back after so many days. */
const ACKNOWLEDGE_WITHIN = 3 * DAY;

/** Purchases and what happens to them, on a clock that is driven. */
export class World {
  readonly #plans: readonly BasePlan[];
  readonly #tell: (notice: Notice) => void;
  readonly purchases = new Map<string, Purchase>();
  readonly orders = new Map<string, Order>();
  readonly voided: VoidedPurchase[] = [];
  now: number;

  constructor(plans: readonly BasePlan[], now: number, tell: (notice: Notice) => void) {
    this.#plans = plans;
    this.#tell = tell;
    this.now = now;
  }

  state(): WorldState {
    return {
      now: this.now,
      purchases: [...this.purchases.values()],
      orders: [...this.orders.values()].map(({ purchase, ...of }) => ({ ...of, token: purchase.token })),
      voided: this.voided.map(({ order, ...of }) => ({ ...of, orderId: order.orderId })),
    };
  }

  /** Goes on from what was kept; time does not go back. */
  load({ now, purchases, orders, voided }: WorldState): void {
    for (const purchase of purchases) this.purchases.set(purchase.token, purchase);
    for (const { token, ...of } of orders)
      this.orders.set(of.orderId, { ...of, purchase: this.purchase(token) });
    for (const { orderId, ...of } of voided) {
      const order = this.orders.get(orderId);
      if (order !== undefined) this.voided.push({ ...of, order });
    }
    this.now = Math.max(this.now, now);
  }

  buy({ replaces, ...buying }: PurchaseInput): string {
    const plan = this.#plans.find(
      ({ productId, basePlanId }) =>
        productId === buying.productId && basePlanId === (buying.basePlanId ?? ''),
    );
    if (plan === undefined) throw new Error('There is no such base plan.');
    const purchase: Purchase = {
      token: `${randomUUID().replaceAll('-', '')}.AO-J1O${randomUUID().replaceAll('-', '')}`,
      plan,
      priceMicros: plan.priceMicros,
      state: 'PENDING',
      account: buying.account,
      linked: replaces,
      isTest: buying.isTest ?? false,
      startTime: undefined,
      expiryTime: this.now,
      paidUntil: this.now,
      isTrial: false,
      autoRenews: true,
      isAcknowledged: false,
      isDeclined: false,
      canceledBy: undefined,
      canceledAt: undefined,
      pauseDays: undefined,
      resumesAt: undefined,
      holdEndsAt: undefined,
      newPriceMicros: undefined,
      renewals: -1,
    };
    this.purchases.set(purchase.token, purchase);
    if (buying.isPending !== true) this.#begin(purchase, buying.trialDays);
    return purchase.token;
  }

  /** What was pending is paid. */
  complete(token: string): void {
    this.#begin(this.purchase(token), undefined);
  }

  /** What was pending is not paid after all. */
  cancelPending(token: string): void {
    const of = this.purchase(token);
    of.state = 'PENDING_PURCHASE_CANCELED';
    this.tellOf(of, TOLD.pendingPurchaseCanceled);
  }

  purchase(token: string): Purchase {
    const found = this.purchases.get(token);
    if (found === undefined) throw new Error('There is no such purchase.');
    return found;
  }

  /** All of a purchase, the oldest first. */
  ordersOf(token: string): Order[] {
    return [...this.orders.values()].filter(({ purchase }) => purchase.token === token);
  }

  /** Ends it with what is paid for; in Google's words, by the user or by the developer. */
  cancel(token: string, by: 'user' | 'developer' = 'user'): void {
    const of = this.purchase(token);
    Object.assign(of, { autoRenews: false, canceledBy: by, canceledAt: this.now, state: 'CANCELED' });
    this.#tell({ token, type: TOLD.canceled });
    if (of.expiryTime <= this.now) this.#expire(of);
  }

  /** Has it go on before it has ended. */
  restore(token: string): void {
    const of = this.purchase(token);
    Object.assign(of, { autoRenews: true, canceledBy: undefined, canceledAt: undefined, state: 'ACTIVE' });
    this.#tell({ token, type: TOLD.restarted });
  }

  /** The card behind it is declined from now on. */
  decline(token: string): void {
    this.purchase(token).isDeclined = true;
  }

  /** Another card: open debts are paid at once. */
  fix(token: string): void {
    const of = this.purchase(token);
    of.isDeclined = false;
    if (of.state === 'IN_GRACE_PERIOD') this.#renew(of, { from: of.paidUntil, type: TOLD.renewed });
    else if (of.state === 'ON_HOLD' || of.state === 'PAUSED')
      this.#renew(of, { from: this.now, type: TOLD.recovered });
  }

  /** Pauses it from its next renewal on. */
  pause(token: string, days: number): void {
    this.purchase(token).pauseDays = days;
    this.#tell({ token, type: TOLD.pauseScheduleChanged });
  }

  /** Asks another price from the next renewal on. */
  changePrice(token: string, micros: number): void {
    this.purchase(token).newPriceMicros = micros;
    this.#tell({ token, type: TOLD.priceChangeUpdated });
  }

  acknowledge(token: string): void {
    this.purchase(token).isAcknowledged = true;
  }

  /** Gives time for nothing. */
  defer(token: string, milliseconds: number): Date {
    const of = this.purchase(token);
    of.expiryTime += milliseconds;
    of.paidUntil = of.expiryTime;
    this.#tell({ token, type: TOLD.deferred });
    return new Date(of.expiryTime);
  }

  /** Takes the plan away at once; the money of the last order goes back. */
  revoke(token: string): void {
    const last = this.ordersOf(token).at(-1);
    if (last !== undefined) this.refund(last.orderId, { source: 1 });
    this.#end(this.purchase(token), 'developer', TOLD.revoked);
  }

  /** Gives the money of an order back, or some of it; the plan stays. `chargeback`: the user's bank took it. */
  refund(
    orderId: string,
    how: {
      readonly micros?: number | undefined;
      readonly chargeback?: boolean | undefined;
      readonly source?: number;
      readonly reason?: number;
    } = {},
  ): void {
    const order = this.orders.get(orderId);
    if (order === undefined) throw new Error('There is no such order.');
    if (order.refund !== undefined) return;
    const { micros = order.totalMicros, chargeback = false, source = chargeback ? 2 : 1 } = how;
    order.refund = { at: this.now, reason: chargeback ? 'CHARGEBACK' : 'OTHER', micros };
    if (micros < order.totalMicros) return;
    if (isOnce(order.purchase)) order.purchase.state = 'CANCELED';
    this.voided.push({ order, at: this.now, source, reason: how.reason ?? (chargeback ? 7 : 0) });
    this.#tell({ token: order.purchase.token, voided: order });
  }

  /** Moves the clock on: what falls due by then happens at its own instant, in its order. */
  advanceTo(instant: Date): void {
    for (;;) {
      const [next] = [...this.purchases.values()]
        .flatMap((of) => ({ of, at: dueAt(of) }))
        .sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > instant.getTime()) break;
      this.now = Math.max(this.now, next.at);
      this.#fallDue(next.of);
    }
    this.now = instant.getTime();
  }

  #begin(of: Purchase, trialDays: number | undefined): void {
    of.startTime = this.now;
    of.paidUntil = this.now;
    const replaced = of.linked === undefined ? undefined : this.purchases.get(of.linked);
    if (replaced !== undefined) this.#end(replaced, 'replacement', TOLD.expired);
    this.#renew(of, { from: this.now, type: TOLD.purchased, trialDays });
  }

  #renew(of: Purchase, { from, type, trialDays }: Renewal): void {
    if (isOnce(of)) return this.#sell(of);
    of.renewals += 1;
    of.isTrial = trialDays !== undefined;
    if (of.newPriceMicros !== undefined) of.priceMicros = of.newPriceMicros;
    const until = trialDays === undefined ? periodAfter(from, of.plan.period) : from + trialDays * DAY;
    Object.assign(of, { state: 'ACTIVE', expiryTime: until, paidUntil: until });
    Object.assign(of, { newPriceMicros: undefined, resumesAt: undefined, holdEndsAt: undefined });
    this.#order(of, from, until);
    this.tellOf(of, type);
  }

  /** A one-time purchase lasts for as long as its seller says. */
  #sell(of: Purchase): void {
    Object.assign(of, { state: 'ACTIVE', autoRenews: false, renewals: 0 });
    this.#order(of, this.now, this.now);
    this.tellOf(of, TOLD.purchased);
  }

  #order(of: Purchase, periodStart: number, periodEnd: number): void {
    const base = `GPA.3300-${Number.parseInt(of.token.slice(0, 10), 16)}`;
    const orderId = of.renewals === 0 ? base : `${base}..${of.renewals - 1}`;
    this.orders.set(orderId, {
      orderId,
      purchase: of,
      createTime: this.now,
      totalMicros: of.isTrial ? 0 : of.priceMicros,
      taxMicros: 0,
      periodStart,
      periodEnd,
      isTrial: of.isTrial,
      refund: undefined,
    });
  }

  tellOf(of: Purchase, type: (typeof TOLD)[keyof typeof TOLD]): void {
    this.#tell({ token: of.token, type, once: isOnce(of) ? of.plan.productId : undefined });
  }

  #fallDue(of: Purchase): void {
    if (isUnacknowledged(of) && acknowledgedBy(of) <= this.now) {
      const [first] = this.ordersOf(of.token);
      if (first !== undefined) this.refund(first.orderId, { source: 2, reason: 8 });
      return isOnce(of) ? undefined : this.#end(of, 'system', TOLD.revoked);
    }
    if (of.state === 'IN_GRACE_PERIOD') return this.#hold(of);
    if (of.state === 'ON_HOLD') return this.#end(of, 'system', TOLD.expired);
    if (of.state === 'PAUSED') return this.#renew(of, { from: this.now, type: TOLD.recovered });
    if (!of.autoRenews) return this.#expire(of);
    if (of.pauseDays !== undefined) {
      Object.assign(of, { state: 'PAUSED', resumesAt: this.now + of.pauseDays * DAY, pauseDays: undefined });
      return this.tellOf(of, TOLD.paused);
    }
    if (!of.isDeclined) return this.#renew(of, { from: of.expiryTime, type: TOLD.renewed });
    if (of.plan.graceDays === 0) return this.#hold(of);
    Object.assign(of, { state: 'IN_GRACE_PERIOD', expiryTime: of.expiryTime + of.plan.graceDays * DAY });
    this.tellOf(of, TOLD.inGracePeriod);
  }

  #hold(of: Purchase): void {
    Object.assign(of, { state: 'ON_HOLD', holdEndsAt: this.now + of.plan.holdDays * DAY });
    this.tellOf(of, TOLD.onHold);
  }

  #expire(of: Purchase): void {
    of.state = 'EXPIRED';
    this.tellOf(of, TOLD.expired);
  }

  /** Ends it now, even within the paid period. */
  #end(of: Purchase, by: Purchase['canceledBy'], type: (typeof TOLD)[keyof typeof TOLD]): void {
    const expiryTime = Math.min(of.expiryTime, this.now);
    Object.assign(of, { state: 'EXPIRED', autoRenews: false, canceledBy: of.canceledBy ?? by, expiryTime });
    this.tellOf(of, type);
  }
}

const isOver = (of: Purchase) =>
  of.state === 'EXPIRED' || of.state.startsWith('PENDING') || (isOnce(of) && of.state === 'CANCELED');
const isUnacknowledged = (of: Purchase) => !of.isAcknowledged && !isOver(of);
const acknowledgedBy = ({ startTime }: Purchase) => (startTime ?? Infinity) + ACKNOWLEDGE_WITHIN;

/** When something happens to it by itself. */
function dueAt(of: Purchase): number {
  if (isOver(of)) return Infinity;
  if (isOnce(of)) return isUnacknowledged(of) ? acknowledgedBy(of) : Infinity;
  const next = of.state === 'PAUSED' ? of.resumesAt : of.state === 'ON_HOLD' ? of.holdEndsAt : of.expiryTime;
  return Math.min(next ?? Infinity, isUnacknowledged(of) ? acknowledgedBy(of) : Infinity);
}

/** The same day a month or a year later, or the last one of a shorter month. */
function periodAfter(from: number, period: BasePlan['period']): number {
  const at = new Date(from);
  const day = at.getUTCDate();
  at.setUTCMonth(at.getUTCMonth() + (period === 'P1M' ? 1 : 12), 1);
  const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
  at.setUTCDate(Math.min(day, last));
  return at.getTime();
}
