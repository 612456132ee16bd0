import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

describe.runIf(isHere)('the first use of the console', { timeout: 2 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, signIn, faults, broken, url, api } = await visitConsole();
  await signIn();

  test('leads from a key to a colleague by what there is, and goes away for good when it is put away', async () => {
    await page.goto(url);
    const steps = page.locator('.first-steps li');
    await steps.first().waitFor();
    const done = () => steps.evaluateAll((all) => all.map((one) => one.getAttribute('data-done')));
    expect(await done()).toEqual(['true', 'false', 'true', 'false']);
    expect(await faults()).toEqual([]);
    await api('POST /v1/ai/chat/completions', {
      model: 'sandbox-small',
      messages: [{ role: 'user', content: 'Hello' }],
    });
    await page.reload();
    await steps.first().waitFor();
    expect(await done()).toEqual(['true', 'true', 'true', 'false']);
    await page.getByRole('button', { name: 'Do not show this again' }).click();
    await page.reload();
    await page.getByRole('heading', { name: 'Last calls' }).waitFor();
    expect(await steps.count()).toBe(0);
  });

  test.each(['/app/no-such-page', '/app/products/reel/no-such-page'])(
    '%s is a page that says so, in its tab too, and leads home',
    async (path) => {
      await page.goto(url + path);
      await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
      expect(await page.title()).toBe('There is no such page · Plinth');
      await page.locator('main').getByRole('link', { name: 'Home' }).click();
      await page.getByRole('heading', { name: 'Home', exact: true }).waitFor();
      expect(await page.title()).toBe('Home · Plinth');
    },
  );

  test('breaks nothing', () => {
    expect(broken).toEqual([]);
  });
});
