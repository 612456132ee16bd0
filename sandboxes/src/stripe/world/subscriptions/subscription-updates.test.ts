import { describe, expect, test } from 'vitest';
import { idOf } from '../changes.ts';
import { type WorldFixture, createWorldFixture, DAY, OPENS } from '../../testing/world-fixture.ts';
import type { Invoice, Price, Subscription } from '../objects.ts';

const MONTH = 28 * DAY;
const newestInvoice = ({ world }: WorldFixture): Invoice | undefined => world.table('invoice').list()[0];
const amountsOf = (invoice: Invoice | undefined): number[] =>
  invoice?.lines.data.map(({ amount }) => amount) ?? [];

function createSubscribed(amount: number) {
  const counter = createWorldFixture();
  const subscription = counter.subscribe('pm_card_visa', [counter.price(amount)]);
  const change = (price: Price, more: Parameters<WorldFixture['ask']>[1] = {}) =>
    counter.get('subscription', `POST /v1/subscriptions/${subscription.id}`, {
      items: [{ id: subscription.items.data[0]?.id ?? '', price: price.id }],
      ...more,
    });
  return { counter, subscription, change };
}

describe('a change of price', () => {
  test('half-way is credited and charged by the second, at once when asked so', () => {
    const { counter, subscription, change } = createSubscribed(2000);
    counter.world.advance(MONTH / 2);
    change(counter.price(5000), { proration_behavior: 'always_invoice' });
    expect(amountsOf(newestInvoice(counter))).toEqual([-1000, 2500]);
    expect(newestInvoice(counter)).toMatchObject({
      status: 'paid',
      amount_paid: 1500,
      billing_reason: 'subscription_update',
    });
    expect(newestInvoice(counter)?.lines.data[0]).toMatchObject({
      parent: { subscription_item_details: { proration: true } },
    });
    expect(subscription.items.data[0]).toMatchObject({
      current_period_end: OPENS + MONTH,
      price: { unit_amount: 5000 },
    });
  });

  test('waits for the next invoice otherwise', () => {
    const { counter, change } = createSubscribed(5000);
    counter.world.advance(MONTH / 2);
    change(counter.price(2000));
    expect(counter.world.table('invoice').list()).toHaveLength(1);
    counter.world.advance(MONTH / 2 + 3600);
    expect(amountsOf(newestInvoice(counter))).toEqual([-2500, 1000, 2000]);
    expect(newestInvoice(counter)).toMatchObject({ status: 'paid', amount_paid: 500 });
  });

  test('to less at once becomes credit, which the next invoices use up', () => {
    const { counter, subscription, change } = createSubscribed(10_000);
    counter.world.advance(MONTH / 2);
    change(counter.price(1000), { proration_behavior: 'always_invoice' });
    expect(newestInvoice(counter)).toMatchObject({
      status: 'paid',
      total: -4500,
      amount_due: 0,
      ending_balance: -4500,
    });
    expect(counter.world.table('customer').get(idOf(subscription.customer)).balance).toBe(-4500);
    counter.world.advance(MONTH / 2 + 3600);
    expect(newestInvoice(counter)).toMatchObject({
      total: 1000,
      amount_due: 0,
      starting_balance: -4500,
      ending_balance: -3500,
    });
  });

  test('without proration changes what comes next alone', () => {
    const { counter, change } = createSubscribed(2000);
    counter.world.advance(MONTH / 2);
    change(counter.price(5000), { proration_behavior: 'none' });
    counter.world.advance(MONTH / 2 + 3600);
    expect(amountsOf(newestInvoice(counter))).toEqual([5000]);
  });

  test('to a year begins a year now', () => {
    const { counter, subscription, change } = createSubscribed(2000);
    counter.world.advance(MONTH / 2);
    change(counter.price(20_000, { recurring: { interval: 'year' } }));
    expect(amountsOf(newestInvoice(counter))).toEqual([-1000, 20_000]);
    expect(newestInvoice(counter)).toMatchObject({ status: 'paid', amount_paid: 19_000 });
    expect(subscription.items.data[0]).toMatchObject({
      current_period_start: OPENS + MONTH / 2,
      current_period_end: OPENS + MONTH / 2 + 365 * DAY,
    });
  });

  test('in a trial costs nothing', () => {
    const counter = createWorldFixture();
    const subscription = counter.subscribe('pm_card_visa', [counter.price(2000)], { trial_period_days: 14 });
    const items = [{ id: subscription.items.data[0]?.id ?? '', price: counter.price(5000).id }];
    counter.ask(`POST /v1/subscriptions/${subscription.id}`, { items, proration_behavior: 'always_invoice' });
    expect(subscription.status).toBe('trialing');
    counter.world.advance(14 * DAY + 3600);
    expect(amountsOf(newestInvoice(counter))).toEqual([5000]);
  });

  test('that is not paid changes nothing, if asked so', () => {
    const { counter, subscription, change } = createSubscribed(2000);
    const customer = idOf(subscription.customer);
    const bad = counter.get('payment_method', 'POST /v1/payment_methods/pm_card_chargeCustomerFail/attach', {
      customer,
    });
    counter.ask(`POST /v1/customers/${customer}`, { invoice_settings: { default_payment_method: bad.id } });
    counter.told();
    const dear = counter.price(9000);
    const asked = { proration_behavior: 'always_invoice', payment_behavior: 'error_if_incomplete' };
    expect(() => change(dear, asked)).toThrow('declined');
    const kept = counter.world.table('subscription').get(subscription.id);
    expect(kept).toMatchObject({ status: 'active', items: { data: [{ price: { unit_amount: 2000 } }] } });
    expect(counter.world.table('invoice').list()).toHaveLength(1);
    expect(counter.told()).toEqual(['product.created', 'price.created']);
  });
});

