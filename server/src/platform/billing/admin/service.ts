import type { AccountByName } from '#platform/accounts';
import { actorOf } from '#platform/audit';
import { commitPoint } from '#platform/db';
import { type AccountId, AppError, invalidInput, minorDigits, sha256 } from '#platform/kernel';
import { refusedFor } from '../providers/stripe/client.ts';
import { extendTrial } from '../providers/stripe/extend-trial.ts';
import { holdCustomer } from '../providers/stripe/hold-customer.ts';
import {
  type PaymentRefund,
  type RefundedPayment,
  refundPayment,
} from '../providers/stripe/refund-payment.ts';
import type { EndingDetails } from '../providers/stripe/subscription-changes.ts';
import {
  changeableSubscription,
  endedSubscription,
  endSubscription,
  recordChange,
  type SellingParts,
  sellingPartsOf,
  type SubscriptionsParts,
} from '../subscriptions/selling-parts.ts';
import { type InvoicedOrder, type InvoicedParts, sellInvoiced } from './invoiced.ts';
import { subscriptionView, type SubscriptionView } from '../subscriptions/views.ts';
import type { AccountCaller } from '../visitor.ts';
import { isAudited, paymentNamed } from './store.ts';
import { type Withdrawal, withdraw, type WithdrawalOffer, withdrawalOffer } from './withdrawals.ts';

const REFUNDED = commitPoint('billing.refunded', 'who had a payment given back, how much of it, and why');

/** Fates of the plan that a payment was for. */
export const REFUNDED_PLANS = ['keep', 'end_now', 'end_at_period_end'] as const;

export interface RefundOrder extends Pick<PaymentRefund, 'amount' | 'reason'> {
  /** As the provider calls it: `pi_…`. */
  readonly payment: string;
  readonly plan: (typeof REFUNDED_PLANS)[number];
  readonly comment?: string | undefined;
}

export interface CancelOrder extends Pick<EndingDetails, 'comment'> {
  readonly product?: string | undefined;
  readonly when: 'now' | 'period_end';
  readonly reason?: EndingDetails['feedback'];
}

export interface TrialOrder {
  readonly product?: string | undefined;
  readonly until: string;
  readonly comment?: string | undefined;
}

export interface Refund {
  readonly refund: RefundedPayment;
  /** When the plan ends; undefined: it is kept. */
  readonly endsAt: Date | undefined;
}

export interface BillingAdminParts
  extends SubscriptionsParts,
    Pick<InvoicedParts, 'entitlements' | 'override'> {
  readonly accountByName: AccountByName;
  /** For so many days from its first payment a purchase can be withdrawn from; 0: none can. */
  readonly withdrawalDays: number;
}

/** Acts of platform admins on an account's payments and subscription, and a customer's withdrawal. Each is done at Stripe, and seen here by looking there. */
export interface BillingAdmin {
  readonly accountByName: AccountByName;
  /** `key`: the Idempotency-Key, by which one refund is made for ever. */
  refund(visitor: AccountCaller, order: RefundOrder, key: string): Promise<Refund>;
  extendTrial(visitor: AccountCaller, order: TrialOrder): Promise<SubscriptionView>;
  /** `key`: as of a refund. */
  sellInvoiced(visitor: AccountCaller, order: InvoicedOrder, key: string): Promise<SubscriptionView>;
  /** Answers when it ends. */
  cancel(visitor: AccountCaller, order: CancelOrder): Promise<Date>;
  withdraw(visitor: AccountCaller, product: string | undefined): Promise<Withdrawal>;
  withdrawalOffer(accountId: AccountId, product: string | undefined): Promise<WithdrawalOffer>;
}

export function createBillingAdmin(parts: BillingAdminParts): BillingAdmin {
  const { withdrawalDays, entitlements, override } = parts;
  const held = <T>(visitor: AccountCaller, does: (sold: SellingParts) => Promise<T>) =>
    holdCustomer(sellingPartsOf(parts, visitor), visitor.accountId, does).catch(throwMissing);
  return {
    accountByName: parts.accountByName,
    refund: (visitor, order, key) => held(visitor, (sold) => refund(sold, visitor, { ...order, key })),
    extendTrial: (visitor, order) => held(visitor, (sold) => prolong(sold, visitor, order)),
    async sellInvoiced(visitor, order, key) {
      const sold = { ...sellingPartsOf(parts, visitor), entitlements, override };
      return subscriptionView(await sellInvoiced(sold, visitor, { ...order, key }).catch(throwMissing));
    },
    cancel: (visitor, order) => held(visitor, (sold) => end(sold, visitor, order)),
    withdraw: (visitor, product) =>
      held(visitor, (sold) => withdraw({ ...sold, withdrawalDays }, visitor, product)),
    withdrawalOffer: (accountId, product) =>
      withdrawalOffer({ ...sellingPartsOf(parts), withdrawalDays }, { accountId }, product),
  };
}

