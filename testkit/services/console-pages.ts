import type { Page } from 'playwright-core';

/** Addresses of all pages that the console's navigation leads its user to. `page` shows the console, signed in. */
export async function pagesOf(page: Page): Promise<string[]> {
  const found = new Set<string>();
  for (const side of ['Account', 'Operator']) {
    await page.locator('.sides').getByRole('link', { name: side, exact: true }).click();
    await page.locator('.sides [data-chosen=true]', { hasText: side }).waitFor();
    for (const entry of await page.locator('nav .entry:not(.docs)').all()) {
      await entry.click();
      const name = await entry.innerText();
      await page.locator('nav .entry[data-open=true]').getByText(name, { exact: true }).waitFor();
      const links = page.locator('nav .entry:not(.docs), nav .sub');
      for (const one of await links.all()) found.add(String(await one.getAttribute('href')));
    }
  }
  return [...found];
}
