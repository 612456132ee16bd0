import { describe, expect, test } from 'vitest';
import { createWorldFixture, DAY, type WorldFixture } from '../../testing/world-fixture.ts';
import { idOf } from '../changes.ts';
import type { Invoice, Price } from '../objects.ts';

const MONTH = 28 * DAY;
const newestInvoice = ({ world }: WorldFixture): Invoice | undefined => world.table('invoice').list()[0];
const amountsOf = (invoice: Invoice | undefined): number[] =>
  invoice?.lines.data.map(({ amount }) => amount) ?? [];

type Asked = NonNullable<Parameters<WorldFixture['ask']>[1]>;

function createSubscribed(asked: Asked = {}) {
  const counter = createWorldFixture();
  const half = counter.get('coupon', 'POST /v1/coupons', { percent_off: 50, duration: 'forever' }).id;
  const discounts = [{ coupon: half }];
  const subscription = counter.subscribe(
    'pm_card_visa',
    [counter.price(2000)],
    asked['discounts'] === undefined ? {} : { discounts },
  );
  const [item] = subscription.items.data;
  const change = (price: Price, more: Asked = {}) =>
    counter.ask(`POST /v1/subscriptions/${subscription.id}`, {
      items: [{ id: item?.id ?? '', price: price.id }],
      proration_behavior: 'always_invoice',
      ...more,
    });
  return { counter, subscription, change, discounts };
}

describe('what is given back', () => {
  test('is of what was billed, and of no discount that came since', () => {
    const { counter, change, discounts } = createSubscribed();
    counter.world.advance(MONTH / 2);
    change(counter.price(5000), { discounts });
    expect(amountsOf(newestInvoice(counter))).toEqual([-1000, 1250]);
  });

  test('is less what a discount took off then, though it is gone now', () => {
    const { counter, subscription, change } = createSubscribed({ discounts: [] });
    counter.ask(`POST /v1/subscriptions/${subscription.id}`, { discounts: '' });
    counter.world.advance(MONTH / 2);
    change(counter.price(5000));
    expect(amountsOf(newestInvoice(counter))).toEqual([-500, 2500]);
  });

  test('is of the former price where a change was not charged for', () => {
    const { counter, change } = createSubscribed();
    counter.world.advance(MONTH / 4);
    change(counter.price(8000), { proration_behavior: 'none' });
    counter.world.advance(MONTH / 4);
    change(counter.price(4000));
    expect(amountsOf(newestInvoice(counter))).toEqual([-1000, 2000]);
    expect(newestInvoice(counter)?.lines.data[0]?.pricing?.unit_amount_decimal).toBe('2000');
  });

  test('is given back once, and each further change gives back the change before', () => {
    const { counter, change } = createSubscribed();
    counter.world.advance(MONTH / 2);
    change(counter.price(8000));
    expect(amountsOf(newestInvoice(counter))).toEqual([-1000, 4000]);
    counter.world.advance(MONTH / 4);
    change(counter.price(4000), { proration_behavior: 'create_prorations' });
    change(counter.price(2000), { proration_behavior: 'create_prorations' });
    counter.world.advance(MONTH / 4 + 3600);
    expect(amountsOf(newestInvoice(counter))).toEqual([-2000, 1000, -1000, 500, 2000]);
  });

  test('names the debit that it is of', () => {
    const { counter, change } = createSubscribed();
    const [first] = newestInvoice(counter)?.lines.data ?? [];
    counter.world.advance(MONTH / 2);
    change(counter.price(8000), { proration_behavior: 'create_prorations' });
    change(counter.price(9000), { proration_behavior: 'create_prorations' });
    const items = counter.world.table('invoiceitem').oldestFirst();
    expect(items.map(({ proration_details: details }) => details?.credited_items)).toEqual([
      {
        type: 'invoice_line_items',
        invoice_line_item_details: { invoice: first?.invoice, invoice_line_items: [first?.id] },
      },
      null,
      { type: 'invoice_item', invoice_item: items[1]?.id },
      null,
    ]);
  });

  test('is there again when the change that it was for is voided, and is none of an invoice that is void itself', () => {
    const { counter, subscription, change } = createSubscribed();
    const bad = { customer: idOf(subscription.customer) };
    const { id } = counter.get(
      'payment_method',
      'POST /v1/payment_methods/pm_card_chargeCustomerFail/attach',
      bad,
    );
    counter.ask(`POST /v1/customers/${bad.customer}`, { invoice_settings: { default_payment_method: id } });
    counter.world.advance(MONTH / 2);
    change(counter.price(8000), { payment_behavior: 'pending_if_incomplete' });
    expect(amountsOf(newestInvoice(counter))).toEqual([-1000, 4000]);
    change(counter.price(4000), { payment_behavior: 'pending_if_incomplete' });
    expect(amountsOf(newestInvoice(counter))).toEqual([-1000, 2000]);
    counter.ask(`POST /v1/invoices/${newestInvoice(counter)?.id ?? ''}/void`);
    expect(subscription.pending_update).toBeNull();
    counter.ask(`POST /v1/subscriptions/${subscription.id}`, { pause_collection: { behavior: 'void' } });
    counter.world.advance(MONTH);
    change(counter.price(1000), { proration_behavior: 'create_prorations' });
    const pending = counter.world
      .table('invoiceitem')
      .oldestFirst()
      .filter(({ invoice }) => invoice === null);
    expect(pending.map(({ amount }) => amount > 0)).toEqual([true]);
  });
});
