import { createStripeSandbox } from '#sandbox/stripe';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { atEndOfFile } from '@plinth/testkit/closing';
import { describe, expect, test } from 'vitest';
import { isHere, visitConsole } from './visit.ts';

const BACK = 'https://app.example.com/account';
const brand = {
  name: 'Acme Shorts',
  accent: '#0b6e4f',
  support: 'help@acme.example',
  terms_url: 'https://acme.example/terms',
};

describe.runIf(isHere)('the portal of a customer', async () => {
  if (!isHere) return;
  const sandbox = await createStripeSandbox();
  atEndOfFile(() => sandbox.close());
  const { app, admin, call, url, page, faults, broken } = await visitConsole({
    work: false,
    stripe: sandbox,
  });
  const operator = await admin();
  const api = async (name: string, body: object) => {
    const behalf = name.startsWith('POST') ? { 'x-customer-id': 'acme' } : {};
    return (await call(operator.key, name, { body, headers: behalf })).body;
  };
  await api('PUT /v1/admin/brands/reel', brand);
  await api('PUT /v1/customers/acme', { name: 'Northwind', email: 'pay@northwind.example' });
  await api('PUT /v1/customers/acme/members/u1', { name: 'Grace Hopper' });
  const order = { product: 'reel', plan: 'standard', success_url: BACK, cancel_url: BACK };
  const { checkout_url: checkout } = await api('POST /v1/billing/checkout', order);
  await sandbox.pay(String(checkout));
  await sandbox.idle();
  await app.modules.inbox.drain();
  const link = await api('POST /v1/portal/links', { product: 'reel', return_url: BACK });
  await page.goto(String(link['url']));

  test.each([
    ['light', 375],
    ['dark', 375],
    ['light', 1_280],
    ['dark', 1_280],
  ] as const)(
    'can be read by all, %s and %i wide, and is no wider than its window',
    async (colorScheme, width) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.goto(`${url}/portal`);
      await page.getByText('$19.95 a month').waitFor();
      expect(await faults()).toEqual([]);
      await page.getByRole('link', { name: 'Change plan' }).click();
      await page.getByText('Your plan', { exact: true }).waitFor();
      expect(await faults()).toEqual([]);
      await page.getByRole('button', { name: 'Choose Pro' }).click();
      await page.getByRole('heading', { name: 'Change to Pro' }).waitFor();
      expect(await faults()).toEqual([]);
      await page.goto(`${url}/portal/open?token=x`);
      await page.getByText('This link is good once').waitFor();
      expect(await faults()).toEqual([]);
      expect(broken).toEqual([]);
    },
  );

  test('agrees to automatic top-up, and says why a purchase was not paid', async () => {
    const card = packageAt(sandbox);
    const [payer = ''] = (await card.customers.list({ limit: 1 })).data.map(({ id }) => id);
    const { id } = await card.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: payer });
    await card.customers.update(payer, { invoice_settings: { default_payment_method: id } });
    const opened = await api('POST /v1/portal/links', { product: 'gateway', return_url: BACK });
    await page.goto(String(opened['url']));
    await page.getByText('Buy 500 image calls automatically, $20 each').click();
    await page.getByLabel('Buy when less than this is left').fill('600');
    expect(await faults()).toEqual([]);
    await page.getByRole('button', { name: 'Agree to 500 image calls' }).click();
    await page.getByText('whenever less than 600 are left').waitFor();
    await app.modules.sales.topUps.run();
    await page.reload();
    await page.getByText('to be paid: the card was declined').waitFor();
    expect(await faults()).toEqual([]);
    await page.getByRole('button', { name: 'End automatic top-up' }).click();
    await page.getByText('whenever less than 600 are left').waitFor({ state: 'detached' });
    const back = await api('POST /v1/portal/links', { product: 'reel', return_url: BACK });
    await page.goto(String(back['url']));
  });

  test('leads by its button to the payment provider, and to the app', async () => {
    await page.goto(`${url}/portal`);
    expect(await page.getByRole('link', { name: 'Back to' }).getAttribute('href')).toBe(BACK);
    await page.getByRole('button', { name: 'Manage payment or cancel' }).click();
    await page.waitForURL((at) => at.origin === new URL(sandbox.url).origin);
  });
});
