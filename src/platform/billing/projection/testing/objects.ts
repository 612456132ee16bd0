import type {
  ChargeFacts,
  DisputeFacts,
  Facts,
  InvoiceFacts,
  LineFacts,
  ObjectRef,
  PaymentFacts,
  RefundFacts,
  SubscriptionFacts,
} from '../../facts.ts';

/** Objects of a payment provider as its bodies say them: a subscription by the month that began 30 days ago, and what belongs to it. */

/** The instant that all of them are told from; tests stop the clock there. */
export const NOW = Date.UTC(2027, 0, 31, 8);
/** An instant so many days from it. */
export const day = (n: number) => new Date(NOW + n * 86_400_000);

/** Whose objects they are: the provider's ids are their own. */
interface Owner {
  own(name: string): string;
}

/** An object and what it says. */
export interface ObjectFixture {
  readonly ref: ObjectRef;
  readonly facts: Partial<Facts>;
}

export const subscribed = ({ own }: Owner, more: Partial<SubscriptionFacts> = {}): ObjectFixture => ({
  ref: { kind: 'subscription', id: own('sub') },
  facts: {
    subscription: {
      id: own('sub'),
      product: 'demo',
      plan: 'pro',
      cycle: 'monthly',
      quantity: 1,
      unitAmount: 3_995,
      currency: 'usd',
      state: 'active',
      givenUp: false,
      startsAt: day(-30),
      trialEndsAt: null,
      periodStartsAt: day(0),
      periodEndsAt: day(30),
      cancelsAt: null,
      endedAt: null,
      next: null,
      ...more,
    },
  },
});
export const lineFacts = (id: string, more: Partial<LineFacts> = {}): LineFacts => ({
  id,
  product: 'demo',
  plan: 'pro',
  addOn: null,
  overage: null,
  cycle: 'monthly',
  quantity: 1,
  unitAmount: 3_995,
  amount: 3_995,
  discount: 0,
  tax: 0,
  proration: false,
  periodStartsAt: day(0),
  periodEndsAt: day(30),
  ...more,
});
export const invoiced = ({ own }: Owner, more: Partial<InvoiceFacts> = {}): ObjectFixture => {
  const id = more.id ?? own('in');
  return {
    ref: { kind: 'invoice', id },
    facts: {
      invoice: {
        id,
        number: 'P-1',
        state: 'open',
        subscription: own('sub'),
        reason: 'subscription_cycle',
        currency: 'usd',
        subtotal: 3_995,
        discount: 0,
        tax: 0,
        total: 3_995,
        paid: 0,
        attempts: 1,
        lastCharge: null,
        nextAttemptAt: null,
        url: 'https://pay.example.com/in',
        pdfUrl: null,
        issuedAt: day(0),
        dueAt: null,
        paidAt: null,
        lines: [lineFacts(`${id}_line`)],
        ...more,
      },
    },
  };
};
export const charge = (id: string, at: number, more: Partial<ChargeFacts> = {}): ChargeFacts => ({
  id,
  state: 'failed',
  failureCode: 'card_declined',
  amount: 3_995,
  currency: 'usd',
  fee: 0,
  occurredAt: day(at),
  ...more,
});
export const charged = (
  { own }: Owner,
  charges: readonly ChargeFacts[],
  more: Partial<PaymentFacts> = {},
): ObjectFixture => ({
  ref: { kind: 'payment', id: own('pi') },
  facts: { payment: { id: own('pi'), invoice: own('in'), charges, refunds: [], disputes: [], ...more } },
});
export const refundFacts = (id: string, of: string, amount: number): RefundFacts => ({
  id,
  charge: of,
  state: 'succeeded',
  amount,
  feeReturned: 0,
  currency: 'usd',
  reason: null,
  occurredAt: day(-1),
});
export const disputeFacts = (id: string, of: string, state: DisputeFacts['state']): DisputeFacts => ({
  id,
  charge: of,
  state,
  amount: 3_995,
  fee: 1_500,
  currency: 'usd',
  reason: 'fraudulent',
  occurredAt: day(-1),
});

export const pastDue = (of: Owner) => subscribed(of, { state: 'past_due' });
/** Its renewal, declined on these days. */
export const failing = (of: Owner, ...days: readonly number[]) =>
  charged(
    of,
    days.map((n) => charge(of.own(`ch${n}`), n)),
  );
/** … declined the day before, and paid now. */
export const recovered = (of: Owner) => [
  charged(of, [
    charge(of.own('ch-1'), -1),
    charge(of.own('ok'), 0, { state: 'succeeded', failureCode: null }),
  ]),
  invoiced(of, { state: 'paid', paid: 3_995, paidAt: day(0) }),
  subscribed(of),
];

export const paid = (of: Owner, more: Partial<PaymentFacts> = {}) =>
  charged(of, [charge(of.own('ch'), -2, { state: 'succeeded', failureCode: null, fee: 146 })], more);
export const bought = (of: Owner) => [subscribed(of), invoiced(of, { state: 'paid', paidAt: day(-2) })];
export const refunded = (of: Owner) =>
  paid(of, { refunds: [refundFacts(of.own('re'), of.own('ch'), 3_995)] });
