import { describe, expect, test } from 'vitest';
import { idOf } from '../changes.ts';
import { type WorldFixture, createWorldFixture, DAY } from '../../testing/world-fixture.ts';
import { createBank } from './bank.ts';
import { authenticate } from './intents.ts';
import type { Charge, PaymentIntent } from '../objects.ts';

function payWith(
  counter: WorldFixture,
  token: string,
  more: Parameters<WorldFixture['ask']>[1] = {},
): PaymentIntent {
  const intent = counter.get('payment_intent', 'POST /v1/payment_intents', {
    amount: 1000,
    currency: 'usd',
    ...more,
  });
  try {
    counter.ask(`POST /v1/payment_intents/${intent.id}/confirm`, { payment_method: token });
  } catch {
    // What was declined is seen in the intent.
  }
  return intent;
}

const chargeOf = ({ world }: WorldFixture): Charge => {
  const [charge] = world.table('charge').list();
  if (charge === undefined) throw new Error('Nothing was charged');
  return charge;
};

describe('a card', () => {
  test('that is good is charged, less the fee of 2.9 % and 30 cents', () => {
    const counter = createWorldFixture();
    expect(payWith(counter, 'pm_card_visa')).toMatchObject({ status: 'succeeded', amount_received: 1000 });
    const transaction = counter.world
      .table('balance_transaction')
      .get(idOf(chargeOf(counter).balance_transaction ?? ''));
    expect(transaction).toMatchObject({
      amount: 1000,
      fee: 59,
      net: 941,
      currency: 'usd',
      exchange_rate: null,
    });
  });

  test.each([
    ['4000000000000002', 'card_declined', 'generic_decline'],
    ['4000000000009995', 'card_declined', 'insufficient_funds'],
    ['4000000000000069', 'expired_card', undefined],
    ['4000000000000341', 'card_declined', 'generic_decline'],
  ])('%s is declined, and the payment says why', (number, code, declineCode) => {
    const counter = createWorldFixture();
    const method = counter.get('payment_method', 'POST /v1/payment_methods', {
      type: 'card',
      card: { number },
    });
    const intent = counter.get('payment_intent', 'POST /v1/payment_intents', {
      amount: 1000,
      currency: 'usd',
    });
    const call = `POST /v1/payment_intents/${intent.id}/confirm`;
    expect(counter.refused(call, { payment_method: method.id })).toMatchObject({
      status: 402,
      type: 'card_error',
      code,
    });
    expect(intent).toMatchObject({ status: 'requires_payment_method', last_payment_error: { code } });
    expect(intent.last_payment_error?.decline_code).toBe(declineCode);
    expect(chargeOf(counter)).toMatchObject({
      status: 'failed',
      failure_code: code,
      balance_transaction: null,
    });
    counter.ask(call, { payment_method: 'pm_card_visa' });
    expect(intent.status).toBe('succeeded');
  });

  test('of no known number, or of the past, is not taken', () => {
    const counter = createWorldFixture();
    const take = (card: Record<string, string>) =>
      counter.refused('POST /v1/payment_methods', { type: 'card', card });
    expect(take({ number: '4242424242424241' })).toMatchObject({ status: 402, code: 'incorrect_number' });
    const number = '4242 4242 4242 4242';
    expect(take({ number, exp_month: '12', exp_year: '25' }).code).toBe('invalid_expiry_year');
    expect(take({ number, exp_month: '13', exp_year: '30' }).code).toBe('invalid_expiry_month');
  });

  test('that is declined at once is not given to a customer; the one that is declined later is', () => {
    const counter = createWorldFixture();
    const customer = counter.get('customer', 'POST /v1/customers').id;
    const refused = counter.refused('POST /v1/payment_methods/pm_card_chargeDeclined/attach', { customer });
    expect(refused).toMatchObject({ status: 402, code: 'card_declined' });
    counter.ask('POST /v1/payment_methods/pm_card_chargeCustomerFail/attach', { customer });
    expect(counter.ask(`GET /v1/customers/${customer}/payment_methods`)).toMatchObject({
      data: [{ type: 'card' }],
    });
  });

  test("that is taken away is nobody's default any more", () => {
    const counter = createWorldFixture();
    const subscription = counter.subscribe('pm_card_visa', [counter.price(500)]);
    const [method] = counter.world.table('payment_method').list();
    counter.ask(`POST /v1/payment_methods/${method?.id}/detach`);
    const customer = counter.world.table('customer').get(idOf(subscription.customer));
    expect(customer.invoice_settings.default_payment_method).toBeNull();
  });
});

