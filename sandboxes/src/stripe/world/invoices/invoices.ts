import { attempt, type AttemptOutcome, cancelIntent, newIntent } from '../payments/attempts.ts';
import { idOf } from '../changes.ts';
import { moveCredit, noteCredit } from '../customers/credit.ts';
import { useUp } from '../catalogue/discounts.ts';
import { composeInvoice, type InvoiceDraft } from './drafts.ts';
import type { Invoice, InvoicePayment, PaymentIntent, PaymentMethod, Subscription } from '../objects.ts';
import { customerOf } from '../customers/payers.ts';
import { assignToInvoice } from '../subscriptions/prorations.ts';
import type { World } from '../world.ts';

/** A draft of an invoice, with its sums. What was pending is on it now. */
export function draftInvoice(world: World, draft: InvoiceDraft): Invoice {
  const invoice = world.table('invoice').add(composeInvoice(world, draft));
  assignToInvoice(world, invoice.id, draft.drafts);
  world.emit('invoice.created', invoice);
  return invoice;
}

/** The subscription that an invoice is for. */
export function subscriptionOf(world: World, invoice: Invoice): Subscription | undefined {
  const id = invoice.parent?.subscription_details?.subscription;
  return id === undefined ? undefined : world.table('subscription').find(idOf(id));
}

/** An invoice gets its number and its amount due. With nothing due it is paid. */
export function finalize(world: World, invoice: Invoice): void {
  const customer = customerOf(world, invoice.customer ?? '');
  invoice.starting_balance = customer.balance;
  const sequence = customer.next_invoice_sequence ?? 1;
  const left = invoice.total + customer.balance;
  world.change(invoice, 'invoice.finalized', (changed) => {
    changed.status = 'open';
    changed.number = `${customer.invoice_prefix}-${String(sequence).padStart(4, '0')}`;
    changed.status_transitions.finalized_at = world.now();
    changed.effective_at = world.now();
    changed.automatically_finalizes_at = null;
    changed.amount_due = Math.max(0, left);
    changed.amount_remaining = changed.amount_due;
    changed.ending_balance = Math.min(0, left);
    changed.hosted_invoice_url = `${world.pages}/invoices/${invoice.id}`;
    changed.invoice_pdf = `${world.pages}/invoices/${invoice.id}/pdf`;
  });
  world.change(customer, 'customer.updated', (changed) => {
    changed.next_invoice_sequence = sequence + 1;
    changed.balance = Math.min(0, left);
    changed.currency ??= invoice.currency;
  });
  const used = customer.balance - invoice.starting_balance;
  if (used !== 0) noteCredit(world, customer, { ...ofInvoice(invoice, used), type: 'applied_to_invoice' });
  const subscription = subscriptionOf(world, invoice);
  if (subscription !== undefined && invoice.discounts.length > 0) useUp(world, subscription);
  if (invoice.amount_due === 0) markPaid(world, invoice);
  else requestPayment(world, invoice);
}

function requestPayment(world: World, invoice: Invoice): void {
  const { amount_due: amount, currency } = invoice;
  const customer = invoice.customer === null ? null : idOf(invoice.customer);
  const description =
    invoice.billing_reason === 'subscription_create'
      ? 'Subscription creation'
      : `Payment for Invoice ${invoice.number}`;
  const usage = subscriptionOf(world, invoice) === undefined ? null : 'off_session';
  const intent = newIntent(world, { amount, currency, customer, description, setupFutureUsage: usage });
  addPayment(world, invoice, intent);
}

