import { invalidRequest } from '../../operation.ts';
import type { Decline } from './cards.ts';
import { charge, clear } from './charges.ts';
import { accountDebited, accountOf, DEBIT_CURRENCY } from './debits.ts';
import { openDispute } from './disputes.ts';
import { idOf } from '../changes.ts';
import { cardOf } from '../customers/methods.ts';
import type { Charge, PaymentIntent, PaymentMethod } from '../objects.ts';
import type { World } from '../world.ts';

/** What became of a try to be paid. */
export type AttemptOutcome = 'declined' | 'processing' | 'requires_action' | 'succeeded';

export interface AskedIntent {
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly metadata?: Record<string, string>;
  readonly setupFutureUsage?: 'off_session' | 'on_session' | null;
  readonly transferGroup?: string | null;
}

/** A new payment that nothing was tried for. */
export function newIntent(world: World, asked: AskedIntent): PaymentIntent {
  const id = world.id('payment_intent');
  const intent: PaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: asked.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic',
    client_secret: world.token(`${id}_secret`),
    confirmation_method: 'automatic',
    created: world.now(),
    currency: asked.currency,
    customer: asked.customer,
    customer_account: null,
    description: asked.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: asked.metadata ?? {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' },
    },
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: asked.setupFutureUsage ?? null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: asked.transferGroup ?? null,
  };
  world.emit('payment_intent.created', world.table('payment_intent').add(intent));
  return intent;
}

export interface AttemptInput {
  readonly method: PaymentMethod;
  /** The person has confirmed at their bank. */
  readonly confirmed?: boolean;
}

/** Charges a card or an account for a payment, as far as its bank lets us. Throws for a payment that is over, or under way. */
export function attempt(
  world: World,
  intent: PaymentIntent,
  { method, confirmed = false }: AttemptInput,
): AttemptOutcome {
  if (intent.status === 'succeeded' || intent.status === 'canceled' || intent.status === 'processing') {
    const message = `You cannot confirm this PaymentIntent because it has a status of ${intent.status}.`;
    throw invalidRequest(message, { code: 'payment_intent_unexpected_state', payment_intent: intent });
  }
  intent.payment_method = method.id;
  if (accountOf(method) !== undefined) return debit(world, intent, method);
  if (!confirmed && asksPerson(world, method)) return askPerson(world, intent);
  const decline = cardOf(method)?.declines;
  return decline === undefined ? succeed(world, intent, method) : fail(world, intent, { method, decline });
}

/** The bank takes its time to say whether it pays. */
function debit(world: World, intent: PaymentIntent, method: PaymentMethod): AttemptOutcome {
  if (intent.currency !== DEBIT_CURRENCY) {
    const message = `The payment method type sepa_debit can only be used with the currency ${DEBIT_CURRENCY}.`;
    refuse(world, intent, { method, decline: { code: 'payment_method_currency_mismatch', message } });
    return 'declined';
  }
  Object.assign(intent, { status: 'processing', next_action: null, last_payment_error: null });
  world.emit('payment_intent.processing', intent);
  intent.latest_charge = charge(world, intent, { method, decline: undefined }).id;
  return 'processing';
}

/** It says so: what became of the payment by that. */
export function settleDebit(world: World, intent: PaymentIntent, made: Charge): AttemptOutcome {
  const method = world.table('payment_method').get(idOf(made.payment_method ?? ''));
  const decline = accountDebited(made)?.fails;
  clear(world, made, { intent, decline });
  if (decline !== undefined) {
    refuse(world, intent, { method, decline, charge: made.id });
    return 'declined';
  }
  succeedIntent(world, intent);
  return 'succeeded';
}

/** Whether the bank wants to see the person for a payment with that card now. */
export function asksPerson(world: World, method: PaymentMethod): boolean {
  const { asks } = cardOf(method) ?? {};
  return asks === 'always' || (asks === 'until set up' && !world.marks.has(setUpMark(method)));
}

/** The person confirmed this card once: it may be charged without them. */
export function setUp(world: World, method: PaymentMethod): void {
  world.marks.add(setUpMark(method));
}

function setUpMark(method: PaymentMethod): string {
  return `set up ${method.id}`;
}

function askPerson(world: World, intent: PaymentIntent): AttemptOutcome {
  intent.status = 'requires_action';
  intent.next_action = { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } };
  world.emit('payment_intent.requires_action', intent);
  return 'requires_action';
}

function succeed(world: World, intent: PaymentIntent, method: PaymentMethod): AttemptOutcome {
  const made = charge(world, intent, { method, decline: undefined });
  setUp(world, method);
  intent.latest_charge = made.id;
  succeedIntent(world, intent);
  const disputed = cardOf(method)?.disputed;
  if (disputed !== undefined) openDispute(world, made, disputed);
  return 'succeeded';
}

function succeedIntent(world: World, intent: PaymentIntent): void {
  Object.assign(intent, { status: 'succeeded', next_action: null, last_payment_error: null });
  intent.amount_received = intent.amount;
  world.emit('payment_intent.succeeded', intent);
}

/** The bank wants to see the person, who is not there: nothing is charged, and the payment waits for another try. */
export function refuseUnseen(world: World, intent: PaymentIntent, method: PaymentMethod): Decline {
  const message = 'Your card was declined. This transaction requires authentication.';
  const decline = { code: 'authentication_required', declineCode: 'authentication_required', message };
  fail(world, intent, { method, decline });
  return decline;
}

function fail(
  world: World,
  intent: PaymentIntent,
  tried: { method: PaymentMethod; decline: Decline },
): AttemptOutcome {
  const made = charge(world, intent, tried);
  intent.latest_charge = made.id;
  refuse(world, intent, { ...tried, charge: made.id });
  return 'declined';
}

/** Back to the start, with what the bank said. */
function refuse(
  world: World,
  intent: PaymentIntent,
  { method, decline, charge: chargeId }: { method: PaymentMethod; decline: Decline; charge?: string },
): void {
  intent.status = 'requires_payment_method';
  intent.next_action = null;
  intent.payment_method = null;
  intent.last_payment_error = {
    ...(chargeId === undefined ? {} : { charge: chargeId }),
    code: decline.code,
    ...(decline.declineCode === undefined ? {} : { decline_code: decline.declineCode }),
    message: decline.message,
    payment_method: structuredClone(method),
    type: 'card_error',
  };
  world.emit('payment_intent.payment_failed', intent);
}

/** The person was asked, and answers. */
export function answer(
  world: World,
  intent: PaymentIntent,
  { method, confirmed }: Required<AttemptInput>,
): AttemptOutcome {
  if (confirmed) return attempt(world, intent, { method, confirmed });
  const message =
    'We are unable to authenticate your payment method. Please choose a different payment method and try again.';
  refuse(world, intent, { method, decline: { code: 'payment_intent_authentication_failure', message } });
  return 'declined';
}

/** Nothing will be paid by it any more. */
export function cancelIntent(
  world: World,
  intent: PaymentIntent,
  reason: PaymentIntent['cancellation_reason'],
): void {
  // What a bank was asked to debit is not taken back.
  if (intent.status === 'succeeded' || intent.status === 'canceled' || intent.status === 'processing') return;
  world.change(intent, 'payment_intent.canceled', (changed) => {
    Object.assign(changed, { status: 'canceled', next_action: null });
    changed.canceled_at = world.now();
    changed.cancellation_reason = reason;
  });
}
