import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { openBlobs, outcomeOf, send, type SignedUpload } from './fixture.ts';

const fixture = await openBlobs();
const TEXT = 'what a client wrote';

const changeUrl = (upload: SignedUpload, change: (url: URL) => void): SignedUpload => {
  const url = new URL(upload.url);
  change(url);
  return { ...upload, url: url.href };
};

/** Speaks HTTP by hand; answers all that comes back. */
async function sendRaw(
  url: string,
  headers: readonly string[],
  body: readonly (string | Uint8Array)[] = [],
): Promise<string> {
  const { hostname, port, pathname, search } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  socket.write(
    [`PUT ${pathname}${search} HTTP/1.1`, 'host: a', 'connection: close', ...headers, '', ''].join('\r\n'),
  );
  for (const part of body) socket.write(part);
  await closed;
  return Buffer.concat(chunks).toString();
}

describe('a signed request', () => {
  test.each([
    ['another length', (url: URL) => url.searchParams.set('bytes', '5')],
    ['another type', (url: URL) => url.searchParams.set('type', 'text/html')],
    ['another SHA-256', (url: URL) => url.searchParams.set('sha256', 'a'.repeat(64))],
    ['a later end', (url: URL) => url.searchParams.set('expires', '99999999999')],
    ['another signature', (url: URL) => url.searchParams.set('signature', 'A'.repeat(43))],
  ])('with %s is none of this server', async (_what, change) => {
    const owner = await fixture.owner();
    const { upload } = await owner.begin(TEXT);
    expect(outcomeOf(await send(changeUrl(upload, change), TEXT))).toBe('403 signed_url_invalid');
  });

  test('for one file is none for another, nor for reading, nor for a part', async () => {
    const [one, two] = [await fixture.owner(), await fixture.owner()];
    const mine = await one.begin(TEXT);
    const theirs = await two.begin(TEXT);
    const stolen = changeUrl(mine.upload, (url) => {
      url.pathname = url.pathname.replace(mine.id, theirs.id);
    });
    expect(outcomeOf(await send(stolen, TEXT))).toBe('403 signed_url_invalid');
    const { searchParams } = new URL(mine.upload.url);
    const [signature, expires] = [searchParams.get('signature'), searchParams.get('expires')];
    const at = `${fixture.server.url}/v1/blobs/${mine.id}`;
    const asPart = `${at}/parts/1?expires=${expires}&bytes=${TEXT.length}&signature=${signature}`;
    const asGet = `${at}/content?expires=${expires}&filename=a&type=text%2Fplain&signature=${signature}`;
    expect(outcomeOf(await send({ ...mine.upload, url: asPart }, TEXT))).toBe('403 signed_url_invalid');
    expect(outcomeOf(await send({ ...mine.upload, method: 'GET', url: asGet }))).toBe(
      '403 signed_url_invalid',
    );
  });

  test('with a parameter more, or one twice, is refused', async () => {
    const owner = await fixture.owner();
    const { upload } = await owner.begin(TEXT);
    const more = changeUrl(upload, (url) => url.searchParams.append('x', '1'));
    const twice = changeUrl(upload, (url) => url.searchParams.append('bytes', '5'));
    expect(outcomeOf(await send(more, TEXT))).toBe('400 validation_failed');
    expect(outcomeOf(await send(twice, TEXT))).toBe('400 validation_failed');
  });

  test('is over once the file is completed: a replay changes nothing', async () => {
    const owner = await fixture.owner();
    const { id, upload } = await owner.begin(TEXT);
    await send(upload, TEXT);
    await owner.call(`POST /v1/vault/files/${id}/complete`);
    expect(outcomeOf(await send(upload, TEXT))).toBe('409 upload_over');
    expect(outcomeOf(await send(upload, TEXT.toUpperCase()))).toBe('409 upload_over');
    const [bytes] = await (await fixture.blobs.open(owner.accountId, id)).toArray();
    expect(String(bytes)).toBe(TEXT);
  });

  test('of a file that is forgotten finds none, to send or to read', async () => {
    const owner = await fixture.owner();
    const id = await owner.store(TEXT);
    const { url } = await fixture.blobs.download(owner.accountId, id);
    const begun = await owner.begin(TEXT);
    const { accountId } = owner;
    const forgetting = [id, begun.id].flatMap((one) => fixture.blobs.forgetting(accountId, one));
    await fixture.forget(accountId, forgetting);
    const reading = { method: 'GET', url, headers: {}, expires_at: '' };
    expect(outcomeOf(await send(reading))).toBe('404 blob_not_found');
    expect(outcomeOf(await send(begun.upload, TEXT))).toBe('404 blob_not_found');
  });
});

