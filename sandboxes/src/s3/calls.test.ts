import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { S3 } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import { Bucket, openS3, refusal, sha256 } from './testing/fixture.ts';

const { sandbox, client, opened, start, textOf } = await openS3();
beforeAll(() => client.putObject({ Bucket, Key: 'digits', Body: '0123456789' }));

describe('a caller', () => {
  test.each([
    [
      'an unknown key',
      { credentials: { accessKeyId: 'AKIAOTHER', secretAccessKey: 'sandbox-secret' } },
      '403 InvalidAccessKeyId',
    ],
    [
      'a wrong secret',
      { credentials: { accessKeyId: 'AKIASANDBOX', secretAccessKey: 'other' } },
      '403 SignatureDoesNotMatch',
    ],
    ['a wrong region', { region: 'eu-central-1' }, '400 AuthorizationHeaderMalformed'],
    ['a clock of yesterday', { systemClockOffset: -86_400_000 }, '403 RequestTimeTooSkewed'],
  ])('with %s is refused', async (_, config, expected) => {
    const other = await start({ server: undefined }, config);
    expect(await refusal(other.client.listObjectsV2({ Bucket }))).toBe(expected);
  });

  test('without a signature is refused', async () => {
    const response = await fetch(`${sandbox.url}/${Bucket}/digits`);
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringContaining('<Code>AccessDenied</Code>'),
    ]);
  });

  test('finds buckets by host as well as by path', async () => {
    const { port } = new URL(sandbox.url);
    // Names below localhost are this machine, which not every resolver knows.
    const httpAgent = new Agent({
      lookup: (_, { all }, found) =>
        all === true ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4),
    });
    const config = {
      endpoint: `http://localhost:${port}`,
      forcePathStyle: false,
      requestHandler: { httpAgent },
    };
    const byHost = new S3({ region: sandbox.region, credentials: sandbox.credentials, ...config });
    opened.push({ close: () => byHost.destroy() });
    await byHost.putObject({ Bucket, Key: 'by/host', Body: 'found' });
    expect(await textOf('by/host')).toBe('found');
  });

  test('is told what the sandbox does not know, in place of an answer that means something else', async () => {
    expect(await refusal(client.getObjectTagging({ Bucket, Key: 'digits' }))).toBe('501 NotImplemented');
    expect(await refusal(client.listObjects({ Bucket }))).toBe('501 NotImplemented');
  });
});

const preflight = (headers: Record<string, string>) =>
  fetch(`${sandbox.url}/${Bucket}/page`, { method: 'OPTIONS', headers });

describe('cross-origin calls', () => {
  const ask = {
    origin: 'https://app.example.com',
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'content-type,x-amz-checksum-sha256',
  };

  test('are allowed by the bucket’s rules alone', async () => {
    expect((await preflight(ask)).status).toBe(403);
    expect(await refusal(client.getBucketCors({ Bucket }))).toBe('404 NoSuchCORSConfiguration');
    const rule = {
      AllowedOrigins: ['https://*.example.com'],
      AllowedMethods: ['PUT'],
      AllowedHeaders: ['content-type', 'x-amz-*'],
      ExposeHeaders: ['ETag'],
      MaxAgeSeconds: 60,
    };
    await client.putBucketCors({ Bucket, CORSConfiguration: { CORSRules: [rule] } });
    expect((await client.getBucketCors({ Bucket })).CORSRules).toEqual([rule]);
    const allowed = await preflight(ask);
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([200, ask.origin]);
    expect(allowed.headers.get('access-control-allow-headers')).toBe('content-type, x-amz-checksum-sha256');
    for (const other of [
      { ...ask, origin: 'https://example.org' },
      { ...ask, 'access-control-request-method': 'DELETE' },
      { ...ask, 'access-control-request-headers': 'authorization' },
    ])
      expect((await preflight(other)).status).toBe(403);
    await client.deleteBucketCors({ Bucket });
    expect((await preflight(ask)).status).toBe(403);
  });
});

const stream = () => ({
  Bucket,
  Key: 'old',
  Body: Readable.from([Buffer.from('x')]),
  ContentLength: 1,
});

