import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { serve, type ServedShop } from '@plinth/testkit/shop';
import { systemClock, systemRandom } from '#platform/kernel';
import { createOneTimeCodes } from '#platform/owner';
import { temporaryFolder } from '@plinth/testkit/services';
import { products } from '#products';
import { GUIDES } from './guides.ts';

const KEY = 'pl_of-the-owner';
const dataDir = temporaryFolder();
const docsKey = () => ({
  codes: createOneTimeCodes({ clock: systemClock, random: systemRandom, dataDir, terminal: undefined }),
  read: async () => KEY,
});

describe('the reference', () => {
  test('works from this server alone', async () => {
    const { call } = await serve();
    const page = await call('/docs');
    expect(page.status).toBe(200);
    expect(page.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    const loaded = [...page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(loaded).toEqual(
      expect.arrayContaining(['/docs/scalar.js', '/docs/reference.js', '/openapi.json']),
    );
    for (const path of [...loaded, '/docs/']) expect([path, (await call(path)).status]).toEqual([path, 200]);
    expect((await call('/docs/scalar.js')).text).toContain('createApiReference');
  });

  test('is only ever told not to ask other hosts for anything', async () => {
    const { call } = await serve();
    const { text } = await call('/docs/reference.js');
    for (const off of ['telemetry: false', 'withDefaultFonts: false', "showDeveloperTools: 'never'"])
      expect(text).toContain(off);
    expect(text).not.toMatch(/https?:\/\//);
  });
});

/** The docs page's answer to a request with these headers. */
async function ask(
  { port }: ServedShop,
  call: string,
  {
    headers = {},
    body,
  }: { readonly headers?: Readonly<Record<string, string>>; readonly body?: object } = {},
): Promise<Record<string, unknown>> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const [method = '', path = ''] = call.split(' ');
  const type = { 'content-type': 'application/json' };
  const options = { host: '127.0.0.1', port, path, method, headers: { ...type, ...headers } };
  const asked = request(options, (response) => {
    response.setEncoding('utf8');
    let text = '';
    response.on('data', (part: string) => (text += part));
    response.on('end', () => resolve(text));
  });
  asked.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  return JSON.parse(await promise) as Record<string, unknown>;
}

async function expectNothing(server: ServedShop, headers: Readonly<Record<string, string>>): Promise<void> {
  expect(await ask(server, 'GET /docs/code', { headers })).toEqual({ available: false });
  for (const call of ['POST /docs/code', 'POST /docs/key'])
    expect(await ask(server, call, { headers, body: { code: 'ABCD-EFGH' } })).toMatchObject({
      error: { code: 'not_found' },
    });
}

describe('the key of the local owner', () => {
  test('is traded for the code that the server shows, once', async () => {
    const server = await serve({ environment: 'development' }, { docsKey: docsKey() });
    const own = { host: 'localhost', 'sec-fetch-site': 'same-origin', origin: 'http://localhost' };
    expect(await ask(server, 'GET /docs/code')).toEqual({ available: true });
    expect(await ask(server, 'POST /docs/code', { headers: own, body: {} })).toEqual({ shown_in: 'file' });
    const code = readFileSync(join(dataDir, 'one-time-code'), 'utf8').trim();
    expect(await ask(server, 'POST /docs/key', { headers: own, body: { code: 'ABCD-EFGH' } })).toMatchObject({
      error: { code: 'one_time_code_wrong' },
    });
    expect(await ask(server, 'POST /docs/key', { headers: own, body: { code } })).toEqual({ api_key: KEY });
    expect(await ask(server, 'POST /docs/key', { headers: own, body: { code } })).toMatchObject({
      error: { code: 'one_time_code_wrong' },
    });
    expect(await ask(await serve({ environment: 'development' }), 'GET /docs/code')).toEqual({
      available: false,
    });
  });

  test('is never told in production, nor by a server that others reach', async () => {
    for (const settings of [
      { environment: 'production' },
      { environment: 'development', host: '0.0.0.0' },
    ] as const)
      await expectNothing(await serve(settings, { docsKey: docsKey() }), {});
  });

  const STRANGERS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['another name that leads here', { host: 'evil.example' }],
    ['a proxy, for somebody behind it', { 'x-forwarded-for': '203.0.113.9' }],
    ['a page of another origin', { origin: 'https://evil.example' }],
    ['a page of another site that sends no origin', { 'sec-fetch-site': 'cross-site' }],
  ];
  test.each(STRANGERS)('is not told to %s', async (_who, headers) => {
    const allowed = { environment: 'development', corsOrigins: ['https://evil.example'] } as const;
    await expectNothing(await serve(allowed, { docsKey: docsKey() }), headers);
  });
});

describe('guides', async () => {
  const { call } = await serve();
  const names = Object.keys(GUIDES);
  const paths = ['/docs/guides', ...names.map((name) => `/docs/guides/${name}`)];

  test('are pages without scripts, with the navigation of the reference', async () => {
    const reference = await call('/docs');
    const navigation = /<header>[\s\S]*<\/header>/.exec(reference.text)?.[0] ?? 'none';
    for (const path of paths) {
      const { status, text, headers } = await call(path);
      expect([path, status]).toEqual([path, 200]);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'self'");
      expect(text).toContain(navigation);
      expect(text).not.toContain('<script');
    }
  });

  test('have no dead link, and none into the void of a page', async () => {
    const dead: string[] = [];
    let links = 0;
    for (const path of paths) {
      const { text } = await call(path);
      for (const [, href = ''] of text.matchAll(/<a [^>]*?href="([^"]*)"/g)) {
        const { origin, pathname, hash } = new URL(href, `http://docs${path}`);
        if (origin !== 'http://docs') continue;
        links += 1;
        const target = await call(pathname);
        const place = decodeURIComponent(hash.slice(1));
        const isThere = target.status === 200 && (place === '' || target.text.includes(`id="${place}"`));
        if (!isThere) dead.push(`${path}: ${href}`);
      }
    }
    expect(dead).toEqual([]);
    expect(links).toBeGreaterThan(names.length ** 2);
  });

  test('have the page of each product that has one', () => {
    const keys = products.map(({ key }) => key);
    const written = keys.filter((key) => existsSync(new URL(`../../../../docs/${key}.md`, import.meta.url)));
    expect(written.length).toBeGreaterThan(4);
    expect(names).toEqual(expect.arrayContaining(written));
  });

  test('are those that are listed, and no other file', async () => {
    for (const name of ['testing', 'nothing', '..%2f..%2fpackage', 'constructor'])
      expect([name, (await call(`/docs/guides/${name}`)).status]).toEqual([name, 404]);
  });
});
