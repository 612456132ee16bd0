/**
 * `npm run try` in docs/examples/reel-next: installs and builds the Next.js app, starts it beside a Plinth on its sandboxes, and uses it in Chromium: a
 * sign-up, a refusal without a plan, the purchase, a post, its review, the library, a limit. Pictures lie in `.cache/reel-next`.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endAll, startProgram, watchProgram } from '@plinth/testkit/program';
import { chromiumOnPath, NO_CHROMIUM } from '@plinth/testkit/services/chromium';
import { freePort } from '@plinth/testkit/services/ports';
import { chromium, type Page } from 'playwright-core';

const ROOT = join(import.meta.dirname, '..');
const APP = join(ROOT, 'docs/examples/reel-next');
const NEXT = join(APP, 'node_modules/next/dist/bin/next');
const PICTURES = join(ROOT, '.cache/reel-next');
const QUIET = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };

const program = chromiumOnPath();
if (program === undefined) throw new Error(NO_CHROMIUM);
mkdirSync(PICTURES, { recursive: true });
build();
const folder = mkdtempSync(join(tmpdir(), 'plinth reel '));
const environment = { PORT: '0', DATA_DIR: folder, SANDBOX_LATENCY_MS: '1500' };
const plinth = await startProgram(['start'], { cwd: ROOT, environment, flags: [] }).url();
const port = String(await freePort());
const env = { ...QUIET, PLINTH_URL: plinth };
const next = watchProgram(
  spawn(process.execPath, [NEXT, 'start', '-H', '127.0.0.1', '-p', port], { cwd: APP, env }),
);
await next.says(/Ready in/);
const browser = await chromium.launch({ executablePath: program });
try {
  await walk(await openPage());
} finally {
  await browser.close();
  endAll();
  rmSync(folder, { recursive: true, force: true });
}

function build(): void {
  if (!existsSync(NEXT)) {
    run('npm', ['run', 'build', '-w', 'sdk'], ROOT);
    run('npm', ['ci'], APP);
  }
  run(process.execPath, [NEXT, 'build'], APP);
}

function run(command: string, words: readonly string[], cwd: string): void {
  const { status } = spawnSync(command, words, { cwd, env: QUIET, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${words.join(' ')} failed`);
}

/** A page of the app, with the headers that Vercel would send. */
async function openPage(): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 900, height: 900 }, locale: 'en' });
  const { headers } = JSON.parse(readFileSync(join(APP, 'vercel.json'), 'utf8')) as {
    readonly headers: readonly {
      readonly headers: readonly { readonly key: string; readonly value: string }[];
    }[];
  };
  const added = Object.fromEntries(
    headers.flatMap((one) => one.headers.map(({ key, value }) => [key, value])),
  );
  await page.route(`http://127.0.0.1:${port}/**`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), ...added } });
  });
  page.on('pageerror', (error) => assert.fail(error));
  page.setDefaultTimeout(60_000);
  await page.goto(`http://127.0.0.1:${port}/`);
  return page;
}

async function walk(page: Page): Promise<void> {
  const press = (name: string) => page.getByRole('button', { name, exact: true }).first().click();
  const alert = page.locator('section[role=alert]');
  const take = (name: string) => page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  await page.getByLabel('Email').fill('ada@example.com');
  await page.getByLabel('Password').fill('Analytical-Engine-1843');
  await take('1-door');
  await press('Sign up');
  await page.getByText('no plan').waitFor();
  await press('Write');
  await alert.getByText('plan_required').waitFor();
  await take('2-plan-required');
  await press('Get reel.basic');
  await page.getByLabel('Card number').fill('4242 4242 4242 4242');
  await page.getByLabel('Expiry').fill('12/40');
  await page.getByLabel('Security code').fill('123');
  await press('Subscribe');
  await page.getByText('0 of 60 posts').waitFor();
  await press('Write');
  await page.getByText(/^(queued|running)/).waitFor();
  await take('3-writing');
  await press('Write');
  await alert.getByText('limit_exceeded').waitFor();
  await alert.getByText('concurrent: 1 of 1').waitFor();
  await take('4-limit');
  await page.getByText('completed: 1 written').waitFor();
  await page.getByText('1 of 60 posts').waitFor();
  await press('Choose');
  await press('Another hook');
  await page.getByText('2 of 60 posts').waitFor();
  assert.equal(await page.locator('article').count(), 2);
  await press('Save');
  await page.locator('section p', { hasText: 'Why small teams ship faster:' }).waitFor();
  await take('5-review-and-library');
  await press('Another hook').catch(() => press('Choose').then(() => press('Another hook')));
  await alert.getByText('Try again after').waitFor();
  await take('6-cooldown');
  assert.equal(await page.evaluate('document.cookie + JSON.stringify(localStorage)'), '{}');
  await page.getByRole('button', { name: /^Sign out/ }).click();
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  process.stdout.write(`it works; pictures: ${PICTURES}\n`);
}