describe('what goes wrong on request', () => {
  const again = { maxAttempts: 3 };

  test('is tried again by the client: refused, cut before and after it was done', async () => {
    const { sandbox: failing, client: patient } = await start({}, again);
    failing.faults.next({ kind: 'refuse', code: 'SlowDown' }, { kind: 'reset' });
    await patient.putObject({ Bucket, Key: 'third', Body: 'x' });
    failing.faults.next({ kind: 'lost', of: 'PutObject' });
    await patient.putObject({ Bucket, Key: 'twice', Body: 'x' });
    expect(failing.calls).toEqual([
      ...Array(3).fill('PutObject sandbox/third'),
      ...Array(2).fill('PutObject sandbox/twice'),
    ]);
    expect([...failing.objects(Bucket).keys()]).toEqual(['third', 'twice']);
  });

  test('ends an answer in its middle, or keeps it back', async () => {
    const { sandbox: failing, client: once } = await start(
      {},
      {
        requestHandler: { socketTimeout: 200 },
        responseChecksumValidation: 'WHEN_REQUIRED',
      },
    );
    await once.putObject({ Bucket, Key: 'long', Body: 'x'.repeat(1_000) });
    failing.faults.next({ kind: 'cut', after: 10 });
    const { Body } = await once.getObject({ Bucket, Key: 'long' });
    await expect(Body?.transformToString()).rejects.toThrow();
    failing.faults.always({ kind: 'hang', of: 'GetObject' });
    expect(await refusal(once.getObject({ Bucket, Key: 'long' }))).toMatch(/TimeoutError$/);
  });

  test('an older store that overlooks checksums takes what does not fit them', async () => {
    const { client: modern } = await start({ older: 'ignores' });
    await modern.putObject({ Bucket, Key: 'old', Body: 'x', ChecksumSHA256: sha256('other') });
    const found = await modern.headObject({ Bucket, Key: 'old', ChecksumMode: 'ENABLED' });
    expect([found.ContentLength, found.ChecksumSHA256]).toEqual([1, undefined]);
  });

  test.each([400, 501] as const)(
    'an older store refuses checksums by %i, and takes the same without',
    async (older) => {
      const { client: modern } = await start({ older });
      expect(await refusal(modern.putObject(stream()))).toMatch(new RegExp(`^${older} `));
      expect(
        await refusal(modern.putObject({ Bucket, Key: 'old', Body: 'x', ChecksumSHA256: sha256('x') })),
      ).toMatch(new RegExp(`^${older} `));
      const { client: careful } = await start({ older }, { requestChecksumCalculation: 'WHEN_REQUIRED' });
      await careful.putObject(stream());
      expect((await careful.headObject({ Bucket, Key: 'old' })).ContentLength).toBe(1);
    },
  );
});

test('a file keeps buckets, objects, parts and rules over a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 's3-sandbox-'));
  opened.push({ close: () => rmSync(folder, { recursive: true }) });
  const file = join(folder, 's3.json');
  const first = await start({ file });
  await first.client.putObject({ Bucket, Key: 'kept', Body: Buffer.from([0, 255]), Metadata: { a: 'b' } });
  const { UploadId } = await first.client.createMultipartUpload({ Bucket, Key: 'parts' });
  const { ETag } = await first.client.uploadPart({
    Bucket,
    Key: 'parts',
    UploadId,
    PartNumber: 1,
    Body: 'part',
  });
  await first.sandbox.close();
  const second = await start({ file });
  const found = await second.client.getObject({ Bucket, Key: 'kept' });
  expect([await found.Body?.transformToByteArray(), found.Metadata]).toEqual([
    new Uint8Array([0, 255]),
    { a: 'b' },
  ]);
  const Parts = [{ PartNumber: 1, ETag }];
  await second.client.completeMultipartUpload({ Bucket, Key: 'parts', UploadId, MultipartUpload: { Parts } });
  expect(second.sandbox.objects(Bucket).get('parts')?.bytes.toString()).toBe('part');
});
