import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { atEndOfFile } from '@plinth/testkit/closing';
import { createStripeSandbox } from '#sandbox/stripe';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

describe.runIf(isHere)('a customer who meets a limit', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const sandbox = await createStripeSandbox();
  atEndOfFile(() => sandbox.close());
  const { page, signInAs, broken, faults, look, overflow, url, api, call, person } = await visitConsole({
    stripe: sandbox,
  });
  const ada = await person();
  const give = (plan: string) =>
    api('POST /v1/admin/grants', { email: ada.email, product: plan.split('.')[0], plan });
  /** Moves what is used of a limit. */
  const use = (product: string, limit: string, amount: object) =>
    api(
      'POST /v1/admin/usage/adjustments',
      { account_id: ada.accountId, product, limit, reason: 'a test', ...amount },
      { 'idempotency-key': `${product}.${limit}` },
    );
  const alert = (text: string | RegExp) => page.getByRole('alert').filter({ hasText: text });
  const balance = async () => {
    const { body } = await call(ada.key, 'GET /v1/usage');
    const limits = body['data'] as readonly { readonly limit: string; readonly balance?: number }[];
    return limits.find(({ limit }) => limit === 'image_calls')?.balance;
  };
  const studio = `${url}/app/products/reel/studio`;
  const write = async (variants?: string) => {
    if (variants !== undefined) await page.getByRole('combobox', { name: 'Variants' }).selectOption(variants);
    await page.getByRole('button', { name: 'Write', exact: true }).click();
  };

  test('begins within the plan, is told what the plan has, buys the next one, comes back and goes on', async () => {
    await give('reel.basic');
    await signInAs(ada);
    await page.goto(studio);
    await expect.poll(() => page.getByRole('combobox', { name: 'Variants' }).inputValue()).toBe('1');
    await page.getByRole('link', { name: 'Pro Boost: Pro for 30 days, $19.95 once' }).waitFor();
    await write('3');
    const denial = alert('Variants of a text: your plan has 1, this needs 3.');
    await denial.getByText('Standard has 3').waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await page.setViewportSize({ width: 360, height: 900 });
    expect(await overflow()).toBe(0);
    await page.setViewportSize({ width: 1_440, height: 900 });
    await denial.getByRole('link', { name: 'Standard: $19.95 a month' }).click();
    const purchase = page.getByRole('group', { name: 'Buy Standard' });
    await purchase.getByText('$19.95 a month').waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await purchase.getByRole('button', { name: 'Buy Standard' }).click();
    await pay(page);
    await page.getByRole('status').filter({ hasText: 'You have Standard now.' }).waitFor();
    await page.getByRole('link', { name: 'Go on where you were' }).click();
    await page.waitForURL(studio);
    await write('3');
    await page.getByRole('article').nth(2).waitFor();
  });

  test('waits out a cooldown, of which no plan has less', async () => {
    await page.getByRole('button', { name: 'Choose' }).first().click();
    await page.getByText('chosen').waitFor();
    const again = page.getByRole('button', { name: 'Write anew' });
    await again.click();
    await page.getByRole('article').nth(3).waitFor();
    await page.getByRole('status').filter({ hasText: 'Variants written' }).waitFor({ state: 'detached' });
    await again.click();
    const denial = alert('one at a time.');
    await denial.getByText(/Opens again in \d+ sec/).waitFor();
    expect(await denial.getByRole('link').count()).toBe(0);
  });

  test('has used up a quota, sees when it opens, and changes to the next plan on the way', async () => {
    await use('reel', 'generations', { units: 300 });
    await page.goto(studio);
    await write();
    const denial = alert('Generations a month: all 300 are used.');
    await denial.getByText(/Opens again/).waitFor();
    expect(await denial.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('100');
    await denial.getByText('Nothing was charged').waitFor();
    await denial.getByText('Pro has 900').waitFor();
    await denial.getByRole('link', { name: 'Pro: $39.95 a month' }).click();
    await page
      .getByRole('group', { name: 'Change to Pro' })
      .getByRole('button', { name: /^Change and pay/ })
      .click();
    await page.getByRole('status').filter({ hasText: 'You have Pro now.' }).waitFor();
    await page.getByRole('link', { name: 'Go on where you were' }).click();
    await write();
    await page.getByRole('article').first().waitFor();
  });

  test('has used up credits, and buys the pack that is enough on the way there and back', async () => {
    await use('gateway', 'image_calls', { units: 50 });
    // No page of the console makes pictures: the server is asked for one in place of a chat, and its own answer is shown.
    await page.route('**/v1/ai/chat/completions', async (route) => {
      const asked = { model: 'sandbox-image', prompt: 'A boat', n: 1 };
      const picture = { url: `${url}/v1/ai/images/generations`, postData: JSON.stringify(asked) };
      await route.fulfill({ response: await route.fetch(picture) });
    });
    await page.goto(`${url}/`);
    await page.getByRole('button', { name: /^Send/ }).click();
    const denial = alert('Calls for pictures a month: all 50 are used.');
    const pack = denial.getByRole('button', { name: '500 image calls: $20.00 once' });
    await pack.waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await page.setViewportSize({ width: 360, height: 900 });
    expect(await overflow()).toBe(0);
    await page.setViewportSize({ width: 1_440, height: 900 });
    await pack.click();
    await pay(page, 'Pay');
    await page.waitForURL(`${url}/`);
    await page.unroute('**/v1/ai/chat/completions');
    await expect.poll(balance, { timeout: PATIENCE }).toBe(500);
  });

  test('has spent the budget of the day', async () => {
    await use('gateway', 'daily_cost', { cost_micros: 1_000_000_000 });
    await page.goto(`${url}/`);
    await page.getByRole('button', { name: /^Send/ }).click();
    await alert(/^Model cost a day: /)
      .getByText(/Opens again in/)
      .waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
  });

  test('breaks nothing on the way, and no address leads to another host', async () => {
    await page.goto(`${url}/app/plan?product=reel&closed=true&back=//evil.example`);
    await page.getByText('Nothing was bought.').waitFor();
    expect(await page.getByRole('link', { name: 'Go on where you were' }).count()).toBe(0);
    expect(broken).toEqual([]);
  });
});

async function pay(page: Page, by = 'Subscribe'): Promise<void> {
  await page.getByLabel('Card number').fill('4242 4242 4242 4242');
  await page.getByLabel('Expiry').fill('12/40');
  await page.getByLabel('Security code').fill('123');
  await page.getByRole('button', { name: by, exact: true }).click();
}
