import type { Stripe } from 'stripe';
import type { StripeClient } from './client.ts';
import { pagesOf } from './fetch.ts';

/** A balance transaction of a payout, amounts in minor units of its currency. */
export interface PayoutLine {
  readonly payout: string;
  readonly payout_status: string;
  /** The day on which it is at the bank. */
  readonly arrives_on: string;
  readonly id: string;
  readonly created_at: string;
  readonly type: string;
  readonly category: string;
  /** Stripe's id of the charge, refund, dispute, transfer or payout that it is of. */
  readonly source: string | null;
  readonly currency: string;
  readonly amount_minor: number;
  readonly fee_minor: number;
  readonly net_minor: number;
}

/** Lines of the payouts that were made from `from` to before `until`, newest payout first. Throws what a read of Stripe throws. */
export async function* payoutLines(
  client: Pick<StripeClient, 'read'>,
  { from, until }: { readonly from: Date; readonly until: Date },
): AsyncGenerator<readonly PayoutLine[]> {
  const created = { gte: seconds(from), lt: seconds(until) };
  const expand = ['data.balance_transaction', 'data.failure_balance_transaction'];
  const payouts = pagesOf((page) =>
    client.read((stripe) => stripe.payouts.list({ ...page, created, expand })),
  );
  for await (const page of payouts)
    for (const payout of page)
      for await (const paid of transactionsOf(client, payout)) yield paid.map((one) => lineOf(payout, one));
}

const seconds = (at: Date) => Math.floor(at.getTime() / 1_000);

/** Stripe says of automatic payouts alone which transactions they paid; its own is among them. A manual one has its own, and that of its failure. */
async function* transactionsOf(
  client: Pick<StripeClient, 'read'>,
  { id, automatic, balance_transaction: own, failure_balance_transaction: failure }: Stripe.Payout,
): AsyncGenerator<readonly Stripe.BalanceTransaction[]> {
  if (automatic)
    yield* pagesOf((page) =>
      client.read((stripe) => stripe.balanceTransactions.list({ ...page, payout: id })),
    );
  else yield [own, failure].filter((one) => typeof one === 'object' && one !== null);
}

function lineOf(
  { id, status, arrival_date: arrives }: Stripe.Payout,
  { source, ...one }: Stripe.BalanceTransaction,
): PayoutLine {
  return {
    payout: id,
    payout_status: status,
    arrives_on: instant(arrives).slice(0, 10),
    id: one.id,
    created_at: instant(one.created),
    type: one.type,
    category: one.reporting_category,
    source: typeof source === 'object' ? (source?.id ?? null) : source,
    currency: one.currency,
    amount_minor: one.amount,
    fee_minor: one.fee,
    net_minor: one.net,
  };
}

const instant = (at: number) => new Date(at * 1_000).toISOString();
