import { openDatabase } from '#platform/db';
import { atEndOfFile } from '@plinth/testkit/closing';
import { engine } from '@plinth/testkit/services';
import { type Reply, testApp, type TestApp } from '@plinth/testkit/services/app';
import { describe, expect, test } from 'vitest';
import { readLogo } from './logo.ts';
import { type Branded, type BrandDefaults, resolveBrand, SERVER } from './resolve-brand.ts';
import { bestTextOn, contrast, type StoredBrand } from './stored-brand.ts';

const one = await testApp({ settings: { MAIL_FROM: 'Post <post@acme.example>' } });
const other = await anotherProcess();
const { key } = await one.admin();
const customer = await one.customer();

/** A second process, which has nothing in common with the first but the database; on PGlite there is one alone. */
async function anotherProcess(): Promise<TestApp> {
  if (engine === 'pglite') return one;
  const own = await openDatabase({ engine: 'postgres', url: one.database.url });
  atEndOfFile(() => own.close());
  return testApp({ beside: one, settings: { MAIL_FROM: 'Post <post@acme.example>' }, over: () => own });
}

const put = (product: string, body: object, ifMatch?: string): Promise<Reply> =>
  one.call(key, `PUT /v1/admin/brands/${product}`, {
    body,
    ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }),
  });
const titleAt = async (at: TestApp, path: string) =>
  /<title>([^<]*)<\/title>/.exec(await (await fetch(`${at.url}${path}`)).text())?.[1];

/** A PNG of one pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=',
  'base64',
);

test('a brand is in effect in every process without a restart: in pages, in mails, and where second factors are set up', async () => {
  expect(await titleAt(one, '/pricing/reel')).toBe('Prices · Post');
  expect((await put('server', { name: 'Acme' })).status).toBe(200);
  await put('reel', { name: 'Acme Shorts', support: 'help@acme.example' });
  for (const at of [one, other]) {
    await expect.poll(() => titleAt(at, '/pricing/reel')).toBe('Prices · Acme Shorts');
    expect(await titleAt(at, '/pricing/prism')).toBe('Prices · Acme');
    expect(await titleAt(at, '/v1/invitations/accept')).toBe('Accept an invitation · Acme');
  }
  expect(await mailTo(customer.email)).toMatchObject({
    from: 'Acme',
    html: expect.stringContaining('<strong>Acme</strong>'),
  });
  const { body } = await one.call(key, 'GET /v1/admin/brands/reel/preview?mail=payment_failed');
  expect(body).toMatchObject({
    subject: expect.stringContaining('Acme Shorts: a payment'),
    text: expect.stringContaining('Support: help@acme.example'),
  });
});

/** The mail of a new password, as it is sent. */
async function mailTo(email: string) {
  await one.call(undefined, 'POST /v1/auth/forgot-password', { body: { email } });
  return (await one.outbox()).findLast(({ to }) => to === email);
}

test('a logo is served as the image that it is, goes with mails as their part, and is gone when it is removed', async () => {
  expect((await fetch(`${one.url}/v1/brands/prism/logo`)).status).toBe(404);
  const stored = await one.call(key, 'PUT /v1/admin/brands/prism/logo', {
    body: { base64: PNG.toString('base64') },
  });
  const { logo_url: address } = stored.body['effective'] as { logo_url: string };
  const logo = await fetch(one.url + new URL(address).pathname);
  expect(Buffer.from(await logo.arrayBuffer())).toEqual(PNG);
  expect(Object.fromEntries(logo.headers)).toMatchObject({
    'content-type': 'image/png',
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining('sandbox'),
  });
  const page = await fetch(`${one.url}/pricing/prism`);
  expect(await page.text()).toContain('<img class="logo" src="/v1/brands/prism/logo?v=');
  await one.call(key, 'DELETE /v1/admin/brands/prism/logo');
  await one.call(key, 'PUT /v1/admin/brands/server/logo', { body: { base64: PNG.toString('base64') } });
  expect(await mailTo(customer.email)).toMatchObject({
    html: expect.stringContaining('src="cid:logo@brand" alt="Acme"'),
    images: ['logo.png'],
  });
  await one.call(key, 'DELETE /v1/admin/brands/server/logo');
  expect((await fetch(`${one.url}/v1/brands/prism/logo`)).status).toBe(404);
});

