import { z } from 'zod';
import type { ChargeFacts, DisputeFacts, Facts, RefundFacts } from '../../../facts.ts';
import type { Body } from '../../../payment-provider.ts';
import { bodyOf, nothing } from '../../bodies.ts';
import { idsOf, instant, reference } from './parts.ts';

/** An amount in the currency that we are paid out in, and what was kept of it. */
const settled = z.object({
  amount: z.number(),
  fee: z.number(),
  currency: z.string(),
  created: instant.optional(),
});
type Settled = z.infer<typeof settled>;
const settlement = z.union([settled, z.string()]).nullish();

const charge = z.object({
  id: z.string(),
  status: z.enum(['pending', 'succeeded', 'failed']),
  amount: z.number(),
  currency: z.string(),
  failure_code: z.string().nullish(),
  balance_transaction: settlement,
  created: instant,
});

const refund = z.object({
  id: z.string(),
  charge: reference,
  status: z.string().nullish(),
  amount: z.number(),
  currency: z.string(),
  reason: z.string().nullish(),
  balance_transaction: settlement,
  created: instant,
});

const dispute = z.object({
  id: z.string(),
  charge: reference,
  status: z.string(),
  amount: z.number(),
  currency: z.string(),
  reason: z.string().nullish(),
  balance_transactions: z.array(settled),
  created: instant,
});

const payment = z.object({
  payment_intent: z.object({ id: z.string(), customer: reference }),
  invoice_payments: z.array(z.object({ invoice: reference })),
  charges: z.array(charge),
  refunds: z.array(refund),
  disputes: z.array(dispute),
});

/** Our sales have an invoice: a payment without one is not ours. */
export function paymentFacts(body: Body): Facts {
  const { payment_intent: of, invoice_payments, charges, refunds, disputes } = bodyOf(payment, body);
  const invoice = invoice_payments[0]?.invoice ?? null;
  if (invoice === null) return { ...nothing, customer: of.customer, foreign: true };
  const facts = {
    id: of.id,
    invoice,
    charges: charges.map(chargeFacts),
    refunds: refunds.flatMap((one) => refundFacts(one) ?? []),
    disputes: disputes.flatMap((one) => disputeFacts(one) ?? []),
  };
  return {
    ...nothing,
    customer: of.customer,
    also: idsOf({ customer: of.customer, invoice }),
    payment: facts,
  };
}

function chargeFacts(of: z.infer<typeof charge>): ChargeFacts {
  const told = typeof of.balance_transaction === 'object' ? of.balance_transaction : null;
  return {
    id: of.id,
    state: of.status,
    failureCode: of.status === 'failed' ? (of.failure_code ?? null) : null,
    amount: of.amount,
    currency: of.currency,
    fee: of.status === 'failed' ? 0 : told === null ? null : inCurrencyOf(of, told, told.fee),
    // A debit is begun days before its money comes.
    occurredAt: of.status === 'succeeded' ? (told?.created ?? of.created) : of.created,
  };
}

function refundFacts(of: z.infer<typeof refund>): RefundFacts | undefined {
  if (of.charge === null) return undefined;
  const told = typeof of.balance_transaction === 'object' ? of.balance_transaction : null;
  return {
    id: of.id,
    charge: of.charge,
    state: refundState(of.status ?? 'succeeded'),
    amount: of.amount,
    feeReturned: told === null ? 0 : Math.max(0, -inCurrencyOf(of, told, told.fee)),
    currency: of.currency,
    reason: of.reason ?? null,
    occurredAt: of.created,
  };
}

function refundState(status: string): RefundFacts['state'] {
  if (status === 'succeeded') return 'succeeded';
  return status === 'failed' || status === 'canceled' ? 'failed' : 'pending';
}

function disputeFacts(of: z.infer<typeof dispute>): DisputeFacts | undefined {
  if (of.charge === null) return undefined;
  const [first] = of.balance_transactions;
  const fees = of.balance_transactions.reduce((sum, { fee }) => sum + fee, 0);
  return {
    id: of.id,
    charge: of.charge,
    state: disputeState(of),
    amount: of.amount,
    // The part that was given back with a dispute that is won is in the sum.
    fee: first === undefined ? 0 : Math.max(0, inCurrencyOf(of, first, fees)),
    currency: of.currency,
    reason: of.reason ?? null,
    occurredAt: of.created,
  };
}

/**
 * While a dispute is an inquiry (`warning_…`), or was prevented, no money was taken back; of an unknown status the money says it.
 * One that we appeal against was lost, and stays so until it is won.
 */
function disputeState({ status, balance_transactions }: z.infer<typeof dispute>): DisputeFacts['state'] {
  if (status === 'won' || status === 'lost') return status;
  if (status.startsWith('appeal_')) return 'lost';
  const isTaken = balance_transactions.reduce((sum, { amount }) => sum + amount, 0) < 0;
  const isOpen = status === 'needs_response' || status === 'under_review';
  return isOpen || isTaken ? 'open' : 'inquiry';
}

/** By the rate that the amount itself was changed at, which holds for currencies of any number of decimals. */
function inCurrencyOf(
  of: { readonly amount: number; readonly currency: string },
  told: Settled,
  fee: number,
): number {
  if (fee === 0 || told.currency === of.currency || told.amount === 0) return fee;
  return Math.round((fee * of.amount) / Math.abs(told.amount));
}
