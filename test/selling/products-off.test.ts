import { describe, expect, test } from 'vitest';
import { assertNobodyPays, chooseProducts } from '../../server/src/app.ts';
import { describeChoice } from '../../server/src/main/banner.ts';
import { waitFor } from '@plinth/testkit/fixtures/calls';
import type { CallOptions, Customer, TestApp } from '@plinth/testkit/services/app';
import { openSellingApp } from './fixture.ts';

/** Two processes of one database and one Stripe: Reel runs at `on` alone, and the gateway at both. */
const off = await openSellingApp({ settings: { PRODUCTS: 'gateway' } });
const on = await off.beside();
const { db, later } = off;
const admin = await off.admin();
const { config } = off.app.modules.options;

const post = { body: { platform: 'x', topic: 'Why small teams ship faster', variants: 1 } };
let keys = 0;
const keyed = (more: CallOptions): CallOptions => ({
  ...more,
  headers: { 'idempotency-key': `off-${(keys += 1)}` },
});

type Call = TestApp['call'];
const codeOf = async (call: Call, ...asked: Parameters<Call>) => {
  const { status, body } = await call(...asked);
  return `${status} ${(body['error'] as { code?: string } | undefined)?.code ?? 'ok'}`;
};
const dataOf = async (call: Call, key: string, name: string) =>
  (await call(key, name)).body['data'] as readonly Readonly<Record<string, unknown>>[];

/** A customer who pays for Reel while it runs. */
async function createPaying(): Promise<Customer> {
  const who = await off.customer();
  const order = {
    product: 'reel',
    plan: 'basic',
    success_url: 'https://a.example',
    cancel_url: 'https://a.example',
  };
  const { body } = await on.call(who.key, 'POST /v1/billing/checkout', { body: order });
  await off.sandbox.pay(String(body['checkout_url']));
  await off.drainEvents();
  return who;
}

/** What is used of a limit of Reel, as the process tells where it runs. */
const used = async ({ key }: Customer) =>
  (await dataOf(on.call, key, 'GET /v1/usage')).find(
    ({ product, limit }) => product === 'reel' && limit === 'generations',
  )?.['used'];