test('more seats are charged for the days that are left', () => {
  const { counter, subscription } = createSubscribed(1000);
  counter.world.advance((MONTH * 3) / 4);
  const items = [{ id: subscription.items.data[0]?.id ?? '', quantity: 5 }];
  counter.ask(`POST /v1/subscriptions/${subscription.id}`, { items, proration_behavior: 'always_invoice' });
  expect(amountsOf(newestInvoice(counter))).toEqual([-250, 1250]);
});

test('a preview is what the change then costs, and does nothing', () => {
  const { counter, subscription, change } = createSubscribed(2000);
  counter.world.advance(MONTH / 2);
  const dear = counter.price(7000);
  const items = [{ id: subscription.items.data[0]?.id ?? '', price: dear.id }];
  const before = JSON.stringify(counter.world);
  const details = { items, proration_behavior: 'always_invoice', proration_date: counter.world.now() };
  const call = 'POST /v1/invoices/create_preview';
  const preview = counter.ask(call, { subscription: subscription.id, subscription_details: details });
  expect(preview).toMatchObject({
    amount_due: 2500,
    status: 'draft',
    lines: { data: [{ amount: -1000 }, { amount: 3500 }] },
  });
  expect(JSON.stringify(counter.world) === before).toBe(true);
  counter.world.advance(60);
  change(dear, { proration_behavior: 'always_invoice', proration_date: counter.world.now() - 60 });
  expect(newestInvoice(counter)).toMatchObject({ amount_paid: 2500 });
});

test('a preview of nothing new is the next renewal', () => {
  const { counter, subscription } = createSubscribed(2000);
  const preview = counter.ask('POST /v1/invoices/create_preview', { subscription: subscription.id });
  expect(preview).toMatchObject({ amount_due: 2000, billing_reason: 'upcoming', period_end: OPENS + MONTH });
  counter.ask(`DELETE /v1/subscriptions/${subscription.id}`);
  const refused = counter.refused('POST /v1/invoices/create_preview', { subscription: subscription.id });
  expect(refused.code).toBe('invoice_upcoming_none');
});

function scheduleChange(next: (counter: WorldFixture) => Price) {
  const { counter, subscription } = createSubscribed(5000);
  const asked = { from_subscription: subscription.id };
  const schedule = counter.get('subscription_schedule', 'POST /v1/subscription_schedules', asked);
  const present = schedule.phases[0];
  counter.ask(`POST /v1/subscription_schedules/${schedule.id}`, {
    end_behavior: 'release',
    phases: [
      {
        start_date: present?.start_date ?? 0,
        end_date: present?.end_date ?? 0,
        items: [{ price: subscription.items.data[0]?.price.id ?? '', quantity: 1 }],
      },
      { items: [{ price: next(counter).id, quantity: 2 }], proration_behavior: 'none' },
    ],
  });
  return { counter, subscription, schedule };
}
const priceOf = (subscription: Subscription) => subscription.items.data[0]?.price.unit_amount;

describe('a schedule', () => {
  test('changes what is sold when the period ends, and the renewal bills the new price', () => {
    const { counter, subscription, schedule } = scheduleChange((at) => at.price(1000));
    const item = subscription.items.data[0]?.id;
    counter.world.advance(MONTH - 1);
    expect(priceOf(subscription)).toBe(5000);
    counter.world.advance(3601);
    expect(subscription.items.data[0]).toMatchObject({ id: item, quantity: 2, price: { unit_amount: 1000 } });
    expect(amountsOf(newestInvoice(counter))).toEqual([2000]);
    expect(subscription.schedule).toBe(schedule.id);
    counter.world.advance(31 * DAY);
    expect(schedule).toMatchObject({
      status: 'released',
      released_subscription: subscription.id,
      subscription: null,
    });
    expect(subscription).toMatchObject({ status: 'active', schedule: null });
  });

  test('takes no archived price, not even the one that is had', () => {
    const { counter, subscription, schedule } = scheduleChange((at) => at.price(1000));
    const had = subscription.items.data[0]?.price.id ?? '';
    counter.ask(`POST /v1/prices/${had}`, { active: false });
    const present = { start_date: OPENS, end_date: OPENS + MONTH, items: [{ price: had }] };
    const call = `POST /v1/subscription_schedules/${schedule.id}`;
    expect(counter.refused(call, { phases: [present] }).message).toContain('only accepts active prices');
  });

  test('may change the cycle too', () => {
    const { counter, subscription } = scheduleChange((at) =>
      at.price(20_000, { recurring: { interval: 'year' } }),
    );
    counter.world.advance(MONTH + 3600);
    expect(amountsOf(newestInvoice(counter))).toEqual([40_000]);
    expect(subscription.items.data[0]?.current_period_end).toBe(OPENS + MONTH + 365 * DAY);
  });

  test('that is released changes nothing more', () => {
    const { counter, subscription, schedule } = scheduleChange((at) => at.price(1000));
    counter.ask(`POST /v1/subscription_schedules/${schedule.id}/release`);
    counter.world.advance(MONTH + 3600);
    expect(priceOf(subscription)).toBe(5000);
  });

  test('keeps others from canceling past it, and is over with its subscription', () => {
    const { counter, subscription, schedule } = scheduleChange((at) => at.price(1000));
    const call = `POST /v1/subscriptions/${subscription.id}`;
    expect(counter.refused(call, { cancel_at_period_end: true }).message).toContain(
      'managed by the subscription schedule',
    );
    counter.ask(`DELETE /v1/subscriptions/${subscription.id}`);
    expect(schedule.status).toBe('canceled');
    counter.world.advance(100 * DAY);
    expect(subscription.status).toBe('canceled');
  });
});
