import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

describe.runIf(isHere)('products in the navigation', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, signInAs, customer, broken, faults, url } = await visitConsole();
  await signInAs(await customer('orbit.pro'));

  test('are those that the account has a plan of, and the plan’s page leads to the others', async () => {
    const navigation = page.getByRole('navigation', { name: 'Main' });
    const links = navigation.locator('h2 ~ .entry:not(.docs)');
    await navigation.locator('.docs').waitFor();
    // Free plans of other products count as having them.
    expect(await links.allInnerTexts()).toEqual(expect.arrayContaining(['Coditect', 'Orbit']));
    expect(await links.allInnerTexts()).not.toContain('Reel');
    await page.goto(`${url}/app/plan`);
    const others = page.getByRole('region', { name: 'More products' });
    await others.getByRole('link', { name: 'Reel' }).waitFor();
    expect(await others.getByRole('link', { name: 'Orbit' }).count()).toBe(0);
    expect(await faults()).toEqual([]);
    await others.getByRole('link', { name: 'Reel' }).click();
    await page.getByRole('heading', { level: 1, name: 'Studio' }).waitFor();
    await navigation.getByRole('link', { name: 'Reel', exact: true }).waitFor();
    expect(broken).toEqual([]);
  });
});

describe.runIf(isHere)('of products that are off', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, signIn, broken, faults, url } = await visitConsole({ settings: { PRODUCTS: 'reel' } });
  await signIn();

  test('the console has no pages, no links and nothing to try', async () => {
    const navigation = page.getByRole('navigation', { name: 'Main' });
    await navigation.getByRole('link', { name: 'Reel', exact: true }).waitFor();
    const links = await navigation.getByRole('link').allTextContents();
    expect(links.filter((text) => /coditect|licences/i.test(text))).toEqual([]);
    await page.getByRole('heading', { name: 'Last calls' }).waitFor();
    expect(await page.getByRole('button', { name: /^Send/ }).count()).toBe(0);
    expect(await faults()).toEqual([]);
    await page.keyboard.press('Control+k');
    await page.getByRole('option', { name: 'Studio reel' }).waitFor();
    const options = await page.getByRole('option').allTextContents();
    expect(options.filter((text) => /coditect|licences/i.test(text))).toEqual([]);
    await page.goto(`${url}/app/products/coditect/memory`);
    await page.getByText('no such page').waitFor();
    await page.goto(`${url}/app/plan`);
    await page.getByRole('table').first().getByRole('link', { name: 'Reel' }).waitFor();
    expect(await page.getByRole('table').first().getByRole('link').count()).toBe(1);
    expect(await faults()).toEqual([]);
    expect(broken).toEqual([]);
  });
});
