import { type Operation, type Operations, invalidRequest } from '../../operation.ts';
import { attach, declinedBy, methodOf } from '../customers/methods.ts';
import { idOf, mergeMetadata } from '../changes.ts';
import { collect, finalizeAndCollect, methodFor, settleInvoice } from '../invoices/collect.ts';
import { currentDiscounts, readDiscounts, redeem } from '../catalogue/discounts.ts';
import type { InvoiceDraft } from '../invoices/drafts.ts';
import { Form } from '../form.ts';
import { draftInvoice, finalize, paymentOf } from '../invoices/invoices.ts';
import { advanceLines, itemsAfter, nextToBill, periodOf, readItems, setPeriods } from './items.ts';
import { type LineDraft, priceOf } from '../invoices/lines.ts';
import { checkAddress, type Collection, isSent, readCollection } from '../invoices/sent.ts';
import type { Customer, Invoice, Price, Subscription } from '../objects.ts';
import {
  type AskedSubscription,
  blankSubscription,
  PAYMENT_BEHAVIORS,
  type PaymentBehavior,
} from './new-subscription.ts';
import { customerOf, defaultMethod } from '../customers/payers.ts';
import { takePending } from './prorations.ts';
import { automaticRate, readRates } from '../customers/taxes.ts';
import type { World } from '../world.ts';

const MOST_TRIAL_DAYS = 730;
const CHARGED: Collection = { collection_method: 'charge_automatically', days_until_due: null };

export function readPaymentBehavior(form: Form): PaymentBehavior {
  return form.choice('payment_behavior', PAYMENT_BEHAVIORS) ?? 'allow_incomplete';
}

const create: Operation = ({ world, params }) => {
  const form = new Form(params);
  const asked = readSubscription(world, form, customerOf(world, form.required('customer')));
  form.done();
  if (asked.behavior !== 'error_if_incomplete') return subscribe(world, asked);
  return world.allOrNothing(() => {
    const made = subscribe(world, asked);
    if (made.status === 'incomplete') throw refusedPayment(world, made.latest_invoice);
    return made;
  });
};

/** 402 for an invoice that was tried in vain. */
export function refusedPayment(world: World, invoice: string | { readonly id: string } | null): Error {
  const id = invoice === null ? undefined : idOf(invoice);
  const intent = id === undefined ? undefined : paymentOf(world, world.table('invoice').get(id))?.intent;
  const error = intent?.last_payment_error;
  if (error?.code === undefined) {
    const message =
      'Payment for this subscription requires additional user action before it can be completed successfully.';
    return declinedBy({ code: 'subscription_payment_intent_requires_action', message });
  }
  const { code, message = 'Your card was declined.' } = error;
  const declineCode = error.decline_code;
  return declinedBy({ code, message, ...(declineCode === undefined ? {} : { declineCode }) });
}

export function readSubscription(world: World, form: Form, customer: Customer): AskedSubscription {
  form.ignore('off_session', 'billing_mode', 'proration_behavior', 'trial_from_plan', 'currency');
  const settings = form.part('payment_settings');
  settings?.ignore('payment_method_types', 'payment_method_options');
  const items = readItems(world, form);
  if (items === undefined)
    throw invalidRequest('Missing required param: items.', { code: 'parameter_missing', param: 'items' });
  return {
    customer,
    items,
    oneOffs: readOneOffs(world, form),
    trialEnd: readTrialEnd(world, form),
    method: form.text('default_payment_method') ?? null,
    saveMethod: settings?.text('save_default_payment_method') === 'on_subscription',
    missingMethod: readMissing(form) ?? 'create_invoice',
    automaticTax: readAutomaticTax(form) ?? false,
    rates: readRates(world, form, 'default_tax_rates') ?? [],
    discounts: readDiscounts(world, form) ?? [],
    metadata: mergeMetadata(null, form.hash('metadata')),
    description: form.text('description') ?? null,
    cancelAtPeriodEnd: form.flag('cancel_at_period_end') ?? false,
    cancelAt: form.integer('cancel_at') ?? null,
    behavior: readPaymentBehavior(form),
    collection: readCollection(form) ?? CHARGED,
  };
}

export function readAutomaticTax(form: Form): boolean | undefined {
  const part = form.part('automatic_tax');
  part?.ignore('liability');
  return part?.flag('enabled');
}

