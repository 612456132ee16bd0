import { z } from 'zod';
import type { Cycle } from '../../../cycles.ts';
import type { Facts, InvoiceFacts, LineFacts } from '../../../facts.ts';
import type { Body } from '../../../payment-provider.ts';
import { type Charged, soldItemOf } from '../product-ids.ts';
import { bodyOf, nothing } from '../../bodies.ts';
import { chargedBy, cycleOf, decimal, idsOf, instant, price, reference, sumOf } from './parts.ts';

/** Expanded, it says what was charged last. */
const intent = z.union([
  z.string(),
  z.object({ id: z.string(), latest_charge: reference, status: z.string().optional() }),
]);
const paying = z.object({ payment: z.object({ payment_intent: intent.nullish() }) });
type Paying = z.infer<typeof paying>;

const amounts = z.array(z.object({ amount: z.number() })).nullish();

const line = z.object({
  id: z.string(),
  amount: z.number(),
  quantity: z.number().nullish(),
  discount_amounts: amounts,
  taxes: z.array(z.object({ amount: z.number(), tax_behavior: z.string() })).nullish(),
  period: z.object({ start: instant, end: instant }),
  parent: z
    .object({
      subscription_item_details: z.object({ proration: z.boolean() }).nullish(),
      invoice_item_details: z.object({ proration: z.boolean(), subscription: reference }).nullish(),
    })
    .nullish(),
  pricing: z
    .object({
      unit_amount_decimal: decimal.nullish(),
      price_details: z.object({ price: z.union([price, z.string()]), product: z.string() }).nullish(),
    })
    .nullish(),
});
type Line = z.infer<typeof line>;

const invoice = z.object({
  id: z.string(),
  customer: reference,
  number: z.string().nullish(),
  status: z.enum(['draft', 'open', 'paid', 'void', 'uncollectible']),
  billing_reason: z.string().nullish(),
  currency: z.string(),
  total: z.number(),
  amount_paid: z.number(),
  amount_paid_off_stripe: z.number().nullish(),
  pre_payment_credit_notes_amount: z.number().optional(),
  total_discount_amounts: amounts,
  total_taxes: amounts,
  attempt_count: z.number(),
  next_payment_attempt: instant.nullish(),
  hosted_invoice_url: z.string().nullish(),
  invoice_pdf: z.string().nullish(),
  created: instant,
  due_date: instant.nullish(),
  status_transitions: z.object({ finalized_at: instant.nullish(), paid_at: instant.nullish() }),
  parent: z.object({ subscription_details: z.object({ subscription: reference }).nullish() }).nullish(),
  payments: z.object({ data: z.array(paying) }).nullish(),
  lines: z.object({ data: z.array(line) }),
});

/** Its payments and its subscription say more of it. */
export function invoiceFacts(body: Body): Facts {
  const of = bodyOf(invoice, body);
  const lines = of.lines.data.flatMap((one) => lineFacts(one) ?? []);
  if (lines.length === 0) return { ...nothing, customer: of.customer, foreign: true };
  const discount = sumOf(of.total_discount_amounts);
  const tax = sumOf(of.total_taxes);
  const subscription = of.parent?.subscription_details?.subscription ?? null;
  const facts: InvoiceFacts = {
    id: of.id,
    number: of.number ?? null,
    state: isForgiven(of) ? 'void' : of.status,
    subscription,
    reason: of.billing_reason ?? 'manual',
    currency: of.currency,
    // Not Stripe's, which holds taxes that prices include.
    subtotal: of.total + discount - tax,
    discount,
    tax,
    total: of.total,
    paid: of.amount_paid + (of.amount_paid_off_stripe ?? 0),
    attempts: of.attempt_count,
    lastCharge: chargesOf(of.payments?.data ?? []).at(-1) ?? null,
    nextAttemptAt: of.next_payment_attempt ?? null,
    asksCustomer: of.status === 'open' && asksCustomer(of.payments?.data ?? []),
    url: of.hosted_invoice_url ?? null,
    pdfUrl: of.invoice_pdf ?? null,
    issuedAt: of.status_transitions.finalized_at ?? of.created,
    dueAt: of.due_date ?? null,
    paidAt: of.status === 'paid' && !isForgiven(of) ? (of.status_transitions.paid_at ?? of.created) : null,
    lines,
  };
  const payments = (of.payments?.data ?? []).flatMap(({ payment: { payment_intent: named } }) =>
    idsOf({ payment: typeof named === 'object' ? (named?.id ?? null) : (named ?? null) }),
  );
  const also = [...idsOf({ customer: of.customer, subscription }), ...payments];
  return { ...nothing, customer: of.customer, also, invoice: facts };
}

/**
 * Credit notes took all of it away before it was paid. Stripe has it as paid: nothing was, and what stands on it was not bought.
 * What a subscription gives says the subscription itself.
 */
function isForgiven({
  total,
  parent,
  pre_payment_credit_notes_amount: credited = 0,
}: z.infer<typeof invoice>) {
  const isSubscribed = (parent?.subscription_details?.subscription ?? null) !== null;
  return !isSubscribed && total > 0 && credited >= total;
}

function chargesOf(payments: readonly Paying[]): string[] {
  return payments.flatMap(({ payment: { payment_intent: of } }) =>
    typeof of === 'object' ? (of?.latest_charge ?? []) : [],
  );
}

/** Its page asks for what the bank wants to see: the payment waits for the person. */
function asksCustomer(payments: readonly Paying[]): boolean {
  return payments.some(
    ({ payment: { payment_intent: of } }) => typeof of === 'object' && of?.status === 'requires_action',
  );
}

/** undefined: not sold by us. */
function lineFacts(of: Line): LineFacts | undefined {
  const details = of.pricing?.price_details;
  if (details === undefined || details === null) return undefined;
  const known = typeof details.price === 'string' ? undefined : details.price;
  const sold = soldItemOf(details.product, known === undefined ? chargedAsItSeems(of) : chargedBy(known));
  if (sold === undefined) return undefined;
  const included = (of.taxes ?? []).filter(({ tax_behavior }) => tax_behavior === 'inclusive');
  const { subscription_item_details: ofItem, invoice_item_details: ofInvoice } = of.parent ?? {};
  return {
    id: of.id,
    product: sold.product,
    plan: sold.plan ?? null,
    addOn: sold.addOn ?? null,
    overage: sold.overage ?? null,
    cycle: sold.plan === undefined ? null : known === undefined ? cycleAsItSeems(of) : cycleOf(known),
    quantity: of.quantity ?? 1,
    unitAmount: Math.round(of.pricing?.unit_amount_decimal ?? 0),
    amount: of.amount - sumOf(included),
    discount: sumOf(of.discount_amounts),
    tax: sumOf(of.taxes),
    proration: ofItem?.proration ?? ofInvoice?.proration ?? false,
    periodStartsAt: of.period.start,
    periodEndsAt: of.period.end,
  };
}

/** Without a price that was told: the charge of a subscription is for its plan. */
function chargedAsItSeems({ parent }: Line): Charged {
  const isSubscribed =
    parent?.subscription_item_details ?? parent?.invoice_item_details?.subscription ?? null;
  return isSubscribed === null ? 'one_time' : 'recurring';
}

/** No month has as many seconds. */
const LONGEST_MONTH = 45 * 86_400_000;

function cycleAsItSeems({ period: { start, end } }: Line): Cycle {
  return end.getTime() - start.getTime() > LONGEST_MONTH ? 'yearly' : 'monthly';
}
