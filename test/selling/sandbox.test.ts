import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testApp, type TestAppOptions } from '../services/app.ts';
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