export function readMissing(form: Form): 'cancel' | 'create_invoice' | 'pause' | undefined {
  const behavior = form.part('trial_settings')?.part('end_behavior');
  return behavior?.choice('missing_payment_method', ['cancel', 'create_invoice', 'pause']);
}

/** Throws for more than Stripe takes. */
export function checkTrialDays(form: Form): number | undefined {
  const days = form.integer('trial_period_days');
  if (days === undefined || days <= MOST_TRIAL_DAYS) return days;
  throw invalidRequest(`The maximum number of trial period days is ${MOST_TRIAL_DAYS} (2 years).`, {
    param: form.at('trial_period_days'),
  });
}

function readTrialEnd(world: World, form: Form): number | null {
  const [days, end] = [checkTrialDays(form), form.text('trial_end')];
  if (days !== undefined) return days > 0 ? world.now() + days * 86_400 : null;
  if (end === undefined || end === 'now') return null;
  if (!/^\d+$/.test(end) || Number(end) <= world.now())
    throw invalidRequest('trial_end must be in the future.', { param: 'trial_end' });
  return Number(end);
}

export function readOneOffs(world: World, form: Form): { price: Price; quantity: number }[] {
  return (form.parts('add_invoice_items') ?? []).map((part) => {
    const price = world.table('price').get(part.required('price'), 'add_invoice_items[0][price]');
    return { price, quantity: part.integer('quantity') ?? 1 };
  });
}

/** Stripe bills a customer in one currency, as long as they have a subscription in it. */
export function checkCurrency(world: World, customer: string, currency: string): void {
  const other = world
    .table('subscription')
    .list()
    .find(
      (one) =>
        idOf(one.customer) === customer &&
        one.ended_at === null &&
        one.status !== 'incomplete' &&
        one.currency !== currency,
    );
  if (other !== undefined)
    throw invalidRequest(
      `You cannot combine currencies on a single customer. This customer has an active subscription, subscription schedule, discount, quote, or invoice item with currency ${other.currency}`,
    );
}

/** Makes a subscription, with its first invoice, and tries to be paid as its behavior says. */
export function subscribe(world: World, asked: AskedSubscription): Subscription {
  const subscription = blankSubscription(world, asked);
  const { customer } = asked;
  subscription.items.data = itemsAfter(world, subscription, asked.items);
  subscription.currency = subscription.items.data[0]?.price.currency ?? 'usd';
  checkCurrency(world, customer.id, subscription.currency);
  if (asked.method !== null) {
    const method = methodOf(world, asked.method, 'default_payment_method');
    if (method.customer === null) attach(world, method, customer);
    subscription.default_payment_method = method.id;
  }
  const sent = isSent(subscription);
  if (sent) checkAddress(customer, asked.automaticTax);
  const charged = !sent && asked.behavior !== 'default_incomplete' && asked.trialEnd === null;
  const costs = advanceLines(subscription).some(({ amount }) => amount > 0);
  if (charged && costs && defaultMethod(world, customer, subscription) === undefined) throw noMethod();
  setPeriods(subscription, world.now(), asked.trialEnd ?? undefined);
  world.table('subscription').add(subscription);
  redeem(world, subscription, asked.discounts);
  const invoice = firstInvoice(world, subscription, asked);
  subscription.latest_invoice = invoice.id;
  endLater(world, subscription, asked);
  world.emit('customer.subscription.created', subscription);
  if (invoice.automatically_finalizes_at !== null) return subscription;
  if (asked.behavior === 'default_incomplete') finalizeOnly(world, subscription, invoice);
  else finalizeAndCollect(world, invoice);
  return subscription;
}

function finalizeOnly(world: World, subscription: Subscription, invoice: Invoice): void {
  finalize(world, invoice);
  if (invoice.status === 'paid' && subscription.latest_invoice === invoice.id) settleInvoice(world, invoice);
}

function noMethod(): Error {
  return invalidRequest(
    'This customer has no attached payment source or default payment method. Please consider adding a default payment method.',
    { code: 'resource_missing' },
  );
}

function endLater(world: World, subscription: Subscription, asked: AskedSubscription): void {
  const at = asked.cancelAtPeriodEnd ? periodOf(nextToBill(subscription)).end : asked.cancelAt;
  if (at === null) return;
  subscription.cancel_at = at;
  subscription.cancel_at_period_end = asked.cancelAtPeriodEnd;
  subscription.canceled_at = world.now();
}

