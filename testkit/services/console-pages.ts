import type { Page } from 'playwright-core';

/** Addresses of all pages that the console's navigation leads its user to. `page` shows the console, signed in. */
export async function pagesOf(page: Page): Promise<string[]> {
  const found = new Set<string>();
  const collect = async () => {
    for (const one of await page.locator('nav .entry:not(.docs), nav .sub').all())
      found.add(String(await one.getAttribute('href')));
  };
  // It stands below the products, which are there with it.
  await page.locator('nav .docs').waitFor();
  for (const side of ['Account', 'Operator']) {
    await page.locator('.sides').getByRole('link', { name: side, exact: true }).click();
    await page.locator('.sides [data-chosen=true]', { hasText: side }).waitFor();
    for (const entry of await page.locator('nav .entry:not(.docs)').all()) {
      await entry.click();
      const name = await entry.innerText();
      await page.locator('nav .entry[data-open=true]').getByText(name, { exact: true }).waitFor();
      await collect();
    }
  }
  for (const href of await productsBeside(page)) {
    await page.locator(`main .more a[href="${href}"]`).click();
    await page.locator(`nav .entry[href="${href}"][data-open=true]`).waitFor();
    await collect();
    await productsBeside(page);
  }
  return [...found];
}

/** Addresses of the products that the account has no plan of, on the plan's page. */
async function productsBeside(page: Page): Promise<string[]> {
  await page.locator('.sides').getByRole('link', { name: 'Account', exact: true }).click();
  await page.locator('nav .entry[href="/app/plan"]').click();
  await page.getByRole('heading', { level: 1, name: 'Plan', exact: true }).waitFor();
  const links = await page.locator('main .more a').all();
  return Promise.all(links.map(async (link) => String(await link.getAttribute('href'))));
}
