import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { ROOT } from '@plinth/testkit/house/source';
import { testApp } from '@plinth/testkit/services/app';
import { browserHere } from '@plinth/testkit/services/browser';
import { chromium } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { buildReact } from '../../scripts/pack/react.ts';
import { createBackend } from '../../sdk/src/backend/index.ts';

const browser = browserHere();
const folder = mkdtempSync(join(tmpdir(), 'plinth-react-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A Vite app that has the components from the tarball, as npm unpacks it. */
function buildApp(plinth: string): string {
  const [built, modules] = [join(folder, 'package'), join(folder, 'app/node_modules')];
  mkdirSync(built);
  buildReact(built);
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: built });
  const installed = join(modules, '@plinth/react');
  mkdirSync(installed, { recursive: true });
  const tarball = join(folder, 'plinth-react-0.2.0.tgz');
  execFileSync('tar', ['xzf', tarball, '-C', installed, '--strip-components=1']);
  for (const name of ['react', 'react-dom', 'scheduler', 'vite'])
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  const files = {
    'index.html':
      '<!doctype html><html lang="en"><title>Notes</title><main id="root"></main><script type="module" src="/main.jsx"></script></html>',
    'main.jsx': `import { createRoot } from "react-dom/client";
import { PlanBadge, PlinthProvider, PortalButton, PricingTable, UsageMeter, useEntitlements } from "@plinth/react";
import "@plinth/react/styles.css";

const post = (path) => fetch(path, { method: 'POST' }).then((answer) => answer.json());
function Use() {
  const { refresh } = useEntitlements();
  return <button onClick={async () => { await post('/api/summaries'); await refresh(); }}>Summarize</button>;
}
createRoot(document.querySelector('#root')).render(
  <PlinthProvider product="reel" server=${JSON.stringify(plinth)}
    load={() => fetch('/api/entitlements').then((answer) => answer.json())}
    portalLink={() => post('/api/portal').then(({ url }) => url)}>
    <h1>Notes</h1><PlanBadge /><Use /><UsageMeter limit="generations" label="Posts" />
    <PricingTable onChoose={(plan, cycle) => { document.title = plan.id + ' ' + cycle; }} /><PortalButton />
  </PlinthProvider>,
);
`,
    'package.json': '{ "private": true, "type": "module" }',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'app', name), text);
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  execFileSync(process.execPath, [vite, 'build', '--logLevel', 'error'], { cwd: join(folder, 'app') });
  return join(folder, 'app/dist');
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

describe.runIf(browser !== undefined)('a Vite app with the components from the tarball', async () => {
  if (browser === undefined) return;
  const app = await testApp({ work: false });
  const { key } = await app.admin();
  const acme = createBackend({ baseUrl: app.url, apiKey: key, product: 'reel' }).customer('acme');
  await acme.put({ name: 'Northwind' });
  await app.call(key, 'POST /v1/admin/grants', {
    body: { customer: 'acme', product: 'reel', plan: 'basic' },
  });
  const dist = buildApp(app.url);

  /** The app's own server, which alone has the key. */
  const api: Readonly<Record<string, () => Promise<unknown>>> = {
    '/api/entitlements': () => acme.entitlements(),
    '/api/portal': async () => ({ url: await acme.portal(`${home()}/`) }),
    '/api/summaries': async () => {
      const { status } = await app.call(key, 'POST /v1/admin/grants', {
        body: { customer: 'acme', product: 'reel', plan: 'standard' },
      });
      return { status };
    },
  };
  const server = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : (request.url ?? '');
    const answered = api[path]?.();
    if (answered === undefined) {
      const type = TYPES[extname(path)];
      if (type === undefined) return void response.writeHead(404).end();
      return void response.writeHead(200, { 'content-type': type }).end(readFileSync(join(dist, path)));
    }
    answered.then(
      (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const home = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const opened = await chromium.launch({ executablePath: browser, timeout: 120_000 });
  afterAll(async () => {
    await opened.close();
    server.close();
  });

  test('shows plan, use and prices, shows them anew, and leads to the portal and back', async () => {
    const page = await opened.newPage();
    const broken: string[] = [];
    page.on('pageerror', (error) => broken.push(error.message));
    page.on(
      'console',
      (told) => told.type() === 'error' && !/status of 404/.test(told.text()) && broken.push(told.text()),
    );
    await page.goto(home());
    await page.locator('.plinth-badge').getByText('Basic').waitFor();
    await page.getByText('0 of 60').waitFor();
    expect(await page.getByRole('progressbar', { name: 'Posts' }).getAttribute('max')).toBe('60');
    await page.getByRole('button', { name: 'Choose Pro' }).click();
    await expect.poll(() => page.title()).toBe('reel.pro monthly');
    await page.getByRole('button', { name: 'Summarize' }).click();
    await page.locator('.plinth-badge').getByText('Standard').waitFor();
    await page.getByText('0 of 300').waitFor();
    const present = page.getByRole('listitem').filter({ has: page.getByText('Your plan') });
    expect(await present.getByRole('heading').textContent()).toBe('Standard');
    await page.getByRole('button', { name: 'Manage your plan' }).click();
    await page.waitForURL(`${app.url}/portal`);
    await page.getByRole('link', { name: 'Back to' }).click();
    await page.waitForURL(`${home()}/`);
    expect(broken).toEqual([]);
  });
});
