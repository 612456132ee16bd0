import { type AttemptOutcome, settleDebit } from '../payments/attempts.ts';
import { idOf } from '../changes.ts';
import { endNow, expire } from '../subscriptions/endings.ts';
import { charge, finalize, invoiceOf, markPaid, paymentOf, subscriptionOf } from './invoices.ts';
import type { Invoice, PaymentIntent, PaymentMethod, Subscription } from '../objects.ts';
import { customerOf, defaultMethod } from '../customers/payers.ts';
import { applyPending, waitsFor } from '../subscriptions/pending-updates.ts';
import { hasOverdue, isSent } from './sent.ts';
import type { Due, World } from '../world.ts';

const DAY = 86_400;

/** The payment method of an invoice that names none. */
export function methodFor(world: World, invoice: Invoice): PaymentMethod | undefined {
  return defaultMethod(world, customerOf(world, invoice.customer ?? ''), subscriptionOf(world, invoice));
}

/** Finalizes an invoice, and tries at once to be paid for it. `undefined`: there was nothing to pay, or it was sent. */
export function finalizeAndCollect(world: World, invoice: Invoice): AttemptOutcome | undefined {
  finalize(world, invoice);
  if (invoice.status !== 'open') {
    settleInvoice(world, invoice);
    return undefined;
  }
  if (isSent(invoice)) {
    world.emit('invoice.sent', invoice);
    return undefined;
  }
  return collect(world, invoice, { method: methodFor(world, invoice), automatic: true });
}

export interface CollectOptions {
  readonly method: PaymentMethod | undefined;
  /** By the schedule of tries; a person's own tries after the first do not move it. */
  readonly automatic: boolean;
}

/** Tries to be paid for an open invoice, and does to its subscription what follows. */
export function collect(
  world: World,
  invoice: Invoice,
  { method, automatic }: CollectOptions,
): AttemptOutcome {
  const outcome = charge(world, invoice, method);
  settleAttempt(world, invoice, { outcome, counts: automatic || invoice.attempt_count === 0 });
  return outcome;
}

/** What a try that was made for an invoice means to it, and to its subscription. */
function settleAttempt(
  world: World,
  invoice: Invoice,
  { outcome, counts }: { outcome: AttemptOutcome; counts: boolean },
): void {
  if (counts) invoice.attempt_count += 1;
  if (outcome === 'succeeded') {
    markPaid(world, invoice);
    settleInvoice(world, invoice);
    return;
  }
  world.change(invoice, 'invoice.updated', (changed) => {
    changed.attempted = true;
    changed.next_payment_attempt = outcome === 'processing' ? null : nextAttempt(world, changed);
  });
  if (outcome === 'processing') return;
  if (outcome === 'requires_action') world.emit('invoice.payment_action_required', invoice);
  world.emit('invoice.payment_failed', invoice);
  // The customer has until it is due, however often they try.
  if (!isSent(invoice)) unpaid(world, invoice);
}

/** A payment was tried by itself, as by a page: its invoice, if it has one, follows. */
export function settleIntent(world: World, intent: PaymentIntent, outcome: AttemptOutcome): void {
  const invoice = invoiceOf(world, intent);
  if (invoice?.status !== 'open') return;
  settleAttempt(world, invoice, { outcome, counts: invoice.attempt_count === 0 });
}

/** Debits whose banks answer today. */
export function* debitsToCome(world: World): Generator<Due> {
  for (const made of world.table('charge').oldestFirst()) {
    if (made.status !== 'pending' || made.payment_intent === null) continue;
    const intent = world.table('payment_intent').get(idOf(made.payment_intent));
    yield {
      at: made.created + world.settings.debitDays * DAY,
      of: made,
      run: () => settleIntent(world, intent, settleDebit(world, intent, made)),
    };
  }
}

/** Whether a bank was asked to pay it, and has not said yet whether it does. */
export function isProcessing(world: World, invoice: Invoice): boolean {
  return paymentOf(world, invoice)?.intent.status === 'processing';
}

/** Days are counted from the first try, which is when the invoice was finalized. */
function nextAttempt(world: World, invoice: Invoice): number | null {
  const first = invoice.status_transitions.finalized_at;
  if (
    first === null ||
    isSent(invoice) ||
    invoice.billing_reason === 'subscription_create' ||
    invoice.auto_advance !== true
  )
    return null;
  const subscription = subscriptionOf(world, invoice);
  // What waits for the person is not tried without them.
  if (subscription !== undefined && waitsFor(subscription, invoice)) return null;
  const days = world.settings.retryAfterDays.find((after) => first + after * DAY > world.now());
  return days === undefined ? null : first + days * DAY;
}

