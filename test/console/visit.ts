import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'vitest';
import { atEndOfFile } from '@plinth/testkit/closing';
import { systemClock, systemRandom } from '#platform/kernel';
import { ensureOwner, newSignInLink } from '#platform/owner';
import { testApp } from '@plinth/testkit/services/app';
import { chromium, type Page } from 'playwright-core';
import { buildConsole } from '../../server/src/main/build-console.ts';
import { browserHere } from '@plinth/testkit/services/browser';
import { pagesOf } from '@plinth/testkit/services/console-pages';
import { chromiumOnPath } from '@plinth/testkit/services/chromium';
import { engine } from '@plinth/testkit/services';

const program = browserHere() ?? (engine === 'pglite' ? chromiumOnPath() : undefined);
/** Whether the tests of pages run here. */
export const isHere = program !== undefined;

/** Milliseconds until something that a page should show is said to be missing. */
export const PATIENCE = 120_000;
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface SignIn {
  readonly email: string;
  readonly password: string;
}

/** What stands in the page. */
export interface Browsed {
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

/** What of a page's look is not of the house: type, sizes, spaces, shadows, gradients, buttons that shout. A script for the page. */
const LOOK = `(() => {
  const found = new Set();
  const sizes = new Set([12, 13, 15, 20]);
  let filled = 0;
  /** Of what has a hue at all: of the accent, of warnings, of errors, of the provider's time. */
  const hues = [161, 40, 4, 221];
  const hasForeignHue = (color) => {
    const [red, green, blue, alpha = 1] = (color.match(/[\\d.]+/g) ?? []).map(Number);
    const [most, least] = [Math.max(red, green, blue), Math.min(red, green, blue)];
    if (!color.startsWith('rgb') || alpha < 0.1 || most - least < 40) return false;
    const part = most === red ? (green - blue) / (most - least) : most === green ? 2 + (blue - red) / (most - least) : 4 + (red - green) / (most - least);
    const hue = (part * 60 + 360) % 360;
    return hues.every((one) => Math.min(Math.abs(hue - one), 360 - Math.abs(hue - one)) > 15);
  };
  for (const one of document.querySelectorAll('body *')) {
    const style = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || style.visibility === 'hidden') continue;
    const name = one.tagName.toLowerCase() + '.' + String(one.className).split(' ')[0];
    const hasText = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    if (hasText && !sizes.has(parseFloat(style.fontSize))) found.add(name + ' has type of ' + style.fontSize);
    if (hasText && !/^("?Inter Variable"?|ui-monospace)/.test(style.fontFamily)) found.add(name + ' is set in ' + style.fontFamily);
    for (const side of ['paddingTop', 'paddingRight', 'paddingBottom', 'paddingLeft', 'marginBottom', 'rowGap', 'columnGap']) {
      const space = parseFloat(style[side]) || 0;
      if (!one.closest('[class*=mantine]') && space % 4 > 0.01 && Math.abs(space) > 2)
        found.add(name + ' has ' + side + ' of ' + style[side]);
    }
    for (const [what, color] of [['letters', style.color], ['a ground', style.backgroundColor], ['a line', style.borderTopWidth === '0px' ? '' : style.borderTopColor]])
      if (!one.closest('[data-series]') && hasForeignHue(color)) found.add(name + ' has ' + what + ' of ' + color);
    if (one.matches('td.num') && (style.textAlign !== 'right' || !style.fontVariantNumeric.includes('tabular-nums'))) found.add(name + ' has figures that do not align');
    if (style.boxShadow !== 'none' && !style.boxShadow.includes('inset') && !one.closest('[role=dialog]')) found.add(name + ' has a shadow');
    if (style.backgroundImage.includes('gradient') && !one.closest('.mantine-Skeleton-root')) found.add(name + ' has a gradient');
    if (one.matches('button[data-variant=filled]') || (one.matches('.mantine-Button-root') && !one.hasAttribute('data-variant'))) filled += 1;
  }
  if (filled > 1) found.add(filled + ' filled buttons');
  // Of a table that is what the page is for; with one row it shows how many would fit.
  const row = document.querySelector('main tbody tr:not([aria-hidden])');
  if (row !== null && row.closest('section, aside') === null && row.querySelector('td.text') === null && innerWidth === 1440) {
    const { top, height } = row.getBoundingClientRect();
    if ((900 - top) / height < 24) found.add('a table shows ' + Math.floor((900 - top) / height) + ' rows');
  }
  return [...found];
})()`;

/** What of the page can be done with, in the order of the page: each focused element is counted. The page gets an end of its own, which Tab reaches last. A script for the page. */
const REACH = `(() => {
  const main = document.querySelector('main');
  const all = [...main.querySelectorAll('a[href], button, input, select, textarea, iframe, [tabindex]')].filter((one) =>
    !one.disabled && one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }) && one.closest('[aria-hidden=true], [inert]') === null);
  const left = new Set(all);
  const end = document.createElement('button');
  document.body.append(end);
  globalThis.reached = () => {
    left.delete(document.activeElement);
    return document.activeElement !== end;
  };
  globalThis.unreached = () => {
    end.remove();
    return [...left].filter((one) => one.isConnected).map((one) => one.outerHTML.slice(0, 120));
  };
  return all.length;
})()`;

/** Lets the page be drawn. A script for the page. */
const FRAMES =
  'new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(undefined))))';

/** Where the focus is in a document, counted over its elements; empty where it is nowhere. A script for a frame. */
const FOCUS = `document.activeElement === document.body ? '' : String([...document.querySelectorAll('*')].indexOf(document.activeElement))`;

/** A server with its console and an owner, and a browser that looks at it. */
export async function visitConsole(options: Parameters<typeof testApp>[0] = {}) {
  await buildConsole();
  const server = await testApp(options);
  const { app } = server;
  // Passkeys are bound to a name, which an address is none.
  const url = options.settings?.['PUBLIC_URL'] ?? server.url;
  const { dataDir } = app.modules.options.config;
  await ensureOwner(app.modules, dataDir);
  const browser = await chromium.launch({ executablePath: program as string, timeout: 120_000 });
  atEndOfFile(() => browser.close());
  const another = () => browser.newContext({ locale: 'en', viewport: { width: 1_440, height: 900 } });
  const context = await another();
  /** What the pages' scripts broke, what the content security policy refused, and what was asked of other hosts. */
  const broken: string[] = [];
  const hosts = [url, ...(options.stripe === undefined ? [] : [options.stripe.url])];
  const open = async (where = context): Promise<Page> => {
    const page = await where.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.on('pageerror', (error) => broken.push(error.message));
    // A refusal of the content security policy is told here, too.
    page.on('console', (told) => {
      if (told.type() === 'error' && !/status of 4\d\d/.test(told.text())) broken.push(told.text());
    });
    page.on('request', (request) => {
      if (!hosts.some((host) => request.url().startsWith(host)) && !/^(?:data|blob):/.test(request.url()))
        broken.push(request.url());
    });
    return page;
  };
  const page = await open();
  /** A link that signs the owner in. */
  const link = () => newSignInLink({ clock: systemClock, random: systemRandom, dataDir }, url);
  return {
    ...server,
    url,
    page,
    open: () => open(),
    /** A page of another person, in a browser of their own. */
    openElsewhere: async () => open(await another()),
    link,
    broken,
    /** Calls as the owner, by the key of the first start. Throws on a refusal. */
    async api(
      call: string,
      body?: object,
      headers: Readonly<Record<string, string>> = {},
    ): Promise<Readonly<Record<string, unknown>>> {
      const { api_key: key } = JSON.parse(readFileSync(join(dataDir, 'owner.json'), 'utf8')) as {
        readonly api_key: string;
      };
      const answered = await server.call(key, call, body === undefined ? { headers } : { body, headers });
      if (answered.status >= 300)
        throw new Error(`${call} answers ${answered.status}: ${JSON.stringify(answered.body)}`);
      return answered.body;
    },
    /** Addresses of all pages that the navigation leads to. */
    paths: () => pagesOf(page),
    /** Signs the owner in. */
    async signIn(): Promise<void> {
      await page.goto(link());
      await page.waitForURL(`${url}/`);
      await page.getByRole('heading', { level: 1 }).waitFor();
    },
    /** Signs a user in by their password. */
    async signInAs({ email, password }: SignIn, at: Page = page): Promise<void> {
      await at.goto(`${url}/app/sign-in`);
      await at.getByLabel('Email').fill(email);
      await at.locator('input[name=password]').fill(password);
      await at.getByRole('button', { name: 'Sign in', exact: true }).click();
      await at.waitForURL(`${url}/`);
    },
    /** What of the page's own things Tab does not reach, from the link that skips the navigation on; that it does not leave them again is one of them. */
    async unreached(): Promise<string[]> {
      const focus = () => Promise.all(page.frames().map((frame) => frame.evaluate<string>(FOCUS)));
      const count: number = await page.evaluate(REACH);
      await page.locator('.skip').focus();
      await page.keyboard.press('Enter');
      for (let steps = 0, isWithin = true; isWithin; steps += 1) {
        if (steps > 2 * count + 10) return ['the keyboard does not leave the page'];
        const before = await focus();
        await page.keyboard.press('Tab');
        // A frame without rights is another process: the focus is nowhere until that process has taken it.
        await expect
          .poll(focus, { message: 'the keyboard does not move on', timeout: PATIENCE })
          .toSatisfy((now: string[]) => now[0] !== '' && now.join() !== before.join());
        isWithin = await page.evaluate('reached()');
      }
      return page.evaluate('unreached()');
    },
    look: (): Promise<string[]> => page.evaluate(LOOK),
    /** By how many pixels something is wider than the window. */
    overflow: (): Promise<number> =>
      page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
    /** What axe finds wrong, and whether something is wider than the window. */
    async faults(at: Page = page): Promise<string[]> {
      // Where the address has just changed the page before goes with the next frame, and that of a part that is loaded yet has no heading.
      await at.evaluate(FRAMES);
      await at.locator('h1').first().waitFor({ state: 'attached' });
      await at.evaluate(readFileSync(AXE, 'utf8'));
      return at.evaluate(async () => {
        const { axe, document } = globalThis as unknown as Browsed;
        const { violations } = await axe.run();
        const { scrollWidth, clientWidth } = document.documentElement;
        const wide = scrollWidth > clientWidth ? [`${scrollWidth} wide of ${clientWidth}`] : [];
        return [
          ...violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`),
          ...wide,
        ];
      });
    },
  };
}
