import { describe, expect, test } from 'vitest';
import { createWorldFixture, DAY, OPENS } from '../testing/world-fixture.ts';
import { idOf } from './changes.ts';

/** A shop with one subscriber, and with something of each kind that can be named wrongly. */
function shop() {
  const counter = createWorldFixture();
  const price = counter.price(2_000);
  const subscription = counter.subscribe('pm_card_visa', [price]);
  const item = subscription.items.data[0]?.id ?? '';
  const { id: product } = counter.get('product', 'POST /v1/products', { name: 'Reel Pro' });
  const meter = counter.get('billing.meter', 'POST /v1/billing/meters', {
    display_name: 'Calls',
    event_name: 'calls',
    default_aggregation: { formula: 'sum' },
  });
  const code = (coupon: Record<string, string | number>, more = {}) => {
    const made = counter.get('coupon', 'POST /v1/coupons', { duration: 'once', ...coupon });
    const promotion = { type: 'coupon', coupon: made.id };
    return counter.get('promotion_code', 'POST /v1/promotion_codes', { promotion, ...more }).id;
  };
  const schedule = () =>
    counter.get('subscription_schedule', 'POST /v1/subscription_schedules', {
      from_subscription: subscription.id,
    });
  const present = { start_date: OPENS, end_date: OPENS + 28 * DAY, items: [{ price: price.id }] };
  return { counter, subscription, item, price, product, meter, code, schedule, present };
}

type Shop = ReturnType<typeof shop>;
type RefusalInput = Parameters<Shop['counter']['refused']>;

const createPriceCall = ({ product }: Shop, more: object): RefusalInput => [
  'POST /v1/prices',
  { product, currency: 'usd', unit_amount: 100, ...more },
];
const changeCall = ({ subscription: { id } }: Shop, more: object): RefusalInput => [
  `POST /v1/subscriptions/${id}`,
  { ...more },
];
const meterEventCall = (_shop: Shop, more: object): RefusalInput => [
  'POST /v1/billing/meter_events',
  { event_name: 'calls', payload: { stripe_customer_id: 'cus_1', value: '1' }, ...more },
];
const scheduleCall = ({ schedule, present }: Shop, first: object, next?: object): RefusalInput => [
  `POST /v1/subscription_schedules/${schedule().id}`,
  { phases: [{ ...present, ...first }, ...(next === undefined ? [] : [{ ...next }])] },
];
const previewCall = ({ subscription: { id: subscription }, item }: Shop, more: object): RefusalInput => [
  'POST /v1/invoices/create_preview',
  { subscription, subscription_details: { items: [{ id: item, quantity: 2 }], ...more } },
];
const redeemCall = (of: Shop, promotion_code: string) => changeCall(of, { discounts: [{ promotion_code }] });
const many = Object.fromEntries(Array.from({ length: 51 }, (_, nth) => [`k${nth}`, '1']));

