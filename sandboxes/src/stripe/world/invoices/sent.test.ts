import { describe, expect, test } from 'vitest';
import { idOf } from '../changes.ts';
import { createWorldFixture, DAY, OPENS, type WorldFixture } from '../../testing/world-fixture.ts';
import type { Settings } from '../settings.ts';

const HOUR = 3600;
const TERM = { collection_method: 'send_invoice', days_until_due: 14 };

/** A customer without a card, whose invoices are sent with a term of 14 days. */
function invoiced(more: Readonly<Record<string, string | number>> = {}, settings: Partial<Settings> = {}) {
  const shop = createWorldFixture(settings);
  const customer = shop.get('customer', 'POST /v1/customers', { email: 'ap@acme.example' });
  const items = [{ price: shop.price(2000).id }];
  const asked = { customer: customer.id, items, ...TERM, ...more };
  const subscription = shop.get('subscription', 'POST /v1/subscriptions', asked);
  return { shop, subscription, newest: () => newestOf(shop) };
}

const newestOf = ({ world }: WorldFixture) => world.table('invoice').list()[0] ?? expect.unreachable();

test('a subscription with a term is active at once; its invoice is drafted, sent an hour later and charged to no card', () => {
  const { shop, subscription, newest } = invoiced();
  expect(subscription).toMatchObject({ status: 'active', ...TERM });
  const due = OPENS + 14 * DAY;
  expect(newest()).toMatchObject({ status: 'draft', collection_method: 'send_invoice', due_date: due });
  shop.told();
  shop.world.advance(HOUR);
  expect(shop.told()).toEqual(expect.arrayContaining(['invoice.finalized', 'invoice.sent']));
  expect(newest()).toMatchObject({
    status: 'open',
    attempt_count: 0,
    next_payment_attempt: null,
    due_date: due,
  });
  expect(shop.world.table('charge').list()).toEqual([]);
});

test('each renewal sends one with the same term', () => {
  const { shop, subscription, newest } = invoiced();
  shop.world.advance(HOUR);
  shop.ask(`POST /v1/invoices/${newest().id}/pay`, { paid_out_of_band: true });
  shop.world.advance(28 * DAY);
  expect(newest()).toMatchObject({ status: 'open', billing_reason: 'subscription_cycle' });
  expect(newest().due_date).toBe(OPENS + 28 * DAY + 14 * DAY);
  expect(subscription.status).toBe('active');
});

describe('an invoice that is sent', () => {
  test('may be tried in vain on its page before it is due, and nothing follows', () => {
    const { shop, subscription, newest } = invoiced();
    shop.world.advance(HOUR);
    const card = { payment_method: 'pm_card_chargeDeclined' };
    expect(shop.refused(`POST /v1/invoices/${newest().id}/pay`, card)).toMatchObject({ status: 402 });
    expect(subscription.status).toBe('active');
    expect(newest()).toMatchObject({ status: 'open', next_payment_attempt: null });
  });

  test('is overdue from its day on, and paid late all is well again', () => {
    const { shop, subscription, newest } = invoiced();
    shop.world.advance(14 * DAY - 1);
    expect(subscription.status).toBe('active');
    shop.told();
    shop.world.advance(1);
    expect(subscription.status).toBe('past_due');
    expect(shop.told()).toEqual(['customer.subscription.updated']);
    shop.ask(`POST /v1/invoices/${newest().id}/pay`, { payment_method: 'pm_card_visa' });
    expect(subscription.status).toBe('active');
    expect(newest()).toMatchObject({ status: 'paid', amount_paid: 2000 });
  });

  test('of a longer term than a period is overdue although a newer one is not', () => {
    const { shop, subscription } = invoiced({ days_until_due: 45 });
    shop.world.advance(45 * DAY);
    expect(subscription.status).toBe('past_due');
    const [newer, older] = shop.world.table('invoice').list();
    shop.ask(`POST /v1/invoices/${newer?.id}/pay`, { paid_out_of_band: true });
    expect(subscription.status).toBe('past_due');
    shop.ask(`POST /v1/invoices/${older?.id}/pay`, { paid_out_of_band: true });
    expect(subscription.status).toBe('active');
  });

  test.each([
    ['cancel', 'canceled'],
    ['mark_unpaid', 'unpaid'],
    ['leave_past_due', 'past_due'],
  ] as const)('that is never paid ends as the settings say: %s', (afterLastRetry, status) => {
    const { shop, subscription } = invoiced({}, { afterLastRetry });
    shop.world.advance(44 * DAY - 1);
    expect(subscription.status).toBe('past_due');
    shop.world.advance(1);
    expect(subscription.status).toBe(status);
  });
});

test('a term is for invoices that are sent, which need it, and an address', () => {
  const { shop, subscription } = invoiced();
  const items = [{ price: shop.price(2000).id }];
  const nameless = shop.get('customer', 'POST /v1/customers', {});
  const call = 'POST /v1/subscriptions';
  expect(shop.refused(call, { customer: nameless.id, items, ...TERM }).message).toContain('Missing email');
  const customer = idOf(subscription.customer);
  const param = 'days_until_due';
  expect(shop.refused(call, { customer, items, collection_method: 'send_invoice' })).toMatchObject({ param });
  expect(shop.refused(call, { customer, items, days_until_due: 3 })).toMatchObject({ param });
  const changed = shop.ask(`POST /v1/subscriptions/${subscription.id}`, { days_until_due: 60 });
  expect(changed).toMatchObject({ days_until_due: 60 });
  const charged = { collection_method: 'charge_automatically' };
  expect(shop.ask(`POST /v1/subscriptions/${subscription.id}`, charged)).toMatchObject({
    ...charged,
    days_until_due: null,
  });
});

test('a price of its own is made in place', () => {
  const { shop, subscription } = invoiced();
  const { product } = subscription.items.data[0]?.price ?? {};
  const price_data = {
    currency: 'usd',
    product: idOf(product ?? ''),
    unit_amount: 900,
    recurring: { interval: 'year' },
  };
  const own = shop.get('subscription', 'POST /v1/subscriptions', {
    customer: idOf(subscription.customer),
    items: [{ price_data, quantity: 3 }],
    ...TERM,
  });
  expect(own.items.data[0]).toMatchObject({
    quantity: 3,
    price: { unit_amount: 900, active: false, product },
  });
});
