import { describe, expect, test } from 'vitest';
import { createWorldFixture, type WorldFixture } from '../../testing/world-fixture.ts';
import type { Invoice } from '../objects.ts';

const CALL = 'POST /v1/credit_notes';

/** An invoice of 10 of a customer with a good card, who was asked for nothing yet. */
function createOpenInvoice(counter: WorldFixture): Invoice {
  const { customer } = counter.subscribe('pm_card_visa', [counter.price(1)]);
  const named = { customer: typeof customer === 'string' ? customer : customer.id };
  const price = counter.price(1000, { recurring: '' }).id;
  counter.ask('POST /v1/invoiceitems', { ...named, pricing: { price } });
  const made = counter.get('invoice', 'POST /v1/invoices', {
    ...named,
    pending_invoice_items_behavior: 'include',
  });
  counter.ask(`POST /v1/invoices/${made.id}/finalize`);
  counter.told();
  return made;
}

function paid(counter: WorldFixture): Invoice {
  const made = createOpenInvoice(counter);
  counter.ask(`POST /v1/invoices/${made.id}/pay`);
  counter.told();
  return made;
}

const ownerOf = ({ world }: WorldFixture) => world.table('customer').list()[0];

describe('a credit note', () => {
  test('reduces the amount due of an open invoice: the rest is paid', () => {
    const counter = createWorldFixture();
    const invoice = createOpenInvoice(counter);
    const note = counter.get('credit_note', CALL, { invoice: invoice.id, amount: 400, memo: 'Sorry' });
    expect(note).toMatchObject({
      type: 'pre_payment',
      pre_payment_amount: 400,
      post_payment_amount: 0,
      number: `${invoice.number}-CN-01`,
    });
    expect(counter.told()).toEqual(['credit_note.created', 'invoice.updated']);
    expect(invoice).toMatchObject({
      total: 1000,
      amount_due: 600,
      amount_remaining: 600,
      pre_payment_credit_notes_amount: 400,
    });
    counter.ask(`POST /v1/invoices/${invoice.id}/pay`);
    expect(invoice).toMatchObject({ status: 'paid', amount_paid: 600 });
    expect(counter.world.table('charge').list()[0]?.amount).toBe(600);
  });

  test('of all that is open has it paid, and nothing is charged', () => {
    const counter = createWorldFixture();
    const invoice = createOpenInvoice(counter);
    counter.ask(CALL, { invoice: invoice.id, amount: 1000 });
    expect(counter.told()).toEqual([
      'credit_note.created',
      'invoice.updated',
      'invoice.paid',
      'invoice.payment_succeeded',
      'payment_intent.canceled',
    ]);
    expect(invoice).toMatchObject({ status: 'paid', amount_paid: 0, amount_remaining: 0 });
    expect(counter.refused(CALL, { invoice: invoice.id, amount: 1 }).message).toContain('greater than');
  });

  test('of what was paid gives money back, credits the next invoices, and notes what was given elsewhere', () => {
    const counter = createWorldFixture();
    const invoice = paid(counter);
    const parts = { refund_amount: 500, credit_amount: 200, out_of_band_amount: 100 };
    const note = counter.get('credit_note', CALL, { invoice: invoice.id, amount: 800, ...parts });
    const [refund] = counter.world.table('refund').list();
    expect(refund?.amount).toBe(500);
    expect(note).toMatchObject({
      type: 'post_payment',
      out_of_band_amount: 100,
      refunds: [{ refund: refund?.id, amount_refunded: 500 }],
    });
    expect(counter.told()).toEqual([
      'refund.created',
      'charge.refunded',
      'customer.updated',
      'credit_note.created',
      'invoice.updated',
    ]);
    expect(invoice).toMatchObject({
      status: 'paid',
      amount_paid: 1000,
      post_payment_credit_notes_amount: 800,
      pre_payment_credit_notes_amount: 0,
    });
    expect(ownerOf(counter)?.balance).toBe(-200);
    const more = { invoice: invoice.id, amount: 201, refund_amount: 201 };
    expect(counter.refused(CALL, more)).toMatchObject({ param: 'amount' });
    counter.ask(CALL, { invoice: invoice.id, amount: 200, refund_amount: 200 });
    expect(counter.world.table('charge').list()[0]?.amount_refunded).toBe(700);
    const listed = counter.ask('GET /v1/credit_notes', { invoice: invoice.id });
    expect(listed).toMatchObject({ data: [{ amount: 200 }, { amount: 800 }] });
  });

  test.each([
    ['parts that are no whole', { amount: 500, refund_amount: 400 }],
    ['more than there was', { amount: 1001, refund_amount: 1001 }],
    ['nothing', { amount: 0 }],
    ['less than nothing', { amount: 100, refund_amount: 200, credit_amount: -100 }],
    ['what is no reason', { amount: 100, refund_amount: 100, reason: 'mood' }],
  ])('of %s is none, and has changed nothing', (_, asked) => {
    const counter = createWorldFixture();
    const invoice = paid(counter);
    expect(counter.refused(CALL, { invoice: invoice.id, ...asked }).status).toBe(400);
    expect(invoice.post_payment_credit_notes_amount).toBe(0);
    expect(counter.told()).toEqual([]);
    expect(ownerOf(counter)?.balance).toBe(0);
  });

  test('whose refund fails is none either', () => {
    const counter = createWorldFixture();
    const invoice = paid(counter);
    const charge = counter.world.table('charge').list()[0]?.id ?? '';
    counter.ask('POST /v1/refunds', { charge, amount: 900 });
    counter.told();
    const asked = { invoice: invoice.id, amount: 500, refund_amount: 200, credit_amount: 300 };
    expect(counter.refused(CALL, asked).status).toBe(400);
    expect(counter.told()).toEqual([]);
    expect(ownerOf(counter)?.balance).toBe(0);
  });

  test('of a draft, and of what nobody owes, is none', () => {
    const counter = createWorldFixture();
    const invoice = createOpenInvoice(counter);
    counter.ask(`POST /v1/invoices/${invoice.id}/void`);
    expect(counter.refused(CALL, { invoice: invoice.id, amount: 1 }).message).toContain('void');
    const draft = counter.get('invoice', 'POST /v1/invoices', { customer: ownerOf(counter)?.id ?? '' });
    expect(counter.refused(CALL, { invoice: draft.id, amount: 1 }).message).toContain('draft');
  });
});
