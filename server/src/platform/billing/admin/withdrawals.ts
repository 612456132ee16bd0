import { type AccountId, AppError } from '#platform/kernel';
import {
  leftOf,
  type PaidInvoice,
  paymentsOf,
  type RefundedPayment,
  refundPayment,
} from '../providers/stripe/refund-payment.ts';
import { cancel } from '../providers/stripe/subscription-changes.ts';
import {
  changeableSubscription,
  endedSubscription,
  recordChange,
  type SellingParts,
} from '../subscriptions/selling-parts.ts';
import type { SubscriptionRow } from '../subscriptions/store.ts';
import type { AccountCaller } from '../visitor.ts';
import { withdrawalTerm } from './store.ts';

/** Term and amount of a withdrawal. */
export interface WithdrawalOffer {
  readonly product: string;
  /** undefined: it is over, or none is offered here. */
  readonly until: Date | undefined;
  readonly amount: number;
  readonly currency: string;
}

export interface Withdrawal {
  readonly refunds: readonly RefundedPayment[];
  readonly endsAt: Date;
}

interface WithdrawingParts extends SellingParts {
  /** Days from the first payment; 0: none is offered. */
  readonly withdrawalDays: number;
}

/** Whether the customer can withdraw from a purchase, until when, and what they get back. Throws `not_found` and `managed_elsewhere`. */
export async function withdrawalOffer(
  parts: WithdrawingParts,
  { accountId }: Pick<AccountCaller, 'accountId'>,
  product: string | undefined,
): Promise<WithdrawalOffer> {
  const row = await changeableSubscription(parts, accountId, product);
  const none = { product: row.product, until: undefined, amount: 0, currency: row.currency };
  if (parts.withdrawalDays === 0) return none;
  const { payments, until } = await termOf(parts, accountId, row);
  if (until === undefined) return none;
  let amount = 0;
  for (const payment of payments) amount += await leftOf(parts.stripe.client, payment);
  return { ...none, until, amount };
}

/**
 * Gives back all that is left of what was paid for a subscription and ends it at once; use past limits that was not billed yet is not billed. Repeated,
 * it does what is left to do. Throws `withdrawal_over`, and as refunds do.
 */
export async function withdraw(
  parts: WithdrawingParts,
  visitor: AccountCaller,
  product: string | undefined,
): Promise<Withdrawal> {
  const { client } = parts.stripe;
  const row = await endedSubscription(parts, visitor.accountId, product);
  const { payments, until } = await termOf(parts, visitor.accountId, row);
  if (until === undefined) throw new AppError('withdrawal_over');
  const refunds: RefundedPayment[] = [];
  for (const payment of payments) {
    const id = `withdrawal:${row.store_id}:${payment.payment}`;
    const refund = { ...payment, id, key: visitor.providerKey, amount: undefined, by: visitor.caller.userId };
    refunds.push(...(await refundLeft(parts, refund)));
  }
  const endsAt = await cancel(client, row.store_id, { when: 'now', comment: 'withdrawal', isUnbilled: true });
  const amount = refunds.reduce((sum, one) => sum + one.amount_minor, 0);
  await recordChange(parts, visitor, {
    row,
    action: 'subscription.withdraw',
    changes: { amount_minor: amount, currency: row.currency, ends_at: endsAt },
  });
  await parts.refresh(payments.map(({ payment: id }) => ({ kind: 'payment', id })));
  return { refunds, endsAt };
}

/** None of a payment that went back before. */
async function refundLeft({ stripe: { client } }: SellingParts, refund: Parameters<typeof refundPayment>[1]) {
  try {
    return [await refundPayment(client, refund)];
  } catch (error) {
    if (error instanceof AppError && error.code === 'refund_too_large') return [];
    throw error;
  }
}

/** From its first payment on, which a trial is none; one that was never paid for can be left at any time. */
async function termOf(
  { db, stripe, withdrawalDays: days }: WithdrawingParts,
  accountId: AccountId,
  row: SubscriptionRow,
): Promise<{ readonly payments: readonly PaidInvoice[]; readonly until: Date | undefined }> {
  const payments = days === 0 ? [] : await paymentsOf(stripe.client, row.store_id);
  const [first] = payments;
  if (first === undefined) return { payments, until: days === 0 ? undefined : row.period_ends_at };
  const [[term]] = await db.tenant(accountId, [withdrawalTerm(first.paidAt, days)]);
  return { payments, until: term?.over === false ? term.until : undefined };
}
