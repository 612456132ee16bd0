import { describe, expect, test } from 'vitest';
import { type WorldFixture, createWorldFixture, DAY } from '../../testing/world-fixture.ts';
import type { Invoice } from '../objects.ts';

const newestInvoice = ({ world }: WorldFixture): Invoice | undefined => world.table('invoice').list()[0];
const MONTH = 28 * DAY + 3600;

describe('a coupon', () => {
  test.each([
    [{ percent_off: 25, duration: 'once' }, [1500, 2000, 2000]],
    [{ percent_off: 25, duration: 'forever' }, [1500, 1500, 1500]],
    [{ percent_off: 50, duration: 'repeating', duration_in_months: 1 }, [1000, 2000, 2000]],
    [{ amount_off: 700, currency: 'usd', duration: 'repeating', duration_in_months: 2 }, [1300, 1300, 2000]],
    [{ amount_off: 9900, currency: 'usd', duration: 'once' }, [0, 2000, 2000]],
  ])('of %j makes the months cost %j', (coupon, totals) => {
    const counter = createWorldFixture();
    const made = counter.get('coupon', 'POST /v1/coupons', coupon);
    counter.subscribe('pm_card_visa', [counter.price(2000)], { discounts: [{ coupon: made.id }] });
    const paid = [newestInvoice(counter)?.total];
    for (const days of [28, 31]) {
      counter.world.advance(days * DAY + (days === 28 ? 3600 : 0));
      paid.push(newestInvoice(counter)?.total);
    }
    expect(paid).toEqual(totals);
    expect(made.times_redeemed).toBe(1);
  });

  test('of once is used up by an invoice that waits for its payment', () => {
    const counter = createWorldFixture();
    const coupon = counter.get('coupon', 'POST /v1/coupons', { percent_off: 25, duration: 'once' });
    const asked = { discounts: [{ coupon: coupon.id }], payment_behavior: 'default_incomplete' };
    const subscription = counter.subscribe('pm_card_visa', [counter.price(2000)], asked);
    expect(subscription.status).toBe('incomplete');
    counter.ask(`POST /v1/invoices/${newestInvoice(counter)?.id}/pay`);
    expect(newestInvoice(counter)).toMatchObject({ amount_paid: 1500, status: 'paid' });
    counter.world.advance(MONTH);
    expect(newestInvoice(counter)).toMatchObject({ amount_paid: 2000 });
  });

  test('is redeemed by its code, in any case, as often as it allows', () => {
    const counter = createWorldFixture();
    const coupon = counter.get('coupon', 'POST /v1/coupons', { percent_off: 10, duration: 'once' });
    const asked = { promotion: { type: 'coupon', coupon: coupon.id }, code: 'Spring', max_redemptions: 1 };
    const code = counter.get('promotion_code', 'POST /v1/promotion_codes', asked);
    expect(counter.ask('GET /v1/promotion_codes', { code: 'SPRING' })).toMatchObject({
      data: [{ id: code.id }],
    });
    const discounts = [{ promotion_code: code.id }];
    counter.subscribe('pm_card_visa', [counter.price(1000)], { discounts });
    expect(newestInvoice(counter)).toMatchObject({ total: 900, total_discount_amounts: [{ amount: 100 }] });
    expect(() => counter.subscribe('pm_card_visa', [counter.price(1000)], { discounts })).toThrow('used up');
  });

  test('of an amount is spread over the lines to the last cent', () => {
    const counter = createWorldFixture();
    const coupon = counter.get('coupon', 'POST /v1/coupons', {
      amount_off: 100,
      currency: 'usd',
      duration: 'once',
    });
    const prices = [counter.price(333), counter.price(333), counter.price(334)];
    counter.subscribe('pm_card_visa', prices, { discounts: [{ coupon: coupon.id }] });
    const off = newestInvoice(counter)?.lines.data.map((line) => line.discount_amounts?.[0]?.amount);
    expect(off).toEqual([33, 33, 34]);
  });
});

test('automatic tax comes on top, after discounts, and each line says its part', () => {
  const counter = createWorldFixture();
  const coupon = counter.get('coupon', 'POST /v1/coupons', { percent_off: 50, duration: 'forever' });
  const asked = { automatic_tax: { enabled: true }, discounts: [{ coupon: coupon.id }] };
  counter.subscribe('pm_card_visa', [counter.price(2000)], asked);
  expect(newestInvoice(counter)).toMatchObject({
    subtotal: 2000,
    total_excluding_tax: 1000,
    total: 1190,
    amount_paid: 1190,
    automatic_tax: { enabled: true, status: 'complete' },
    total_taxes: [{ amount: 190, tax_behavior: 'exclusive' }],
    lines: {
      data: [
        {
          amount: 2000,
          discount_amounts: [{ amount: 1000 }],
          taxes: [{ amount: 190, taxable_amount: 1000 }],
        },
      ],
    },
  });
});

test('a tax that is inside the price is told, and not added', () => {
  const counter = createWorldFixture();
  const asked = { display_name: 'VAT', percentage: 25, inclusive: true };
  const rate = counter.get('tax_rate', 'POST /v1/tax_rates', asked);
  counter.subscribe('pm_card_visa', [counter.price(2000)], { default_tax_rates: [rate.id] });
  expect(newestInvoice(counter)).toMatchObject({
    total: 2000,
    total_excluding_tax: 1600,
    total_taxes: [{ amount: 400 }],
  });
});

describe('a price', () => {
  test('takes the lookup key of another when it may, and else is refused', () => {
    const counter = createWorldFixture();
    const old = counter.price(1000, { lookup_key: 'plan' });
    expect(() => counter.price(1200, { lookup_key: 'plan' })).toThrow('already uses that lookup key');
    const dearer = counter.price(1200, { lookup_key: 'plan', transfer_lookup_key: true });
    expect([old.lookup_key, dearer.lookup_key]).toEqual([null, 'plan']);
    expect(counter.ask('GET /v1/prices', { lookup_keys: ['plan'] })).toMatchObject({
      data: [{ id: dearer.id }],
    });
    expect(counter.told()).toContain('price.updated');
  });

  test('that is inactive is not sold', () => {
    const counter = createWorldFixture();
    const price = counter.price(1000);
    counter.ask(`POST /v1/prices/${price.id}`, { active: false });
    expect(() => counter.subscribe('pm_card_visa', [price])).toThrow('inactive');
  });

  test('of parts of a cent is counted exactly', () => {
    const counter = createWorldFixture();
    const price = counter.price(0, { unit_amount_decimal: '0.05' });
    counter.subscribe('pm_card_visa', [price], { items: [{ price: price.id, quantity: 1010 }] });
    expect(newestInvoice(counter)?.total).toBe(51);
  });
});

test('a renewal counts the days of each month', () => {
  const counter = createWorldFixture();
  counter.subscribe('pm_card_visa', [counter.price(2000)]);
  counter.world.advance(MONTH);
  expect(newestInvoice(counter)).toMatchObject({
    number: expect.stringMatching(/-0002$/),
    amount_paid: 2000,
  });
});
