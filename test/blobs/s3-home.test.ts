import { inspect } from 'node:util';
import { createS3Home } from '#platform/blobs';
import { describe, expect, test } from 'vitest';
import { bytesOf, factsOf, homeTests, sha256 } from './home-tests.ts';
import { openS3, sendSigned } from './s3-fixture.ts';

const KEY = '5f/0a/01939c2e-8f4b-7c3a-9d21-5b6c7d8e0a5f';
const BODY = 'a file of sixteen';
const PUT = { ...factsOf(Buffer.from(BODY)), key: KEY, expiresIn: 600 };

async function openTested(options: Parameters<typeof openS3>[0] = {}) {
  const opened = await openS3(options);
  const { home } = opened;
  return {
    ...opened,
    sendPart: async (part: Parameters<typeof home.presignPart>[0], body: Uint8Array) => {
      expect(await sendSigned(await home.presignPart(part), new Uint8Array(body))).toBe('200');
    },
  };
}

describe('a home in S3', () => homeTests(openTested));
describe('a home in S3 that takes no checksums', () =>
  homeTests(() => openTested({ sandbox: { older: 501 }, settings: { checksums: 'when_required' } })));
describe('a home in S3 that overlooks checksums, below a prefix', () =>
  homeTests(() =>
    openTested({ sandbox: { older: 'ignores' }, settings: { prefix: 'shared/with others/' } }),
  ));

describe('a signed upload', () => {
  test('takes what was declared, and the store knows its SHA-256', async () => {
    const { home, sandbox } = await openS3({ settings: { encryption: 'AES256' } });
    const signed = await home.presignPut(PUT);
    expect(signed.headers).toEqual({
      'content-type': 'text/plain',
      'x-amz-server-side-encryption': 'AES256',
      'x-amz-checksum-sha256': Buffer.from(PUT.sha256, 'hex').toString('base64'),
    });
    expect([await sendSigned(signed, BODY), await sendSigned(signed, BODY)]).toEqual(['200', '200']);
    expect(await home.head(KEY)).toEqual({ bytes: BODY.length, sha256: PUT.sha256 });
    expect(sandbox.objects('sandbox').get(KEY)?.headers).toMatchObject({
      'content-type': 'text/plain',
      'x-amz-server-side-encryption': 'AES256',
    });
  });

  test('is refused by the store with other bytes, another length or type, and without a header', async () => {
    const { home, sandbox } = await openS3({ settings: { encryption: 'AES256' } });
    const signed = await home.presignPut(PUT);
    const sendWithout = (name: string) => {
      const { [name]: _, ...headers } = signed.headers;
      return sendSigned({ ...signed, headers }, BODY);
    };
    expect(await sendSigned(signed, BODY.toUpperCase())).toBe('400 BadDigest');
    expect(await sendSigned(signed, `${BODY}!`)).toBe('403 SignatureDoesNotMatch');
    const html = { ...signed, headers: { ...signed.headers, 'content-type': 'text/html' } };
    expect(await sendSigned(html, BODY)).toBe('403 SignatureDoesNotMatch');
    for (const name of Object.keys(signed.headers))
      expect(await sendWithout(name)).toBe('403 SignatureDoesNotMatch');
    expect(sandbox.objects('sandbox').size).toBe(0);
  });

  test('is refused with another key, a longer time, another signature, or what was not signed', async () => {
    const { home } = await openS3();
    const signed = await home.presignPut(PUT);
    const sendChanged = async (change: (url: URL) => void) => {
      const url = new URL(signed.url);
      change(url);
      return sendSigned({ ...signed, url: url.href }, BODY);
    };
    expect(await sendChanged((url) => (url.pathname += 'x'))).toBe('403 SignatureDoesNotMatch');
    expect(await sendChanged(({ searchParams }) => searchParams.set('X-Amz-Expires', '86400'))).toBe(
      '403 SignatureDoesNotMatch',
    );
    expect(await sendChanged(({ searchParams }) => searchParams.set('X-Amz-SignedHeaders', 'host'))).toMatch(
      /^403 /,
    );
    expect(await sendChanged(({ searchParams }) => searchParams.append('uploadId', 'x'))).not.toMatch(/^200/);
    const more = { ...signed, headers: { ...signed.headers, 'x-amz-acl': 'public-read' } };
    expect(await sendSigned(more, BODY)).toBe('403 AccessDenied');
    expect(await sendSigned({ ...signed, method: 'GET' })).toBe('403 SignatureDoesNotMatch');
  });

  test('is good until it expires', async () => {
    let now = Date.UTC(2026, 10, 22);
    const clock = { now: () => now, monotonic: () => now };
    const { home } = await openS3({ clock });
    const signed = await home.presignPut({ ...PUT, expiresIn: 60 });
    now += 59_000;
    expect(await sendSigned(signed, BODY)).toBe('200');
    now += 1_000;
    expect(await sendSigned(signed, BODY)).toBe('403 AccessDenied');
  });

  test('of a part is as long as declared, and of that part alone', async () => {
    const { home } = await openS3();
    const uploadId = await home.startParts({ key: KEY, type: 'text/plain' });
    const signed = await home.presignPart({ key: KEY, uploadId, part: 1, bytes: BODY.length, expiresIn: 60 });
    expect(await sendSigned(signed, `${BODY}!`)).toBe('403 SignatureDoesNotMatch');
    const second = { ...signed, url: signed.url.replace('partNumber=1', 'partNumber=2') };
    expect(await sendSigned(second, BODY)).toBe('403 SignatureDoesNotMatch');
    expect(await sendSigned(signed, BODY)).toBe('200');
    await home.completeParts({ key: KEY, uploadId, parts: 1 });
    expect(await sendSigned(signed, BODY)).toBe('404 NoSuchUpload');
  });

  test('carries no checksum where the store takes none; what the store then does not know is read', async () => {
    const { home } = await openS3({ sandbox: { older: 400 }, settings: { checksums: 'when_required' } });
    const signed = await home.presignPut(PUT);
    expect(Object.keys(signed.headers)).toEqual(['content-type']);
    expect(await sendSigned(signed, BODY)).toBe('200');
    expect(await home.head(KEY)).toEqual({ bytes: BODY.length, sha256: undefined });
    expect(sha256(await bytesOf(home.read(KEY)))).toBe(PUT.sha256);
  });
});