const REFUSED: readonly (readonly [string, (of: Shop) => RefusalInput, object])[] = [
  ['51 notes', () => ['POST /v1/customers', { metadata: many }], { param: 'metadata' }],
  ['a long name of a note', () => ['POST /v1/customers', { metadata: { ['k'.repeat(41)]: '1' } }], {}],
  ['a long note', () => ['POST /v1/customers', { metadata: { k: 'x'.repeat(501) } }], { param: 'metadata' }],
  ['a long name', () => ['POST /v1/customers', { name: 'x'.repeat(257) }], { param: 'name' }],
  ['a long text', (of) => createPriceCall(of, { nickname: 'x'.repeat(5_001) }), { param: 'nickname' }],
  ['an empty text', () => ['GET /v1/invoices', { customer: '' }], { code: 'parameter_invalid_empty' }],
  [
    'a long lookup key',
    (of) => createPriceCall(of, { lookup_key: 'x'.repeat(201) }),
    { param: 'lookup_key' },
  ],
  [
    'an amount in two ways',
    (of) => createPriceCall(of, { unit_amount_decimal: '1.5' }),
    { code: 'parameters_exclusive' },
  ],
  ['an amount below 0', (of) => createPriceCall(of, { unit_amount: -1 }), { param: 'unit_amount' }],
  [
    'a last digit of dinars',
    (of) => createPriceCall(of, { currency: 'kwd', unit_amount: 1_005 }),
    { param: 'unit_amount' },
  ],
  [
    'cents of krónur',
    (of) => createPriceCall(of, { currency: 'isk', unit_amount: 550 }),
    { param: 'unit_amount' },
  ],
  [
    'a tax that was said already',
    ({ price }) => {
      price.tax_behavior = 'exclusive';
      return [`POST /v1/prices/${price.id}`, { tax_behavior: 'inclusive' }];
    },
    { param: 'tax_behavior' },
  ],
  [
    'to archive the price that a product is sold at',
    ({ counter, price }) => {
      counter.ask(`POST /v1/products/${idOf(price.product)}`, { default_price: price.id });
      return [`POST /v1/prices/${price.id}`, { active: false }];
    },
    {},
  ],
  [
    'a price by a meter that is off',
    (of) => {
      of.counter.ask(`POST /v1/billing/meters/${of.meter.id}/deactivate`);
      return createPriceCall(of, {
        recurring: { interval: 'month', usage_type: 'metered', meter: of.meter.id },
      });
    },
    { param: 'recurring[meter]' },
  ],
  ['a long identifier', (of) => meterEventCall(of, { identifier: 'x'.repeat(101) }), { param: 'identifier' }],
  [
    '16 digits of use',
    (of) => meterEventCall(of, { payload: { stripe_customer_id: 'cus_1', value: '1'.repeat(16) } }),
    {},
  ],
  [
    'an end in two ways',
    (of) => changeCall(of, { cancel_at_period_end: true, cancel_at: OPENS + DAY }),
    { code: 'parameters_exclusive' },
  ],
  [
    'a change of what has ended',
    (of) => {
      of.counter.ask(`DELETE /v1/subscriptions/${of.subscription.id}`);
      return changeCall(of, { pause_collection: { behavior: 'void' } });
    },
    { code: 'invalid_canceled_subscription_fields' },
  ],
  [
    'a change prorated before the period',
    (of) => changeCall(of, { items: [{ id: of.item, quantity: 2 }], proration_date: OPENS - 1 }),
    { param: 'proration_date' },
  ],
  [
    'a preview prorated before the period',
    (of) => previewCall(of, { proration_date: OPENS - 1 }),
    { param: 'subscription_details[proration_date]' },
  ],
  [
    'a preview prorated, and not',
    (of) => previewCall(of, { proration_date: OPENS, proration_behavior: 'none' }),
    {},
  ],
  [
    'a trial of more than two years',
    (of) => [
      'POST /v1/subscriptions',
      { customer: idOf(of.subscription.customer), items: [{ price: of.price.id }], trial_period_days: 731 },
    ],
    { param: 'trial_period_days' },
  ],
  [
    'a code of another customer',
    (of) => {
      const { id: customer } = of.counter.get('customer', 'POST /v1/customers');
      return redeemCall(of, of.code({ percent_off: 10 }, { customer }));
    },
    { param: 'discounts[0][promotion_code]' },
  ],
  [
    'a code for a first purchase',
    (of) => redeemCall(of, of.code({ percent_off: 10 }, { restrictions: { first_time_transaction: true } })),
    { param: 'discounts[0][promotion_code]' },
  ],
  [
    'euros off dollars',
    (of) => redeemCall(of, of.code({ amount_off: 100, currency: 'eur' })),
    { param: 'discounts[0][promotion_code]' },
  ],
  [
    'a first phase that begins some time',
    ({ schedule, present }) => [
      `POST /v1/subscription_schedules/${schedule().id}`,
      { phases: [{ items: present.items, end_date: present.end_date }] },
    ],
    { param: 'phases[0][start_date]' },
  ],
  [
    'a phase that ends in two ways',
    (of) => scheduleCall(of, { duration: { interval: 'month' } }),
    { code: 'parameters_exclusive' },
  ],
  [
    'a trial past its phase',
    (of) => scheduleCall(of, { trial_end: OPENS + 29 * DAY }),
    { param: 'phases[0][trial_end]' },
  ],
  [
    'a phase in another currency',
    (of) => scheduleCall(of, {}, { items: [{ price: of.counter.price(100, { currency: 'eur' }).id }] }),
    {},
  ],
  [
    'a phase of one price twice',
    (of) => scheduleCall(of, {}, { items: [{ price: of.price.id }, { price: of.price.id }] }),
    {},
  ],
  [
    'a phase of what is paid once',
    (of) => scheduleCall(of, {}, { items: [{ price: of.counter.price(100, { recurring: '' }).id }] }),
    {},
  ],
];

describe('what Stripe refuses', () => {
  test.each(REFUSED)('%s', (_what, asking, error) => {
    const of = shop();
    const [call, params] = asking(of);
    expect(of.counter.refused(call, params)).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      ...error,
    });
  });
});
