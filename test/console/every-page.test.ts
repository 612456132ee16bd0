import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

const WIDTHS = [1_440, 768, 360];

describe.runIf(isHere)('each page of the navigation', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, paths, signIn, broken, faults, look, unreached, overflow, url, api } = await visitConsole();
  await signIn();
  await api('POST /v1/ai/chat/completions', {
    model: 'sandbox-small',
    messages: [{ role: 'user', content: 'Hello' }],
  });

  test.each(await paths())(
    '%s has a heading, the look of the house, no fault in light or dark, no sideways scrolling, and all of it by keyboard',
    async (path) => {
      await page.goto(`${url}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForLoadState('networkidle');
      expect(await page.getByRole('alert').allInnerTexts()).toEqual([]);
      expect(await look()).toEqual([]);
      expect(await unreached()).toEqual([]);
      expect(await faults()).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        expect(await overflow()).toBe(0);
      }
      expect([...(await look()), ...(await faults())]).toEqual([]);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 1_440, height: 900 });
    },
  );

  test('breaks nothing', () => {
    expect(broken).toEqual([]);
  });
});
