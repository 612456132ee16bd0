import { type Catalogue, UNLIMITED } from '#platform/entitlements';
import { plainBrand, renderPage } from '#platform/http';
import type { Micros } from '#platform/kernel';
import { expect, test } from 'vitest';
import { priceListOf } from './price-list.ts';
import { pricePage } from './price-page.ts';

const catalogue: Catalogue = {
  product: 'shop',
  name: 'Shop <b>',
  holds: 'both',
  limits: {
    summaries: { kind: 'quota', by: 'account', per: 'month' },
    hourly: { kind: 'burst', by: 'account', per: 'hour' },
    retry_cooldown: { kind: 'cooldown', by: 'account' },
    storage_bytes: { kind: 'gauge', by: 'account', unit: 'bytes' },
    seats: { kind: 'seats', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
    daily_cost: { kind: 'budget', by: 'account', per: 'day' },
    calls: { kind: 'rate', by: 'account' },
  },
  options: { own_logo: 'boolean', support: 'boolean' },
  features: {},
  addOns: {
    boost: {
      name: 'Boost',
      price: { currency: 'usd', once: 500, also: { jpy: { once: 800 } } },
      days: 30,
      lifts: 'team',
    },
    hundred: {
      name: 'Hundred',
      price: { currency: 'usd', once: 900, also: { jpy: { once: 1_400 } } },
      limit: 'summaries',
      credits: 100,
      months: 6,
    },
  },
  plans: {
    team: {
      name: 'Team & Co',
      rank: 1,
      price: { currency: 'usd', monthly: 995, yearly: 9_900, also: { jpy: { monthly: 1_500 } } },
      trialDays: 14,
      perSeat: ['seats'],
      overage: [{ limit: 'summaries', micros: 2_500 as Micros }],
      grants: {
        summaries: 1_000,
        hourly: 1,
        retry_cooldown: 1,
        storage_bytes: 1_500_000_000,
        seats: 3,
        at_once: 2,
        daily_cost: 5_000_000,
        calls: 60,
        own_logo: true,
        support: false,
      },
    },
    inner: {
      name: 'Inner',
      rank: 9,
      price: { currency: 'usd', monthly: 0 },
      grants: { summaries: UNLIMITED },
      hidden: true,
    },
  },
};

const page = pricePage({ key: 'shop', name: catalogue.name }, priceListOf([catalogue]));
const { html } = renderPage(page, {
  ...plainBrand('Acme'),
  productName: catalogue.name,
  signUp: 'https://acme.example/join?a=1',
});
const lines = html
  .slice(html.indexOf('<h1>'))
  .split('\n')
  .map((line) => line.replaceAll(/<[^>]*>/g, '').trim())
  .filter((line) => line !== '');

test('a page of prices says in words what each plan is, has and costs, and nothing of hidden plans, rates and model cost', () => {
  expect(lines).toEqual([
    'Prices',
    'Shop &lt;b&gt;',
    'Team &amp; Co',
    '$9.95 a seat a month',
    'or $99 a seat a year',
    'also ¥1,500 a seat a month',
    '14 days to try it',
    'Summaries: 1,000 a month, then $0.0025 each',
    '1 an hour at most',
    'Retry: 1 second between two',
    'Storage: 1.5 GB',
    'Seats: 3 a seat at once',
    '2 at once',
    'Own logo',
    'Choose Team &amp; Co',
    'Add-ons',
    'Boost $5 or ¥800 for 30 days, with all of Team &amp; Co',
    'Hundred $9 or ¥1,400 for 100 Summaries, to use within 6 months',
  ]);
  expect(html).toContain('href="https://acme.example/join?a=1&amp;plan=shop.team"');
});

/** How the page writes a month's price and the price of one more, by their amounts at the provider. */
function written(currency: string, monthly: number, overage: number) {
  const plan = catalogue.plans['team'];
  if (plan === undefined) throw new Error('there is no such plan');
  const team = {
    ...plan,
    price: { currency, monthly },
    overage: [{ limit: 'summaries', micros: overage as Micros }],
  };
  const sold = { ...catalogue, addOns: {}, plans: { team } };
  const shown = pricePage({ key: 'shop', name: 'Shop' }, priceListOf([sold]));
  const text = renderPage(shown, plainBrand('Acme'))
    .html.replaceAll(/<[^>]*>/g, '')
    .replaceAll('\u00a0', ' ');
  return [/^.* a seat a month$/m, /then .* each$/m].map((line) => line.exec(text)?.[0]);
}

test('amounts are in the minor units of payment providers, of which Intl has others', () => {
  expect(written('isk', 150_000, 2_000_000)).toEqual(['ISK 1,500 a seat a month', 'then ISK 2 each']);
  expect(written('jpy', 1_500, 2_000_000)).toEqual(['¥1,500 a seat a month', 'then ¥2 each']);
  expect(written('kwd', 1_500, 20_000)).toEqual(['KWD 1.500 a seat a month', 'then KWD 0.020 each']);
});
