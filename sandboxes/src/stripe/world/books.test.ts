import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StripeFault } from '../operation.ts';
import { idOf } from './changes.ts';
import { type WorldFixture, createWorldFixture, DAY } from '../testing/world-fixture.ts';
import type { CreditNote, Invoice, Subscription } from './objects.ts';

interface Books {
  readonly counter: WorldFixture;
  readonly subscription: Subscription;
  readonly prices: readonly string[];
}

type Step = (books: Books) => unknown;

const update = ({ counter, subscription }: Books, asked: Parameters<WorldFixture['ask']>[1]) =>
  counter.ask(`POST /v1/subscriptions/${subscription.id}`, asked);

const days = fc.integer({ min: 1, max: 45 }).map(
  (count): Step =>
    (books) =>
      books.counter.world.advance(count * DAY),
);

const sale = fc
  .record({
    price: fc.nat({ max: 2 }),
    quantity: fc.integer({ min: 1, max: 9 }),
    proration_behavior: fc.constantFrom('always_invoice', 'create_prorations', 'none'),
  })
  .map(
    ({ price, quantity, proration_behavior }): Step =>
      (books) => {
        const id = books.subscription.items.data[0]?.id ?? '';
        return update(books, {
          items: [{ id, price: books.prices[price] ?? '', quantity }],
          proration_behavior,
        });
      },
  );

const card = fc.constantFrom('pm_card_visa', 'pm_card_chargeCustomerFail').map(
  (token): Step =>
    ({ counter, subscription }) => {
      const customer = idOf(subscription.customer);
      const { id } = counter.get('payment_method', `POST /v1/payment_methods/${token}/attach`, { customer });
      return counter.ask(`POST /v1/customers/${customer}`, {
        invoice_settings: { default_payment_method: id },
      });
    },
);

const account = fc.constantFrom('AT611904300234573201', 'AT861904300235473202').map(
  (iban): Step =>
    ({ counter, subscription }) => {
      const customer = idOf(subscription.customer);
      const asked = { type: 'sepa_debit', sepa_debit: { iban }, billing_details: { name: 'Ada' } };
      const { id } = counter.get('payment_method', 'POST /v1/payment_methods', asked);
      counter.ask(`POST /v1/payment_methods/${id}/attach`, { customer });
      return counter.ask(`POST /v1/customers/${customer}`, {
        invoice_settings: { default_payment_method: id },
      });
    },
);

/** Credits part of the newest invoice: first the open amount, then refunds and credit for the paid one. */
const note = fc.integer({ min: 1, max: 6_000 }).map(
  (amount): Step =>
    ({ counter }) => {
      const invoice = counter.world
        .table('invoice')
        .list()
        .find(({ status }) => status === 'open' || status === 'paid');
      if (invoice === undefined) return undefined;
      const paid = Math.max(0, amount - invoice.amount_remaining);
      const [refund_amount, credit_amount] = [Math.floor(paid / 2), Math.ceil(paid / 2)];
      return counter.ask('POST /v1/credit_notes', {
        invoice: invoice.id,
        amount,
        refund_amount,
        credit_amount,
      });
    },
);

const others = fc.constantFrom<Step[]>(
  (books) => update(books, { cancel_at_period_end: true }),
  (books) => update(books, { pause_collection: { behavior: 'void' } }),
  (books) => update(books, { pause_collection: '', cancel_at_period_end: false }),
  ({ counter }) => {
    const open = counter.world
      .table('invoice')
      .list()
      .find(({ status }) => status === 'open');
    return open === undefined ? undefined : counter.ask(`POST /v1/invoices/${open.id}/pay`);
  },
  ({ counter }) => {
    const paid = counter.world
      .table('charge')
      .list()
      .find((charge) => charge.paid && !charge.refunded);
    if (paid === undefined) return undefined;
    return counter.ask('POST /v1/refunds', {
      charge: paid.id,
      amount: Math.ceil((paid.amount - paid.amount_refunded) / 2),
    });
  },
);

function createBooks(): Books {
  const counter = createWorldFixture();
  const coupon = counter.get('coupon', 'POST /v1/coupons', {
    percent_off: 15,
    duration: 'repeating',
    duration_in_months: 2,
  });
  const prices = [
    counter.price(1999, { currency: 'eur' }),
    counter.price(4950, { currency: 'eur' }),
    counter.price(19_990, { currency: 'eur', recurring: { interval: 'year' } }),
  ];
  const asked = { discounts: [{ coupon: coupon.id }], automatic_tax: { enabled: true } };
  const subscription = counter.subscribe('pm_card_visa', prices.slice(0, 1), asked);
  return { counter, subscription, prices: prices.map(({ id }) => id) };
}

/** A step that Stripe refuses is a step too. */
function take(step: Step, books: Books): void {
  try {
    step(books);
  } catch (error) {
    if (!(error instanceof StripeFault)) throw error;
  }
}

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);

function sumsOf({ lines, total, subtotal, ...invoice }: Invoice) {
  const off = sum(lines.data.flatMap((line) => line.discount_amounts ?? []).map(({ amount }) => amount));
  const tax = sum(lines.data.flatMap((line) => line.taxes ?? []).map(({ amount }) => amount));
  return {
    said: { subtotal, total, off: sum((invoice.total_discount_amounts ?? []).map(({ amount }) => amount)) },
    found: { subtotal: sum(lines.data.map(({ amount }) => amount)), total: subtotal - off + tax, off },
  };
}

function creditedBy({
  post_payment_amount: after,
  out_of_band_amount: elsewhere,
  refunds,
}: CreditNote): number {
  return after - (elsewhere ?? 0) - sum(refunds.map(({ amount_refunded }) => amount_refunded));
}

test('the books agree after any purchases, changes, refusals and refunds', () => {
  const steps = fc.array(fc.oneof(days, sale, card, account, note, others), { maxLength: 16 });
  fc.assert(
    fc.property(steps, (taken) => {
      const books = createBooks();
      for (const step of taken) take(step, books);
      const { world } = books.counter;
      const [charges, invoices] = [world.table('charge').list(), world.table('invoice').list()];
      for (const invoice of invoices) {
        const { said, found } = sumsOf(invoice);
        expect(said).toEqual(found);
      }
      const captured = sum(charges.filter(({ paid }) => paid).map(({ amount_captured }) => amount_captured));
      expect(sum(invoices.map(({ amount_paid }) => amount_paid))).toBe(captured);
      const refunded = world.table('refund').list();
      const back = sum(charges.map(({ amount_refunded }) => amount_refunded));
      expect(sum(refunded.map(({ amount }) => amount))).toBe(back);
      // What invoices came to, and was not due, is what the customer has to their credit.
      // What was used for one that is void is theirs again.
      const billed = invoices.filter(({ status }) => status !== 'draft' && status !== 'void');
      const credit = sum(
        billed.map(
          ({ total, amount_due, pre_payment_credit_notes_amount: forgiven }) => total - amount_due - forgiven,
        ),
      );
      const given = sum(world.table('credit_note').list().map(creditedBy));
      expect(world.table('customer').get(idOf(books.subscription.customer)).balance).toBe(credit - given);
    }),
    { numRuns: 60 },
  );
});
