import { idOf } from '../changes.ts';
import { couponOf, currentDiscounts } from '../catalogue/discounts.ts';
import { isMetered } from './items.ts';
import { type LineDraft, nameOf, priceOf } from '../invoices/lines.ts';
import { unitsOf } from '../catalogue/meters.ts';
import type { InvoiceItem, Price, Subscription, SubscriptionItem } from '../objects.ts';
import type { World } from '../world.ts';

/** A part of a period that is given back, or paid for in addition. */
export interface Proration {
  readonly item: SubscriptionItem;
  readonly amount: number;
  readonly at: number;
  readonly end: number;
  /** Units that were used of a metered item; undefined: the item is paid by time. */
  readonly units?: number;
  /** The debit that is given back. */
  readonly credits?: CreditedItems;
}

type CreditedItems = NonNullable<NonNullable<InvoiceItem['proration_details']>['credited_items']>;

/** An amount that was billed for an item and not given back: on an invoice, or for the next one. */
interface Debit {
  readonly price: Price;
  readonly quantity: number;
  /** After discounts. */
  readonly amount: number;
  readonly period: LineDraft['period'];
  readonly credits: CreditedItems;
}

/**
 * Credits for items that were paid in advance, from an instant of their period on: shares of the amounts billed for them then, independent of the price and
 * discounts they have now. In a trial nothing is.
 */
export function creditsOf(
  world: World,
  subscription: Subscription,
  { items, at }: { readonly items: readonly SubscriptionItem[]; readonly at: number },
): Proration[] {
  const paid = items.filter(({ price }) => subscription.status !== 'trialing' && !isMetered(price));
  return paid.flatMap((item) =>
    debitsFor(world, item)
      .filter(({ period }) => period.end > at)
      .map(({ price, quantity, amount, period: { start, end }, credits }) => {
        const share = Math.min(1, (end - at) / (end - start));
        const of = { ...item, price, quantity };
        return { item: of, amount: -Math.round(amount * share), at: Math.max(at, start), end, credits };
      }),
  );
}

function debitsFor(world: World, { id }: SubscriptionItem): Debit[] {
  const isVoid = (invoice: string) => world.table('invoice').find(invoice)?.status === 'void';
  const items = world
    .table('invoiceitem')
    .oldestFirst()
    .filter(({ parent }) => parent?.subscription_details?.subscription_item === id);
  const credited = new Set(
    items
      .filter(({ invoice }) => invoice === null || !isVoid(idOf(invoice)))
      .flatMap(({ proration_details: details }) => {
        const { invoice_item: item, invoice_line_item_details: lines } = details?.credited_items ?? {};
        return [...(item === undefined ? [] : [item]), ...(lines?.invoice_line_items ?? [])];
      }),
  );
  const pending = items
    .filter((item) => item.invoice === null && item.amount > 0 && !credited.has(item.id))
    .map((item): Debit => {
      const { price, quantity, amount, period } = pendingLine(world, item);
      return { price, quantity, amount, period, credits: { type: 'invoice_item', invoice_item: item.id } };
    });
  const invoices = world.table('invoice').oldestFirst();
  const billed = invoices
    .filter(({ status }) => status !== 'void')
    .flatMap((invoice) =>
      invoice.lines.data.flatMap((line): Debit[] => {
        const { subscription_item: item, invoice_item: was } = line.parent?.subscription_item_details ?? {};
        const isCredited = credited.has(line.id) || (was != null && credited.has(was));
        if (item !== id || line.amount <= 0 || isCredited) return [];
        const off = (line.discount_amounts ?? []).reduce((total, { amount }) => total + amount, 0);
        return [
          {
            price: world.table('price').get(idOf(line.pricing?.price_details?.price ?? '')),
            quantity: line.quantity ?? 1,
            amount: line.amount - off,
            period: line.period,
            credits: {
              type: 'invoice_line_items',
              invoice_line_item_details: { invoice: invoice.id, invoice_line_items: [line.id] },
            },
          },
        ];
      }),
    );
  return [...billed, ...pending];
}

/** What items cost from an instant of their period on. */
export function debitsOf(
  subscription: Subscription,
  items: readonly SubscriptionItem[],
  at: number,
): Proration[] {
  return items.filter(({ price }) => !isMetered(price)).map((item) => part(subscription, item, at));
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

/** By the second. In a trial nothing is paid. */
function part(subscription: Subscription, item: SubscriptionItem, at: number): Proration {
  const { current_period_start: start, current_period_end: end } = item;
  const share = end > start ? Math.min(1, Math.max(0, (end - at) / (end - start))) : 0;
  const whole = subscription.status === 'trialing' ? 0 : priceOf(item.price, item.quantity ?? 1);
  return { item, amount: Math.round(whole * share), at, end };
}

/** Keeps prorations for the next invoice of the subscription. What a discount takes off in percent of a debit is taken off here. */
export function addPending(world: World, subscription: Subscription, prorations: readonly Proration[]): void {
  const factor = currentDiscounts(world, subscription).reduce(
    (left, { source }) => left * (1 - (couponOf(world, source.coupon)?.percent_off ?? 0) / 100),
    1,
  );
  for (const proration of prorations) {
    if (proration.amount === 0) continue;
    const isDebit = proration.units === undefined && proration.amount > 0;
    const amount = isDebit ? Math.round(proration.amount * factor) : proration.amount;
    const item = pendingItem(world, subscription, { ...proration, amount });
    world.emit('invoiceitem.created', world.table('invoiceitem').add(item));
  }
}

function pendingItem(
  world: World,
  subscription: Subscription,
  { item, amount, at, end, units, credits }: Proration,
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
    proration_details: { credited_items: credits ?? null, discount_amounts: [] },
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