/** Nothing is to be paid for an invoice any more. */
export function settleInvoice(world: World, invoice: Invoice): void {
  const subscription = subscriptionOf(world, invoice);
  if (subscription === undefined) return;
  const isSettled = isSent(subscription)
    ? !hasOverdue(world, subscription)
    : subscription.latest_invoice === invoice.id;
  if (!isSettled) return;
  if (invoice.status === 'paid') applyPending(world, subscription);
  const first = subscription.status === 'incomplete' && invoice.status === 'paid';
  if (!first && subscription.status !== 'past_due' && subscription.status !== 'unpaid') return;
  world.change(subscription, 'customer.subscription.updated', (changed) => {
    changed.status = 'active';
    if (first) saveMethod(world, changed, invoice);
  });
}

/** `save_default_payment_method: on_subscription`: what paid first pays on. */
function saveMethod(world: World, subscription: Subscription, invoice: Invoice): void {
  if (subscription.payment_settings?.save_default_payment_method !== 'on_subscription') return;
  const rows = world.table('invoice_payment').list();
  const id = rows.find((row) => row.invoice === invoice.id)?.payment.payment_intent;
  const method = id === undefined ? null : world.table('payment_intent').get(idOf(id)).payment_method;
  subscription.default_payment_method ??= method;
}

function unpaid(world: World, invoice: Invoice): void {
  const subscription = subscriptionOf(world, invoice);
  if (subscription === undefined || subscription.ended_at !== null || subscription.status === 'incomplete')
    return;
  if (waitsFor(subscription, invoice)) return;
  if (invoice.next_payment_attempt !== null || invoice.auto_advance !== true) {
    if (subscription.latest_invoice === invoice.id) becomes(world, subscription, 'past_due');
    return;
  }
  const { afterLastRetry } = world.settings;
  if (afterLastRetry === 'cancel') endNow(world, subscription, 'payment_failed');
  else becomes(world, subscription, afterLastRetry === 'mark_unpaid' ? 'unpaid' : 'past_due');
}

function becomes(world: World, subscription: Subscription, status: 'past_due' | 'unpaid'): void {
  world.change(subscription, 'customer.subscription.updated', (changed) => {
    changed.status = status;
  });
}

/** Who has named an account in time is given the days that its bank takes. */
function waitsForBank(world: World, { latest_invoice: latest }: Subscription): boolean {
  const invoice = latest === null ? undefined : world.table('invoice').find(idOf(latest));
  return invoice !== undefined && isProcessing(world, invoice);
}

/** Drafts that are finalized by themselves, tries that are due, and first invoices that are not paid. */
export function* invoicesToCome(world: World): Generator<Due> {
  for (const invoice of world.table('invoice').oldestFirst()) {
    const { automatically_finalizes_at: finalizes, next_payment_attempt: tries, status } = invoice;
    if (status === 'draft' && finalizes !== null) {
      yield { at: finalizes, of: invoice, run: () => finalizeAndCollect(world, invoice) };
    }
    if (status === 'open' && tries !== null) {
      yield {
        at: tries,
        of: invoice,
        run: () => collect(world, invoice, { method: methodFor(world, invoice), automatic: true }),
      };
    }
  }
  for (const subscription of world.table('subscription').oldestFirst()) {
    if (subscription.status !== 'incomplete' || waitsForBank(world, subscription)) continue;
    yield { at: subscription.created + 23 * 3600, of: subscription, run: () => expire(world, subscription) };
  }
}

/** Invoices that were sent become overdue, and are waited for no longer some time after. */
export function* sentToCome(world: World): Generator<Due> {
  for (const invoice of world.table('invoice').oldestFirst()) {
    const { status, due_date: due } = invoice;
    const of = subscriptionOf(world, invoice);
    if (status !== 'open' || due === null || of === undefined || of.ended_at !== null) continue;
    if (of.status === 'active') yield { at: due, of: invoice, run: () => becomes(world, of, 'past_due') };
    const { afterLastRetry: last, overdueDays: days } = world.settings;
    if (of.status !== 'past_due' || last === 'leave_past_due') continue;
    const run = () =>
      last === 'cancel' ? endNow(world, of, 'payment_failed') : becomes(world, of, 'unpaid');
    yield { at: due + days * DAY, of: invoice, run };
  }
}
