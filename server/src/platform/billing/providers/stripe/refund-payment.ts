import type { Stripe } from 'stripe';
import { AppError } from '#platform/kernel';
import { askOnce, refusedFor, type StripeClient } from './client.ts';
import { idOf } from './subscription-reads.ts';

/** Reasons that Stripe prints on a credit note. */
export const CREDIT_NOTE_REASONS = [
  'duplicate',
  'fraudulent',
  'order_change',
  'product_unsatisfactory',
] as const;

/** A refund of a payment, with a credit note of its invoice. */
export interface PaymentRefund {
  /** Tells this refund from others for ever: one is made for it. */
  readonly id: string;
  /** Key for Stripe, another after a refusal; undefined: the id. */
  readonly key: string | undefined;
  readonly invoice: string;
  readonly payment: string;
  /** Minor units; undefined: all that is left. */
  readonly amount: number | undefined;
  readonly reason?: (typeof CREDIT_NOTE_REASONS)[number] | undefined;
  /** Id of the user behind it, for Stripe's dashboard. */
  readonly by: string;
}

export interface RefundedPayment {
  readonly id: string;
  readonly credit_note: string;
  readonly state: 'pending' | 'succeeded' | 'failed';
  readonly amount_minor: number;
  readonly currency: string;
  /** Amount of the payment that can still go back. */
  readonly left_minor: number;
}

/** The metadata key under which a credit note has the id of its refund here. */
const KEY = 'plinth_refund';
/** Credit notes of one invoice. */
const MOST = 100;

/**
 * Gives back a payment or a part of it, once for its id, by a credit note: tax goes back in proportion. Throws `refund_too_large`,
 * `payment_disputed`, `store_unavailable` and `store_refused`.
 */
export async function refundPayment(client: StripeClient, refund: PaymentRefund): Promise<RefundedPayment> {
  const made = await findNote(client, refund);
  if (made !== undefined) return refundOf(client, refund, made);
  const amount = await refundable(client, refund);
  const { id, key = id, invoice, reason, by } = refund;
  const find = () => findNote(client, refund);
  try {
    const note = await askOnce(client, {
      key: `plinth:refund:${key}:${refund.payment}`,
      ask: (stripe, once) =>
        stripe.creditNotes.create(
          {
            invoice,
            amount,
            refund_amount: amount,
            ...(reason === undefined ? {} : { reason }),
            metadata: { [KEY]: id, plinth_by: by },
          },
          once,
        ),
      find,
    });
    return await refundOf(client, refund, note);
  } catch (error) {
    if (refusedFor(error, 'charge_disputed'))
      throw new AppError('payment_disputed', { cause: error instanceof Error ? error : undefined });
    // Another refund was made at Stripe meanwhile: the answer says what is left.
    if (error instanceof AppError && error.code === 'store_refused') await refundable(client, refund);
    throw error;
  }
}

/** The amount of a refund, which is there to be given back. */
async function refundable(client: StripeClient, refund: PaymentRefund): Promise<number> {
  const left = await leftOf(client, refund);
  const { amount = left } = refund;
  if (amount < 1 || amount > left) throw new AppError('refund_too_large', { details: { left_minor: left } });
  return amount;
}

type Paid = Pick<PaymentRefund, 'invoice' | 'payment'>;

/** The amount of a payment that can still go back: Stripe makes credit notes for what neither they nor refunds without one have given back. */
export async function leftOf(client: StripeClient, { invoice: id, payment }: Paid): Promise<number> {
  const { latest_charge: charge } = await client.read((stripe) =>
    stripe.paymentIntents.retrieve(payment, { expand: ['latest_charge'] }),
  );
  if (charge === null || typeof charge === 'string' || charge.status !== 'succeeded') return 0;
  const invoice = await client.read((stripe) => stripe.invoices.retrieve(id));
  const { amount, amount_refunded: refunded } = charge;
  const notes = (await notesOf(client, id)).flatMap(({ refunds }) => refunds);
  const byNotes = notes.reduce((sum, one) => sum + one.amount_refunded, 0);
  const { total, pre_payment_credit_notes_amount: before, post_payment_credit_notes_amount: after } = invoice;
  const creditable = total - before - after - Math.max(0, refunded - byNotes);
  return Math.max(0, Math.min(amount - refunded, creditable));
}

const notesOf = async (client: StripeClient, invoice: string): Promise<Stripe.CreditNote[]> =>
  (await client.read((stripe) => stripe.creditNotes.list({ invoice, limit: MOST }))).data;

async function findNote(
  client: StripeClient,
  { id, invoice }: PaymentRefund,
): Promise<Stripe.CreditNote | undefined> {
  return (await notesOf(client, invoice)).find(({ metadata }) => metadata?.[KEY] === id);
}

async function refundOf(
  client: StripeClient,
  refund: PaymentRefund,
  { id: note, refunds: [made], currency, amount }: Stripe.CreditNote,
): Promise<RefundedPayment> {
  const id = idOf(made?.refund ?? null) ?? '';
  const { status } = await client.read((stripe) => stripe.refunds.retrieve(id));
  const state = status === 'failed' || status === 'canceled' ? 'failed' : 'pending';
  return {
    id,
    credit_note: note,
    state: status === 'succeeded' ? status : state,
    amount_minor: amount,
    currency,
    left_minor: await leftOf(client, refund),
  };
}

/** A payment of a subscription. */
export interface PaidInvoice extends Paid {
  readonly paidAt: Date;
  readonly currency: string;
}

/** Payments of a subscription, the first of them first; what was paid past Stripe is not among them. */
export async function paymentsOf(client: StripeClient, subscription: string): Promise<PaidInvoice[]> {
  const { data } = await client.read((stripe) =>
    stripe.invoices.list({ subscription, limit: MOST, expand: ['data.payments'] }),
  );
  const paid = data.flatMap(({ id, currency, payments, status_transitions: { paid_at: at } }) =>
    (payments?.data ?? []).flatMap(({ status, payment: { payment_intent: intent } }) => {
      const payment = idOf(intent ?? null);
      if (status !== 'paid' || payment === undefined || at === null) return [];
      return [{ invoice: id, payment, paidAt: new Date(at * 1_000), currency }];
    }),
  );
  return paid.toSorted((one, other) => one.paidAt.getTime() - other.paidAt.getTime());
}