describe('a card that asks its owner', () => {
  test('is charged when they confirm', () => {
    const counter = createWorldFixture();
    const intent = payWith(counter, 'pm_card_threeDSecure2Required');
    expect(intent).toMatchObject({ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } });
    expect(counter.world.table('charge').list()).toEqual([]);
    authenticate(counter.world, intent.id, true);
    expect(intent).toMatchObject({ status: 'succeeded', next_action: null });
  });

  test('is not charged when they refuse, and another may be tried', () => {
    const counter = createWorldFixture();
    const intent = payWith(counter, 'pm_card_threeDSecure2Required');
    authenticate(counter.world, intent.id, false);
    expect(intent).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    });
    expect(counter.world.table('charge').list()).toEqual([]);
    expect(() => authenticate(counter.world, intent.id, true)).toThrow('requires no action');
  });

  test.each([
    ['pm_card_authenticationRequiredOnSetup', 'paid'],
    ['pm_card_authenticationRequired', 'open'],
  ])('begins a subscription by confirming; a renewal of %s is %s', (token, status) => {
    const counter = createWorldFixture();
    const subscription = counter.subscribe(token, [counter.price(2000)]);
    expect(subscription.status).toBe('incomplete');
    expect(counter.told()).toContain('invoice.payment_action_required');
    authenticate(counter.world, counter.world.table('payment_intent').list()[0]?.id ?? '', true);
    expect(subscription.status).toBe('active');
    counter.world.advance(28 * DAY + 3600);
    expect(counter.world.table('invoice').list()[0]?.status).toBe(status);
    expect(subscription.status).toBe(status === 'paid' ? 'active' : 'past_due');
  });

  test('is set up once for payments without them', () => {
    const counter = createWorldFixture();
    const customer = counter.get('customer', 'POST /v1/customers').id;
    const token = 'pm_card_authenticationRequiredOnSetup';
    const asked = { customer, payment_method: token, confirm: true };
    const setup = counter.get('setup_intent', 'POST /v1/setup_intents', asked);
    expect(setup.status).toBe('requires_action');
    authenticate(counter.world, setup.id, true);
    expect(setup).toMatchObject({ status: 'succeeded', next_action: null });
    const more = {
      customer,
      payment_method: idOf(setup.payment_method ?? ''),
      confirm: true,
      off_session: true,
    };
    const intent = counter.get('payment_intent', 'POST /v1/payment_intents', {
      amount: 500,
      currency: 'usd',
      ...more,
    });
    expect(intent.status).toBe('succeeded');
  });
});

describe('a refund', () => {
  test('takes back a part, and then the rest, and no more', () => {
    const counter = createWorldFixture();
    const intent = payWith(counter, 'pm_card_visa');
    counter.ask('POST /v1/refunds', { payment_intent: intent.id, amount: 300 });
    expect(chargeOf(counter)).toMatchObject({ amount_refunded: 300, refunded: false });
    expect(counter.refused('POST /v1/refunds', { payment_intent: intent.id, amount: 701 }).message).toContain(
      '701',
    );
    const rest = counter.get('refund', 'POST /v1/refunds', { charge: chargeOf(counter).id });
    expect(rest).toMatchObject({ amount: 700, status: 'succeeded' });
    expect(chargeOf(counter)).toMatchObject({ amount_refunded: 1000, refunded: true });
    const again = counter.refused('POST /v1/refunds', { charge: chargeOf(counter).id });
    expect(again.code).toBe('charge_already_refunded');
    const moved = counter.world
      .table('balance_transaction')
      .list()
      .map(({ amount, fee }) => [amount, fee]);
    expect(moved).toEqual([
      [-700, 0],
      [-300, 0],
      [1000, 59],
    ]);
    expect(counter.told()).toEqual(expect.arrayContaining(['refund.created', 'charge.refunded']));
  });

  test('may take a day', () => {
    const counter = createWorldFixture();
    const refund = counter.get('refund', 'POST /v1/refunds', {
      payment_intent: payWith(counter, 'pm_card_pendingRefund').id,
    });
    expect(refund.status).toBe('pending');
    counter.world.advance(DAY);
    expect(refund.status).toBe('succeeded');
  });

  test('may fail a day later: the money is back', () => {
    const counter = createWorldFixture();
    const refund = counter.get('refund', 'POST /v1/refunds', {
      payment_intent: payWith(counter, 'pm_card_refundFail').id,
    });
    counter.world.advance(DAY);
    expect(refund.status).toBe('failed');
    expect(chargeOf(counter)).toMatchObject({ amount_refunded: 0, refunded: false });
    expect(counter.told()).toContain('refund.failed');
  });

  test('never ends a subscription', () => {
    const counter = createWorldFixture();
    const subscription = counter.subscribe('pm_card_visa', [counter.price(2000)]);
    counter.ask('POST /v1/refunds', { charge: chargeOf(counter).id });
    expect(subscription.status).toBe('active');
  });
});

