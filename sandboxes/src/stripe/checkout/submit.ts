import { ask } from '../ask.ts';
import { invalidRequest, type Params, StripeFault } from '../operation.ts';
import { idOf } from '../world/changes.ts';
import {
  authenticate,
  type CheckoutSession,
  type Customer,
  type Discount,
  type Due,
  type PaymentIntent,
  receipt,
  type World,
} from '../world/index.ts';
import type { LineDraft } from '../world/invoices/lines.ts';
import { automaticRate } from '../world/customers/taxes.ts';
import { detailsOf } from './open-session.ts';
import { sumsOf, sumUp } from './sums.ts';
import type { Visit } from './visit.ts';

/** A page's session, with what the page knows beside it. */
export interface VisitedSession {
  readonly session: CheckoutSession;
  readonly visit: Visit;
}

/** What a person fills in. */
export interface PaymentForm {
  readonly number: string;
  /** `MM/YY`. */
  readonly expiry: string;
  readonly cvc: string;
  readonly email: string | undefined;
  readonly name: string | undefined;
  readonly taxId: string | undefined;
  /** IBAN of an account that is debited, in place of a card. */
  readonly iban?: string | undefined;
}

/** Tries to pay, and says on the visit what the bank declined. A session that is over stays as it is. */
export function submit(world: World, visited: VisitedSession, filled: PaymentForm): void {
  const { session, visit } = visited;
  if (session.status !== 'open') return;
  visit.declined = null;
  try {
    if (takesNoCard(session)) {
      customerFor(world, session, filled);
      subscribe(world, visited, null);
      complete(world, visited, 'no_payment_required');
      return;
    }
    const method = ask(world, 'POST /v1/payment_methods', methodParams(filled)).id;
    const customer = customerFor(world, session, filled);
    if ((session.amount_total ?? 0) > 0) charge(world, visited, { method, customer });
    else setUp(world, visited, { method, customer });
  } catch (error) {
    if (!(error instanceof StripeFault)) throw error;
    visit.declined = error.message;
  }
  finish(world, visited);
}

/** Whether a page asks for no card: it needs none today, and was told to ask only then. */
export function takesNoCard({ mode, payment_method_collection: asks, amount_total: total }: CheckoutSession) {
  return mode === 'subscription' && asks === 'if_required' && total === 0;
}

/** The person was at the bank's page, and said yes or no. */
export function confirm(world: World, visited: VisitedSession, isConfirmed: boolean): void {
  const { session, visit } = visited;
  if (session.status !== 'open' || visit.intent === null) return;
  const intent = authenticate(world, visit.intent, isConfirmed);
  const error = 'last_setup_error' in intent ? intent.last_setup_error : intent.last_payment_error;
  visit.declined = error?.message ?? null;
  finish(world, visited);
}

/** Whether the bank waits for the person. */
export function isAsked(world: World, { intent }: Visit): boolean {
  return intent !== null && statusOf(world, intent) === 'requires_action';
}

function statusOf(world: World, intent: string): string | undefined {
  return (world.table('payment_intent').find(intent) ?? world.table('setup_intent').find(intent))?.status;
}

export function methodParams(filled: PaymentForm): Params {
  const { iban, name = '', email } = filled;
  if (iban === undefined) return cardParams(filled);
  const contact = email === undefined ? {} : { email };
  return { type: 'sepa_debit', sepa_debit: { iban }, billing_details: { name, ...contact } };
}

export function cardParams({ number, expiry, cvc, name, email }: PaymentForm): Params {
  const [month = '', year = ''] = expiry.split('/').map((part) => part.trim());
  if (!/^\d{3,4}$/.test(cvc.trim()))
    throw invalidRequest("Your card's security code is incomplete.", { code: 'incomplete_cvc' });
  if (!/^\d{1,2}$/.test(month) || !/^(\d{2}|\d{4})$/.test(year))
    throw invalidRequest("Your card's expiration date is incomplete.", { code: 'incomplete_expiry' });
  return {
    type: 'card',
    card: { number: number.replaceAll(/\s/g, ''), exp_month: month, exp_year: year, cvc: cvc.trim() },
    billing_details: { ...(name === undefined ? {} : { name }), ...(email === undefined ? {} : { email }) },
  };
}

