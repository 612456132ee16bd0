import { createStripeSandbox } from '#sandbox/stripe';
import { atEndOfFile } from '@plinth/testkit/closing';
import { statement } from '#platform/db';
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
  const { app, admin, call, db, url, page, faults, broken } = await visitConsole({
    work: false,
    stripe: sandbox,
  });
  const operator = await admin();
  const api = (name: string, body?: object) =>
    call(operator.key, name, { body, headers: name.startsWith('POST') ? { 'x-customer-id': 'acme' } : {} });
  await api('PUT /v1/admin/brands/reel', brand);
  const { body: customer } = await api('PUT /v1/customers/acme', {
    name: 'Northwind',
    email: 'pay@northwind.example',
  });
  await api('PUT /v1/customers/acme/members/u1', { name: 'Grace Hopper' });
  const order = { product: 'reel', plan: 'standard', success_url: BACK, cancel_url: BACK };
  const { body: checkout } = await api('POST /v1/billing/checkout', order);
  await sandbox.pay(String(checkout['checkout_url']));
  await sandbox.idle();
  await app.modules.inbox.drain();
  void customer, db, statement, broken, expect, url, faults;
  const { body: link } = await api('POST /v1/portal/links', { product: 'reel', return_url: BACK });
  await page.goto(String(link['url']));

  test.each([
    ['light', 375],
    ['dark', 375],
    ['light', 1_280],
    ['dark', 1_280],
  ] as const)('can be read by all, %s and %i wide', async (colorScheme, width) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    for (const path of ['/portal', '/portal?view=plans']) {
      await page.goto(url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.screenshot({
        path: `/tmp/shots/${path.includes('plans') ? 'plans' : 'portal'}-${colorScheme}-${width}.png`,
        fullPage: true,
      });
      expect.soft(await faults()).toEqual([]);
    }
    const row = page
      .getByRole('listitem')
      .filter({ has: page.getByRole('heading', { name: 'Pro', exact: true }) });
    await row.getByRole('button', { name: 'Pro, monthly' }).click();
    await page.getByRole('heading', { name: 'Change to Pro' }).waitFor();
    await page.screenshot({ path: `/tmp/shots/change-${colorScheme}-${width}.png`, fullPage: true });
    expect.soft(await faults()).toEqual([]);
    await page.goto(`${url}/portal/open?token=x`);
    await page.screenshot({ path: `/tmp/shots/error-${colorScheme}-${width}.png`, fullPage: true });
    expect.soft(await faults()).toEqual([]);
    expect(broken).toEqual([]);
  });
});