function createDispute(token: string) {
  const counter = createWorldFixture();
  payWith(counter, token);
  const [dispute] = counter.world.table('dispute').list();
  if (dispute === undefined) throw new Error('Nothing was disputed');
  return { counter, dispute };
}

describe('a dispute', () => {
  test('takes the money, and a fee; won, the money comes back', () => {
    const { counter, dispute } = createDispute('pm_card_createDispute');
    expect(dispute).toMatchObject({ status: 'needs_response', reason: 'fraudulent', amount: 1000 });
    expect(chargeOf(counter).disputed).toBe(true);
    expect(dispute.balance_transactions).toMatchObject([{ amount: -1000, fee: 1500, net: -2500 }]);
    expect(counter.refused('POST /v1/refunds', { charge: chargeOf(counter).id }).code).toBe(
      'charge_disputed',
    );
    counter.ask(`POST /v1/disputes/${dispute.id}`, { evidence: { uncategorized_text: 'winning_evidence' } });
    expect(dispute.status).toBe('won');
    expect(dispute.balance_transactions).toMatchObject([{ amount: -1000 }, { amount: 1000, fee: 0 }]);
    const told = [
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
      'charge.dispute.funds_reinstated',
    ];
    expect(counter.told()).toEqual(expect.arrayContaining([...told, 'charge.dispute.closed']));
  });

  test('lost, or accepted, is lost', () => {
    const { counter, dispute } = createDispute('pm_card_createDisputeProductNotReceived');
    counter.ask(`POST /v1/disputes/${dispute.id}/close`);
    expect(dispute).toMatchObject({ status: 'lost', balance_transactions: [{ amount: -1000 }] });
    expect(counter.refused(`POST /v1/disputes/${dispute.id}/close`).message).toContain('already closed');
  });

  test('may come long after the charge', () => {
    const counter = createWorldFixture();
    const subscription = counter.subscribe('pm_card_visa', [counter.price(2000)]);
    counter.world.advance(20 * DAY);
    const dispute = createBank(counter.world).dispute(chargeOf(counter).id, { reason: 'duplicate' });
    expect(dispute).toMatchObject({ reason: 'duplicate', created: counter.world.now(), amount: 2000 });
    expect(subscription.status).toBe('active');
  });

  test('that only asks moves no money, unless it becomes more', () => {
    const { counter, dispute } = createDispute('pm_card_createDisputeInquiry');
    expect(dispute).toMatchObject({ status: 'warning_needs_response', balance_transactions: [] });
    createBank(counter.world).escalate(dispute.id);
    expect(dispute).toMatchObject({ status: 'needs_response', balance_transactions: [{ amount: -1000 }] });
    createBank(counter.world).decide(dispute.id, 'lost');
    const { dispute: other, counter: at } = createDispute('pm_card_createDisputeInquiry');
    createBank(at.world).decide(other.id, 'won');
    expect(other).toMatchObject({ status: 'warning_closed', balance_transactions: [] });
  });
});

test('another currency is settled in ours, and the fee is in ours', () => {
  const counter = createWorldFixture();
  payWith(counter, 'pm_card_visa', { currency: 'eur' });
  const [transaction] = counter.world.table('balance_transaction').list();
  expect(transaction).toMatchObject({
    amount: 1100,
    currency: 'usd',
    exchange_rate: 1.1,
    fee: 62,
    net: 1038,
  });
});