test('a signed download is an attachment of the type that is asked for, whole or in ranges', async () => {
  const { home } = await openS3();
  await home.write(KEY, Buffer.from(BODY), { ...factsOf(Buffer.from(BODY)), type: 'text/html' });
  const filename = 'Über "alles"\r\n.html';
  const { url } = await home.presignGet({
    key: KEY,
    filename,
    type: 'application/octet-stream',
    expiresIn: 60,
  });
  const response = await fetch(url);
  expect(await response.text()).toBe(BODY);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-disposition': expect.stringMatching(
      /^attachment; filename="[ -~]+"; filename\*=UTF-8''%C3%9Cber[^\r\n]+$/,
    ),
    'cache-control': 'private, no-store',
  });
  const part = await fetch(url, { headers: { range: 'bytes=2-5' } });
  expect([part.status, await part.text()]).toEqual([206, 'file']);
  const shown = url.replace('attachment', 'inline');
  expect((await fetch(shown)).status).toBe(403);
});

const write = (home: ReturnType<typeof createS3Home>) =>
  home.write(KEY, Buffer.from(BODY), factsOf(Buffer.from(BODY)));

describe('a store that is not well', () => {
  test('is asked again: what it refused, cut off, or did without saying so has one effect', async () => {
    const { home, sandbox } = await openS3();
    sandbox.faults.next({ kind: 'refuse', code: 'SlowDown' }, { kind: 'reset' }, { kind: 'lost' });
    await write(home);
    expect(sandbox.calls.filter((call) => call.startsWith('PutObject'))).toHaveLength(4);
    const uploadId = await home.startParts({ key: `${KEY}0`, type: 'text/plain' });
    const part = { key: `${KEY}0`, uploadId, part: 1, bytes: BODY.length, expiresIn: 60 };
    await sendSigned(await home.presignPart(part), BODY);
    sandbox.faults.next({ kind: 'lost', of: 'CompleteMultipartUpload' });
    await home.completeParts({ key: `${KEY}0`, uploadId, parts: 1 });
    expect((await home.head(`${KEY}0`))?.bytes).toBe(BODY.length);
  });

  test('is given up after four attempts or a silence, and nothing secret is told of it', async () => {
    const { home, sandbox } = await openS3({ silence: 300 });
    sandbox.faults.always({ kind: 'refuse', code: 'InternalError' });
    const refused = await write(home).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'storage_unavailable',
      cause: {
        call: 'PutObject',
        code: 'InternalError',
        status: 500,
        requestId: expect.stringMatching(/^\w+$/),
      },
    });
    sandbox.faults.always({ kind: 'hang' });
    const silent = await home.head(KEY).catch((error: unknown) => error);
    expect(silent).toMatchObject({ code: 'storage_unavailable', cause: { code: 'TimeoutError' } });
    sandbox.faults.clear();
    await sandbox.close();
    const gone = await home.delete([KEY]).catch((error: unknown) => error);
    expect(gone).toMatchObject({ code: 'storage_unavailable', cause: { code: 'ECONNREFUSED' } });
    const said = inspect([refused, silent, gone], { depth: 9, showHidden: true });
    for (const secret of Object.values(sandbox.credentials)) expect(said).not.toContain(secret);
  });

  test('that refuses the key says so without showing it', async () => {
    const credentials = { accessKeyId: 'AKIASANDBOX', secretAccessKey: 'of-somebody-else' };
    const { home } = await openS3({ settings: { credentials } });
    const refused = await write(home).catch((error: unknown) => error);
    expect(refused).toMatchObject({ cause: { code: 'SignatureDoesNotMatch', status: 403 } });
    expect(inspect(refused, { depth: 9, showHidden: true })).not.toMatch(
      /AKIASANDBOX|of-somebody-else|AWS4-HMAC/,
    );
  });

  test('that cuts off what it sends fails the reader, who takes no part for the whole', async () => {
    const { home, sandbox } = await openS3();
    await write(home);
    sandbox.faults.next({ kind: 'cut', after: 5 });
    await expect(bytesOf(home.read(KEY))).rejects.toMatchObject({ code: 'storage_unavailable' });
  });
});

