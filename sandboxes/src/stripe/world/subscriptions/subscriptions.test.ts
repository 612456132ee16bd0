import { describe, expect, test } from 'vitest';
import { idOf } from '../changes.ts';
import { type WorldFixture, createWorldFixture, DAY, OPENS } from '../../testing/world-fixture.ts';
import type { Invoice, Subscription } from '../objects.ts';

const MONTH = 28 * DAY;
const newestInvoice = ({ world }: WorldFixture): Invoice | undefined => world.table('invoice').list()[0];
const endOf = ({ items }: Subscription): string =>
  new Date((items.data[0]?.current_period_end ?? 0) * 1000).toISOString();

test('a subscription is paid at once, then each month on its day, an hour after the invoice is drafted', () => {
  const counter = createWorldFixture();
  const { world } = counter;
  const subscription = counter.subscribe('pm_card_visa', [counter.price(2000)]);
  expect(subscription).toMatchObject({ status: 'active', currency: 'usd' });
  expect(newestInvoice(counter)).toMatchObject({ status: 'paid', amount_paid: 2000, attempt_count: 1 });
  const paid = ['customer.subscription.created', 'invoice.paid', 'charge.succeeded', 'invoice_payment.paid'];
  expect(counter.told()).toEqual(expect.arrayContaining(paid));
  expect(endOf(subscription)).toBe('2026-02-28T12:00:00.000Z');
  world.advance(MONTH);
  expect(counter.told()).toEqual(['invoice.upcoming', 'invoice.created', 'customer.subscription.updated']);
  expect(newestInvoice(counter)).toMatchObject({
    status: 'draft',
    automatically_finalizes_at: OPENS + MONTH + 3600,
  });
  world.advance(3600);
  expect(newestInvoice(counter)).toMatchObject({ status: 'paid', billing_reason: 'subscription_cycle' });
  expect(endOf(subscription)).toBe('2026-03-31T12:00:00.000Z');
  world.advance(365 * DAY);
  expect(world.table('charge').list()).toHaveLength(14);
});

describe('trials', () => {
  test('cost nothing, are warned of three days before, and are paid for when they end', () => {
    const counter = createWorldFixture();
    const subscription = counter.subscribe('pm_card_visa', [counter.price(2000)], { trial_period_days: 14 });
    expect(subscription).toMatchObject({ status: 'trialing', trial_end: OPENS + 14 * DAY });
    expect(newestInvoice(counter)).toMatchObject({ status: 'paid', total: 0 });
    counter.told();
    counter.world.advance(11 * DAY);
    expect(counter.told()).toEqual(['customer.subscription.trial_will_end']);
    counter.world.advance(3 * DAY + 3600);
    expect(subscription.status).toBe('active');
    expect(newestInvoice(counter)).toMatchObject({ status: 'paid', amount_paid: 2000 });
    expect(endOf(subscription)).toBe('2026-03-14T12:00:00.000Z');
  });

  test.each([
    ['cancel', 'canceled', 'customer.subscription.deleted'],
    ['pause', 'paused', 'customer.subscription.paused'],
    ['create_invoice', 'past_due', 'invoice.payment_failed'],
  ])('that end without a card end as they were told to: %s', (behavior, status, told) => {
    const counter = createWorldFixture();
    const customer = counter.get('customer', 'POST /v1/customers');
    const trial_settings = { end_behavior: { missing_payment_method: behavior } };
    const items = [{ price: counter.price(2000).id }];
    const asked = { customer: customer.id, items, trial_period_days: 7, trial_settings };
    const subscription = counter.get('subscription', 'POST /v1/subscriptions', asked);
    counter.world.advance(7 * DAY + 3600);
    expect(subscription.status).toBe(status);
    expect(counter.told()).toContain(told);
  });

  test('end at once on demand, and are billed', () => {
    const counter = createWorldFixture();
    const subscription = counter.subscribe('pm_card_visa', [counter.price(2000)], { trial_period_days: 14 });
    counter.world.advance(DAY);
    counter.ask(`POST /v1/subscriptions/${subscription.id}`, { trial_end: 'now' });
    expect(subscription).toMatchObject({ status: 'active', trial_end: OPENS + DAY });
    expect(newestInvoice(counter)).toMatchObject({ status: 'paid', amount_paid: 2000 });
  });
});

