import { describe, expect, test } from 'vitest';
import { openBlobs, read, sha256 } from './fixture.ts';

const fixture = await openBlobs();
const owner = await fixture.owner();
const TEXT = '0123456789';
const id = await owner.store(TEXT);
const link = async (of = id) => String((await owner.call(`GET /v1/vault/files/${of}`)).json['url']);
const url = await link();
const download = async (headers: Record<string, string> = {}, method = 'GET') =>
  read(await fetch(url, { method, headers }));

describe('a download', () => {
  test('is always saved, never shown, and nothing in it runs', async () => {
    const { headers } = await download();
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/plain',
      'content-disposition': `attachment; filename="a file.txt"; filename*=UTF-8''a%20file.txt`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox'),
      'cache-control': 'private, no-cache',
      'accept-ranges': 'bytes',
      'content-length': '10',
      etag: `"${sha256(TEXT)}"`,
    });
  });

  test.each([
    'text/html',
    'image/svg+xml',
    'application/xhtml+xml',
    'text/xml',
    'text/javascript',
    'application/x-msdownload',
  ])('of %s is bytes of no type', async (type) => {
    const one = await owner.store(`${type} <script>alert(1)</script>`, { type, filename: 'page.html' });
    const { headers } = await read(await fetch(await link(one)));
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-disposition')).toMatch(/^attachment;/);
  });

  test.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=5-500', '56789', 'bytes 5-9/10'],
    ['bytes=-500', TEXT, 'bytes 0-9/10'],
    ['bytes = 0 - 0', '0', 'bytes 0-0/10'],
  ])('of %s is that part', async (range, part, said) => {
    const { status, bytes, headers } = await download({ range });
    expect([status, bytes.toString(), headers.get('content-range')]).toEqual([206, part, said]);
    expect(headers.get('content-length')).toBe(String(part.length));
  });

  test.each([
    'bytes=0-1,4-5',
    'bytes=5-2',
    'bytes=a-b',
    'bytes=-',
    'items=0-1',
    'bytes=0-99999999999999999999',
    '',
  ])('of the range "%s" is all of it', async (range) => {
    const { status, bytes } = await download({ range });
    expect([status, bytes.toString()]).toEqual([200, TEXT]);
  });

  test.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])('of %s is refused with the length', async (range) => {
    const { status, headers, json } = await download({ range });
    expect([status, json.error?.code, headers.get('content-range')]).toEqual([
      416,
      'range_not_satisfiable',
      'bytes */10',
    ]);
  });

  test('is asked about without its bytes, and not sent again to who has it', async () => {
    const head = await download({}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), head.bytes.length]).toEqual([200, '10', 0]);
    const etag = head.headers.get('etag') ?? '';
    expect((await download({ 'if-none-match': etag })).status).toBe(304);
    expect((await download({ range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
    expect((await download({ range: 'bytes=0-1', 'if-range': '"another"' })).status).toBe(200);
  });

  test('has the name that the product gives it, and ends with its link', async () => {
    const named = await owner.call(
      `GET /v1/vault/files/${id}?filename=${encodeURIComponent('Angebot für Müller.pdf')}`,
    );
    const { headers } = await read(await fetch(String(named.json['url'])));
    expect(headers.get('content-disposition')).toContain("UTF-8''Angebot%20f%C3%BCr%20M%C3%BCller.pdf");
    expect(headers.get('content-disposition')).toContain('filename="Angebot f_r M_ller.pdf"');
    const short = await fixture.blobs.download(owner.accountId, id, { expiresIn: 60 });
    await fixture.clock.advance(61_000);
    expect((await read(await fetch(short.url))).json.error?.code).toBe('signed_url_expired');
    expect((await read(await fetch(url))).status).toBe(200);
  });

  test('of bytes that are gone says so', async () => {
    const one = await owner.store('to be lost');
    const lost = await link(one);
    await fixture.home.delete([`${one.slice(-2)}/${one.slice(-4, -2)}/${one}`]);
    const { status, json } = await read(await fetch(lost));
    expect([status, json.error?.code]).toEqual([410, 'blob_gone']);
  });
});
