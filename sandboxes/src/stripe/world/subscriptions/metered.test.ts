import { describe, expect, test } from 'vitest';
import { idOf } from '../changes.ts';
import { type WorldFixture, createWorldFixture, DAY, OPENS } from '../../testing/world-fixture.ts';
import type { Invoice, Subscription } from '../objects.ts';

const MONTH = 28 * DAY;
const newestInvoice = ({ world }: WorldFixture): Invoice | undefined => world.table('invoice').list()[0];
const amountsOf = (invoice: Invoice | undefined): number[] =>
  invoice?.lines.data.map(({ amount }) => amount) ?? [];
const periodsOf = ({ items }: Subscription) => items.data.map((item) => item.current_period_end);

function createMetered(asked: Parameters<WorldFixture['ask']>[1] = {}, interval = 'month') {
  const counter = createWorldFixture();
  const meter = counter.get('billing.meter', 'POST /v1/billing/meters', {
    display_name: 'Calls',
    event_name: 'calls',
    default_aggregation: { formula: 'sum' },
  });
  const recurring = { interval: 'month', usage_type: 'metered', meter: meter.id };
  const product = counter.get('product', 'POST /v1/products', { name: 'Calls' }).id;
  const rate = counter.get('price', 'POST /v1/prices', {
    currency: 'usd',
    unit_amount_decimal: '0.25',
    product,
    recurring,
  });
  const subscription = counter.subscribe(
    'pm_card_visa',
    [counter.price(2000, { recurring: { interval } }), rate],
    asked,
  );
  const use = (value: number, identifier: string, more = {}) => ({
    event_name: 'calls',
    payload: { stripe_customer_id: idOf(subscription.customer), value },
    identifier,
    ...more,
  });
  return { counter, subscription, use };
}

describe('what is used', () => {
  test('is billed when its period ends, with the hour that a draft waits', () => {
    const { counter, use } = createMetered();
    counter.ask('POST /v1/billing/meter_events', use(1000, 'a'));
    counter.world.advance(MONTH - 10);
    counter.ask('POST /v1/billing/meter_events', use(21, 'b'));
    counter.world.advance(20);
    counter.ask('POST /v1/billing/meter_events', use(7, 'c'));
    counter.world.advance(3600);
    expect(amountsOf(newestInvoice(counter))).toEqual([255, 2000]);
    counter.world.advance(31 * DAY);
    expect(amountsOf(newestInvoice(counter))).toEqual([2, 2000]);
  });

  test('is counted once by its identifier, for a day', () => {
    const { counter, use } = createMetered();
    counter.ask('POST /v1/billing/meter_events', use(5, 'a'));
    expect(counter.refused('POST /v1/billing/meter_events', use(5, 'a')).code).toBe('duplicate_meter_event');
    counter.world.advance(DAY);
    counter.ask('POST /v1/billing/meter_events', use(5, 'a'));
    expect(counter.world.usage).toHaveLength(2);
  });

  test('in a trial is not billed', () => {
    const { counter, use } = createMetered({ trial_period_days: 7 });
    counter.ask('POST /v1/billing/meter_events', use(1000, 'a'));
    counter.world.advance(7 * DAY + 10);
    counter.ask('POST /v1/billing/meter_events', use(8, 'b'));
    counter.world.advance(29 * DAY);
    const totals = counter.world.table('invoice').oldestFirst();
    expect(totals.map(({ total }) => total)).toEqual([0, 2000, 2002]);
  });

  test('long ago, or tomorrow, is refused', () => {
    const { counter, use } = createMetered();
    for (const timestamp of [OPENS - 36 * DAY, OPENS + 400]) {
      const refused = counter.refused(
        'POST /v1/billing/meter_events',
        use(5, `t${timestamp}`, { timestamp }),
      );
      expect(refused.param).toBe('timestamp');
    }
  });

  test('is billed when it is sold no more, and not again', () => {
    const { counter, subscription, use } = createMetered();
    const [plan, calls] = subscription.items.data;
    counter.ask('POST /v1/billing/meter_events', use(1000, 'a'));
    counter.world.advance(DAY);
    const dearer = { price: calls?.price.id ?? '' };
    const items = [{ id: calls?.id ?? '', deleted: true }];
    counter.ask(`POST /v1/subscriptions/${subscription.id}`, { items });
    counter.ask(`POST /v1/subscriptions/${subscription.id}`, { items: [dearer] });
    counter.ask('POST /v1/billing/meter_events', use(40, 'b'));
    expect(subscription.items.data[0]?.id).toBe(plan?.id);
    counter.world.advance(MONTH - DAY + 3600);
    expect(amountsOf(newestInvoice(counter))).toEqual([250, 10, 2000]);
  });

  test('of what a schedule sells no more is billed', () => {
    const { counter, subscription, use } = createMetered();
    const asked = { from_subscription: subscription.id };
    const { id, phases } = counter.get('subscription_schedule', 'POST /v1/subscription_schedules', asked);
    counter.ask('POST /v1/billing/meter_events', use(1000, 'a'));
    const sold = subscription.items.data.map(({ price }) => ({ price: price.id }));
    const present = { start_date: OPENS, end_date: phases[0]?.end_date ?? 0, items: sold };
    const next = { items: sold.slice(0, 1), proration_behavior: 'none' };
    counter.ask(`POST /v1/subscription_schedules/${id}`, { phases: [present, next] });
    counter.world.advance(MONTH + 3600);
    expect(subscription.items.data).toHaveLength(1);
    expect(amountsOf(newestInvoice(counter))).toEqual([250, 2000]);
  });

  test('is billed when the subscription ends with its period', () => {
    const { counter, subscription, use } = createMetered();
    counter.ask('POST /v1/billing/meter_events', use(1000, 'a'));
    counter.ask(`POST /v1/subscriptions/${subscription.id}`, { cancel_at_period_end: true });
    counter.world.advance(MONTH + 3600);
    expect(subscription.status).toBe('canceled');
    expect(newestInvoice(counter)).toMatchObject({ status: 'paid', amount_paid: 250 });
  });
});