describe('a first payment that fails', () => {
  test('leaves the subscription incomplete; another card completes it', () => {
    const counter = createWorldFixture();
    const subscription = counter.subscribe('pm_card_chargeCustomerFail', [counter.price(2000)]);
    expect(subscription.status).toBe('incomplete');
    expect(counter.told()).toEqual(expect.arrayContaining(['charge.failed', 'invoice.payment_failed']));
    counter.ask(`POST /v1/invoices/${newestInvoice(counter)?.id}/pay`, { payment_method: 'pm_card_visa' });
    expect(subscription.status).toBe('active');
  });

  test('lets it expire after 23 hours, and nothing is owed', () => {
    const counter = createWorldFixture();
    const subscription = counter.subscribe('pm_card_chargeCustomerFail', [counter.price(2000)]);
    counter.world.advance(23 * 3600);
    expect(subscription).toMatchObject({ status: 'incomplete_expired', ended_at: OPENS + 23 * 3600 });
    expect(newestInvoice(counter)).toMatchObject({ status: 'void' });
    expect(counter.world.table('payment_intent').list()[0]?.status).toBe('canceled');
  });

  test('leaves nothing, if asked so', () => {
    const counter = createWorldFixture();
    const asked = { payment_behavior: 'error_if_incomplete' };
    const prices = [counter.price(2000)];
    const customers = counter.world.table('customer');
    expect(() => counter.subscribe('pm_card_chargeCustomerFail', prices, asked)).toThrow('declined');
    expect(customers.list()).toHaveLength(1);
    expect(counter.world.table('subscription').list()).toEqual([]);
    expect(counter.world.table('invoice').list()).toEqual([]);
  });

  test('is none without any card: the request is refused', () => {
    const counter = createWorldFixture();
    const customer = counter.get('customer', 'POST /v1/customers');
    const items = [{ price: counter.price(2000).id }];
    const refused = counter.refused('POST /v1/subscriptions', { customer: customer.id, items });
    expect(refused).toMatchObject({ status: 400, code: 'resource_missing' });
  });
});

function createFailing(settings: Parameters<typeof createWorldFixture>[0] = {}) {
  const counter = createWorldFixture(settings);
  const subscription = counter.subscribe('pm_card_visa', [counter.price(2000)]);
  const card = { customer: idOf(subscription.customer) };
  const bad = counter.get(
    'payment_method',
    'POST /v1/payment_methods/pm_card_chargeCustomerFail/attach',
    card,
  );
  const settle = (method: string) =>
    counter.ask(`POST /v1/customers/${card.customer}`, {
      invoice_settings: { default_payment_method: method },
    });
  settle(bad.id);
  counter.world.advance(MONTH + 3600);
  return { counter, subscription, settle };
}

describe('a renewal that fails', () => {
  test('is tried again after 3, 8 and 15 days, and then ends the subscription', () => {
    const { counter, subscription } = createFailing();
    expect(subscription.status).toBe('past_due');
    expect(newestInvoice(counter)).toMatchObject({
      attempt_count: 1,
      next_payment_attempt: OPENS + MONTH + 3600 + 3 * DAY,
    });
    counter.world.advance(15 * DAY - 1);
    expect(newestInvoice(counter)).toMatchObject({ attempt_count: 3, status: 'open' });
    expect(subscription.status).toBe('past_due');
    counter.world.advance(1);
    expect(subscription).toMatchObject({
      status: 'canceled',
      cancellation_details: { reason: 'payment_failed' },
    });
    expect(newestInvoice(counter)).toMatchObject({
      attempt_count: 4,
      status: 'open',
      next_payment_attempt: null,
    });
    counter.world.advance(100 * DAY);
    expect(counter.world.table('charge').list()).toHaveLength(5);
  });

  test('or leaves it unpaid, as the shop chose', () => {
    const { counter, subscription } = createFailing({ afterLastRetry: 'mark_unpaid' });
    counter.world.advance(15 * DAY);
    expect(subscription.status).toBe('unpaid');
    counter.world.advance(30 * DAY);
    expect(newestInvoice(counter)).toMatchObject({ status: 'draft', auto_advance: false });
  });

  test.each([0, 4, 9])('is healed %i days later by another card', (days) => {
    const { counter, subscription, settle } = createFailing();
    counter.world.advance(days * DAY);
    const method = counter.get('payment_method', 'POST /v1/payment_methods/pm_card_visa/attach', {
      customer: idOf(subscription.customer),
    });
    settle(method.id);
    counter.ask(`POST /v1/invoices/${newestInvoice(counter)?.id}/pay`);
    expect(subscription.status).toBe('active');
    expect(newestInvoice(counter)).toMatchObject({ status: 'paid', next_payment_attempt: null });
    counter.world.advance(20 * DAY);
    expect(subscription.status).toBe('active');
  });

  test('keeps its schedule, even if a person tries to change it', () => {
    const { counter } = createFailing();
    const due = newestInvoice(counter)?.next_payment_attempt;
    const refused = counter.refused(`POST /v1/invoices/${newestInvoice(counter)?.id}/pay`);
    expect(refused).toMatchObject({ status: 402, code: 'card_declined', decline_code: 'generic_decline' });
    expect(newestInvoice(counter)).toMatchObject({ attempt_count: 1, next_payment_attempt: due });
  });
});

