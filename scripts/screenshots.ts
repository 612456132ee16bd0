/**
 * `npm run screenshots`: pictures of all pages of the console into `.cache/screenshots`, of the sample shop's month: at 1440 pixels,
 * and, where a page is named (`npm run screenshots -- / /app/ledger`), of that one alone, in the dark, on a phone and in German as well.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import '#products';
import { readConfig } from '#platform/config';
import { chromium, type Page } from 'playwright-core';
import { buildConsole } from '../server/src/main/build-console.ts';
import { createSampleHost } from '../server/src/main/sample/host.ts';
import { pagesOf } from '@plinth/testkit/services/console-pages';
import { chromiumOnPath, NO_CHROMIUM } from '@plinth/testkit/services/chromium';

const WIDE = { width: 1_440, height: 900 };
const PHONE = { width: 360, height: 740 };
const FOLDER = '.cache/screenshots';

const program = chromiumOnPath();
if (program === undefined) throw new Error(NO_CHROMIUM);
const named = process.argv.slice(2);
mkdirSync(FOLDER, { recursive: true });
await buildConsole();
const dataDir = mkdtempSync(join(tmpdir(), 'plinth screenshots '));
const sample = createSampleHost({
  config: readConfig({ DATA_DIR: dataDir, PORT: '0' }),
  version: 'screenshots',
  home: () => 'http://localhost',
  diagnose: async () => [],
  onFailed(error) {
    throw error;
  },
});
const link = await sample.whenReady();
const browser = await chromium.launch({ executablePath: program });
try {
  const context = await browser.newContext({ viewport: WIDE, locale: 'en' });
  const page = await context.newPage();
  await page.goto(link);
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  for (const path of named.length === 0 ? await pagesOf(page) : named) {
    await page.goto(new URL(path, link).href);
    await take(page, path, '');
    if (named.length === 0) continue;
    await page.emulateMedia({ colorScheme: 'dark' });
    await take(page, path, '-dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(PHONE);
    await take(page, path, '-phone');
    await page.setViewportSize(WIDE);
    await page.getByRole('button', { name: 'Deutsch' }).click();
    await take(page, path, '-de');
    await page.getByRole('button', { name: 'English' }).click();
  }
} finally {
  await browser.close();
  await sample.remove();
  rmSync(dataDir, { recursive: true });
}

async function take(page: Page, path: string, variant: string): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  const loading = page.locator('.mantine-Skeleton-root');
  for (let calm = 0; calm < 5; calm = (await loading.count()) === 0 ? calm + 1 : 0) await setTimeout(100);
  const name = path === '/' ? 'home' : path.replace(/^\/app\//, '').replaceAll(/[^a-z]+/g, '-');
  await page.screenshot({ path: join(FOLDER, `${name}${variant}.png`), animations: 'disabled' });
  process.stdout.write(`${name}${variant}\n`);
}
