import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Body } from '../../../payment-provider.ts';
import { read } from '../read.ts';
import { invoice, line, price } from '@plinth/testkit/fixtures/billing/bodies';

const ref = { kind: 'invoice', id: 'in_1' } as const;
const seconds = (n: number) => new Date(n * 1_000);
const readInvoice = (more: Body = {}) => read(ref, invoice(more)).invoice;
const pricedLine = (product: string, charged: Body): Body =>
  line({
    pricing: {
      unit_amount_decimal: '0.02',
      price_details: { product, price: price({ product, ...charged }) },
    },
  });
const plainLine = (parent: Body, end = 200): Body =>
  line({
    parent,
    period: { start: 100, end },
    pricing: {
      unit_amount_decimal: '1',
      price_details: { price: 'price_1', product: 'plinth_reel_pro' },
    },
  });

describe('an invoice', () => {
  test('says what was charged last, that nothing was, and when one that is sent is due', () => {
    const withCharge = (latest_charge: string | null) =>
      readInvoice({ payments: { data: [{ payment: { payment_intent: { id: 'pi_1', latest_charge } } }] } });
    expect(withCharge(null)?.lastCharge).toBeNull();
    expect(withCharge('ch_1')?.lastCharge).toBe('ch_1');
    expect(readInvoice({ payments: null })?.lastCharge).toBeNull();
    expect(readInvoice()?.dueAt).toBeNull();
    expect(readInvoice({ due_date: 300 })?.dueAt).toEqual(seconds(300));
  });

  test('of which credit notes took all before it was paid was not paid, unless a subscription lives by it', () => {
    const withCreditNotes = (pre_payment_credit_notes_amount: number, parent: Body | null = null) =>
      readInvoice({ amount_paid: 0, pre_payment_credit_notes_amount, parent });
    expect(withCreditNotes(3_995)).toMatchObject({ state: 'void', paidAt: null });
    expect(withCreditNotes(3_994)).toMatchObject({ state: 'paid', paidAt: seconds(120) });
    expect(withCreditNotes(3_995, { subscription_details: { subscription: 'sub_1' } })?.state).toBe('paid');
    expect(readInvoice({ total: 0, pre_payment_credit_notes_amount: 0, parent: null })?.state).toBe('paid');
  });

  test('leads to its customer, its subscription and its payments', () => {
    expect(read(ref, invoice()).also).toEqual([
      { kind: 'customer', id: 'cus_1' },
      { kind: 'subscription', id: 'sub_1' },
      { kind: 'payment', id: 'pi_1' },
    ]);
    expect(readInvoice()).toMatchObject({
      state: 'paid',
      issuedAt: seconds(110),
      paidAt: seconds(120),
      subscription: 'sub_1',
    });
  });

  test('tells a plan from an add-on and from units past a limit by how their prices are charged', () => {
    const data = [
      pricedLine('plinth_reel_pro', {}),
      pricedLine('plinth_reel_pro_boost', { type: 'one_time', recurring: null }),
      pricedLine('plinth_gateway_overage-calls', { recurring: { interval: 'month', usage_type: 'metered' } }),
      pricedLine('plinth_reel_pro', { recurring: { interval: 'year', usage_type: 'licensed' } }),
    ];
    const lines = readInvoice({ lines: { data } })?.lines.map(({ product, plan, addOn, overage, cycle }) => [
      product,
      plan ?? addOn ?? overage,
      cycle,
    ]);
    expect(lines).toEqual([
      ['reel', 'pro', 'monthly'],
      ['reel', 'pro_boost', null],
      ['gateway', 'calls', null],
      ['reel', 'pro', 'yearly'],
    ]);
  });

  test('whose prices were not told is read by what it is an invoice of', () => {
    const data = [
      plainLine({ subscription_item_details: { proration: false } }),
      plainLine({ subscription_item_details: { proration: false } }, 100 + 365 * 86_400),
      plainLine({ invoice_item_details: { proration: true, subscription: 'sub_1' } }),
      plainLine({ invoice_item_details: { proration: false, subscription: null } }),
    ];
    expect(
      readInvoice({ lines: { data } })?.lines.map(({ plan, addOn, cycle, proration }) => [
        plan ?? addOn,
        cycle,
        proration,
      ]),
    ).toEqual([
      ['pro', 'monthly', false],
      ['pro', 'yearly', false],
      ['pro', 'monthly', true],
      ['pro', null, false],
    ]);
  });

  test('of nothing that we sell is foreign, and lines of others are left out', () => {
    const other = line({
      pricing: { unit_amount_decimal: '1', price_details: { price: 'price_9', product: 'prod_9' } },
    });
    expect(read(ref, invoice({ lines: { data: [other] } })).foreign).toBe(true);
    expect(read(ref, invoice({ lines: { data: [line({ pricing: null })] } })).foreign).toBe(true);
    expect(readInvoice({ lines: { data: [other, line()] } })?.lines).toHaveLength(1);
  });

  test('adds up, whether taxes come on top or are in the price', () => {
    const amount = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(
      fc.property(fc.tuple(amount, amount, amount), fc.boolean(), ([net, discount, tax], isIncluded) => {
        const tax_behavior = isIncluded ? 'inclusive' : 'exclusive';
        const of = line({
          amount: net + discount + (isIncluded ? tax : 0),
          discount_amounts: [{ amount: discount }],
          taxes: [{ amount: tax, tax_behavior }],
        });
        const facts = readInvoice({
          total: net + tax,
          total_discount_amounts: [{ amount: discount }],
          total_taxes: [{ amount: tax }],
          lines: { data: [of] },
        });
        const [only] = facts?.lines ?? [];
        expect(facts?.subtotal).toBe(net + discount);
        expect(only).toMatchObject({ amount: net + discount, discount, tax });
      }),
      { numRuns: 50 },
    );
  });
});
