import { type Operation, type Operations, invalidRequest } from '../../operation.ts';
import { move } from '../connect/balance.ts';
import { idOf, mergeMetadata } from '../changes.ts';
import { accountDebited } from './debits.ts';
import { Form } from '../form.ts';
import type { Charge, Dispute } from '../objects.ts';
import type { Due, World } from '../world.ts';

/** Stripe's fee for a dispute, in cents; a won dispute does not return it. */
const FEE = 1500;
const DAYS_TO_ANSWER = 7;

/** A payer's bank takes a charge back, or only asks (`inquiry`), which moves no money. */
export function openDispute(
  world: World,
  charge: Charge,
  { reason = 'fraudulent', inquiry = false }: { reason?: string; inquiry?: boolean } = {},
): Dispute {
  const dispute: Dispute = {
    id: world.id('dispute'),
    object: 'dispute',
    amount: charge.amount - charge.amount_refunded,
    balance_transactions: [],
    charge: charge.id,
    created: world.now(),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: noEvidence(),
    evidence_details: {
      due_by: world.now() + DAYS_TO_ANSWER * 86_400,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: inquiry,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method_details: accountDebited(charge) === undefined ? ofCard(inquiry) : { type: 'sepa_debit' },
    reason,
    status: inquiry ? 'warning_needs_response' : 'needs_response',
  };
  charge.disputed = true;
  world.table('dispute').add(dispute);
  if (!inquiry) moveFunds(world, dispute, { amount: -dispute.amount, fee: FEE });
  world.emit('charge.dispute.created', dispute);
  if (!inquiry) world.emit('charge.dispute.funds_withdrawn', dispute);
  return dispute;
}

function ofCard(inquiry: boolean): NonNullable<Dispute['payment_method_details']> {
  return {
    card: {
      brand: 'visa',
      case_type: inquiry ? 'inquiry' : 'chargeback',
      network: 'visa',
      network_reason_code: '10.4',
    },
    type: 'card',
  };
}

/** Debits that were paid, and that their owners have given back: Stripe tells them as disputes, which are lost as they come. */
export function* returnsToCome(world: World): Generator<Due> {
  for (const charge of world.table('charge').oldestFirst()) {
    if (charge.status !== 'succeeded' || charge.disputed) continue;
    if (accountDebited(charge)?.isReturned !== true) continue;
    const at = charge.created + world.settings.returnedAfterDays * 86_400;
    yield {
      at,
      of: charge,
      run: () => closeDispute(world, openDispute(world, charge, { reason: 'debit_not_authorized' }), 'lost'),
    };
  }
}

/** The bank decides. An inquiry is closed either way; a won amount comes back, without the fee. */
export function closeDispute(world: World, dispute: Dispute, outcome: 'lost' | 'won'): Dispute {
  const inquiry = dispute.status.startsWith('warning_');
  dispute.status = inquiry ? 'warning_closed' : outcome;
  if (!inquiry && outcome === 'won') {
    moveFunds(world, dispute, { amount: dispute.amount, fee: 0 });
    world.emit('charge.dispute.funds_reinstated', dispute);
  }
  world.emit('charge.dispute.closed', dispute);
  return dispute;
}

/** An inquiry becomes a chargeback. */
export function escalateInquiry(world: World, dispute: Dispute): Dispute {
  world.change(dispute, 'charge.dispute.updated', (changed) => {
    changed.status = 'needs_response';
    changed.is_charge_refundable = false;
    moveFunds(world, changed, { amount: -changed.amount, fee: FEE });
  });
  world.emit('charge.dispute.funds_withdrawn', dispute);
  return dispute;
}

function moveFunds(world: World, dispute: Dispute, moved: { amount: number; fee: number }): void {
  const transaction = move(world, {
    amount: moved.amount,
    currency: dispute.currency,
    fee: () => moved.fee,
    type: 'adjustment',
    category: moved.amount < 0 ? 'dispute' : 'dispute_reversal',
    source: dispute.id,
    description: `Chargeback ${moved.amount < 0 ? 'withdrawal' : 'reversal'} for ${idOf(dispute.charge)}`,
  });
  dispute.balance_transactions.push(transaction);
}

/** Evidence is sent at once; by what its text says, tests decide: `winning_evidence` and `losing_evidence`, as at Stripe. */
const update: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const [evidence, metadata, submit] = [form.hash('evidence'), form.hash('metadata'), form.flag('submit')];
  form.done();
  const dispute = world.table('dispute').get(id);
  if (isClosed(dispute)) throw invalidRequest('This dispute is already closed.');
  world.change(dispute, 'charge.dispute.updated', (changed) => {
    changed.metadata = mergeMetadata(changed.metadata, metadata);
    if (evidence === undefined) return;
    changed.evidence.uncategorized_text = evidence['uncategorized_text'] ?? null;
    changed.evidence_details.has_evidence = true;
    if (submit === false) return;
    changed.evidence_details.submission_count += 1;
    changed.status = changed.status.startsWith('warning_') ? 'warning_under_review' : 'under_review';
  });
  const said = evidence?.['uncategorized_text'];
  if (said === 'winning_evidence') closeDispute(world, dispute, 'won');
  if (said === 'losing_evidence') closeDispute(world, dispute, 'lost');
  return dispute;
};

const accept: Operation = ({ world, ids: [id = ''] }) => {
  const dispute = world.table('dispute').get(id);
  if (isClosed(dispute)) throw invalidRequest('This dispute is already closed.');
  return closeDispute(world, dispute, 'lost');
};

function isClosed({ status }: Dispute): boolean {
  return status === 'won' || status === 'lost' || status === 'warning_closed';
}

const list: Operation = ({ world, params }) => {
  const form = new Form(params);
  const [charge, intent] = [form.text('charge'), form.text('payment_intent')];
  return world
    .table('dispute')
    .list()
    .filter((dispute) => charge === undefined || dispute.charge === charge)
    .filter((dispute) => intent === undefined || dispute.payment_intent === intent);
};

function noEvidence(): Dispute['evidence'] {
  return {
    access_activity_log: null,
    billing_address: null,
    cancellation_policy: null,
    cancellation_policy_disclosure: null,
    cancellation_rebuttal: null,
    customer_communication: null,
    customer_email_address: null,
    customer_name: null,
    customer_purchase_ip: null,
    customer_signature: null,
    duplicate_charge_documentation: null,
    duplicate_charge_explanation: null,
    duplicate_charge_id: null,
    enhanced_evidence: {},
    product_description: null,
    receipt: null,
    refund_policy: null,
    refund_policy_disclosure: null,
    refund_refusal_explanation: null,
    service_date: null,
    service_documentation: null,
    shipping_address: null,
    shipping_carrier: null,
    shipping_date: null,
    shipping_documentation: null,
    shipping_tracking_number: null,
    uncategorized_file: null,
    uncategorized_text: null,
  };
}

export const disputes: Operations = {
  'GET /v1/disputes': list,
  'GET /v1/disputes/:id': ({ world, ids: [id = ''] }) => world.table('dispute').get(id),
  'POST /v1/disputes/:id': update,
  'POST /v1/disputes/:id/close': accept,
};
