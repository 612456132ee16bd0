import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { installationOf } from '#platform/db';
import { chromium } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';
import { buildSite } from '../../site/build.ts';
import { browserHere } from '@plinth/testkit/services/browser';

const program = browserHere();

const PATIENCE = 60_000;

describe.runIf(program !== undefined)('in a browser, the docs', { timeout: 4 * PATIENCE }, async () => {
  if (program === undefined) return;
  await buildSite();
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
    await page.goto(`${app.url}/docs/reference`);
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
    // To load the page of all calls anew takes as long as all searches of the guides together.
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.locator('header').getByRole('link', { name: 'Guides' }).click();
    await page.locator('aside').getByRole('link', { name: 'Permits' }).click();
    await page.getByRole('heading', { level: 1, name: 'Permits over HTTP' }).waitFor();
    await page.locator('header').getByRole('link', { name: 'API reference' }).click();
    await page.getByRole('button', { name: 'Open Search' }).first().waitFor();
  });

  const QUESTIONS: readonly (readonly [question: string, page: string])[] = [
    ['cap what a user may spend a day', 'guides/cap-spend'],
    ['my customers have ids of their own', 'guides/customers'],
    ['add Anthropic', 'guides/upstreams#anthropic'],
    ['embeddings', 'guides/gateway#embeddings'],
    ['sell credits', 'guides/sell-credits'],
    ['usage to my billing', 'guides/usage-to-billing'],
    ['rotate keys', 'guides/keys'],
    ['delete under GDPR', 'guides/gdpr'],
    ['deploy to Fly or Kubernetes', 'guides/deploy#'],
    ['cost of a call', 'guides/failures'],
    ['GDPR', 'guides/gdpr'],
    ['createPermit', 'reference/calls#permits'],
  ];
  test.each(QUESTIONS)('answer %j among the first three that the search finds', async (question, wanted) => {
    await page.goto(`${app.url}/docs`);
    const input = page.locator('#localsearch-input');
    // Keys that are pressed before the page listens are lost.
    const opened = async () => {
      if (!(await input.isVisible())) await page.keyboard.press('Control+k');
      return input.isVisible();
    };
    await expect.poll(opened, { timeout: PATIENCE, interval: 500 }).toBe(true);
    await input.fill(question);
    const results = page.locator('.VPLocalSearchBox .result');
    const links = () =>
      results.evaluateAll((found) => found.slice(0, 3).map((one) => one.getAttribute('href')));
    await expect
      .poll(async () => (await links()).join(' '), { timeout: PATIENCE })
      .toContain(`/docs/${wanted}`);
    const index = (await links()).findIndex((href) => href?.startsWith(`/docs/${wanted}`));
    for (let step = 0; step < index; step += 1) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => `${url.pathname}${url.hash}`.startsWith(`/docs/${wanted}`));
  });

  test.each(['light', 'dark'] as const)(
    'have nothing that axe objects to and no more than their width, %s',
    async (colorScheme) => {
      const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      await page.emulateMedia({ colorScheme });
      for (const [width, height] of [
        [1440, 900],
        [390, 844],
      ] as const)
        for (const path of ['/docs', '/docs/guides/products']) {
          await page.setViewportSize({ width, height });
          await page.goto(`${app.url}${path}`);
          await page.evaluate(source);
          const violations = await page.evaluate(async () => {
            const { axe } = globalThis as unknown as {
              axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
            };
            return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
          });
          const wide = await page.evaluate('document.documentElement.scrollWidth');
          expect({ path, width, violations, wide }).toEqual({ path, width, violations: [], wide: width });
        }
    },
  );

  test('load nothing from elsewhere, and nothing breaks', () => {
    expect({ elsewhere, broken }).toEqual({ elsewhere: [], broken: [] });
  });
});
