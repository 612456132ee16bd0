import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testApp, type TestAppOptions } from '@plinth/testkit/services/app';
import { CANCEL, SUCCESS } from './fixture.ts';

const settings = { SANDBOX_STRIPE: 'true' };
const body = { success_url: SUCCESS, cancel_url: CANCEL, product: 'reel', plan: 'reel.pro' };
const ownSandbox = (options: TestAppOptions = {}) => testApp({ settings, work: false, ...options });

test('the sandbox of Stripe starts with the first purchases, and is where it was after a restart', async () => {
  const first = await ownSandbox();
  const { modules } = first.app;
  const file = join(modules.options.config.dataDir, 'stripe-sandbox.json');
  expect(await modules.inbox.reconcile({ all: true })).toEqual({ events: 0, objects: 0 });
  expect(existsSync(file)).toBe(false);

  const customers = [await first.customer(), await first.customer()];
  const ordered = await Promise.all(
    customers.map(({ key }) => first.call(key, 'POST /v1/billing/checkout', { body })),
  );
  expect(ordered.map(({ status }) => status)).toEqual([201, 201]);
  const page = String(ordered[0]?.body['checkout_url']);
  expect((await fetch(page)).status).toBe(200);
  await first.app.stop();
  expect(existsSync(file)).toBe(true);

  await ownSandbox({ beside: first });
  expect((await fetch(page)).status).toBe(200);
});

/** A purchase that is made there by hand. */
const buys = async (at: string, what: object) => {
  const response = await fetch(at, { method: 'POST', body: JSON.stringify(what) });
  return (await response.json()) as Readonly<Record<string, string>>;
};

test('the sandboxes of the stores start with the first purchase, and grant it', async () => {
  const stores = { SANDBOX_APP_STORE: 'true', SANDBOX_GOOGLE_PLAY: 'true' };
  const first = await ownSandbox({ settings: stores });
  const { app, call, customer } = first;
  const { inbox, options } = app.modules;
  const { key, accountId } = await customer();
  const addressOf = (store: string): string => {
    const file = join(options.config.dataDir, `${store}-sandbox.json`);
    return (JSON.parse(readFileSync(file, 'utf8')) as { url: string }).url;
  };
  const claimPurchase = async (proof: object) => {
    expect((await call(key, 'POST /v1/billing/purchases', { body: proof })).status).toBe(200);
    const { body: rights } = await call(key, 'GET /v1/billing/entitlements');
    return (rights['data'] as { product: string; plan: string }[]).find(({ product }) => product === 'reel')
      ?.plan;
  };
  expect(await inbox.reconcile({ all: true })).toEqual({ events: 0, objects: 0 });
  const { signedTransaction } = await buys(`${addressOf('app-store')}/controls/buy`, {
    product: 'reel.basic.monthly',
    appAccountToken: accountId,
  });
  expect(await claimPurchase({ signed_transaction: signedTransaction })).toBe('reel.basic');
  const { token } = await buys(`${addressOf('google-play')}/sandbox/buy`, {
    productId: 'reel.pro',
    basePlanId: 'monthly',
    account: accountId,
  });
  expect(await claimPurchase({ purchase_token: token })).toBe('reel.pro');
  // It is forgotten with the process: the next one asks for nothing of it, and starts no sandbox for that.
  await app.stop();
  const google = { SANDBOX_GOOGLE_PLAY: 'true' };
  const next = await ownSandbox({ settings: google, beside: first });
  expect(await next.app.modules.inbox.reconcile({ all: true })).toEqual({ events: 0, objects: 0 });
});
