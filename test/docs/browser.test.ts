import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installationOf } from '#platform/db';
import { chromium } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';
import { browserHere } from '@plinth/testkit/services/browser';

const program = browserHere();

const PATIENCE = 60_000;

describe.runIf(program !== undefined)('in a browser, the docs', { timeout: 4 * PATIENCE }, async () => {
  if (program === undefined) return;
  const app = await testApp({ work: false });
  const { key } = await app.customer('reel.basic');
  const { id: database } = await installationOf(app.db);
  const folder = app.app.modules.options.config.dataDir;
  writeFileSync(join(folder, 'owner.json'), JSON.stringify({ api_key: key, database }));
  const browser = await chromium.launch({ executablePath: program, timeout: 120_000 });
  afterAll(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  const elsewhere: string[] = [];
  const broken: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(app.url) && !/^(?:data|blob):/.test(request.url()))
      elsewhere.push(request.url());
  });
  page.on('pageerror', (error) => broken.push(error.message));
  page.on('console', (told) => {
    if (told.type() === 'error') broken.push(told.text());
  });

  test('have every call, by its name and by its path, for the browser’s own search', async () => {
    await page.goto(`${app.url}/docs`);
    await page.click('form.key button');
    await page.locator('form.key input').waitFor();
    await page.fill('form.key input', readFileSync(join(folder, 'one-time-code'), 'utf8'));
    await page.click('form.key button');
    await page.locator('form.key').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Open Search' }).first().waitFor();
    const { paths } = (await (await fetch(`${app.url}/openapi.json`)).json()) as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly summary: string }>>>>;
    };
    const summaries = Object.values(paths).flatMap((calls) =>
      Object.values(calls).map(({ summary }) => summary),
    );
    const names = [...Object.keys(paths), ...summaries];
    expect(summaries.length).toBeGreaterThan(150);
    const namesMissing = async () => {
      const text = await page.locator('body').innerText();
      return names.filter((name) => !text.includes(name));
    };
    // Each look lays the whole page out: looks without a pause would keep it from being drawn.
    await expect.poll(namesMissing, { timeout: PATIENCE, interval: 1_000 }).toEqual([]);
    expect(await page.title()).toContain('Plinth');
  });

  test('find a call, and try it with the key that is filled in: 200', async () => {
    await page.getByRole('button', { name: 'Open Search' }).first().click();
    await page.keyboard.type('Read the usage of each limit');
    const found = page.getByRole('dialog').getByRole('link', { name: /Read the usage of each limit/ });
    const option = page.getByRole('dialog').getByRole('option', { name: /Read the usage of each limit/ });
    await found.or(option).first().click();
    await page.locator('button', { hasText: /Test Request\s*\(get \/v1\/usage\)/ }).click();
    const answered = page.waitForResponse((response) => new URL(response.url()).pathname === '/v1/usage');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Send get request to/i })
      .first()
      .click();
    const response = await answered;
    expect(response.status()).toBe(200);
    expect(await response.json()).toMatchObject({ data: expect.any(Array), events: [] });
    await page
      .getByText(/200\s*OK/)
      .first()
      .waitFor();
  });

  test('have guides beside the reference, one click away and back', async () => {
    await page.goto(`${app.url}/docs`);
    await page.locator('header').getByRole('link', { name: 'Guides' }).click();
    await page.getByRole('navigation', { name: 'Guides' }).getByRole('link', { name: 'Permits' }).click();
    await page.getByRole('heading', { level: 1, name: 'Permits over HTTP' }).waitFor();
    await page.locator('header').getByRole('link', { name: 'Reference' }).click();
    await page.getByRole('button', { name: 'Open Search' }).first().waitFor();
  });

  test('load nothing from elsewhere, and nothing breaks', () => {
    expect({ elsewhere, broken }).toEqual({ elsewhere: [], broken: [] });
  });
});
