import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { serve, type ServedShop } from '@plinth/testkit/shop';
import { plainBrand } from '#platform/http';
import { declaredErrors, docsOf, systemClock, systemRandom } from '#platform/kernel';
import { createOneTimeCodes } from '#platform/owner';
import { temporaryFolder } from '@plinth/testkit/services';

const KEY = 'pl_of-the-owner';
const dataDir = temporaryFolder();
const docsKey = () => ({
  codes: createOneTimeCodes({ clock: systemClock, random: systemRandom, dataDir, terminal: undefined }),
  read: async () => KEY,
});

const POLICY = "default-src 'none'; script-src 'self';";

describe('the site', { timeout: 120_000 }, async () => {
  const { call } = await serve();

  test('works from this server alone', async () => {
    for (const path of ['/docs', '/docs/guides/limits', '/docs/reference']) {
      const page = await call(path);
      expect([path, page.status]).toEqual([path, 200]);
      expect(page.text).not.toMatch(/<(?:script|link)[^>]+(?:src|href)="(?:https?:)?\/\//);
      expect(page.text).not.toMatch(/<script(?![^>]* src=)/);
      const policy = page.headers.get('content-security-policy');
      expect(policy).toContain(POLICY);
      expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
      const loaded = [...page.text.matchAll(/<(?:script|link)[^>]+(?:src|href)="(\/[^"]+)"/g)];
      expect(loaded.length).toBeGreaterThan(2);
      for (const [, file = ''] of loaded) expect([file, (await call(file)).status]).toEqual([file, 200]);
    }
    for (const coding of ['br', 'identity']) {
      const { text: program, headers } = await call('/docs/scalar.js', {
        headers: { 'accept-encoding': coding },
      });
      expect(program).toContain('createApiReference');
      expect(headers.get('content-encoding')).toBe(coding === 'br' ? coding : null);
    }
    const { text } = await call('/docs/reference.js');
    for (const off of ['telemetry: false', 'withDefaultFonts: false', "showDeveloperTools: 'never'"])
      expect(text).toContain(off);
  });

  test('has a place for each error, where errors lead', async () => {
    const { text } = await call('/docs/guides/errors');
    const codes = declaredErrors().map(([code]) => code);
    expect(codes.filter((code) => !text.includes(`id="${code}"`))).toEqual([]);
    expect(docsOf('not_found')).toBe('/docs/guides/errors#not_found');
  });

  test('is in the name of the brand, which no name gets out of', async () => {
    const name = '</title><script>"\\';
    const branded = await serve({}, { brandOf: () => plainBrand(name) });
    const { text } = await branded.call('/docs/guides/limits');
    expect(text).toContain('| &lt;/title&gt;&lt;script&gt;');
    const [metadata = ''] = /\/docs\/assets\/chunks\/metadata\.[\w-]+\.js/.exec(text) ?? [];
    const window: Record<string, unknown> = {};
    runInNewContext((await branded.call(metadata)).text, { window });
    expect(window['__VP_SITE_DATA__']).toMatchObject({ title: name });
  });

  test('leads where guides were listed, and has no other file', async () => {
    expect((await call('/docs/guides')).text).toBe((await call('/docs')).text);
    for (const path of [
      'nothing',
      'guides/nothing',
      'built.json',
      '..%2f..%2fpackage.json',
      'guides/constructor',
      'own.html/x',
    ])
      expect([path, (await call(`/docs/${path}`)).status]).toEqual([path, 404]);
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
