import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

describe.runIf(isHere)('the navigation', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, signIn, broken, faults, url } = await visitConsole();
  await signIn();
  const sides = page.locator('.sides');
  const names = () => page.locator('nav .entry:not(.docs)').allInnerTexts();
  const open = (name: string) => page.getByRole('link', { name, exact: true }).click();

  test('has at most eight entries beside the products at each side, and each shows its pages once one of them is open', async () => {
    await sides.waitFor();
    await expect
      .poll(async () => (await names()).slice(0, 7))
      .toEqual(['Home', 'Usage', 'Plan', 'API keys', 'Members', 'Security', 'Developer']);
    await open('Developer');
    await page.waitForURL('**/jobs');
    await expect
      .poll(() => page.locator('nav .sub').allInnerTexts())
      .toEqual(['Jobs', 'Errors', 'Audit', 'Webhooks', 'Mails', 'Server']);
    await open('Operator');
    await page.waitForURL('**/overview');
    await expect
      .poll(async () => (await names()).slice(0, 8))
      .toEqual([
        'Overview',
        'Customers',
        'Catalogue',
        'Revenue',
        'Providers',
        'Safety',
        'Dead letters',
        'Audit of all accounts',
      ]);
    await open('Coditect');
    await page.waitForURL('**/all-licences');
    await page.getByRole('heading', { name: 'All licences', level: 1 }).waitFor();
    await sides.locator('[data-chosen=true]', { hasText: 'Operator' }).waitFor();
    expect(await faults()).toEqual([]);
  });

  test.each([
    ['upgrade', '/app/plan'],
    ['revoke', '/app/keys'],
    ['refund', '/app/customers'],
    ['einladen', '/app/members'],
  ])('finds what people come to do by its verb: %s', async (verb, path) => {
    await page.goto(url);
    await sides.waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search' }).fill(verb);
    // Customers by that name are offered before it.
    await page.getByRole('option').last().click();
    await page.waitForURL(`${url}${path}`);
  });

  test('is used by a thumb on a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${url}/app/keys`);
    await page.getByRole('button', { name: 'Main' }).click();
    expect(await faults()).toEqual([]);
    await open('Operator');
    await page.waitForURL('**/overview');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.getByRole('button', { name: 'Main' }).click();
    expect(await faults()).toEqual([]);
    expect(broken).toEqual([]);
  });
});
