import { describe, expect, test } from 'vitest';
import { isHere, visitConsole } from './visit.ts';

/** A yellow: black text stands on it. */
const brand = {
  name: 'Acme Shorts',
  accent: '#ffd400',
  support: 'help@acme.example',
  terms_url: 'https://acme.example/terms',
  sign_up_url: 'https://acme.example/join?from=prices',
};

describe.runIf(isHere)('the page of prices', async () => {
  if (!isHere) return;
  const { url, page, open, api, faults, broken } = await visitConsole({ work: false });
  await api('PUT /v1/admin/brands/reel', brand);

  test.each([
    ['light', 360],
    ['dark', 360],
    ['light', 1_440],
    ['dark', 1_440],
  ] as const)(
    'can be read by all, %s and %i wide, and is no wider than its window',
    async (colorScheme, width) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      for (const product of ['reel', 'prism', 'coditect', 'orbit']) {
        await page.goto(`${url}/pricing/${product}`);
        await page.getByRole('heading', { name: 'Prices', level: 1 }).waitFor();
        expect(await faults()).toEqual([]);
      }
      expect(broken).toEqual([]);
    },
  );

  test('names plans, prices, trials and limits, and nothing of what model calls cost', async () => {
    // As a newsletter links to it.
    await page.goto(`${url}/pricing/reel?utm_source=news&fbclid=1`);
    const pro = page
      .getByRole('listitem')
      .filter({ has: page.getByRole('heading', { name: 'Pro', exact: true }) });
    await pro.getByText(/^\$\d+\.\d\d a month$/).waitFor();
    await pro.getByText(/^Generations: .* a month/).waitFor();
    expect(await page.locator('main').innerText()).not.toMatch(/cost|budget|micro/i);
  });

  test('leads by the keyboard alone to the operator’s own page, which is told the plan', async () => {
    const at = await open();
    await at.goto(`${url}/pricing/reel`);
    const reached: string[] = [];
    const links = await at
      .locator('a')
      .evaluateAll((found) => found.map((one) => String(one.getAttribute('href'))));
    while (reached.length < links.length) {
      await at.keyboard.press('Tab');
      reached.push(String(await at.evaluate('document.activeElement.getAttribute("href")')));
    }
    expect(reached).toEqual(links);
    expect(links).toContain('https://acme.example/join?from=prices&plan=reel.pro');
    expect(links).toContain('mailto:help@acme.example');
  });
});
