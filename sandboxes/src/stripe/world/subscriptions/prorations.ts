import { idOf } from '../changes.ts';
import { couponOf, currentDiscounts } from '../catalogue/discounts.ts';
import { isMetered } from './items.ts';
import { type LineDraft, nameOf, priceOf } from '../invoices/lines.ts';
import { unitsOf } from '../catalogue/meters.ts';
import type { InvoiceItem, Subscription, SubscriptionItem } from '../objects.ts';
import type { World } from '../world.ts';

/** A part of a period that is given back, or paid for in addition. */
export interface Proration {
  readonly item: SubscriptionItem;
  readonly amount: number;
  readonly at: number;
  readonly end: number;
  /** Units that were used of a metered item; undefined: the item is paid by time. */
  readonly units?: number;
}

/** What is given back of items that were paid in advance, from an instant of their period on. */
export function creditsOf(
  subscription: Subscription,
  items: readonly SubscriptionItem[],
  at: number,
): Proration[] {
  return items
    .filter(({ price }) => !isMetered(price))
    .map((item) => part(subscription, item, { at, sign: -1 }));
}

/** What items cost from an instant of their period on. */
export function debitsOf(
  subscription: Subscription,
  items: readonly SubscriptionItem[],
  at: number,
): Proration[] {
  return items
    .filter(({ price }) => !isMetered(price))
    .map((item) => part(subscription, item, { at, sign: 1 }));
}

/** What was used of metered items up to now. */
export function usedOf(
  world: World,
  subscription: Subscription,
  items: readonly SubscriptionItem[],
): Proration[] {
  const metered = items.filter(({ price }) => isMetered(price));
  return metered.map((item) => {
    const units = unitsOf(world, subscription, { ...item, current_period_end: world.now() });
    return {
      item,
      amount: priceOf(item.price, units),
      at: item.current_period_start,
      end: world.now(),
      units,
    };
  });
}

/** By the second. In a trial nothing was paid, and nothing is given back. */
function part(
  subscription: Subscription,
  item: SubscriptionItem,
  { at, sign }: { at: number; sign: -1 | 1 },
): Proration {
  const { current_period_start: start, current_period_end: end } = item;
  const share = end > start ? Math.min(1, Math.max(0, (end - at) / (end - start))) : 0;
  const whole = subscription.status === 'trialing' ? 0 : priceOf(item.price, item.quantity ?? 1);
  return { item, amount: sign * Math.round(whole * share), at, end };
}

/** Keeps prorations for the next invoice of the subscription. What a discount takes off in percent is taken off here. */
export function addPending(world: World, subscription: Subscription, prorations: readonly Proration[]): void {
  const factor = currentDiscounts(world, subscription).reduce(
    (left, { source }) => left * (1 - (couponOf(world, source.coupon)?.percent_off ?? 0) / 100),
    1,
  );
  for (const proration of prorations) {
    if (proration.amount === 0) continue;
    const amount = proration.units === undefined ? Math.round(proration.amount * factor) : proration.amount;
    const item = pendingItem(world, subscription, { ...proration, amount });
    world.emit('invoiceitem.created', world.table('invoiceitem').add(item));
  }
}

function pendingItem(
  world: World,
  subscription: Subscription,
  { item, amount, at, end, units }: Proration,
): InvoiceItem {
  const name = nameOf(world, item.price);
  const quantity = units ?? item.quantity ?? 1;
  const ofTime = units === undefined;
  const unused = amount < 0 ? 'Unused' : 'Remaining';
  return {
    id: world.id('invoiceitem'),
    object: 'invoiceitem',
    amount,
    currency: item.price.currency,
    customer: idOf(subscription.customer),
    customer_account: null,
    date: world.now(),
    description: ofTime ? `${unused} time on ${quantity} × ${name}` : `${quantity} × ${name}`,
    discountable: !ofTime,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: {},
    net_amount: amount,
    parent: {
      subscription_details: { subscription: subscription.id, subscription_item: item.id },
      type: 'subscription_details',
    },
    period: { start: at, end },
    pricing: {
      price_details: { price: item.price.id, product: idOf(item.price.product) },
      type: 'price_details',
      unit_amount_decimal: item.price.unit_amount_decimal,
    },
    proration: ofTime,
    proration_details: { credited_items: null, discount_amounts: [] },
    quantity,
    quantity_decimal: String(quantity),
    tax_rates: [],
    test_clock: world.testClock,
  };
}

/** Those that wait for a subscription's next invoice. */
function pendingOf(world: World, subscription: Subscription): InvoiceItem[] {
  return world
    .table('invoiceitem')
    .oldestFirst()
    .filter(
      (item) => item.invoice === null && item.parent?.subscription_details?.subscription === subscription.id,
    );
}

/** The lines of what is pending; once they are on an invoice, they are not. */
export function takePending(world: World, subscription: Subscription): LineDraft[] {
  return pendingOf(world, subscription).map((item) => pendingLine(world, item));
}

export function pendingLine(world: World, item: InvoiceItem): LineDraft {
  const details = item.parent?.subscription_details;
  return {
    price: world.table('price').get(idOf(item.pricing?.price_details?.price ?? '')),
    quantity: item.quantity,
    amount: item.amount,
    period: item.period,
    description: item.description,
    discountable: item.discountable,
    metadata: item.metadata ?? {},
    subscription: details?.subscription ?? null,
    subscriptionItem: details?.subscription_item ?? null,
    invoiceItem: item.id,
    proration: item.proration,
  };
}

/** Those items are on that invoice now. */
export function assignToInvoice(world: World, invoiceId: string, drafts: readonly LineDraft[]): void {
  for (const { invoiceItem } of drafts) {
    if (invoiceItem === null) continue;
    world.change(world.table('invoiceitem').get(invoiceItem), 'invoiceitem.updated', (item) => {
      item.invoice = invoiceId;
    });
  }
}
