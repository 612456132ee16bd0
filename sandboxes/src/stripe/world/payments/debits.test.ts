import { describe, expect, test } from 'vitest';
import { createWorldFixture, DAY, type WorldFixture } from '../../testing/world-fixture.ts';
import type { PaymentIntent, Subscription } from '../objects.ts';

const GOOD = 'AT611904300234573201';
const BAD = 'AT861904300235473202';
const POOR = 'AT98 1904 3000 0222 2227';
const RETURNED = 'AT591904300235473203';
const EUR = { currency: 'eur' };

function account(counter: WorldFixture, iban: string): string {
  const billing_details = { name: 'Ada Lovelace' };
  const params = { type: 'sepa_debit', sepa_debit: { iban }, billing_details };
  return counter.get('payment_method', 'POST /v1/payment_methods', params).id;
}

function confirmDebit(counter: WorldFixture, iban: string): PaymentIntent {
  const intent = counter.get('payment_intent', 'POST /v1/payment_intents', { amount: 1000, ...EUR });
  counter.ask(`POST /v1/payment_intents/${intent.id}/confirm`, { payment_method: account(counter, iban) });
  return intent;
}

function subscribeByDebit(counter: WorldFixture, iban: string, more = {}): Subscription {
  return counter.subscribe(account(counter, iban), [counter.price(1000, EUR)], more);
}

const money = ['payment_intent.', 'charge.', 'invoice.pa', 'customer.subscription.', 'invoice.vo'];
const ofMoney = (counter: WorldFixture) =>
  counter.told().filter((type) => money.some((start) => type.startsWith(start)));

describe('a debit', () => {
  test('is on its way for days, and is paid then', () => {
    const counter = createWorldFixture();
    const intent = confirmDebit(counter, GOOD);
    const [made] = counter.world.table('charge').list();
    expect(intent).toMatchObject({ status: 'processing', amount_received: 0, latest_charge: made?.id });
    expect(made).toMatchObject({
      status: 'pending',
      paid: false,
      balance_transaction: null,
      payment_method_details: { type: 'sepa_debit', sepa_debit: { last4: '3201', country: 'AT' } },
    });
    expect(ofMoney(counter)).toEqual([
      'payment_intent.created',
      'payment_intent.processing',
      'charge.pending',
    ]);
    counter.world.advance(5 * DAY - 1);
    expect(ofMoney(counter)).toEqual([]);
    counter.world.advance(1);
    expect(ofMoney(counter)).toEqual(['charge.succeeded', 'payment_intent.succeeded']);
    expect([intent.status, intent.amount_received, made?.paid]).toEqual(['succeeded', 1000, true]);
    expect(counter.world.table('balance_transaction').list()).toMatchObject([{ source: made?.id }]);
  });

  test.each([
    [BAD, 'generic_could_not_process'],
    [POOR, 'insufficient_funds'],
  ])('of %s fails days later, and says why', (iban, code) => {
    const counter = createWorldFixture({ debitDays: 14 });
    const intent = confirmDebit(counter, iban);
    counter.told();
    counter.world.advance(14 * DAY);
    expect(ofMoney(counter)).toEqual(['charge.failed', 'payment_intent.payment_failed']);
    expect(intent).toMatchObject({ status: 'requires_payment_method', last_payment_error: { code } });
    const [made] = counter.world.table('charge').list();
    expect(made).toMatchObject({ status: 'failed', failure_code: code, captured: false });
    counter.world.advance(60 * DAY);
    expect(ofMoney(counter)).toEqual([]);
  });

  test('that its owner has given back after nine days is a dispute, lost as it comes', () => {
    const counter = createWorldFixture();
    confirmDebit(counter, RETURNED);
    counter.world.advance(5 * DAY);
    counter.told();
    counter.world.advance(4 * DAY);
    const about = ['created', 'funds_withdrawn', 'closed'].map((what) => `charge.dispute.${what}`);
    expect(counter.told()).toEqual(about);
    expect(counter.world.table('dispute').list()).toMatchObject([
      { status: 'lost', amount: 1000, payment_method_details: { type: 'sepa_debit' } },
    ]);
    counter.world.advance(60 * DAY);
    expect(counter.told()).toEqual([]);
  });

  test('that is on its way is neither confirmed again, nor canceled, nor refunded', () => {
    const counter = createWorldFixture();
    const { id, latest_charge } = confirmDebit(counter, GOOD);
    const unexpected = { status: 400, code: 'payment_intent_unexpected_state' };
    for (const what of ['confirm', 'cancel'])
      expect(counter.refused(`POST /v1/payment_intents/${id}/${what}`)).toMatchObject(unexpected);
    const charge = typeof latest_charge === 'string' ? latest_charge : '';
    expect(counter.refused('POST /v1/refunds', { charge })).toMatchObject({ status: 400 });
  });

  test('is in euros, from an account that there is, of somebody', () => {
    const counter = createWorldFixture();
    const call = 'POST /v1/payment_methods';
    const named = { billing_details: { name: 'Ada' } };
    const wrong = { type: 'sepa_debit', sepa_debit: { iban: 'DE00' }, ...named };
    expect(counter.refused(call, wrong)).toMatchObject({ code: 'invalid_bank_account_iban' });
    const nobodys = { type: 'sepa_debit', sepa_debit: { iban: GOOD } };
    expect(counter.refused(call, nobodys)).toMatchObject({ param: 'billing_details[name]' });
    const intent = counter.get('payment_intent', 'POST /v1/payment_intents', { amount: 1, currency: 'usd' });
    const confirm = `POST /v1/payment_intents/${intent.id}/confirm`;
    expect(counter.refused(confirm, { payment_method: account(counter, GOOD) })).toMatchObject({
      code: 'payment_method_currency_mismatch',
    });
    counter.ask(confirm, { payment_method: 'pm_card_visa' });
    expect(intent.status).toBe('succeeded');
  });
});