function throwMissing(error: unknown): never {
  if (!refusedFor(error, 'resource_missing')) throw error;
  throw new AppError('not_found', { message: 'The payment provider no longer has it.', cause: error });
}

/** The refund first: a plan never ends for money that did not go back. Repeated, it goes on where it was. */
async function refund(
  parts: SellingParts,
  visitor: AccountCaller,
  { key, ...order }: RefundOrder & { readonly key: string },
): Promise<Refund> {
  const { accountId, caller, providerKey } = visitor;
  const { client } = parts.stripe;
  const { payment, plan, amount, reason, comment } = order;
  const [[paid]] = await parts.db.tenant(accountId, [paymentNamed(accountId, client.mode, payment)]);
  if (paid === undefined)
    throw new AppError('not_found', { message: 'This account has made no such payment.' });
  if (paid.store !== 'stripe') throw new AppError('managed_elsewhere', { details: { store: paid.store } });
  if (plan !== 'keep' && paid.subscription === null)
    throw invalidInput('body.plan', 'This payment is for no subscription: say `keep`.');
  // Stripe takes amounts of three decimals in tens.
  if (amount !== undefined && minorDigits(paid.currency) === 3 && amount % 10 !== 0)
    throw invalidInput('body.amount_minor', `In ${paid.currency} the last digit of an amount is 0.`);
  const sender = caller.keyId ?? caller.userId;
  const id = sha256(JSON.stringify([accountId, sender, key, payment, amount ?? null])).slice(0, 40);
  const { invoice, subscription, product } = paid;
  const made = await refundPayment(client, {
    id,
    key: providerKey,
    invoice,
    payment,
    amount,
    reason,
    by: caller.userId,
  });
  await recordRefund(parts, visitor, { made, changes: { product, payment, plan, reason, comment } });
  await parts.refresh([
    { kind: 'payment', id: payment },
    { kind: 'invoice', id: invoice },
  ]);
  if (plan === 'keep' || subscription === null) return { refund: made, endsAt: undefined };
  const when = plan === 'end_now' ? 'now' : 'period_end';
  const endsAt = await endSubscription(parts, { accountId, product, id: subscription }, { when, comment });
  await parts.refresh([{ kind: 'subscription', id: subscription }]);
  return { refund: made, endsAt };
}

/** One line of the audit for each refund. */
async function recordRefund(
  { db, audit }: SellingParts,
  { accountId, caller, origin }: AccountCaller,
  { made, changes }: { readonly made: RefundedPayment; readonly changes: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { id, credit_note, amount_minor, currency } = made;
  await db.tenant(accountId, REFUNDED, async (tx) => {
    const [known] = await tx.run(isAudited(accountId, 'invoice.refund', id));
    if (known?.known === true) return;
    await audit.recordIn(tx, {
      action: 'invoice.refund',
      actor: actorOf(caller),
      accountId,
      target: { kind: 'refund', id },
      changes: { amount_minor, currency, credit_note, ...changes },
      origin,
    });
  });
}

async function prolong(
  parts: SellingParts,
  visitor: AccountCaller,
  { product, until, comment }: TrialOrder,
): Promise<SubscriptionView> {
  const row = await changeableSubscription(parts, visitor.accountId, product);
  const endsAt = await extendTrial(parts.stripe.client, row.store_id, new Date(until));
  const changes = { until: endsAt, comment };
  return subscriptionView(
    await recordChange(parts, visitor, { row, action: 'subscription.extend_trial', changes }),
  );
}

async function end(
  parts: SellingParts,
  visitor: AccountCaller,
  { product, when, reason, comment }: CancelOrder,
): Promise<Date> {
  const row = await endedSubscription(parts, visitor.accountId, product);
  const { store_id: id, product: ended } = row;
  const ending = { when, feedback: reason, comment };
  const endsAt = await endSubscription(parts, { accountId: visitor.accountId, product: ended, id }, ending);
  const changes = { when, ends_at: endsAt, reason, comment };
  await recordChange(parts, visitor, { row, action: 'subscription.cancel', changes });
  return endsAt;
}
