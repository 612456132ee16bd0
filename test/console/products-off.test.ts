import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

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
