import type { Operation, Operations } from '../../operation.ts';
import { chargeFee, move } from '../connect/balance.ts';
import type { Decline } from './cards.ts';
import { idOf, mergeMetadata } from '../changes.ts';
import { accountOf } from './debits.ts';
import { cardOf } from '../customers/methods.ts';
import { Form } from '../form.ts';
import type { Charge, PaymentIntent, PaymentMethod } from '../objects.ts';
import type { World } from '../world.ts';

/** A try to take money; `decline`: what its bank said. Of a debit it says nothing yet: that is told by `clear`. */
export function charge(
  world: World,
  intent: PaymentIntent,
  tried: { method: PaymentMethod; decline: Decline | undefined },
): Charge {
  const { method, decline } = tried;
  const id = world.id('charge');
  const isPending = accountOf(method) !== undefined;
  const paid = decline === undefined && !isPending;
  const made: Charge = {
    id,
    object: 'charge',
    amount: intent.amount,
    amount_captured: decline === undefined ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: paid
      ? takeIn(world, intent, { source: id, isAtOnce: cardOf(method)?.isAvailableAtOnce === true })
      : null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: 'SANDBOX',
    captured: decline === undefined,
    created: world.now(),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: outcomeOf(decline),
    paid,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: detailsOf(method, intent),
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: paid ? `${world.pages}/receipts/${id}` : null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: isPending ? 'pending' : paid ? 'succeeded' : 'failed',
    transfer_data: null,
    transfer_group: intent.transfer_group,
  };
  world.emit(`charge.${made.status}`, world.table('charge').add(made));
  return made;
}

/** What a bank says of a debit in the end. */
export function clear(
  world: World,
  made: Charge,
  { intent, decline }: { intent: PaymentIntent; decline: Decline | undefined },
): void {
  made.paid = decline === undefined;
  made.status = made.paid ? 'succeeded' : 'failed';
  made.outcome = outcomeOf(decline);
  if (decline === undefined) {
    made.balance_transaction = takeIn(world, intent, { source: made.id });
    made.receipt_url = `${world.pages}/receipts/${made.id}`;
  } else {
    Object.assign(made, { amount_captured: 0, captured: false });
    made.failure_code = decline.code;
    made.failure_message = decline.message;
  }
  world.emit(`charge.${made.status}`, made);
}

function takeIn(
  world: World,
  { amount, currency, description }: PaymentIntent,
  { source, isAtOnce = false }: { source: string; isAtOnce?: boolean },
): string {
  const kind = { type: 'charge', category: 'charge' } as const;
  const available = isAtOnce ? { availableOn: world.now() } : {};
  return move(world, { amount, currency, description, source, fee: chargeFee, ...kind, ...available }).id;
}

function outcomeOf(decline: Decline | undefined): Charge['outcome'] {
  return {
    advice_code: decline === undefined ? null : 'try_again_later',
    network_advice_code: null,
    network_decline_code: decline === undefined ? null : '05',
    network_status: decline === undefined ? 'approved_by_network' : 'declined_by_network',
    reason: decline?.declineCode ?? decline?.code ?? null,
    risk_level: 'normal',
    risk_score: 12,
    seller_message:
      decline === undefined ? 'Payment complete.' : 'The bank did not return any further details.',
    type: decline === undefined ? 'authorized' : 'issuer_declined',
  };
}

function detailsOf(
  { card, sepa_debit: debit }: PaymentMethod,
  intent: PaymentIntent,
): Charge['payment_method_details'] {
  if (debit !== undefined) {
    const { generated_from: _from, ...account } = debit;
    return { sepa_debit: { ...account, mandate: null }, type: 'sepa_debit' };
  }
  if (card === undefined) return null;
  return {
    card: {
      amount_authorized: intent.amount,
      authorization_code: null,
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: card.country,
      electronic_commerce_indicator: null,
      exp_month: card.exp_month,
      exp_year: card.exp_year,
      extended_authorization: { status: 'disabled' },
      fingerprint: card.fingerprint ?? null,
      funding: card.funding,
      incremental_authorization: { status: 'unavailable' },
      installments: null,
      last4: card.last4,
      mandate: null,
      multicapture: { status: 'unavailable' },
      network: card.brand,
      network_token: { used: false },
      network_transaction_id: null,
      overcapture: { maximum_amount_capturable: intent.amount, status: 'unavailable' },
      regulated_status: 'unregulated',
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
    },
    type: 'card',
  };
}

const list: Operation = ({ world, params }) => {
  const form = new Form(params);
  const [customer, intent] = [form.text('customer'), form.text('payment_intent')];
  return world
    .table('charge')
    .list()
    .filter((made) => customer === undefined || made.customer === customer)
    .filter(
      (made) =>
        intent === undefined || (made.payment_intent !== null && idOf(made.payment_intent) === intent),
    );
};

const update: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const [description, metadata] = [form.optional('description'), form.hash('metadata')];
  form.done();
  return world.change(world.table('charge').get(id), 'charge.updated', (made) => {
    if (description !== undefined) made.description = description;
    made.metadata = mergeMetadata(made.metadata, metadata);
  });
};

export const charges: Operations = {
  'GET /v1/charges': list,
  'GET /v1/charges/:id': ({ world, ids: [id = ''] }) => world.table('charge').get(id),
  'POST /v1/charges/:id': update,
};
