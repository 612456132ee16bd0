import { chromium, type Page } from 'playwright-core';
import { systemClock, systemRandom } from '#platform/kernel';
import { newSignInLink } from '#platform/owner';
import { buildConsole } from '../server/src/main/build-console.ts';
import { openDemo } from '../scripts/demo/app.ts';
import { chromiumOnPath, NO_CHROMIUM } from '@plinth/testkit/services/chromium';
import { type Figures, quantile, round } from './figures.ts';

const ROUNDS = 7;
/** How much slower the browser's processor is made, as a phone's is. */
const SLOWDOWN = 4;
const PAGES = ['/', '/app/ledger'];

/**
 * How long a page of the console takes until its button can be pressed and its rows are there, with a session that is kept and nothing in the
 * browser's cache, on a processor that is slowed by four; how much its layout moves; and how many bytes of script it loads, as sent.
 */
export async function benchConsole(say: (line: string) => void): Promise<Figures> {
  const program = chromiumOnPath();
  if (program === undefined) throw new Error(NO_CHROMIUM);
  await buildConsole();
  const { folder, openDemoApp, close } = await openDemo({ latencyMs: 20 });
  const { app, url } = await openDemoApp({}, {});
  const browser = await chromium.launch({ executablePath: program });
  try {
    const context = await browser.newContext({ viewport: { width: 1_440, height: 900 }, locale: 'en' });
    const page = await context.newPage();
    await page.goto(newSignInLink({ clock: systemClock, random: systemRandom, dataDir: folder }, url));
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    await page.addInitScript(WATCH);
    const figures: Record<string, unknown> = {};
    for (const path of PAGES) {
      const rounds: Loaded[] = [];
      for (let turn = 0; turn < ROUNDS; turn += 1) rounds.push(await loadOnce(page, `${url}${path}`));
      const median = (of: (one: Loaded) => number) => round(quantile(rounds.map(of), 0.5));
      figures[path] = {
        interactive_ms: median((one) => one.interactive),
        layout_shift: median((one) => one.shift),
        script_kb: median((one) => one.script / 1_000),
      };
      say(`${path}: ${JSON.stringify(figures[path])}`);
    }
    return figures;
  } finally {
    await browser.close();
    await app.stop();
    await close();
  }
}

interface Loaded {
  /** Milliseconds since the address was asked for. */
  readonly interactive: number;
  readonly shift: number;
  /** Bytes of scripts as they were sent. */
  readonly script: number;
}

const WATCH = `globalThis.shift = 0;
new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) globalThis.shift += one.value; })
  .observe({ type: 'layout-shift', buffered: true });`;

async function loadOnce(page: Page, address: string): Promise<Loaded> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.setCacheDisabled', { cacheDisabled: true });
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
  const began = performance.now();
  await page.goto(address, { waitUntil: 'commit' });
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page
    .getByRole('button', { name: /^Send · up to/ })
    .or(page.getByRole('combobox').first())
    .first()
    .isEnabled();
  // A user who acts now is answered: the thread of the page is free.
  await page.evaluate('new Promise((free) => setTimeout(free, 0))');
  const interactive = performance.now() - began;
  await page.waitForLoadState('networkidle');
  const [shift, script] = await page.evaluate<[number, number]>(
    `[globalThis.shift, performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).reduce((sum, one) => sum + one.transferSize, 0)]`,
  );
  await devtools.detach();
  return { interactive, shift, script };
}
