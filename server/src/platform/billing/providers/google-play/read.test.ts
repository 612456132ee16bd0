import { expect, test } from 'vitest';
import { readProduct } from './read-product.ts';
import { readPurchase } from './read.ts';

const lineItems = [{ productId: 'reel.basic', expiryTime: '2027-01-31T12:00:00Z' }];
const purchase = {
  subscriptionState: 'SUBSCRIPTION_STATE_ACTIVE',
  startTime: '2026-12-31T12:00:00Z',
  lineItems,
};
const sold = () => ({ product: 'reel', plan: 'basic', cycle: 'monthly' as const });
const read = (body: object) =>
  readPurchase({ kind: 'subscription', id: 'token' }, { orders: [], linked: [], ...body }, sold);

test('a purchase in a state that nobody has heard of, or of nothing, is not taken for one that was never paid', () => {
  expect(read({ purchase })).toMatchObject({ subscription: { state: 'active' } });
  for (const subscriptionState of ['SUBSCRIPTION_STATE_UNSPECIFIED', 'SUBSCRIPTION_STATE_ASLEEP', '']) {
    const unknown = { ...purchase, subscriptionState };
    expect(() => read({ purchase: unknown })).toThrow(/can't be read: purchase\.subscriptionState$/);
    expect(() => read({ purchase, linked: [{ token: 'other', purchase: unknown }] })).toThrow(
      /can't be read/,
    );
  }
  expect(() => read({ purchase: { ...purchase, lineItems: [] } })).toThrow(
    /can't be read: purchase\.lineItems$/,
  );
});

test('nor is a product', () => {
  const product = {
    productLineItem: [{ productId: 'boost' }],
    purchaseStateContext: { purchaseState: 'PURCHASE_STATE_UNSPECIFIED' },
  };
  const products = { find: () => ({ product: 'reel', addOn: 'boost' }), all: new Map() };
  expect(() => readProduct({ kind: 'payment', id: 'token' }, { product, orders: [] }, products)).toThrow(
    /can't be read: product\.purchaseStateContext\.purchaseState$/,
  );
});
