import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testApp } from '@plinth/testkit/services/app';
import { expect, test } from 'vitest';
import { buildConsole } from '../../server/src/main/build-console.ts';
import { CONSOLE, type ConsoleManifest, readConsole } from '../../server/src/server/console/built.ts';

await buildConsole();
const app = await testApp({ work: false });
const built = readConsole() as ConsoleManifest;
const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${app.url}${path}`, { headers, redirect: 'manual' });
const asBrowser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

test('browsers get the console at / and below /app/, and programs what they got before', async () => {
  for (const path of ['/', '/app', '/app/ledger', '/app/no/such/page']) {
    const page = await get(path, asBrowser);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain(`/app/assets/${built.script}`);
  }
  expect(await (await get('/')).json()).toMatchObject({ name: 'Plinth' });
  const missing = await get('/v1/no-such-call', asBrowser);
  expect([missing.status, (await missing.json()) as object]).toMatchObject([
    404,
    { error: { code: 'not_found' } },
  ]);
});

test('the page runs nothing but the files of this server, in no frame, and styles by a nonce of its own', async () => {
  const nonces = new Set<string>();
  for (let times = 0; times < 2; times += 1) {
    const page = await get('/', asBrowser);
    const policy = page.headers.get('content-security-policy') ?? '';
    const nonce = /'nonce-([\w-]{22})'/.exec(policy)?.[1] ?? '';
    nonces.add(nonce);
    expect(policy.replace(nonce, '')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-'; font-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const html = await page.text();
    expect(html).toContain(`nonce="${nonce}"`);
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style| on\w+=|https?:/);
  }
  expect(nonces.size).toBe(2);
});

test('its files are named by what is in them, kept for a year, and packed where that is asked for', async () => {
  const plain = await get(`/app/assets/${built.script}`, { 'accept-encoding': 'identity' });
  expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(plain.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(await plain.text()).toBe(readFileSync(join(CONSOLE, built.script), 'utf8'));
  const packed = await get(`/app/assets/${built.script}`, { 'accept-encoding': 'br' });
  expect([packed.headers.get('content-encoding'), packed.headers.get('vary')]).toEqual([
    'br',
    'accept-encoding',
  ]);
  expect(await packed.text()).toBe(readFileSync(join(CONSOLE, built.script), 'utf8'));
  for (const other of [
    'built.json',
    'no-such.js',
    '..%2f..%2fpackage.json',
    '%2e%2e%2fpackage.json',
    'x.js%00',
  ])
    expect((await get(`/app/assets/${other}`)).status).toBe(404);
});

test('the first page loads at most 150 kB of script, as gzip has it', async () => {
  const { gzipSync } = await import('node:zlib');
  const first = new Set<string>();
  /** A file, and all that it imports before it runs. */
  const load = (name: string) => {
    if (first.has(name)) return;
    first.add(name);
    const text = readFileSync(join(CONSOLE, name), 'utf8');
    for (const [, other = ''] of text.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) load(other);
  };
  load(built.script);
  const script = readFileSync(join(CONSOLE, built.script), 'utf8');
  load(/import\(["'`]\.\/(home-[^"'`]+)["'`]\)/.exec(script)?.[1] ?? 'no first page');
  const sizes = [...first].map((name) => gzipSync(readFileSync(join(CONSOLE, name))).length);
  expect(first.size).toBeGreaterThan(5);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(150_000);
});
