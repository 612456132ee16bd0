/**
 * `npm run screenshots`: pictures of all pages of the console into `.cache/screenshots`, of a server with some days of calls on it: at 1440 pixels,
 * and, where a page is named (`npm run screenshots -- / /app/ledger`), of that one alone, in the dark, on a phone and in German as well.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { statement } from '#platform/db';
import { systemClock, systemRandom } from '#platform/kernel';
import { newSignInLink } from '#platform/owner';
import { advance } from '@plinth/testkit/factories';
import { chromium, type Page } from 'playwright-core';
import { buildConsole } from '../server/src/main/build-console.ts';
import { pagesOf } from '@plinth/testkit/services/console-pages';
import { chromiumOnPath, NO_CHROMIUM } from '@plinth/testkit/services/chromium';
import { openDemo } from './demo/app.ts';
import { aDay } from './demo/day.ts';
import { Customer } from './demo/customer.ts';

const WIDE = { width: 1_440, height: 900 };
const PHONE = { width: 360, height: 740 };
const FOLDER = '.cache/screenshots';

const program = chromiumOnPath();
if (program === undefined) throw new Error(NO_CHROMIUM);
const named = process.argv.slice(2);
mkdirSync(FOLDER, { recursive: true });
await buildConsole();
const { folder, sandbox, openDemoApp, ownerKey, close } = await openDemo({ latencyMs: 40 });
const { app, db, url } = await openDemoApp({}, {});
const browser = await chromium.launch({ executablePath: program });
try {
  const owner = new Customer(url, ownerKey());
  await aDay({
    url,
    ownerKey: ownerKey(),
    advance: (interval) => advance(db, interval),
    nextCallHangs: () => sandbox.faults.next({ kind: 'hang' }),
    nextCallIsDear: () => sandbox.faults.next({ kind: 'usage', reasoning_tokens: 10_000_000 }),
    say() {},
  });
  for (let call = 0; call < 48; call += 1) {
    if (call % 8 === 0) await advance(db, '9 hours');
    const model = call % 3 === 0 ? 'sandbox-large' : 'sandbox-small';
    await owner.call('POST /v1/ai/chat/completions', {
      body: { model, messages: [{ role: 'user', content: `Note ${call} about a garden` }] },
    });
  }
  const context = await browser.newContext({ viewport: WIDE, locale: 'en' });
  const [now] = await db.asMigrator(statement<{ now: Date }>('select app.now() as now'));
  // The server's clock was moved: the browser's goes with it.
  await context.clock.setFixedTime(now?.now ?? new Date());
  const page = await context.newPage();
  await page.goto(newSignInLink({ clock: systemClock, random: systemRandom, dataDir: folder }, url));
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  for (const path of named.length === 0 ? await pagesOf(page) : named) {
    await page.goto(url + path);
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
  await app.stop();
  await close();
}

async function take(page: Page, path: string, variant: string): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  const loading = page.locator('.mantine-Skeleton-root');
  for (let calm = 0; calm < 5; calm = (await loading.count()) === 0 ? calm + 1 : 0) await setTimeout(100);
  const name = path === '/' ? 'home' : path.replace(/^\/app\//, '').replaceAll(/[^a-z]+/g, '-');
  await page.screenshot({ path: join(FOLDER, `${name}${variant}.png`), animations: 'disabled' });
  process.stdout.write(`${name}${variant}\n`);
}
