import { describe, expect, test } from 'vitest';
import { createWorldFixture } from '../../testing/world-fixture.ts';

const customerIn = () => {
  const counter = createWorldFixture();
  const { customer } = counter.subscribe('pm_card_visa', [counter.price(1_000)]);
  const id = typeof customer === 'string' ? customer : customer.id;
  const path = `/v1/customers/${id}/balance_transactions`;
  const move = (amount: number, more = {}) =>
    counter.get('customer_balance_transaction', `POST ${path}`, { amount, currency: 'usd', ...more });
  counter.told();
  return { counter, id, move };
};

describe('the credit of a customer', () => {
  test('is moved by hand, which is told', () => {
    const { counter, id, move } = customerIn();
    expect(move(-1_200, { metadata: { why: 'kindness' } })).toMatchObject({
      amount: -1_200,
      ending_balance: -1_200,
      type: 'adjustment',
      metadata: { why: 'kindness' },
    });
    expect(counter.told()).toEqual(['customer.updated']);
    move(200);
    expect(counter.world.table('customer').get(id).balance).toBe(-1_000);
  });

  test('of another currency than the customer pays in is refused', () => {
    const { move } = customerIn();
    expect(() => move(-100, { currency: 'eur' })).toThrow('You cannot use eur');
  });

  test('that pays for an invoice, and comes back when that is void, is listed', () => {
    const { counter, id, move } = customerIn();
    move(-700);
    const price = counter.price(1_000, { recurring: '' }).id;
    counter.ask('POST /v1/invoiceitems', { customer: id, pricing: { price } });
    const { id: invoice } = counter.get('invoice', 'POST /v1/invoices', {
      customer: id,
      pending_invoice_items_behavior: 'include',
    });
    counter.ask(`POST /v1/invoices/${invoice}/finalize`);
    counter.ask(`POST /v1/invoices/${invoice}/void`);
    const moved = counter.world.table('customer_balance_transaction').oldestFirst();
    expect([...moved].map(({ type, amount, ending_balance: end }) => [type, amount, end])).toEqual([
      ['adjustment', -700, -700],
      ['applied_to_invoice', 700, 0],
      ['unapplied_from_invoice', -700, -700],
    ]);
  });
});