describe('a product that is off', () => {
  test('takes no call, checkout or grant, is in no list, and charges nothing; another product does all of that', async () => {
    const who = await createPaying();
    const refused = '404 product_off';
    expect(await codeOf(off.call, who.key, 'POST /v1/create', keyed(post))).toBe(refused);
    expect(await codeOf(off.call, undefined, 'GET /v1/generations/none')).toBe(refused);
    const buying = { body: { product: 'prism', plan: 'mirror' } };
    expect(await codeOf(off.call, who.key, 'POST /v1/billing/checkout', buying)).toBe(refused);
    const tier = { body: { tier: 'pro' } };
    expect(await codeOf(off.call, who.key, 'POST /v1/billing/checkout', tier)).toBe(refused);
    const agreed = { unit_amount: 3_995, quantity: 1, currency: 'usd' };
    const change = { body: { product: 'reel', plan: 'pro', agreed: { due_now: 0, ...agreed } } };
    expect(await codeOf(off.call, who.key, 'POST /v1/billing/subscription/change', change)).toBe(refused);
    const resume = { body: { product: 'reel', agreed } };
    expect(await codeOf(off.call, who.key, 'POST /v1/billing/subscription/resume', resume)).toBe(refused);
    const grant = { body: { account_id: who.accountId, product: 'reel', plan: 'pro' } };
    expect(await codeOf(off.call, admin.key, 'POST /v1/admin/grants', keyed(grant))).toBe(refused);
    expect(await codeOf(off.call, undefined, 'GET /v1/plans?product=reel')).toBe(refused);
    expect(await codeOf(off.call, undefined, 'GET /v1/plans/reel.pro')).toBe(refused);
    expect(await codeOf(off.call, who.key, 'GET /v1/billing/entitlements/token?product=reel')).toBe(refused);

    const { body: plans } = await off.call(undefined, 'GET /v1/plans');
    expect(Object.keys(plans['comparison'] as object)).toEqual(['gateway']);
    expect((await off.call(who.key, 'GET /v1/me')).body['products']).toEqual(['gateway']);
    const { body: document } = await off.call(undefined, 'GET /openapi.json');
    expect(Object.keys(document['paths'] as object)).not.toContain('/v1/create');
    // Who pays sees it, and can end it.
    const held = await dataOf(off.call, who.key, 'GET /v1/billing/entitlements');
    expect(new Set(held.map(({ product }) => product))).toEqual(new Set(['gateway', 'reel']));
    expect(await used(who)).toBe(0);
    expect(await off.app.modules.limits.usageEvents(who.accountId, { limit: 1 })).toMatchObject({ rows: [] });

    const chat = { body: { model: 'sandbox-small', messages: [{ role: 'user', content: 'Hello' }] } };
    expect(await codeOf(off.call, who.key, 'POST /v1/ai/chat/completions', chat)).toBe('200 ok');
  });

  test('ends its queued jobs with their permits voided, books what a store tells, and is found as it was left', async () => {
    const who = await createPaying();
    const { body: asked } = await on.call(who.key, 'POST /v1/create', keyed(post));
    expect(await used(who)).toBe(1);

    const worker = off.app.modules.jobs.work();
    const jobsOf = () => dataOf(off.call, who.key, 'GET /v1/jobs');
    await waitFor(async () => (await jobsOf())[0]?.['status'] === 'dead');
    await worker.stop(0);
    expect(await jobsOf()).toMatchObject([{ kind: 'reel.generate', error: 'product_off' }]);
    expect(await used(who)).toBe(0);
    const { rows } = await off.app.modules.limits.usageEvents(who.accountId, { limit: 5 });
    expect(rows).toMatchObject([{ status: 'voided', cost_micros: 0 }]);

    const before = await off.read(who);
    await later(32);
    const after = await off.read(who);
    expect([after['state'], after['plan']]).toEqual(['active', 'reel.basic']);
    expect(String(after['period_ends_at']) > String(before['period_ends_at'])).toBe(true);
    expect(await dataOf(off.call, who.key, 'GET /v1/billing/invoices')).toHaveLength(2);

    const generation = await on.call(who.key, `GET /v1/generations/${String(asked['generation_id'])}`);
    expect(generation.body).toMatchObject({ status: 'failed', error: { code: 'product_off' } });
    expect(await off.plan(who)).toBe('reel.basic');
    expect(await codeOf(on.call, who.key, 'POST /v1/create', keyed(post))).toBe('202 ok');
  });

  test('is named with the subscriptions that pay for it, and production does not start so unless it was told to', async () => {
    const who = await createPaying();
    const choice = await chooseProducts(db, config);
    const [, paying = '0'] = /^(\d+) to reel$/.exec(choice.paid ?? '') ?? [];
    expect(Number(paying)).toBeGreaterThan(0);
    expect(describeChoice(choice)).toMatch(/^on: gateway; off: reel, .* WARNING: .*\d+ to reel/);
    const { findings } = off.app.modules.services.diagnosis;
    const found = (await findings()).find(({ name }) => name === 'products');
    expect([found?.status, found?.says]).toEqual(['warning', describeChoice(choice)]);

    const production = { ...config, environment: 'production' } as const;
    expect(() => assertNobodyPays(choice, config)).not.toThrow();
    expect(() => assertNobodyPays(choice, production)).toThrow(/subscriptions pay for: \d+ to reel\./);
    const told = { ...production, productsOffWithSubscriptions: true };
    expect(() => assertNobodyPays(choice, told)).not.toThrow();

    expect(await codeOf(off.call, who.key, 'DELETE /v1/billing/subscription?product=reel&when=now')).toBe(
      '200 ok',
    );
    await off.endAll();
    await off.drainEvents();
    const nobody = await chooseProducts(db, config);
    expect(nobody.paid).toBeUndefined();
    expect(() => assertNobodyPays(nobody, production)).not.toThrow();
  });
});