describe('what is used past a plan that is paid by the year', () => {
  test('has an invoice of its own each month, and is on that of the plan once a year', () => {
    const { counter, use } = createMetered({}, 'year');
    for (let month = 1; month <= 14; month += 1) {
      counter.ask('POST /v1/billing/meter_events', use(100 * month, `m${month}`));
      // 31 January, 28 February, 31 March.
      counter.world.advanceTo(Date.UTC(2026, month + 1, 0, 13) / 1000);
    }
    const invoices = counter.world.table('invoice').oldestFirst();
    const months = Array.from({ length: 14 }, (_, index) => [25 * (index + 1)]);
    expect(invoices.map(amountsOf)).toEqual([
      [2000],
      ...months.slice(0, 11),
      [300, 2000],
      ...months.slice(12),
    ]);
    expect(invoices.every(({ status }) => status === 'paid')).toBe(true);
  });

  test('begins when it is added, and ends with the month of the plan', () => {
    const { counter, subscription, use } = createMetered({}, 'year');
    const [, calls] = subscription.items.data;
    const call = `POST /v1/subscriptions/${subscription.id}`;
    counter.ask(call, { items: [{ id: calls?.id ?? '', deleted: true }] });
    counter.world.advance(40 * DAY);
    counter.ask('POST /v1/billing/meter_events', use(1000, 'a'));
    counter.world.advance(1);
    counter.ask(call, { items: [{ price: calls?.price.id ?? '' }] });
    counter.ask('POST /v1/billing/meter_events', use(40, 'b'));
    expect(periodsOf(subscription)).toEqual([OPENS + 365 * DAY, OPENS + MONTH + 31 * DAY]);
    counter.world.advance(20 * DAY);
    expect(amountsOf(newestInvoice(counter))).toEqual([10]);
  });

  test('is billed to the end: with the year where that is asked for, else with the month', () => {
    const { counter, subscription, use } = createMetered({}, 'year');
    const call = `POST /v1/subscriptions/${subscription.id}`;
    counter.ask(call, { cancel_at_period_end: true });
    expect(subscription.cancel_at).toBe(OPENS + MONTH);
    counter.ask(call, { cancel_at: 'max_period_end' });
    expect(subscription).toMatchObject({ cancel_at: OPENS + 365 * DAY, cancel_at_period_end: false });
    counter.world.advance(365 * DAY - (31 * DAY) / 2);
    counter.ask('POST /v1/billing/meter_events', use(400, 'a'));
    counter.world.advance(31 * DAY);
    expect(subscription.status).toBe('canceled');
    expect(amountsOf(newestInvoice(counter))).toEqual([100]);
    expect(counter.world.table('invoice').list()).toHaveLength(13);
  });

  test('is billed once where the plan comes to be paid by the month, and by the year again', () => {
    const { counter, subscription, use } = createMetered({}, 'year');
    const call = `POST /v1/subscriptions/${subscription.id}`;
    const id = subscription.items.data[0]?.id ?? '';
    counter.world.advance(40 * DAY);
    counter.ask('POST /v1/billing/meter_events', use(400, 'a'));
    counter.world.advance(1);
    counter.ask(call, { items: [{ id, price: counter.price(300).id }] });
    expect(amountsOf(newestInvoice(counter)).toSorted((one, other) => one - other)).toEqual([
      -1781, 100, 300,
    ]);
    expect(new Set(periodsOf(subscription)).size).toBe(1);
    counter.ask('POST /v1/billing/meter_events', use(800, 'b'));
    counter.world.advance(1);
    counter.ask(call, {
      items: [{ id, price: counter.price(2000, { recurring: { interval: 'year' } }).id }],
    });
    expect(amountsOf(newestInvoice(counter)).toSorted((one, other) => one - other)).toEqual([
      -300, 200, 2000,
    ]);
    counter.world.advance(32 * DAY);
    expect(amountsOf(newestInvoice(counter))).toEqual([0]);
  });
});
