import { type Operation, type Operations, invalidRequest } from '../../operation.ts';
import {
  answer,
  asksPerson,
  attempt,
  type AttemptOutcome,
  cancelIntent,
  newIntent,
  refuseUnseen,
} from './attempts.ts';
import { idOf, mergeMetadata } from '../changes.ts';
import { settleIntent } from '../invoices/collect.ts';
import { Form } from '../form.ts';
import { attach, declinedBy, methodOf } from '../customers/methods.ts';
import type { PaymentIntent, PaymentMethod, SetupIntent } from '../objects.ts';
import { customerOf } from '../customers/payers.ts';
import { finishSetup } from './setups.ts';
import type { World } from '../world.ts';

const create: Operation = ({ world, params }) => {
  const form = new Form(params);
  form.ignore('payment_method_types', 'automatic_payment_methods', 'receipt_email', 'return_url');
  const asked = {
    amount: Number(form.required('amount')),
    currency: form.required('currency'),
    customer: form.text('customer') ?? null,
    description: form.text('description') ?? null,
    metadata: mergeMetadata(null, form.hash('metadata')),
    setupFutureUsage: form.choice('setup_future_usage', ['off_session', 'on_session']) ?? null,
    transferGroup: form.text('transfer_group') ?? null,
  };
  const [methodId, confirms] = [form.text('payment_method'), form.flag('confirm')];
  const [unseen, stops] = [form.flag('off_session'), form.flag('error_on_requires_action')];
  form.done();
  if (!Number.isInteger(asked.amount) || asked.amount < 1)
    throw invalidRequest(`Invalid integer: ${asked.amount}`, { param: 'amount' });
  if (asked.customer !== null) customerOf(world, asked.customer);
  const intent = newIntent(world, asked);
  if (methodId !== undefined) {
    intent.payment_method = methodOf(world, methodId).id;
    intent.status = 'requires_confirmation';
  }
  return confirms === true
    ? confirm(world, intent, { offSession: unseen === true || stops === true })
    : intent;
};

const confirmIt: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const [methodId, offSession] = [form.text('payment_method'), form.flag('off_session') ?? false];
  form.ignore('return_url', 'setup_future_usage', 'client_secret', 'mandate_data');
  form.done();
  const intent = world.table('payment_intent').get(id);
  if (methodId !== undefined) intent.payment_method = methodOf(world, methodId).id;
  return confirm(world, intent, { offSession });
};

/** Charges the card that a payment names. Throws `card_error` when its bank declines; the payment says so too. */
function confirm(
  world: World,
  intent: PaymentIntent,
  { offSession }: { offSession: boolean },
): PaymentIntent {
  if (intent.payment_method === null) {
    const message = "You cannot confirm this PaymentIntent because it's missing a payment method.";
    throw invalidRequest(message, { code: 'payment_intent_unexpected_state', payment_intent: intent });
  }
  const method = world.table('payment_method').get(idOf(intent.payment_method));
  if (offSession && asksPerson(world, method)) {
    throw declinedBy(refuseUnseen(world, intent, method), { payment_intent: intent, payment_method: method });
  }
  applyOutcome(world, intent, { method, outcome: attempt(world, intent, { method }) });
  if (intent.status === 'requires_payment_method') throw declinedIntent(intent);
  return intent;
}

function applyOutcome(
  world: World,
  intent: PaymentIntent,
  { method, outcome }: { method: PaymentMethod; outcome: AttemptOutcome },
): void {
  const keeps = intent.setup_future_usage !== null && intent.customer !== null && method.customer === null;
  if ((outcome === 'succeeded' || outcome === 'processing') && keeps)
    attach(world, method, customerOf(world, intent.customer ?? ''));
  settleIntent(world, intent, outcome);
}

function declinedIntent(intent: PaymentIntent): Error {
  const {
    code = 'card_declined',
    decline_code: declineCode,
    message = 'Your card was declined.',
  } = intent.last_payment_error ?? {};
  const decline = { code, message, ...(declineCode === undefined ? {} : { declineCode }) };
  return declinedBy(decline, { payment_intent: intent });
}

/** The person at their bank's page says yes or no to a payment, or to a card's set-up. Throws where no person was asked. */
export function authenticate(world: World, id: string, confirmed: boolean): PaymentIntent | SetupIntent {
  const setup = world.table('setup_intent').find(id);
  const intent = setup ?? world.table('payment_intent').get(id);
  if (intent.status !== 'requires_action') throw invalidRequest(`${id} requires no action.`);
  if (intent.object === 'setup_intent') return finishSetup(world, intent, confirmed);
  const method = world.table('payment_method').get(idOf(intent.payment_method ?? ''));
  applyOutcome(world, intent, { method, outcome: answer(world, intent, { method, confirmed }) });
  return intent;
}

const cancel: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const reasons = ['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'] as const;
  const reason = form.choice('cancellation_reason', reasons) ?? null;
  form.done();
  const intent = world.table('payment_intent').get(id);
  if (intent.status === 'succeeded' || intent.status === 'canceled' || intent.status === 'processing') {
    throw invalidRequest(
      `You cannot cancel this PaymentIntent because it has a status of ${intent.status}.`,
      {
        code: 'payment_intent_unexpected_state',
      },
    );
  }
  cancelIntent(world, intent, reason);
  return intent;
};

const update: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const [description, metadata] = [form.optional('description'), form.hash('metadata')];
  form.done();
  const intent = world.table('payment_intent').get(id);
  if (description !== undefined) intent.description = description;
  intent.metadata = mergeMetadata(intent.metadata, metadata);
  return intent;
};

const list: Operation = ({ world, params }) => {
  const customer = new Form(params).text('customer');
  return world
    .table('payment_intent')
    .list()
    .filter((intent) => customer === undefined || intent.customer === customer);
};

export const intents: Operations = {
  'POST /v1/payment_intents': create,
  'GET /v1/payment_intents': list,
  'GET /v1/payment_intents/:id': ({ world, ids: [id = ''] }) => world.table('payment_intent').get(id),
  'POST /v1/payment_intents/:id': update,
  'POST /v1/payment_intents/:id/confirm': confirmIt,
  'POST /v1/payment_intents/:id/cancel': cancel,
};