describe('a subscription by debit', () => {
  test('is incomplete until its first one is paid, however long that takes', () => {
    const counter = createWorldFixture();
    const made = subscribeByDebit(counter, GOOD);
    expect(ofMoney(counter)).not.toContain('invoice.payment_failed');
    counter.world.advance(4 * DAY);
    expect(made.status).toBe('incomplete');
    counter.told();
    counter.world.advance(1 * DAY);
    expect(ofMoney(counter)).toEqual([
      'charge.succeeded',
      'payment_intent.succeeded',
      'invoice.paid',
      'invoice.payment_succeeded',
      'customer.subscription.updated',
    ]);
    expect(made.status).toBe('active');
  });

  test('whose first one fails is over: its hours to pay are', () => {
    const counter = createWorldFixture();
    const made = subscribeByDebit(counter, BAD);
    counter.told();
    counter.world.advance(5 * DAY);
    expect(ofMoney(counter).slice(0, 3)).toEqual([
      'charge.failed',
      'payment_intent.payment_failed',
      'invoice.payment_failed',
    ]);
    expect(made.status).toBe('incomplete_expired');
  });

  test('goes on while a renewal is on its way, is past due when it fails, and is debited again', () => {
    const counter = createWorldFixture();
    const made = subscribeByDebit(counter, GOOD);
    counter.world.advance(5 * DAY);
    const customer = typeof made.customer === 'string' ? made.customer : '';
    const bad = account(counter, BAD);
    counter.ask(`POST /v1/payment_methods/${bad}/attach`, { customer });
    counter.ask(`POST /v1/subscriptions/${made.id}`, { default_payment_method: bad });
    // February has 28 days; the draft lasts an hour.
    counter.world.advance(24 * DAY);
    expect(made.status).toBe('active');
    const [renewal] = counter.world.table('invoice').list();
    expect(renewal).toMatchObject({ status: 'open', attempt_count: 1, next_payment_attempt: null });
    const pay = `POST /v1/invoices/${renewal?.id}`;
    expect(counter.refused(`${pay}/pay`)).toMatchObject({ status: 400 });
    expect(counter.refused(`${pay}/void`)).toMatchObject({ status: 400 });
    counter.told();
    counter.world.advance(5 * DAY);
    expect(ofMoney(counter)).toEqual([
      'charge.failed',
      'payment_intent.payment_failed',
      'invoice.payment_failed',
      'customer.subscription.updated',
    ]);
    expect([made.status, renewal?.attempt_count]).toEqual(['past_due', 1]);
    // The next try is on the eighth day.
    counter.world.advance(3 * DAY);
    expect(renewal).toMatchObject({ status: 'open', attempt_count: 2, next_payment_attempt: null });
    expect(counter.world.table('charge').list()[0]?.status).toBe('pending');
  });
});