test.each<[string, Buffer]>([
  [
    'a drawing that can hold scripts',
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
  ],
  [
    'a page that begins like an image',
    Buffer.concat([PNG.subarray(0, 8), Buffer.from('<script>alert(1)</script>'.repeat(4))]),
  ],
  ['an image that was cut', PNG.subarray(0, 50)],
  ['an image of a million pixels on a side', withWidth(1_000_000)],
  ['more bytes than a mail should carry', Buffer.concat([PNG, Buffer.alloc(128 * 1024)])],
])('%s is no logo', (_what, bytes) => {
  expect(readLogo(bytes)).toMatch(/^A logo /);
});

function withWidth(width: number): Buffer {
  const bytes = Buffer.from(PNG);
  bytes.writeUInt32BE(width, 16);
  return bytes;
}

test('a PNG, a JPEG and a WebP are told by their bytes, with their sizes', () => {
  const jpeg = Buffer.from(
    'ffd8ffe000104a46494600010100000100010000ffc0000b080003000501011100ffda0008010100003f00d2cfffd9',
    'hex',
  );
  const webp = Buffer.from('UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoHAAkAAgA0JaQAA3AA/vuUAAA=', 'base64');
  expect(readLogo(PNG)).toEqual({ type: 'image/png', width: 1, height: 1 });
  expect(readLogo(jpeg)).toEqual({ type: 'image/jpeg', width: 5, height: 3 });
  expect(readLogo(webp)).toEqual({ type: 'image/webp', width: 7, height: 9 });
});

test('a draft is shown in real mails and pages with its logo, and changes nothing', async () => {
  const before = await one.call(key, 'GET /v1/admin/brands/coditect');
  const brand = { name: 'Drafted', accent: '#0b6e4f', support: 'help@draft.example' };
  const shown: Record<string, string> = {
    portal: 'Your account',
    prices: 'Prices',
    page: 'Confirm',
    mail: 'Ada',
  };
  for (const [show, text] of Object.entries(shown)) {
    const { body } = await preview('coditect', { brand, show, logo: PNG.toString('base64') });
    const html = String(body['html']);
    for (const part of [text, 'alt="Drafted"', `data:image/png;base64,${PNG.toString('base64')}`, '#0b6e4f'])
      expect(html).toContain(part);
    expect(html).not.toMatch(/<script|Plinth/);
  }
  expect(await one.call(key, 'GET /v1/admin/brands/coditect')).toMatchObject({ body: before.body });
});

test('a draft that can not be stored is not shown either', async () => {
  const svg = Buffer.from('<svg><script>alert(1)</script></svg>').toString('base64');
  const draft = { brand: {}, show: 'page' };
  for (const [product, body, answer] of [
    [
      'reel',
      { ...draft, logo: svg },
      { status: 400, body: { error: { details: { issues: [{ path: 'body.logo' }] } } } },
    ],
    [
      'reel',
      { ...draft, brand: { accent: '#ffd400', accent_text: '#ffffff' } },
      { status: 400, body: { error: { details: { issues: [{ path: 'body.brand.accent_text' }] } } } },
    ],
    ['reel', { ...draft, show: 'mail', mail: 'license_created' }, { status: 400 }],
    ['nothing', draft, { status: 404 }],
  ] as const)
    expect(await preview(product, body)).toMatchObject(answer);
});

const preview = (product: string, body: object) =>
  one.call(key, `POST /v1/admin/brands/${product}/preview`, { body });

describe('colours', () => {
  test('text that can not be read on its accent is refused with both figures', async () => {
    const { status, body } = await put('server', { accent: '#ffd400', accent_text: '#ffffff' });
    expect([status, body['error']]).toMatchObject([
      400,
      {
        details: {
          issues: [{ path: 'body.accent_text', message: expect.stringContaining('contrast of 1.43 to 1') }],
        },
      },
    ]);
  });

  test('a button stands out from a white page and from a dark one with every pair that is taken', () => {
    const levels = Array.from(
      { length: 52 },
      (_none, index) => `#${(5 * index).toString(16).padStart(2, '0').repeat(3)}`,
    );
    const pairs = levels.flatMap((accent) => levels.map((text) => [accent, text] as const));
    // WCAG 2.2, 1.4.11: its ground or its border.
    for (const [accent, text] of pairs.filter((pair) => contrast(...pair) >= 4.5))
      for (const page of ['#ffffff', '#121212'])
        expect(Math.max(contrast(accent, page), contrast(text, page))).toBeGreaterThanOrEqual(3);
  });

  test('black or white can be read on every accent', () => {
    for (let level = 0; level < 256; level += 1) {
      const part = level.toString(16).padStart(2, '0');
      const grey = `#${part}${part}${part}`;
      expect(contrast(grey, bestTextOn(grey))).toBeGreaterThanOrEqual(4.5);
    }
  });
});

