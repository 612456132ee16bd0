import { idOf, listOf } from '../changes.ts';
import { couponOf, takenOff } from '../catalogue/discounts.ts';
import type { Discount, Invoice, InvoiceLine, Price, TaxRate } from '../objects.ts';
import { taxesOf } from '../customers/taxes.ts';
import type { World } from '../world.ts';

/** A line before discounts and taxes. */
export interface LineDraft {
  readonly price: Price;
  readonly quantity: number;
  /** Minor units; negative for what is given back. */
  readonly amount: number;
  readonly period: { readonly start: number; readonly end: number };
  /** null: so many of the product. */
  readonly description: string | null;
  readonly discountable: boolean;
  readonly metadata: Record<string, string>;
  readonly subscription: string | null;
  readonly subscriptionItem: string | null;
  /** The pending item that it was. */
  readonly invoiceItem: string | null;
  readonly proration: boolean;
}

export interface PricingInput {
  readonly discounts: readonly Discount[];
  readonly rates: readonly TaxRate[];
}

/** What so many units of a price cost, minor units. */
export function priceOf({ unit_amount_decimal: unit }: Price, quantity: number): number {
  return Math.round(Number(unit ?? 0) * quantity);
}

/** What a price is for, as people are told. */
export function nameOf(world: World, { nickname, product }: Price): string {
  return nickname ?? world.table('product').find(idOf(product))?.name ?? idOf(product);
}

/** Puts lines on an invoice, and its sums. */
export function fill(
  world: World,
  invoice: Invoice,
  { drafts, discounts, rates }: PricingInput & { drafts: readonly LineDraft[] },
): void {
  const off = discountsOf(world, drafts, discounts);
  const lines = drafts.map((draft, index) => lineOf(world, invoice, { draft, off: off[index] ?? [], rates }));
  invoice.lines = listOf(`/v1/invoices/${invoice.id}/lines`, lines);
  invoice.discounts = discounts.map(({ id }) => id);
  sum(invoice);
}

type Off = NonNullable<InvoiceLine['discount_amounts']>;

/** What each discount takes off each line; an amount is spread over all, to the last cent. */
function discountsOf(world: World, drafts: readonly LineDraft[], discounts: readonly Discount[]): Off[] {
  const left = drafts.map(({ amount, discountable }) => (discountable ? Math.max(0, amount) : 0));
  const off = drafts.map((): Off => []);
  for (const discount of discounts) {
    const coupon = couponOf(world, discount.source.coupon);
    const all = left.reduce((total, amount) => total + amount, 0);
    if (coupon === undefined || all === 0) continue;
    let [rest, base] = [takenOff(coupon, all), all];
    for (const [index, amount] of left.entries()) {
      const part = base === 0 ? 0 : Math.round((rest * amount) / base);
      [rest, base] = [rest - part, base - amount];
      left[index] = amount - part;
      if (part > 0) off[index]?.push({ amount: part, discount: discount.id });
    }
  }
  return off;
}

function lineOf(
  world: World,
  invoice: Invoice,
  { draft, off, rates }: { draft: LineDraft; off: Off; rates: readonly TaxRate[] },
): InvoiceLine {
  const net = draft.amount - off.reduce((total, { amount }) => total + amount, 0);
  return {
    id: world.token('il'),
    object: 'line_item',
    amount: draft.amount,
    currency: draft.price.currency,
    description: draft.description ?? `${draft.quantity} × ${nameOf(world, draft.price)}`,
    discount_amounts: off,
    discountable: draft.discountable,
    discounts: [],
    invoice: invoice.id,
    livemode: false,
    metadata: draft.metadata,
    parent: parentOf(draft),
    period: { end: draft.period.end, start: draft.period.start },
    pretax_credit_amounts: off.map(({ amount, discount }) => ({ amount, discount, type: 'discount' })),
    pricing: {
      price_details: { price: draft.price.id, product: idOf(draft.price.product) },
      type: 'price_details',
      unit_amount_decimal: draft.price.unit_amount_decimal,
    },
    quantity: draft.quantity,
    quantity_decimal: String(draft.quantity),
    subscription: draft.subscription,
    subtotal: draft.amount,
    taxes: taxesOf(rates, net),
  };
}

function parentOf(draft: LineDraft): InvoiceLine['parent'] {
  const { subscription, subscriptionItem, invoiceItem, proration } = draft;
  const details = { proration, proration_details: { credited_items: null }, subscription };
  if (subscriptionItem !== null) {
    const item = { ...details, invoice_item: invoiceItem, subscription_item: subscriptionItem };
    return { invoice_item_details: null, subscription_item_details: item, type: 'subscription_item_details' };
  }
  if (invoiceItem === null) return null;
  const item = { ...details, invoice_item: invoiceItem };
  return { invoice_item_details: item, subscription_item_details: null, type: 'invoice_item_details' };
}

/** The sums of an invoice; `amount_due` counts on the customer's balance as it is known so far. */
export function sum(invoice: Invoice): void {
  const lines = invoice.lines.data;
  const off = totals(
    lines.flatMap((line) => line.discount_amounts ?? []),
    ({ discount }) => idOf(discount),
  );
  const taxes = totals(
    lines.flatMap((line) => line.taxes ?? []),
    (tax) => tax.tax_rate_details?.tax_rate ?? '',
  );
  const discount = sumAmounts(off);
  const exclusive = sumAmounts(taxes.filter((tax) => tax.tax_behavior === 'exclusive'));
  invoice.subtotal = sumAmounts(lines);
  invoice.subtotal_excluding_tax = invoice.subtotal - sumAmounts(taxes) + exclusive;
  invoice.total_discount_amounts = off.map(({ amount, discount: id }) => ({ amount, discount: id }));
  invoice.total_pretax_credit_amounts = off.map(({ amount, discount: id }) => ({
    amount,
    discount: id,
    type: 'discount',
  }));
  invoice.total_taxes = taxes.map(({ ...tax }) => tax);
  invoice.total = invoice.subtotal - discount + exclusive;
  invoice.total_excluding_tax = invoice.total - sumAmounts(taxes);
  invoice.amount_due = Math.max(0, invoice.total + invoice.starting_balance);
  invoice.amount_remaining = invoice.amount_due - invoice.amount_paid;
}

function sumAmounts(parts: readonly { readonly amount: number }[]): number {
  return parts.reduce((total, { amount }) => total + amount, 0);
}

/** One of each key, with the sum of its amounts. */
function totals<T extends { amount: number; taxable_amount?: number | null }>(
  parts: readonly T[],
  key: (part: T) => string,
): T[] {
  const all = new Map<string, T>();
  for (const part of parts) {
    const known = all.get(key(part));
    if (known === undefined) all.set(key(part), { ...part });
    else known.amount += part.amount;
    if (known?.taxable_amount != null) known.taxable_amount += part.taxable_amount ?? 0;
  }
  return [...all.values()];
}
