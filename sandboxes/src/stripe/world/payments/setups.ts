import { type Operation, type Operations, invalidRequest } from '../../operation.ts';
import { asksPerson, setUp } from './attempts.ts';
import { idOf, mergeMetadata } from '../changes.ts';
import { Form } from '../form.ts';
import { attach, cardOf, declinedBy, methodOf } from '../customers/methods.ts';
import type { PaymentMethod, SetupIntent } from '../objects.ts';
import { customerOf } from '../customers/payers.ts';
import type { World } from '../world.ts';

const createSetup: Operation = ({ world, params }) => {
  const form = new Form(params);
  form.ignore('payment_method_types', 'automatic_payment_methods', 'return_url');
  const customer = form.text('customer') ?? null;
  const [methodId, confirms] = [form.text('payment_method'), form.flag('confirm') ?? false];
  const usage = form.choice('usage', ['off_session', 'on_session']) ?? 'off_session';
  const metadata = mergeMetadata(null, form.hash('metadata'));
  form.done();
  const method = methodId === undefined ? undefined : methodOf(world, methodId);
  const intent = world.table('setup_intent').add(newSetup(world, { customer, method, usage, metadata }));
  world.emit('setup_intent.created', intent);
  return confirms && method !== undefined ? trySetup(world, intent, method) : intent;
};

interface AskedSetup {
  readonly customer: string | null;
  readonly method: PaymentMethod | undefined;
  readonly usage: string;
  readonly metadata: Record<string, string>;
}

function newSetup(world: World, { customer, method, usage, metadata }: AskedSetup): SetupIntent {
  const id = world.id('setup_intent');
  return {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: null,
    cancellation_reason: null,
    client_secret: world.token(`${id}_secret`),
    created: world.now(),
    customer,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    managed_payments: null,
    mandate: null,
    metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: method?.id ?? null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { mandate_options: null, network: null, request_three_d_secure: 'automatic' },
    },
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: method === undefined ? 'requires_payment_method' : 'requires_confirmation',
    usage,
  };
}

const confirmSetup: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const methodId = form.text('payment_method');
  form.ignore('return_url', 'client_secret');
  form.done();
  const intent = world.table('setup_intent').get(id);
  const chosen = methodId ?? (intent.payment_method === null ? undefined : idOf(intent.payment_method));
  if (chosen === undefined)
    throw invalidRequest('This SetupIntent is missing a payment method.', {
      code: 'setup_intent_unexpected_state',
    });
  if (intent.status === 'succeeded' || intent.status === 'canceled') {
    throw invalidRequest(`You cannot confirm this SetupIntent because it has a status of ${intent.status}.`, {
      code: 'setup_intent_unexpected_state',
    });
  }
  return trySetup(world, intent, methodOf(world, chosen));
};

/** A card is set up for payments without its owner. Throws `card_error` for one that its bank declines at once. */
function trySetup(world: World, intent: SetupIntent, method: PaymentMethod): SetupIntent {
  intent.payment_method = method.id;
  const card = cardOf(method);
  if (card?.declines !== undefined && card.declinesAtOnce === true) {
    refuseSetup(world, intent, card.declines);
    throw declinedBy(card.declines, { setup_intent: intent });
  }
  if (!asksPerson(world, method)) return finishSetup(world, intent, true);
  intent.status = 'requires_action';
  intent.next_action = { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } };
  world.emit('setup_intent.requires_action', intent);
  return intent;
}

/** The person has confirmed at their bank, or not. */
export function finishSetup(world: World, intent: SetupIntent, confirmed: boolean): SetupIntent {
  const method = world.table('payment_method').get(idOf(intent.payment_method ?? ''));
  if (!confirmed) {
    const message =
      'We are unable to authenticate your payment method. Please choose a different payment method and try again.';
    refuseSetup(world, intent, { code: 'setup_intent_authentication_failure', message });
    return intent;
  }
  if (intent.customer !== null) attach(world, method, customerOf(world, intent.customer));
  setUp(world, method);
  intent.status = 'succeeded';
  intent.next_action = null;
  intent.last_setup_error = null;
  world.emit('setup_intent.succeeded', intent);
  return intent;
}

function refuseSetup(
  world: World,
  intent: SetupIntent,
  { code, message }: { code: string; message: string },
): void {
  intent.status = 'requires_payment_method';
  intent.next_action = null;
  intent.payment_method = null;
  intent.last_setup_error = { code, message, type: 'card_error' };
  world.emit('setup_intent.setup_failed', intent);
}

const cancelSetup: Operation = ({ world, ids: [id = ''] }) =>
  world.change(world.table('setup_intent').get(id), 'setup_intent.canceled', (intent) => {
    intent.status = 'canceled';
    intent.next_action = null;
  });

export const setups: Operations = {
  'POST /v1/setup_intents': createSetup,
  'GET /v1/setup_intents/:id': ({ world, ids: [id = ''] }) => world.table('setup_intent').get(id),
  'POST /v1/setup_intents/:id/confirm': confirmSetup,
  'POST /v1/setup_intents/:id/cancel': cancelSetup,
};