test('of two who change a brand at once the second is told, and each change has a line in the audit', async () => {
  const first = await put('orbit', { name: 'One' }, '"0"');
  expect(await put('orbit', { name: 'Two' }, '"0"')).toMatchObject({ status: 412 });
  const tag = String(first.headers.get('etag'));
  expect(await put('orbit', { name: 'Two' }, tag)).toMatchObject({ status: 200 });
  const { body } = await one.call(key, 'GET /v1/admin/audit?limit=1');
  expect(body['data']).toMatchObject([
    {
      action: 'brand.changed',
      target: { id: 'orbit' },
      changes: { brand: { name: 'Two' }, before: { name: 'One' } },
    },
  ]);
});

test.each(['Acme\r\nBcc: eve@example.com', '<b>Acme</b>', '', '\u202eemcA'])(
  'a name that breaks headers or pages is refused: %j',
  async (name) => {
    expect(await put('server', { name })).toMatchObject({ status: 400 });
  },
);

test('is the operator’s: no customer reads or changes a brand, and there is none of a product that there is not', async () => {
  expect(await one.call(customer.key, 'PUT /v1/admin/brands/server', { body: {} })).toMatchObject({
    status: 403,
  });
  expect(await one.call(customer.key, 'GET /v1/admin/brands')).toMatchObject({ status: 403 });
  expect(await put('nothing', {})).toMatchObject({ status: 404 });
});

describe('a name that is not set', () => {
  const reel = { key: 'reel', name: 'Reel', isRunning: true };
  const prism = { ...reel, key: 'prism', name: 'Prism' };
  const nowhere: BrandDefaults = {
    products: () => [reel, prism],
    from: { name: undefined, address: 'plinth@localhost' },
    publicUrl: undefined,
    baseUrl: 'http://localhost:8080',
  };
  const named = (
    product: string,
    more: Partial<BrandDefaults>,
    stored: Readonly<Record<string, StoredBrand>> = {},
  ) => {
    const rows = new Map<string, Branded>(
      Object.entries(stored).map(([of, fields]) => [of, { product: of, fields, logo_hash: null }]),
    );
    const { name, fromName } = resolveBrand(product, { rows, defaults: { ...nowhere, ...more } });
    return [name, fromName];
  };
  const from = { name: 'Post', address: 'post@acme.example' };

  test.each<[string, readonly string[], readonly string[]]>([
    [
      'a product’s own, over the server’s',
      named('reel', { from }, { server: { name: 'Acme' }, reel: { name: 'Shorts' } }),
      ['Shorts', 'Shorts'],
    ],
    [
      'the server’s, over MAIL_FROM',
      named('reel', { from }, { server: { name: 'Acme', from_name: 'Ada of Acme' } }),
      ['Acme', 'Ada of Acme'],
    ],
    [
      'the only product’s, for the server',
      named(SERVER, { from, products: () => [reel] }, { reel: { name: 'Shorts' } }),
      ['Shorts', 'Shorts'],
    ],
    ['the name in MAIL_FROM', named(SERVER, { from, products: () => [reel] }), ['Post', 'Post']],
    ['the product’s', named('reel', {}), ['Reel', 'Reel']],
    [
      'the only product’s that runs',
      named(SERVER, { products: () => [reel, { ...prism, isRunning: false }] }),
      ['Reel', 'Reel'],
    ],
    [
      'the domain that mails are from',
      named(SERVER, { from: { name: undefined, address: 'post@acme.example' } }),
      ['acme.example', 'acme.example'],
    ],
    [
      'the host of the server',
      named(SERVER, { publicUrl: 'https://api.acme.example' }),
      ['api.acme.example', 'api.acme.example'],
    ],
    [
      'ours, on one machine alone',
      named(SERVER, { publicUrl: 'http://localhost:6174' }),
      ['Plinth', 'Plinth'],
    ],
  ])('is %s', (_which, shown, expected) => {
    expect(shown).toEqual(expected);
  });
});