function firstInvoice(
  world: World,
  subscription: Subscription,
  { customer, oneOffs }: AskedSubscription,
): Invoice {
  const trial = subscription.status === 'trialing';
  const period = { start: world.now(), end: world.now() };
  const drafts = [
    ...oneOffs.map((one) => oneOffLine(subscription, one, period)),
    ...advanceLines(subscription, { free: trial }),
  ];
  // Stripe finalizes the first one at once where it charges it; one that it sends stays a draft as any other does.
  const finalizesAt = isSent(subscription) && !trial ? world.now() + world.settings.draftSeconds : null;
  const asked = { customer, reason: 'subscription_create', drafts, period, finalizesAt } as const;
  return draftInvoice(world, draftFor(world, subscription, asked));
}

function oneOffLine(
  subscription: Subscription,
  { price, quantity }: { price: Price; quantity: number },
  period: LineDraft['period'],
): LineDraft {
  const amount = priceOf(price, quantity);
  const rest = {
    discountable: true,
    metadata: {},
    subscriptionItem: null,
    invoiceItem: null,
    proration: false,
  };
  return { price, quantity, amount, period, description: null, subscription: subscription.id, ...rest };
}

interface SubscriptionInvoice {
  readonly customer: Customer;
  readonly reason: 'subscription_create' | 'subscription_cycle' | 'subscription_update';
  readonly drafts: readonly LineDraft[];
  readonly period: { readonly start: number; readonly end: number };
  readonly finalizesAt: number | null;
}

/** An invoice with the discounts and taxes that the subscription has now. */
export function draftFor(world: World, subscription: Subscription, asked: SubscriptionInvoice): InvoiceDraft {
  const automaticTax = subscription.automatic_tax.enabled;
  const rates = automaticTax ? [automaticRate(world)] : (subscription.default_tax_rates ?? []);
  const discounts = currentDiscounts(world, subscription);
  return { ...asked, subscription, currency: subscription.currency, automaticTax, rates, discounts };
}

/** Whether an invoice is charged at once. `later`: on request, and until then nothing follows from it. */
export type Collects = boolean | 'later';

/** Everything that is pending, and these lines, on an invoice that is due now. */
export function invoiceNow(
  world: World,
  subscription: Subscription,
  { lines, collects }: { lines: readonly LineDraft[]; collects: Collects },
): void {
  const drafts = [...takePending(world, subscription), ...lines];
  if (drafts.length === 0) return;
  const customer = customerOf(world, subscription.customer);
  const period = { start: periodOf(subscription).start, end: world.now() };
  const asked = { customer, reason: 'subscription_update', drafts, period, finalizesAt: null } as const;
  const invoice = draftInvoice(world, draftFor(world, subscription, asked));
  invoice.auto_advance = true;
  subscription.latest_invoice = invoice.id;
  finalize(world, invoice);
  if (collects === 'later') return;
  if (isSent(subscription)) {
    if (invoice.status === 'open') world.emit('invoice.sent', invoice);
    return;
  }
  if (invoice.status === 'open' && collects)
    collect(world, invoice, { method: methodFor(world, invoice), automatic: true });
  else if (invoice.status === 'open') {
    world.change(subscription, 'customer.subscription.updated', (changed) => {
      changed.status = 'past_due';
    });
  }
}

/** Without `status`, those that have not ended; those of a test clock where it, or their customer, is named. */
const list: Operation = ({ world, params }) => {
  const form = new Form(params);
  const [customer, price, status] = [form.text('customer'), form.text('price'), form.text('status')];
  const clock = form.text('test_clock');
  return world
    .table('subscription')
    .list()
    .filter((one) =>
      customer === undefined ? one.test_clock === (clock ?? null) : one.customer === customer,
    )
    .filter(({ items }) => price === undefined || items.data.some((item) => item.price.id === price))
    .filter((subscription) => fits(subscription, status));
};

function fits(subscription: Subscription, status: string | undefined): boolean {
  if (status === undefined) return subscription.ended_at === null;
  if (status === 'all') return true;
  return status === 'ended' ? subscription.ended_at !== null : subscription.status === status;
}

export const subscriptions: Operations = {
  'POST /v1/subscriptions': create,
  'GET /v1/subscriptions': list,
  'GET /v1/subscriptions/:id': ({ world, ids: [id = ''] }) => world.table('subscription').get(id),
  'GET /v1/subscription_items': ({ world, params }) =>
    world.table('subscription').get(new Form(params).required('subscription'), 'subscription').items.data,
};
