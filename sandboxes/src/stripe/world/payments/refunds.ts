import {
  type Operation,
  type Operations,
  type Params,
  invalidRequest,
  refusedRequest,
} from '../../operation.ts';
import { move } from '../connect/balance.ts';
import { type TestCard, cardByDigits } from './cards.ts';
import { idOf, mergeMetadata } from '../changes.ts';
import { accountDebited } from './debits.ts';
import { Form } from '../form.ts';
import type { Charge, Refund } from '../objects.ts';
import type { Due, World } from '../world.ts';

const DAY = 86_400;

const create: Operation = ({ world, params }) => refundOf(world, params);

/** Gives back what was charged, or some of it. Throws StripeFault. */
export function refundOf(world: World, params: Params): Refund {
  const form = new Form(params);
  const charge = chargeOf(world, form);
  const asked = {
    amount: form.integer('amount') ?? charge.amount - charge.amount_refunded,
    reason: form.choice('reason', ['duplicate', 'fraudulent', 'requested_by_customer']) ?? null,
    metadata: mergeMetadata(null, form.hash('metadata')),
  };
  form.done();
  check(world, charge, asked.amount);
  const card = cardByDigits(charge.payment_method_details?.card?.last4 ?? undefined);
  const refund = world.table('refund').add(newRefund(world, charge, { ...asked, card }));
  world.emit('refund.created', refund);
  world.change(charge, 'charge.refunded', (changed) => {
    changed.amount_refunded += refund.amount;
    changed.refunded = changed.amount_refunded === changed.amount;
  });
  return refund;
}

function chargeOf(world: World, form: Form): Charge {
  const [id, intentId] = [form.text('charge'), form.text('payment_intent')];
  if (id !== undefined) return world.table('charge').get(id, 'charge');
  const intent = world.table('payment_intent').get(intentId ?? form.required('charge'), 'payment_intent');
  if (intent.status !== 'succeeded' || intent.latest_charge === null) {
    throw invalidRequest(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`);
  }
  return world.table('charge').get(idOf(intent.latest_charge), 'charge');
}

function check(world: World, charge: Charge, amount: number): void {
  if (charge.refunded) {
    throw refusedRequest(`Charge ${charge.id} has already been refunded.`, {
      code: 'charge_already_refunded',
    });
  }
  if (charge.status !== 'succeeded')
    throw refusedRequest(`Charge ${charge.id} was not paid, and cannot be refunded.`);
  if (charge.disputed && !isRefundable(world, charge)) {
    throw refusedRequest(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    });
  }
  const left = charge.amount - charge.amount_refunded;
  if (amount < 1) throw invalidRequest('This value must be greater than or equal to 1.', { param: 'amount' });
  if (amount > left) {
    throw refusedRequest(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
      param: 'amount',
    });
  }
}

/** Every dispute of it was decided for us, or only asked about. */
function isRefundable(world: World, { id }: Charge): boolean {
  const disputes = world
    .table('dispute')
    .list()
    .filter(({ charge }) => idOf(charge) === id);
  return disputes.every(
    ({ status, is_charge_refundable: is }) => is || status === 'won' || status === 'warning_closed',
  );
}

/** Stripe keeps its fee for the charge. */
function newRefund(
  world: World,
  charge: Charge,
  asked: Pick<Refund, 'amount' | 'reason' | 'metadata'> & { readonly card: TestCard | undefined },
): Refund {
  const id = world.id('refund');
  const { card, ...rest } = asked;
  const kind = { type: 'refund', category: 'refund', description: `REFUND FOR CHARGE ${charge.id}` } as const;
  const { currency } = charge;
  const moved = move(world, { amount: -asked.amount, currency, fee: () => 0, source: id, ...kind });
  return {
    id,
    object: 'refund',
    balance_transaction: moved.id,
    charge: charge.id,
    created: world.now(),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details:
      accountDebited(charge) === undefined
        ? {
            card: {
              reference_status: 'pending',
              reference_type: 'acquirer_reference_number',
              type: 'refund',
            },
            type: 'card',
          }
        : { type: 'sepa_bank_transfer' },
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    receipt_number: null,
    source_transfer_reversal: null,
    status: card?.refunds === 'pend' ? 'pending' : 'succeeded',
    transfer_reversal: null,
    ...rest,
  };
}

/** Refunds to cards that take their time, or that fail a day later. */
export function* refundsToCome(world: World): Generator<Due> {
  for (const refund of world.table('refund').oldestFirst()) {
    if (refund.charge === null) continue;
    const charge = world.table('charge').get(idOf(refund.charge));
    const behaves = cardByDigits(charge.payment_method_details?.card?.last4 ?? undefined)?.refunds;
    const at = refund.created + DAY;
    if (behaves === 'pend' && refund.status === 'pending')
      yield { at, of: charge, run: () => succeed(world, refund) };
    if (behaves === 'fail later' && refund.status === 'succeeded')
      yield { at, of: charge, run: () => failRefund(world, refund) };
  }
}

function succeed(world: World, refund: Refund): void {
  world.change(refund, 'refund.updated', (changed) => {
    changed.status = 'succeeded';
  });
}

/** The payer's bank sends the money back to us. */
export function failRefund(world: World, refund: Refund): Refund {
  const kind = { type: 'refund_failure', category: 'refund_failure', description: null } as const;
  const moved = move(world, {
    amount: refund.amount,
    currency: refund.currency,
    fee: () => 0,
    source: refund.id,
    ...kind,
  });
  refund.status = 'failed';
  refund.failure_reason = 'unknown';
  refund.failure_balance_transaction = moved.id;
  world.emit('refund.failed', refund);
  if (refund.charge === null) return refund;
  world.change(world.table('charge').get(idOf(refund.charge)), 'charge.updated', (charge) => {
    charge.amount_refunded -= refund.amount;
    charge.refunded = false;
  });
  return refund;
}

const update: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const metadata = form.hash('metadata');
  form.done();
  return world.change(world.table('refund').get(id), 'refund.updated', (refund) => {
    refund.metadata = mergeMetadata(refund.metadata, metadata);
  });
};

const list: Operation = ({ world, params }) => {
  const form = new Form(params);
  const [charge, intent] = [form.text('charge'), form.text('payment_intent')];
  return world
    .table('refund')
    .list()
    .filter((refund) => charge === undefined || refund.charge === charge)
    .filter((refund) => intent === undefined || refund.payment_intent === intent);
};

export const refunds: Operations = {
  'POST /v1/refunds': create,
  'GET /v1/refunds': list,
  'GET /v1/refunds/:id': ({ world, ids: [id = ''] }) => world.table('refund').get(id),
  'POST /v1/refunds/:id': update,
};