/** The session's customer: made now where none was named and one is needed. */
function customerFor(
  world: World,
  session: CheckoutSession,
  { email, name, taxId }: PaymentForm,
): Customer | undefined {
  const address = email ?? session.customer_email ?? session.customer_details?.email ?? null;
  const needed =
    session.mode === 'subscription' ||
    session.customer_creation === 'always' ||
    session.invoice_creation?.enabled === true;
  if (session.customer === null && needed) {
    const details = {
      ...(address === null ? {} : { email: address }),
      ...(name === undefined ? {} : { name }),
    };
    session.customer = ask(world, 'POST /v1/customers', details).id;
  }
  session.customer_details = detailsOf({ email: address, name: name ?? null });
  if (session.customer === null) return undefined;
  const customer = world.table('customer').get(idOf(session.customer), 'customer');
  if (taxId !== undefined && session.tax_id_collection?.enabled === true) {
    ask(world, `POST /v1/customers/${customer.id}/tax_ids`, { type: 'eu_vat', value: taxId });
    session.customer_details.tax_ids = [{ type: 'eu_vat', value: taxId }];
  }
  return customer;
}

interface Payer {
  readonly method: string;
  readonly customer: Customer | undefined;
}

function charge(world: World, { session, visit }: VisitedSession, { method, customer }: Payer): void {
  if (visit.intent === null || world.table('payment_intent').find(visit.intent) === undefined) {
    visit.intent =
      session.mode === 'subscription'
        ? subscribe(world, { session, visit }, null)
        : payment(world, { session, visit }, customer);
  }
  ask(world, `POST /v1/payment_intents/${visit.intent ?? ''}/confirm`, { payment_method: method });
}

/** Nothing is due now: the card is set up for later. */
function setUp(world: World, { session, visit }: VisitedSession, { method, customer }: Payer): void {
  if (session.mode !== 'subscription' || customer === undefined)
    throw invalidRequest('This sandbox has no orders that cost nothing: take the discount away.');
  const asked = { customer: customer.id, payment_method: method };
  visit.intent = ask(world, 'POST /v1/setup_intents', asked).id;
  ask(world, `POST /v1/setup_intents/${visit.intent}/confirm`, {});
}

/** Makes the subscription; the answer is the payment of its first invoice. It is incomplete until that is paid. */
function subscribe(world: World, { session, visit }: VisitedSession, method: string | null): string | null {
  const made = ask(world, 'POST /v1/subscriptions', subscriptionParams(world, { session, visit }, method));
  visit.subscription = made.id;
  const invoice = world.table('subscription').get(made.id).latest_invoice;
  const rows = world.table('invoice_payment').list();
  const row = rows.find((one) => invoice !== null && one.invoice === idOf(invoice));
  const intent = row?.payment.payment_intent;
  return intent === undefined ? null : idOf(intent);
}

function subscriptionParams(world: World, { session, visit }: VisitedSession, method: string | null): Params {
  const prices = visit.lines.map((line) => ({ line, price: world.table('price').get(line.price) }));
  const items = prices
    .filter(({ price }) => price.recurring !== null)
    .map(({ line, price }) => ({
      price: price.id,
      ...(price.recurring?.usage_type === 'metered' ? {} : { quantity: String(line.quantity) }),
    }));
  const oneOffs = prices
    .filter(({ price }) => price.recurring === null)
    .map(({ line }) => ({ price: line.price, quantity: String(line.quantity) }));
  const { discount } = visit;
  return {
    ...visit.subscriptionData,
    customer: session.customer === null ? '' : idOf(session.customer),
    items,
    ...(oneOffs.length === 0 ? {} : { add_invoice_items: oneOffs }),
    ...(discount === null
      ? {}
      : {
          discounts: [
            discount.promotionCode === null
              ? { coupon: discount.coupon }
              : { promotion_code: discount.promotionCode },
          ],
        }),
    ...(session.automatic_tax.enabled ? { automatic_tax: { enabled: 'true' } } : {}),
    ...(method === null
      ? { payment_settings: { save_default_payment_method: 'on_subscription' } }
      : { default_payment_method: method }),
    payment_behavior: 'default_incomplete',
  };
}