describe('bytes', () => {
  test('of another length than is signed are refused before they are read', async () => {
    const owner = await fixture.owner();
    const { id, upload } = await owner.begin(TEXT);
    for (const wrong of [`${TEXT}!`, TEXT.slice(1), '']) {
      const refused = await send(upload, wrong);
      expect([outcomeOf(refused), refused.json.error?.details]).toEqual([
        '422 upload_mismatch',
        { field: 'bytes' },
      ]);
    }
    expect(fixture.files()).not.toContain(id);
  });

  test('of another hash are not kept', async () => {
    const owner = await fixture.owner();
    const before = fixture.files();
    const { upload } = await owner.begin(TEXT);
    const refused = await send(upload, TEXT.toUpperCase());
    expect([outcomeOf(refused), refused.json.error?.details]).toEqual([
      '422 upload_mismatch',
      { field: 'sha256' },
    ]);
    expect(fixture.files()).toEqual(before);
    expect(outcomeOf(await send(upload, TEXT))).toBe('204');
  });

  test('of another type, or encoded, are refused', async () => {
    const owner = await fixture.owner();
    const { upload } = await owner.begin(TEXT);
    const html = { ...upload, headers: { 'content-type': 'text/html' } };
    expect(outcomeOf(await send(html, TEXT))).toBe('422 upload_mismatch');
    const zipped = { ...upload, headers: { ...upload.headers, 'content-encoding': 'gzip' } };
    expect(outcomeOf(await send(zipped, TEXT))).toBe('415 unsupported_media_type');
    const worded = { ...upload, headers: { 'content-type': 'Text/Plain; charset=utf-8' } };
    expect(outcomeOf(await send(worded, TEXT))).toBe('204');
  });

  test('without a length are refused', async () => {
    const owner = await fixture.owner();
    const { id, upload } = await owner.begin(TEXT);
    const chunked = `${TEXT.length.toString(16)}\r\n${TEXT}\r\n0\r\n\r\n`;
    const said411 = await sendRaw(
      upload.url,
      ['content-type: text/plain', 'transfer-encoding: chunked'],
      [chunked],
    );
    expect(said411).toContain('411');
    expect(said411).toContain('length_required');
    expect(fixture.files()).not.toContain(id);
  });

  test('of a sender who hangs up half-way are not kept', async () => {
    const owner = await fixture.owner();
    const before = fixture.files();
    const { upload } = await owner.begin(TEXT);
    const { hostname, port, pathname, search } = new URL(upload.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `PUT ${pathname}${search} HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ncontent-length: ${TEXT.length}\r\n\r\nwhat`,
    );
    await expect.poll(() => fixture.files().length).toBe(before.length + 1);
    socket.destroy();
    await expect.poll(() => fixture.files()).toEqual(before);
    expect(outcomeOf(await send(upload, TEXT))).toBe('204');
  });

  test('that are sent by several at once are one whole file', async () => {
    const owner = await fixture.owner();
    const large = Buffer.alloc(3_000_000, 'parallel ');
    const { id, upload } = await owner.begin(large);
    const sent = await Promise.allSettled(Array.from({ length: 6 }, () => send(upload, large)));
    const codes = sent.map((one) => (one.status === 'fulfilled' ? outcomeOf(one.value) : 'cut'));
    expect(codes).toContain('204');
    expect(
      codes.filter((code) => !['204', 'cut', '409 upload_replaced', '499 client_gone'].includes(code)),
    ).toEqual([]);
    expect(outcomeOf(await owner.call(`POST /v1/vault/files/${id}/complete`))).toBe('200');
    await expect
      .poll(() => fixture.files().filter((name) => name.includes('-') && name.length < 36))
      .toEqual([]);
    expect(await owner.used()).toBe(large.length);
  });

  test('of a request that stops are let be by the next one that sends the same', async () => {
    const owner = await fixture.owner();
    const { id, upload } = await owner.begin(TEXT);
    const before = fixture.files();
    const { hostname, port, pathname, search } = new URL(upload.url);
    const still = connect(Number(port), hostname);
    still.on('error', () => {});
    const closed = once(still, 'close');
    still.write(
      `PUT ${pathname}${search} HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ncontent-length: ${TEXT.length}\r\n\r\nw`,
    );
    await expect.poll(() => fixture.files().length).toBe(before.length + 1);
    expect(outcomeOf(await send(upload, TEXT))).toBe('204');
    still.resume();
    await closed;
    expect(outcomeOf(await owner.call(`POST /v1/vault/files/${id}/complete`))).toBe('200');
  });
});

describe('names of files', () => {
  test.each([
    ['a line of its own', 'a\r\nx-evil: 1.txt', 'ax-evil_ 1.txt'],
    ['quotes and backslashes', 'a"b\\c.txt', 'a_b_c.txt'],
    ['a folder', '../../etc/passwd', '_.._etc_passwd'],
    ['marks that turn it around', 'invoice\u202Efdp.exe', 'invoicefdp.exe'],
    ['300 letters', `${'é'.repeat(300)}.pdf`, `${'é'.repeat(251)}.pdf`],
    ['nothing that can be seen', '\u0001\u200B', 'file'],
    ['a device of Windows', 'CON.txt', '_CON.txt'],
  ])('with %s are saved without', async (_what, filename, clean) => {
    const owner = await fixture.owner();
    const id = await owner.store(TEXT, { filename });
    expect((await fixture.blobs.head(owner.accountId, id)).filename).toBe(clean);
    const { json } = await owner.call(`GET /v1/vault/files/${id}`);
    const got = await fetch(String(json['url']));
    const disposition = got.headers.get('content-disposition') ?? '';
    expect(disposition).toMatch(/^attachment; filename="[\x20-\x7e]+"; filename\*=UTF-8''[\w.%~-]+$/);
    expect(decodeURIComponent(disposition.split("''")[1] ?? '')).toBe(clean);
    expect(got.headers.get('x-evil')).toBeNull();
  });
});
