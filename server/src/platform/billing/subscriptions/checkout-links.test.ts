import { createHmac } from 'node:crypto';
import type { Catalogue } from '#platform/entitlements';
import { type AccountId, createIds, systemClock, systemRandom, type UserId } from '#platform/kernel';
import { createSecrets, newMasterKey } from '#platform/secrets';
import { expect, test } from 'vitest';
import { createCheckoutLinks } from './checkout-links.ts';

const ids = createIds({ clock: systemClock, random: systemRandom });
const buyer = { accountId: ids.next<AccountId>(), userId: ids.next<UserId>() };
const price = (monthly: number) => ({ currency: 'usd', monthly });
const demo: Catalogue = {
  product: 'demo',
  name: 'Demo',
  holds: 'both',
  limits: {},
  options: {},
  features: {},
  addOns: {
    pack: { name: 'Pack', price: { currency: 'usd', once: 900 }, limit: 'coins', credits: 50, months: 6 },
  },
  plans: {
    free: { name: 'Free', rank: 0, price: price(0), grants: {} },
    pro: { name: 'Pro', rank: 1, price: price(1_900), grants: {} },
  },
};
const keys = [newMasterKey(systemRandom), newMasterKey(systemRandom)] as const;
let now = systemClock.now();
const linksOf = (of: readonly (typeof keys)[number][], isSelling = true) =>
  createCheckoutLinks({
    catalogues: new Map([['demo', demo]]),
    secrets: createSecrets({ keys: of }),
    clock: { ...systemClock, now: () => now },
    reachedAt: () => 'https://api.example.com',
    isSelling,
  });
const tokenOf = (url: string | null | undefined) => url?.split('#')[1] ?? '';

test('a link leads to its order for an hour, under a former master key too', () => {
  const order = { ...buyer, sold: 'demo.pro' };
  const token = tokenOf(linksOf([keys[0]]).offer('demo.pro', buyer)?.checkout_url);
  const later = linksOf([keys[1], keys[0]]);
  expect(later.read(token)).toEqual(order);
  now += 3_600_000;
  expect(later.read(token)).toEqual(order);
  now += 1;
  expect(() => later.read(token)).toThrow('no longer good');
});

test('a token that was changed, or signed by another, leads nowhere', () => {
  const links = linksOf([keys[0]]);
  const token = tokenOf(links.offer('demo.pro', buyer)?.checkout_url);
  const [text = '', signature = ''] = token.split('.');
  const order = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
  const changed = Buffer.from(JSON.stringify([...order.slice(0, 2), 'demo.free', order[3]])).toString(
    'base64url',
  );
  const own = createHmac('sha256', 'a key').update(text).digest('base64url');
  expect(links.read(token)).toMatchObject(buyer);
  for (const forged of [`${changed}.${signature}`, `${text}.${own}`, `${text}.`, '.', '', 'x'])
    expect(() => links.read(forged)).toThrow('no longer good');
});

test('an offer has no link for a caller who does not buy, for a free plan and where nothing is sold', () => {
  const links = linksOf([keys[0]]);
  expect(links.offer('demo.pro', undefined)).toEqual({
    plan: 'demo.pro',
    name: 'Pro',
    price: { currency: 'usd', monthly: 1_900, yearly: null },
    checkout_url: null,
  });
  expect(links.offer('demo.free', buyer)?.checkout_url).toBeNull();
  expect(linksOf([keys[0]], false).offer('demo.pro', buyer)?.checkout_url).toBeNull();
  expect(links.offer('demo.none', buyer)).toBeUndefined();
  expect(links.offersIn({ upgrade: null, add_on: 'demo.pack' }, undefined)).toEqual({
    pack: {
      add_on: 'demo.pack',
      name: 'Pack',
      limit: 'coins',
      credits: 50,
      months: 6,
      price: { currency: 'usd', once: 900 },
      checkout_url: null,
    },
  });
});
