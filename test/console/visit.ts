import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { atEndOfFile } from '#test/closing';
import { systemClock, systemRandom } from '#platform/kernel';
import { ensureOwner, newSignInLink } from '#platform/owner';
import { testApp } from '#test/app';
import { chromium, type Page } from 'playwright-core';
import { test } from 'vitest';
import { buildConsole } from '../../src/main/build-console.ts';
import { chromiumOnPath, NO_CHROMIUM } from '../services/chromium.ts';
import { engine } from '../services/index.ts';

const program = chromiumOnPath();
// What a browser does is the same on all databases.
const isFirst = engine === 'postgres' && process.env['TEST_POOLER'] === undefined;
/** Whether the tests of pages run here. */
export const isHere = isFirst && program !== undefined;
if (isFirst && program === undefined) test.skip(NO_CHROMIUM, () => {});

/** Milliseconds until something that a page should show is said to be missing. */
export const PATIENCE = 20_000;
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

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

/** A server with its console and an owner, and a browser that looks at it. */
export async function visitConsole(options: Parameters<typeof testApp>[0] = {}) {
  await buildConsole();
  const server = await testApp(options);
  const { app } = server;
  // Passkeys are bound to a name, which an address is none.
  const url = server.url.replace('127.0.0.1', 'localhost');
  const { dataDir } = app.modules.options.config;
  await ensureOwner(app.modules, dataDir);
  const browser = await chromium.launch({ executablePath: program as string, timeout: 120_000 });
  atEndOfFile(() => browser.close());
  const context = await browser.newContext({ locale: 'en', viewport: { width: 1_440, height: 900 } });
  /** What the pages' scripts broke, what the content security policy refused, and what was asked of other hosts. */
  const broken: string[] = [];
  const open = async (): Promise<Page> => {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.on('pageerror', (error) => broken.push(error.message));
    // A refusal of the content security policy is told here, too.
    page.on('console', (told) => {
      if (told.type() === 'error' && !/status of 4\d\d/.test(told.text())) broken.push(told.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !/^(?:data|blob):/.test(request.url()))
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
    open,
    link,
    broken,
    /** Signs the owner in. */
    async signIn(): Promise<void> {
      await page.goto(link());
      await page.waitForURL(`${url}/`);
    },
    /** What axe finds wrong, and whether something is wider than the window. */
    async faults(): Promise<string[]> {
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
    },
  };
}