describe('an end', () => {
  test('with the period comes at its second, and may be taken back before', () => {
    const counter = createWorldFixture();
    const subscription = counter.subscribe('pm_card_visa', [counter.price(2000)]);
    const call = `POST /v1/subscriptions/${subscription.id}`;
    counter.ask(call, { cancel_at_period_end: true });
    expect(subscription).toMatchObject({ cancel_at: OPENS + MONTH, canceled_at: OPENS, status: 'active' });
    counter.ask(call, { cancel_at_period_end: false });
    expect(subscription).toMatchObject({ cancel_at: null, canceled_at: null });
    counter.ask(call, { cancel_at_period_end: true });
    counter.world.advance(MONTH - 1);
    expect(subscription.status).toBe('active');
    counter.told();
    counter.world.advance(1);
    expect(subscription).toMatchObject({ status: 'canceled', ended_at: OPENS + MONTH });
    expect(counter.told()).toEqual(['customer.subscription.deleted']);
    counter.world.advance(100 * DAY);
    expect(counter.world.table('invoice').list()).toHaveLength(1);
  });

  test('now comes now, once', () => {
    const counter = createWorldFixture();
    const subscription = counter.subscribe('pm_card_visa', [counter.price(2000)]);
    counter.ask(`DELETE /v1/subscriptions/${subscription.id}`);
    expect(subscription).toMatchObject({ status: 'canceled', ended_at: OPENS });
    expect(counter.refused(`DELETE /v1/subscriptions/${subscription.id}`)).toMatchObject({
      code: 'resource_missing',
    });
    const call = `POST /v1/subscriptions/${subscription.id}`;
    expect(counter.refused(call, { cancel_at_period_end: true })).toMatchObject({
      code: 'invalid_canceled_subscription_fields',
    });
  });

  test('of a customer ends what they had; they are told as deleted', () => {
    const counter = createWorldFixture();
    const subscription = counter.subscribe('pm_card_visa', [counter.price(2000)]);
    counter.ask(`DELETE /v1/customers/${idOf(subscription.customer)}`);
    expect(subscription.status).toBe('canceled');
    expect(counter.ask(`GET /v1/customers/${idOf(subscription.customer)}`)).toMatchObject({ deleted: true });
  });
});

test.each([
  ['void', 'void'],
  ['mark_uncollectible', 'uncollectible'],
  ['keep_as_draft', 'draft'],
])('while collection is paused (%s) nothing is charged, until it goes on', (behavior, status) => {
  const counter = createWorldFixture();
  const subscription = counter.subscribe('pm_card_visa', [counter.price(2000)]);
  const pause_collection = { behavior, resumes_at: OPENS + 40 * DAY };
  counter.ask(`POST /v1/subscriptions/${subscription.id}`, { pause_collection });
  counter.world.advance(35 * DAY);
  expect(newestInvoice(counter)).toMatchObject({ status });
  expect(subscription.status).toBe('active');
  counter.world.advance(30 * DAY);
  expect(subscription.pause_collection).toBeNull();
  expect(newestInvoice(counter)).toMatchObject({ status: 'paid' });
});