function addPayment(world: World, invoice: Invoice, intent: PaymentIntent): InvoicePayment {
  return world.table('invoice_payment').add({
    id: world.id('invoice_payment'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_due,
    created: world.now(),
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: intent.id, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  });
}

/** How an invoice is to be paid; undefined: it is a draft, or there was nothing to pay. */
export function paymentOf(
  world: World,
  invoice: Invoice,
): { row: InvoicePayment; intent: PaymentIntent } | undefined {
  const row = world
    .table('invoice_payment')
    .list()
    .find((payment) => payment.invoice === invoice.id);
  const intent = row?.payment.payment_intent;
  return row === undefined || intent === undefined
    ? undefined
    : { row, intent: world.table('payment_intent').get(idOf(intent)) };
}

/** The invoice that a payment is for. */
export function invoiceOf(world: World, intent: PaymentIntent): Invoice | undefined {
  const row = world
    .table('invoice_payment')
    .list()
    .find(({ payment }) => payment.payment_intent === intent.id);
  return row === undefined ? undefined : world.table('invoice').find(idOf(row.invoice));
}

/** Tries to be paid for an open invoice; without a card there is nothing to try. */
export function charge(world: World, invoice: Invoice, method: PaymentMethod | undefined): AttemptOutcome {
  const payment = paymentOf(world, invoice);
  if (method === undefined || payment === undefined) return 'declined';
  return attempt(world, payment.intent, { method });
}

/** `outOfBand`: paid elsewhere, as the merchant says. */
export function markPaid(world: World, invoice: Invoice, { outOfBand = false } = {}): void {
  const payment = paymentOf(world, invoice);
  world.change(invoice, 'invoice.paid', (changed) => {
    changed.status = 'paid';
    changed.attempted = true;
    changed.amount_paid = outOfBand ? 0 : changed.amount_due;
    if (outOfBand) changed.amount_paid_off_stripe = changed.amount_due;
    changed.amount_remaining = 0;
    changed.auto_advance = false;
    changed.next_payment_attempt = null;
    changed.status_transitions.paid_at = world.now();
  });
  world.emit('invoice.payment_succeeded', invoice);
  if (payment === undefined) return;
  payment.row.status = outOfBand ? 'canceled' : 'paid';
  payment.row.amount_paid = outOfBand ? null : payment.intent.amount;
  payment.row.status_transitions[outOfBand ? 'canceled_at' : 'paid_at'] = world.now();
  if (outOfBand) cancelIntent(world, payment.intent, 'automatic');
  else world.emit('invoice_payment.paid', payment.row);
}

/** Nothing is owed for it any more. */
export function voidInvoice(world: World, invoice: Invoice): void {
  const payment = paymentOf(world, invoice);
  world.change(invoice, 'invoice.voided', (changed) => {
    changed.status = 'void';
    changed.auto_advance = false;
    changed.next_payment_attempt = null;
    changed.status_transitions.voided_at = world.now();
  });
  giveBackCredit(world, invoice);
  if (payment === undefined) return;
  payment.row.status = 'canceled';
  payment.row.status_transitions.canceled_at = world.now();
  cancelIntent(world, payment.intent, 'void_invoice');
}

/** What was taken of the customer's credit for it is theirs again. */
function giveBackCredit(world: World, invoice: Invoice) {
  const { customer, starting_balance: before, ending_balance: after } = invoice;
  const used = before - (after ?? before);
  const owner = customer === null ? undefined : world.table('customer').find(idOf(customer));
  if (used === 0 || owner === undefined) return;
  moveCredit(world, owner, { ...ofInvoice(invoice, used), type: 'unapplied_from_invoice' });
}

const ofInvoice = ({ id, currency }: Invoice, amount: number) => ({ amount, currency, invoice: id });

/** It is owed, and not expected to be paid. */
export function markUncollectible(world: World, invoice: Invoice): void {
  world.change(invoice, 'invoice.marked_uncollectible', (changed) => {
    changed.status = 'uncollectible';
    changed.auto_advance = false;
    changed.next_payment_attempt = null;
    changed.status_transitions.marked_uncollectible_at = world.now();
  });
}

/** An invoice for what was paid already, as a page of Stripe makes one when it is told to. */
export function receipt(
  world: World,
  intent: PaymentIntent,
  draft: Omit<InvoiceDraft, 'finalizesAt' | 'reason'>,
): Invoice {
  const invoice = draftInvoice(world, { ...draft, reason: 'manual', finalizesAt: null });
  world.change(invoice, 'invoice.finalized', (changed) => {
    const { customer } = draft;
    const sequence = customer.next_invoice_sequence ?? 1;
    customer.next_invoice_sequence = sequence + 1;
    changed.status = 'open';
    changed.number = `${customer.invoice_prefix}-${String(sequence).padStart(4, '0')}`;
    changed.status_transitions.finalized_at = world.now();
    changed.effective_at = world.now();
    changed.starting_balance = 0;
    changed.ending_balance = 0;
    changed.amount_due = intent.amount;
    changed.attempt_count = 1;
    changed.hosted_invoice_url = `${world.pages}/invoices/${invoice.id}`;
    changed.invoice_pdf = `${world.pages}/invoices/${invoice.id}/pdf`;
  });
  addPayment(world, invoice, intent);
  markPaid(world, invoice);
  return invoice;
}
