import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { statement } from '#platform/db';
import { systemClock, systemRandom } from '#platform/kernel';
import { ensureOwner, newSignInLink } from '#platform/owner';
import { testApp } from '#test/app';
import { chromium, type Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { buildConsole } from '../../src/main/build-console.ts';
import { chromiumOnPath, NO_CHROMIUM } from '../services/chromium.ts';
import { engine } from '../services/index.ts';

const program = chromiumOnPath();
// What a browser does is the same on all databases.
const isFirst = engine === 'postgres' && process.env['TEST_POOLER'] === undefined;
const isHere = isFirst && program !== undefined;
if (isFirst && program === undefined) test.skip(NO_CHROMIUM, () => {});

const PATIENCE = 20_000;
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What stands in the page. */
interface Browsed {
  readonly axe: {
    run(): Promise<{
      readonly violations: readonly {
        readonly id: string;
        readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
      }[];
    }>;
  };
  readonly document: {
    readonly cookie: string;
    readonly documentElement: { readonly scrollWidth: number; readonly clientWidth: number };
  };
  readonly localStorage: object;
}

describe.runIf(isHere)('in a browser, the console', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  await buildConsole();
  const { app, url, db, customer } = await testApp();
  const { dataDir } = app.modules.options.config;
  await ensureOwner(app.modules, dataDir);
  const browser = await chromium.launch({ executablePath: program, timeout: 120_000 });
  afterAll(() => browser.close());
  const context = await browser.newContext({ locale: 'en', viewport: { width: 1_440, height: 900 } });
  const broken: string[] = [];
  const open = async (): Promise<Page> => {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.on('pageerror', (error) => broken.push(error.message));
    // A refusal of the content security policy is told here, too.
    page.on('console', (told) => {
      if (told.type() === 'error' && !/status of 40[13]/.test(told.text())) broken.push(told.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:')) broken.push(request.url());
    });
    return page;
  };
  const page = await open();
  const link = () => newSignInLink({ clock: systemClock, random: systemRandom, dataDir }, url);
  const used = link();

  /** What axe finds wrong, and whether something is wider than the window. */
  const faults = async () => {
    await page.evaluate(readFileSync(AXE, 'utf8'));
    return page.evaluate(async () => {
      const { axe, document } = globalThis as unknown as Browsed;
      const { violations } = await axe.run();
      const { scrollWidth, clientWidth } = document.documentElement;
      const wide = scrollWidth > clientWidth ? [`${scrollWidth} wide of ${clientWidth}`] : [];
      return [
        ...violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`),
        ...wide,
      ];
    });
  };

  test('asks who is not signed in to sign in, and a link that is used says so', async () => {
    await page.goto(`${url}/app/ledger`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await faults()).toEqual([]);
    await page.goto(`${url}/app/sign-in#code=0000-0000`);
    await page.getByText('This link does not work any more').waitFor();
    expect(page.url()).toBe(`${url}/app/sign-in`);
  });

  test('signs the owner in by a link, whose code leaves the address at once, and no script reads the cookie', async () => {
    await page.goto(used);
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    expect(page.url()).toBe(`${url}/`);
    expect(await page.evaluate(() => (globalThis as unknown as Browsed).document.cookie)).toBe('');
    expect(
      await page.evaluate(() => JSON.stringify((globalThis as unknown as Browsed).localStorage)),
    ).not.toMatch(/pl[a-z]_|eyJ/);
    await page.reload();
    await page.getByRole('heading', { name: 'Home' }).waitFor();
  });

  test('walks a call through its five steps with their times, and opens its row of the ledger', async () => {
    await page.getByRole('button', { name: /^Send · up to \$0\.\d+/ }).click();
    const walk = page.locator('.walk li');
    await page.getByRole('link', { name: 'Ledger row' }).waitFor();
    expect(await walk.locator('.num').allInnerTexts()).toEqual(
      Array.from({ length: 5 }, () => expect.stringMatching(/^[\d.,]+ (?:ms|sec)$/)),
    );
    await page.getByRole('link', { name: 'Ledger row' }).click();
    await page.getByRole('complementary').getByText('Prompt tokens').waitFor();
    expect(
      await page
        .getByRole('complementary')
        .getByText(/^01[\da-f-]{34}$/)
        .count(),
    ).toBeGreaterThan(0);
    expect(await faults()).toEqual([]);
    await page.getByRole('combobox', { name: 'Status' }).selectOption('voided');
    await page.getByText('No call fits.').waitFor();
  });

  test('has an operator find why a customer was denied, and shows what people wrote as text', async () => {
    const denied = await customer();
    const name = `<img src=x onerror="document.title='run'">`;
    await db.asMigrator(
      statement('update accounts.accounts set name = $2 where account_id = $1', [denied.accountId, name]),
    );
    await db.asMigrator(
      statement(
        `insert into limits.denials (account_id, hour, product, feature, name, plan, kind, denied, used, size, last_at, last_request_id)
         values ($1, date_trunc('hour', app.now()), 'reel', 'generation', 'generations', 'reel.free', 'quota', 14, 10, 10, app.now(), 'the-request')`,
        [denied.accountId],
      ),
    );
    await page.getByRole('link', { name: 'Customers' }).click();
    await page.getByRole('searchbox').fill(denied.email);
    await page.getByRole('link', { name }).click();
    const denials = page.getByRole('region', { name: 'Denied by limits' });
    expect(await denials.getByRole('row').last().innerText()).toMatch(
      /generations reel\s+reel.free\s+10 of 10\s+14\s+the-request/,
    );
    expect(await faults()).toEqual([]);
    await page.getByRole('button', { name: 'Suspend' }).click();
    await page.getByRole('button', { name: 'Suspend: press again' }).click();
    await page.getByText('suspended').waitFor();
    expect(await page.title()).toBe('Plinth');
  });

  test('has no fault on a phone, in the dark, in German', async () => {
    await page.getByRole('link', { name: 'Home' }).click();
    await page.getByRole('heading', { name: 'Limits' }).waitFor();
    expect(await faults()).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByRole('button', { name: 'Main' }).click();
    await page.getByRole('button', { name: 'Deutsch' }).click();
    await page.getByRole('heading', { name: 'Letzte Aufrufe' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    expect(await faults()).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1_440, height: 900 });
  });

  test('shares one session among its tabs: ten that open at once sign nobody out', async () => {
    const tabs = await Promise.all(Array.from({ length: 10 }, open));
    await Promise.all(tabs.map((tab) => tab.goto(`${url}/`)));
    await Promise.all(tabs.map((tab) => tab.getByRole('heading', { name: 'Start' }).waitFor()));
    await tabs[0]?.getByRole('button', { name: 'Abmelden' }).click();
    await Promise.all(tabs.map((tab) => tab.getByRole('heading', { name: 'Anmelden' }).waitFor()));
    await Promise.all(tabs.map((tab) => tab.close()));
    await page.goto(`${url}/`);
    await page.getByRole('heading', { name: 'Anmelden' }).waitFor();
  });

  test('breaks nothing on the way, and loads nothing from elsewhere', () => {
    expect(broken).toEqual([]);
  });
});