test('in a bucket that is shared, keys stand below the prefix, and others’ uploads are let be', async () => {
  const { sandbox, home: other } = await openS3();
  const { home } = await openS3({ settings: { endpoint: sandbox.url, prefix: 'ours/' } });
  await home.write(KEY, Buffer.from('x'), factsOf(Buffer.from('x')));
  expect([...sandbox.objects('sandbox').keys()]).toEqual([`ours/${KEY}`]);
  expect([(await home.list('')).keys, (await home.list('5f/')).next]).toEqual([[KEY], undefined]);
  await other.startParts({ key: 'ours/of somebody', type: 'text/plain' });
  await other.startParts({ key: KEY, type: 'text/plain' });
  await home.startParts({ key: KEY, type: 'text/plain' });
  expect(await home.sweepUnfinished(new Date(Date.now() + 60_000))).toBe(1);
  expect(sandbox.uploads('sandbox')).toEqual(['ours/of somebody', KEY]);
});

test('more keys, parts and uploads than fit a page are all found', async () => {
  const { home, sandbox } = await openS3({ sandbox: { page: 2 } });
  const keys = [1, 2, 3, 4, 5].map((at) => `5f/0a/01939c2e-8f4b-7c3a-9d21-00000000000${at}`);
  for (const key of keys) {
    await home.write(key, new Uint8Array(), factsOf(new Uint8Array()));
    await home.startParts({ key, type: 'text/plain' });
  }
  const found: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await home.list('', after);
    found.push(...page.keys);
    after = page.next;
    if (after === undefined) break;
  }
  expect(found).toEqual(keys);
  expect(await home.sweepUnfinished(new Date(Date.now() + 60_000))).toBe(5);
  await home.delete(keys);
  expect(sandbox.objects('sandbox').size + sandbox.uploads('sandbox').length).toBe(0);
});

test('an upload of more parts than fit a page is put together of all of them', async () => {
  const { home } = await openTested({ sandbox: { page: 1 } });
  const upload = { key: KEY, uploadId: await home.startParts({ key: KEY, type: 'text/plain' }) };
  const bodies = [
    Buffer.alloc(home.parts.leastBytes, 'a'),
    Buffer.alloc(home.parts.leastBytes, 'b'),
    Buffer.from('c'),
  ];
  for (const [place, body] of bodies.entries()) {
    const signed = await home.presignPart({ ...upload, part: place + 1, bytes: body.length, expiresIn: 60 });
    expect(await sendSigned(signed, body)).toBe('200');
  }
  await home.completeParts({ ...upload, parts: 3 });
  expect((await home.head(KEY))?.bytes).toBe(Buffer.concat(bodies).length);
});
