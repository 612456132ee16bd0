import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { products } from '#products';
import { createGooglePlaySandbox } from '#sandbox/google-play';
import { atEndOfFile } from '@plinth/testkit/closing';
import { basePlans } from '../../server/src/app/google-play.ts';
import type { PaymentFacts } from '../../server/src/platform/billing/facts.ts';
import type { BillingRecords } from '../../server/src/platform/billing/projection/billing-records.ts';
import { notificationsOf } from '../../server/src/platform/billing/projection/notifications/notifications.ts';
import {
  billingRecords,
  day,
  dispute,
  first,
  invoice,
  line,
  paid,
  payment,
  refund,
  subscription,
} from '@plinth/testkit/fixtures/billing/rows';
import { read as readAppStore } from '../../server/src/platform/billing/providers/app-store/read.ts';
import { paymentFacts } from '../../server/src/platform/billing/providers/stripe/read/payment.ts';
import { storeProducts } from '../../server/src/platform/billing/providers/store-products.ts';
import { openPlayProvider } from './google-play/provider.ts';
import { planAt, recordsOf } from './store-records.ts';
import { ROOT } from '@plinth/testkit/house/source';

// Each row of the table in docs/billing.md, made to happen at each provider.

const catalogues = products.map(({ catalogue }) => catalogue);

/** What became of something: what there is in the books, and what went back of it. */
interface Outcome {
  readonly records: BillingRecords;
  readonly at: Date;
  /** What goes off: with the fee that is not kept, or comes on top. */
  readonly back: readonly { readonly amount: number; readonly fee: number }[];
}

type What = 'refund' | 'dispute' | 'revocation';
type Period = 'current' | 'earlier';
type Happens = (what: What, period: Period) => Promise<Outcome>;

const HAPPENS: Readonly<Record<string, Happens>> = {
  Stripe: atStripe,
  'App Store': atAppStore,
  'Google Play': atGooglePlay,
};

async function atStripe(what: What, period: Period): Promise<Outcome> {
  const second = invoice({ state: 'paid', paid_at: day(30) });
  const charge = payment(30, { state: 'succeeded', invoice: second.store_id });
  const of = period === 'current' ? charge : paid;
  const taken = { charge: of.store_id, amount: of.amount };
  const records = billingRecords({
    subscriptions: [subscription()],
    invoices: [first, second],
    lines: [line(), line({ invoice_id: second.id, store_id: 'il_2', period_ends_at: day(60) })],
    payments: [paid, charge],
    refunds: what === 'refund' ? [{ ...refund(40, of.amount), ...taken }] : [],
    disputes: what === 'dispute' ? [{ ...dispute(40, 'open'), ...taken }] : [],
  });
  const moved = {
    currency: 'usd',
    amount: -of.amount,
    created: day(40).getTime() / 1_000,
    charge: of.store_id,
  };
  // As Stripe tells it: its own fee stays with it, and for a dispute it takes another one.
  const { payment: told } = paymentFacts({
    payment_intent: { id: 'pi_1', customer: 'cus_1' },
    invoice_payments: [{ invoice: of.invoice }],
    charges: [],
    refunds:
      what === 'refund'
        ? [{ ...moved, id: 're_1', amount: of.amount, balance_transaction: { ...moved, fee: 0 } }]
        : [],
    disputes:
      what === 'dispute'
        ? [
            {
              ...moved,
              id: 'dp_1',
              amount: of.amount,
              status: 'needs_response',
              balance_transactions: [{ ...moved, fee: 1_500 }],
            },
          ]
        : [],
  });
  return { records, at: day(41), back: told === undefined ? [] : backOf([told]) };
}

