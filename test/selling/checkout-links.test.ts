import { beforeEach, describe, expect, test } from 'vitest';
import { openSellingApp } from './fixture.ts';

const app = await openSellingApp();
const { buy, call, customer, drainEvents, plan, sandbox } = app;

beforeEach(() => sandbox.faults.clear());

let calls = 0;

/** The details of a denial by a plan. */
async function denied(key: string) {
  calls += 1;
  const { body } = await call(key, 'POST /v1/create', {
    body: { platform: 'linkedin', topic: 'Why small teams ship faster' },
    headers: { 'idempotency-key': `denied-${calls}` },
  });
  return (body['error'] as { details: Readonly<Record<string, unknown>> }).details;
}

const linkIn = (details: Readonly<Record<string, unknown>>) =>
  String((details['offer'] as { checkout_url: unknown }).checkout_url);
const tokenOf = (link: string) => link.split('#')[1] ?? '';
const follow = (token: string, agreed?: unknown) =>
  call(undefined, 'POST /v1/billing/checkout/link', {
    body: { token, ...(agreed === undefined ? {} : { agreed }) },
  });

describe('a denial', () => {
  test('names the plan that helps with its price, and a link that leads to its checkout', async () => {
    const ada = await customer();
    const details = await denied(ada.key);
    expect(details).toMatchObject({
      upgrade: 'reel.basic',
      offer: { plan: 'reel.basic', name: 'Basic', price: { currency: 'usd', monthly: expect.any(Number) } },
    });
    const link = linkIn(details);
    expect(await app.count(ada, 'billing.checkouts')).toBe(0);
    expect(link.startsWith(`${app.url}/v1/billing/checkout/link?sold=reel.basic#`)).toBe(true);
    const page = await (await fetch(link)).text();
    expect(page).toMatch(/<h2>Basic<.h2>\s*<p class="price"><strong>\$[\d.]+<.strong> a month/);
    const { status, body } = await follow(tokenOf(link));
    expect([status, body['price']]).toEqual([200, null]);
    await sandbox.pay(String(body['checkout_url']));
    await drainEvents();
    expect(await plan(ada)).toBe('reel.basic');
  });
});

describe('the link of an account that pays already', () => {
  test('shows what the change costs, and changes the plan for that price alone', async () => {
    const ada = await customer();
    await buy(ada, { product: 'reel', plan: 'reel.basic' });
    const { offer } = app.app.modules.sales.checkoutLinks;
    const link = offer('reel.standard', ada)?.checkout_url ?? '';
    const { body } = await follow(tokenOf(link));
    expect(body).toMatchObject({ checkout_url: null, price: { quantity: 1, currency: 'usd' } });
    expect(await plan(ada)).toBe('reel.basic');
    const price = body['price'] as Readonly<Record<string, unknown>>;
    const wrong = await follow(tokenOf(link), { ...price, due_now: 1 });
    expect(wrong).toMatchObject({ status: 409, body: { error: { code: 'price_changed' } } });
    expect((await follow(tokenOf(link), price)).body).toEqual({ checkout_url: null, price: null });
    await drainEvents();
    expect(await plan(ada)).toBe('reel.standard');
  });
});

describe('a link', () => {
  test('is given to callers alone who may spend the account’s money', async () => {
    const ada = await customer();
    const keyOf = async (scopes: readonly string[]) => {
      const { body } = await call(ada.key, 'POST /v1/api-keys', { body: { name: 'Narrow', scopes } });
      return String(body['secret'] ?? body['key']);
    };
    expect(linkIn(await denied(await keyOf(['reel:write'])))).toBe('null');
    expect(linkIn(await denied(await keyOf(['reel:write', 'billing:write'])))).toContain('#');
  });
});