function payment(world: World, { session, visit }: VisitedSession, customer: Customer | undefined): string {
  const { metadata, description, setup_future_usage: usage, transfer_group: group } = visit.paymentData;
  return ask(world, 'POST /v1/payment_intents', {
    amount: String(session.amount_total),
    currency: session.currency ?? 'usd',
    ...(customer === undefined ? {} : { customer: customer.id }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(description === undefined ? {} : { description }),
    ...(usage === undefined ? {} : { setup_future_usage: usage }),
    ...(group === undefined ? {} : { transfer_group: group }),
  }).id;
}

/** When the bank has said yes, or takes days to say it, the session is complete; what was bought is there with the yes. */
function finish(world: World, { session, visit }: VisitedSession): void {
  const status = visit.intent === null ? undefined : statusOf(world, visit.intent);
  if (visit.intent === null || (status !== 'succeeded' && status !== 'processing')) return;
  const setup = world.table('setup_intent').find(visit.intent);
  if (setup !== undefined)
    subscribe(world, { session, visit }, setup.payment_method === null ? null : idOf(setup.payment_method));
  if (session.mode === 'payment') {
    session.payment_intent = visit.intent;
    const isDue = status === 'succeeded' && world.settings.receiptSeconds === 0;
    if (isDue) giveReceipt(world, { session, visit });
  }
  const paid = setup === undefined ? 'paid' : 'no_payment_required';
  complete(world, { session, visit }, status === 'processing' ? 'unpaid' : paid);
}

function complete(
  world: World,
  { session, visit: { subscription } }: VisitedSession,
  paid: CheckoutSession['payment_status'],
): void {
  if (subscription !== null) {
    session.subscription = subscription;
    session.invoice = world.table('subscription').get(subscription).latest_invoice;
  }
  session.payment_status = paid;
  session.status = 'complete';
  session.url = null;
  world.emit('checkout.session.completed', session);
}

/** What a bank has said by now of a debit; and receipts that come after their payment. */
export function* laterOf(world: World, visited: VisitedSession): Generator<Due> {
  const { session, visit } = visited;
  if (session.status !== 'complete' || visit.intent === null) return;
  const intent = world.table('payment_intent').find(visit.intent);
  if (intent === undefined) return;
  const failed = `${session.id} not paid`;
  if (session.payment_status === 'unpaid' && intent.status !== 'processing' && !world.marks.has(failed)) {
    yield {
      at: world.now(),
      run: () => {
        if (intent.status === 'succeeded') session.payment_status = 'paid';
        else world.marks.add(failed);
        const outcome = intent.status === 'succeeded' ? 'succeeded' : 'failed';
        world.emit(`checkout.session.async_payment_${outcome}`, session);
      },
    };
  }
  if (session.payment_status !== 'paid' || session.mode !== 'payment' || session.invoice !== null) return;
  if (session.invoice_creation?.enabled !== true || !isThere(world, session)) return;
  const at = paidAt(world, intent) + world.settings.receiptSeconds;
  yield { at, of: visited.session, run: () => giveReceipt(world, visited) };
}

/** A customer who was deleted gets no receipt. */
function isThere(world: World, { customer }: CheckoutSession): boolean {
  return customer !== null && world.table('customer').find(idOf(customer)) !== undefined;
}

/** When its money came. */
function paidAt(world: World, { latest_charge: latest, created }: PaymentIntent): number {
  const made = latest === null ? undefined : world.table('charge').find(idOf(latest));
  const moved = made?.balance_transaction ?? null;
  return (
    (moved === null ? undefined : world.table('balance_transaction').find(idOf(moved)))?.created ?? created
  );
}

function giveReceipt(world: World, { session, visit }: VisitedSession): void {
  if (session.invoice_creation?.enabled === true && visit.intent !== null)
    session.invoice = invoiceFor(world, { session, visit }, visit.intent);
}

function invoiceFor(world: World, { session, visit }: VisitedSession, intentId: string): string {
  const intent = world.table('payment_intent').get(intentId);
  const customer = world
    .table('customer')
    .get(session.customer === null ? '' : idOf(session.customer), 'customer');
  const { description, metadata } = session.invoice_creation?.invoice_data ?? {};
  sumUp(world, session, visit);
  return receipt(world, intent, {
    customer,
    currency: intent.currency,
    drafts: sumsOf(world, visit, session).map((sum) => draftOf(world, sum)),
    discounts: discountsOf(world, { session, visit }, customer),
    rates: session.automatic_tax.enabled ? [automaticRate(world)] : [],
    period: { start: world.now(), end: world.now() },
    automaticTax: session.automatic_tax.enabled,
    description: description ?? null,
    metadata: metadata ?? {},
  }).id;
}

function draftOf(world: World, { price, line, subtotal }: ReturnType<typeof sumsOf>[number]): LineDraft {
  return {
    price,
    quantity: line.quantity,
    amount: subtotal,
    period: { start: world.now(), end: world.now() },
    description: world.table('product').get(idOf(price.product)).name,
    discountable: true,
    metadata: {},
    subscription: null,
    subscriptionItem: null,
    invoiceItem: null,
    proration: false,
  };
}

function discountsOf(
  world: World,
  { session, visit: { discount } }: VisitedSession,
  customer: Customer,
): Discount[] {
  if (discount === null) return [];
  world.table('coupon').get(discount.coupon).times_redeemed += 1;
  if (discount.promotionCode !== null)
    world.table('promotion_code').get(discount.promotionCode).times_redeemed += 1;
  return [
    world.table('discount').add({
      id: world.id('discount'),
      object: 'discount',
      checkout_session: session.id,
      customer: customer.id,
      customer_account: null,
      end: null,
      invoice: null,
      invoice_item: null,
      promotion_code: discount.promotionCode,
      source: { coupon: discount.coupon, type: 'coupon' },
      start: world.now(),
      subscription: null,
      subscription_item: null,
    }),
  ];
}