async function atAppStore(what: What, period: Period): Promise<Outcome> {
  const isShared = what === 'revocation';
  const transaction = (id: string, from: number, back: boolean) => ({
    transactionId: id,
    originalTransactionId: '1',
    productId:
      [...storeProducts(catalogues, 'app_store', '.').all].find(
        ([, { product, plan }]) => product === 'reel' && plan === 'pro',
      )?.[0] ?? '',
    purchaseDate: day(from).getTime(),
    originalPurchaseDate: day(0).getTime(),
    expiresDate: day(from + 30).getTime(),
    type: 'Auto-Renewable Subscription',
    inAppOwnershipType: isShared ? 'FAMILY_SHARED' : 'PURCHASED',
    signedDate: day(40).getTime(),
    environment: 'Production',
    currency: 'USD',
    price: 39_950,
    ...(back ? { revocationDate: day(40).getTime(), revocationReason: 0 } : {}),
  });
  const isCurrent = period === 'current';
  const body = {
    commission_percent: 30,
    status: isCurrent ? 5 : 1,
    transactions: [transaction('1', 0, !isCurrent), transaction('2', 30, isCurrent)],
    renewals: [],
    others: [],
  };
  const sold = storeProducts(catalogues, 'app_store', '.');
  const facts = readAppStore(sold, { kind: 'subscription', id: '1' }, body);
  return {
    records: recordsOf([facts]),
    at: day(41),
    back: backOf((facts.sales ?? []).map((sale) => sale.payment)),
  };
}

const play = await createGooglePlaySandbox({ plans: basePlans(), startsAt: day(0) });
atEndOfFile(() => play.close());
const provider = openPlayProvider(play);

async function atGooglePlay(what: What, period: Period): Promise<Outcome> {
  const { world } = play;
  const token = world.buy({ productId: 'reel.pro', basePlanId: 'monthly' });
  world.acknowledge(token);
  play.advance(40);
  const orders = world.ordersOf(token);
  const { orderId = '' } = orders.at(period === 'current' ? -1 : 0) ?? {};
  if (what === 'revocation') world.revoke(token);
  else world.refund(orderId, { chargeback: what === 'dispute' });
  play.advance(1);
  const facts = await provider.factsOf(token);
  return {
    records: recordsOf([facts]),
    at: play.now(),
    back: backOf((facts.sales ?? []).map((sale) => sale.payment)),
  };
}

function backOf(payments: readonly PaymentFacts[]): Outcome['back'] {
  return payments.flatMap(({ refunds, disputes }) => [
    ...refunds.map(({ amount, feeReturned }) => ({ amount, fee: -feeReturned })),
    ...disputes.map(({ amount, fee }) => ({ amount, fee })),
  ]);
}

/** In the words of the table. */
function wordsOf({ records, at, back }: Outcome) {
  const isOver = records.subscriptions.every(({ state }) => state === 'canceled');
  const plan = planAt(records, at) !== null ? 'kept' : isOver ? 'ends' : 'suspended';
  const [amount, fee] = [
    back.reduce((sum, one) => sum + one.amount, 0),
    back.reduce((sum, one) => sum + one.fee, 0),
  ];
  const whole = fee < 0 ? 'the amount less commission' : fee > 0 ? 'the amount and a fee' : 'the amount';
  const kinds = notificationsOf(records, at).flatMap(({ kind, isNews }) => (isNews ? [`\`${kind}\``] : []));
  return { plan, revenue: amount === 0 ? 'nothing' : whole, mail: kinds.join(', ') };
}

const text = readFileSync(join(ROOT, 'docs/billing.md'), 'utf8');
const [, table = ''] = /^\| what \| period \| at \|.*\n\|[-|]+\n((?:\|.*\n)+)/m.exec(text) ?? [];
const rows = table
  .trim()
  .split('\n')
  .map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe('money that goes back', () => {
  test.each(rows)(
    'a %s of the %s period at %s: the plan is %s, off the books goes %s, mail %s',
    async (...cells) => {
      const [what, period, at = '', plan, revenue, mail] = cells;
      const outcome = await HAPPENS[at]?.(what as What, period as Period);
      expect(outcome && wordsOf(outcome)).toEqual({ plan, revenue, mail });
    },
  );

  test('is told of at every provider', () => {
    expect(rows).toHaveLength(12);
    expect(new Set(rows.map(([, , at]) => at))).toEqual(new Set(Object.keys(HAPPENS)));
  });
});
