import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { S3, type S3ClientConfig } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, test } from 'vitest';
import { createS3Sandbox, type S3SandboxOptions } from './index.ts';

// The vendor's own client is the judge of what the sandbox says.

const Bucket = 'sandbox';
const opened: { close(): Promise<void> | void }[] = [];
afterAll(async () => {
  for (const one of opened) await one.close();
});

async function start(options: S3SandboxOptions = {}, config: S3ClientConfig = {}) {
  const sandbox = await createS3Sandbox(options);
  const client = new S3({
    endpoint: sandbox.url,
    region: sandbox.region,
    credentials: sandbox.credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    ...config,
  });
  opened.push(sandbox, { close: () => client.destroy() });
  return { sandbox, client };
}

const { sandbox, client } = await start();
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => {
      const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
      return `${$metadata?.httpStatusCode} ${name}`;
    },
  );
const textOf = async (Key: string, more: object = {}) =>
  (await client.getObject({ Bucket, Key, ...more })).Body?.transformToString();
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('base64');

describe('objects', () => {
  test('are kept with their type, metadata and encryption, and given back with them', async () => {
    const written = await client.putObject({
      Bucket,
      Key: 'a/ä + ?&%.txt',
      Body: 'hello',
      ContentType: 'text/plain',
      CacheControl: 'no-store',
      Metadata: { owner: 'ada' },
      ServerSideEncryption: 'aws:kms',
    });
    expect(written.ServerSideEncryption).toBe('aws:kms');
    const found = await client.getObject({ Bucket, Key: 'a/ä + ?&%.txt' });
    expect(await found.Body?.transformToString()).toBe('hello');
    expect(found).toMatchObject({
      ContentType: 'text/plain',
      CacheControl: 'no-store',
      ContentLength: 5,
      Metadata: { owner: 'ada' },
      ServerSideEncryption: 'aws:kms',
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
    });
  });

  test('are read in ranges, from either end; past the end is refused', async () => {
    await client.putObject({ Bucket, Key: 'digits', Body: '0123456789' });
    const part = await client.getObject({ Bucket, Key: 'digits', Range: 'bytes=2-4' });
    expect([await part.Body?.transformToString(), part.ContentRange]).toEqual(['234', 'bytes 2-4/10']);
    expect(await textOf('digits', { Range: 'bytes=7-' })).toBe('789');
    expect(await textOf('digits', { Range: 'bytes=-2' })).toBe('89');
    expect(await textOf('digits', { Range: 'bytes=8-99' })).toBe('89');
    expect(await refusal(textOf('digits', { Range: 'bytes=10-' }))).toBe('416 InvalidRange');
  });

  test('are read and written on conditions', async () => {
    const { ETag } = await client.putObject({ Bucket, Key: 'once', Body: '1', IfNoneMatch: '*' });
    const again = { Bucket, Key: 'once', Body: '2' };
    expect(await refusal(client.putObject({ ...again, IfNoneMatch: '*' }))).toBe('412 PreconditionFailed');
    expect(await refusal(client.putObject({ ...again, IfMatch: '"other"' }))).toBe('412 PreconditionFailed');
    expect(await refusal(client.putObject({ ...again, Key: 'none', IfMatch: ETag }))).toBe('404 NoSuchKey');
    expect(await refusal(textOf('once', { IfNoneMatch: ETag }))).toMatch(/^304 /);
    expect(await refusal(textOf('once', { IfMatch: '"other"' }))).toBe('412 PreconditionFailed');
    const later = { IfModifiedSince: new Date(Date.now() + 60_000) };
    expect(await refusal(textOf('once', later))).toMatch(/^304 /);
    expect(await refusal(textOf('once', { IfUnmodifiedSince: new Date(0) }))).toBe('412 PreconditionFailed');
    await client.putObject({ ...again, IfMatch: ETag });
    expect(await textOf('once')).toBe('2');
  });

  test('that are not there are refused, and deleted as if they were', async () => {
    expect(await refusal(textOf('nothing'))).toBe('404 NoSuchKey');
    expect(await refusal(client.headObject({ Bucket, Key: 'nothing' }))).toBe('404 NotFound');
    expect(await refusal(client.deleteObject({ Bucket, Key: 'nothing' }))).toBe('done');
    expect(await refusal(client.getObject({ Bucket: 'other', Key: 'nothing' }))).toBe('404 NoSuchBucket');
    expect(await refusal(client.putObject({ Bucket, Key: 'k'.repeat(1_025) }))).toBe('400 KeyTooLongError');
  });

  test('are listed by the bytes of their keys, page by page, in folders, and deleted many at once', async () => {
    await client.createBucket({ Bucket: 'listed' });
    const keys = ['b/1', 'b/2', 'a', 'b/c/3', 'Z', 'é', '\u{10000}', '\uffee', 'x&<>"\'y'];
    for (const Key of keys) await client.putObject({ Bucket: 'listed', Key, Body: Key });
    const found: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await client.listObjectsV2({ Bucket: 'listed', MaxKeys: 2, ContinuationToken });
      found.push(...(page.Contents ?? []).map(({ Key }) => Key));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    expect(found).toEqual(keys.toSorted(byBytes));
    const folders = await client.listObjectsV2({ Bucket: 'listed', Delimiter: '/', Prefix: 'b/' });
    expect([folders.Contents?.map(({ Key }) => Key), folders.CommonPrefixes]).toEqual([
      ['b/1', 'b/2'],
      [{ Prefix: 'b/c/' }],
    ]);
    const after = await client.listObjectsV2({ Bucket: 'listed', StartAfter: 'b/2', Prefix: 'b/' });
    expect(after.Contents?.map(({ Key }) => Key)).toEqual(['b/c/3']);
    expect(await refusal(client.deleteBucket({ Bucket: 'listed' }))).toBe('409 BucketNotEmpty');
    const Objects = [...keys, 'never there'].map((Key) => ({ Key }));
    const { Deleted } = await client.deleteObjects({ Bucket: 'listed', Delete: { Objects } });
    expect(Deleted).toHaveLength(10);
    await client.deleteBucket({ Bucket: 'listed' });
    expect((await client.listBuckets({})).Buckets?.map(({ Name }) => Name)).toEqual([Bucket]);
  });
});

describe('checksums', () => {
  const body = 'x'.repeat(100_000);
  const ways = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;

  test.each(ways)(
    '%s is checked in a header, and behind a stream, and reported',
    async (ChecksumAlgorithm) => {
      const put = { Bucket, Key: ChecksumAlgorithm, ChecksumAlgorithm };
      const written = await client.putObject({ ...put, Body: body });
      const streamed = await client.putObject({
        ...put,
        Body: Readable.from([Buffer.from(body)]),
        ContentLength: body.length,
      });
      const name = `Checksum${ChecksumAlgorithm}` as const;
      expect(written[name]).toBeTruthy();
      expect(streamed[name]).toBe(written[name]);
      expect(await textOf(ChecksumAlgorithm, { ChecksumMode: 'ENABLED' })).toBe(body);
    },
  );

  test('are those that others compute', async () => {
    const sums = ways.map(async (way) => {
      const found = await client.putObject({
        Bucket,
        Key: 'check',
        Body: '123456789',
        ChecksumAlgorithm: way,
      });
      return Buffer.from(found[`Checksum${way}`] ?? '', 'base64').toString('hex');
    });
    expect((await Promise.all(sums)).slice(0, 3)).toEqual(['cbf43926', 'e3069283', 'ae8b14860a799888']);
  });

  test('that do not fit are refused, and so are two at once; nothing is kept', async () => {
    const put = { Bucket, Key: 'wrong', Body: 'hello' };
    expect(await refusal(client.putObject({ ...put, ChecksumSHA256: sha256('other') }))).toBe(
      '400 BadDigest',
    );
    expect(await refusal(client.putObject({ ...put, ChecksumSHA256: 'short' }))).toBe('400 InvalidRequest');
    expect(await refusal(client.putObject({ ...put, ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' }))).toBe(
      '400 BadDigest',
    );
    const both = { ChecksumSHA256: sha256('hello'), ChecksumCRC32: 'NhCmhg==' };
    expect(await refusal(client.putObject({ ...put, ...both }))).toBe('400 InvalidRequest');
    expect(await refusal(textOf('wrong'))).toBe('404 NoSuchKey');
  });
});

describe('uploads in parts', () => {
  const large = Buffer.alloc(5 * 1_048_576, 'a');

  test('are put together in order, whatever their order was, and are the last of each number', async () => {
    const at = { Bucket, Key: 'parts', UploadId: await begun('parts', { ContentType: 'text/plain' }) };
    await client.uploadPart({ ...at, PartNumber: 2, Body: 'tail' });
    await client.uploadPart({ ...at, PartNumber: 1, Body: 'first try' });
    await client.uploadPart({ ...at, PartNumber: 1, Body: large });
    const { Parts } = await client.listParts({ ...at, MaxParts: 1 });
    const rest = await client.listParts({ ...at, PartNumberMarker: '1' });
    expect([Parts, rest.Parts].map((page) => page?.map(({ Size }) => Size))).toEqual([[large.length], [4]]);
    const { ETag } = await client.completeMultipartUpload({
      ...at,
      MultipartUpload: { Parts: [...(Parts ?? []), ...(rest.Parts ?? [])] },
    });
    expect(ETag).toMatch(/^"[\da-f]{32}-2"$/);
    const found = await client.headObject({ Bucket, Key: 'parts' });
    expect([found.ContentLength, found.ContentType]).toEqual([large.length + 4, 'text/plain']);
    expect(await refusal(client.listParts(at))).toBe('404 NoSuchUpload');
  });

  test('are refused with a part that is too small, unknown, changed or out of order', async () => {
    const at = { Bucket, Key: 'refused', UploadId: await begun('refused') };
    const [one, two] = await Promise.all(
      [1, 2].map(async (PartNumber) => ({
        PartNumber,
        ETag: (await client.uploadPart({ ...at, PartNumber, Body: `part ${PartNumber}` })).ETag,
      })),
    );
    const complete = (...Parts: readonly object[]) =>
      refusal(client.completeMultipartUpload({ ...at, MultipartUpload: { Parts: [...Parts] } }));
    expect(await complete({ ...one }, { ...two })).toBe('400 EntityTooSmall');
    expect(await complete({ ...two }, { ...one })).toBe('400 InvalidPartOrder');
    expect(await complete({ ...one, PartNumber: 3 })).toBe('400 InvalidPart');
    expect(await complete({ ...one, ETag: '"0"' })).toBe('400 InvalidPart');
    expect(await complete()).toBe('400 MalformedXML');
    expect(await complete({ ...one })).toBe('done');
    expect(await refusal(client.uploadPart({ ...at, PartNumber: 1, Body: '' }))).toBe('404 NoSuchUpload');
  });

  test('are listed until they are aborted', async () => {
    const ids = [await begun('old/1'), await begun('old/2'), await begun('old/3')];
    const first = await client.listMultipartUploads({ Bucket, Prefix: 'old/', MaxUploads: 2 });
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = first;
    const next = await client.listMultipartUploads({ Bucket, Prefix: 'old/', KeyMarker, UploadIdMarker });
    const found = [...(first.Uploads ?? []), ...(next.Uploads ?? [])];
    expect(found.map(({ UploadId }) => UploadId)).toEqual(ids);
    for (const { Key, UploadId } of found) await client.abortMultipartUpload({ Bucket, Key, UploadId });
    expect(sandbox.uploads(Bucket).filter((key) => key.startsWith('old/'))).toEqual([]);
  });

  test('have the hash of their parts’ hashes, and are refused without those', async () => {
    const at = { Bucket, Key: 'sums', UploadId: await begun('sums', { ChecksumAlgorithm: 'SHA256' }) };
    expect(
      await refusal(client.uploadPart({ ...at, PartNumber: 1, Body: 'x', ChecksumAlgorithm: 'CRC32' })),
    ).toBe('400 InvalidRequest');
    const part = await client.uploadPart({ ...at, PartNumber: 1, Body: 'x', ChecksumAlgorithm: 'SHA256' });
    const { ETag, ChecksumSHA256 } = part;
    const complete = (Part: object) =>
      client.completeMultipartUpload({ ...at, MultipartUpload: { Parts: [Part] } });
    expect(await refusal(complete({ PartNumber: 1, ETag }))).toBe('400 InvalidRequest');
    const whole = await complete({ PartNumber: 1, ETag, ChecksumSHA256 });
    expect([whole.ChecksumSHA256, whole.ChecksumType]).toEqual([
      `${sha256(Buffer.from(ChecksumSHA256 ?? '', 'base64'))}-1`,
      'COMPOSITE',
    ]);
  });

  async function begun(Key: string, more: object = {}): Promise<string> {
    return (await client.createMultipartUpload({ Bucket, Key, ...more })).UploadId ?? '';
  }
});

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
    expect(await refusal(client.copyObject({ Bucket, Key: 'copy', CopySource: `${Bucket}/digits` }))).toBe(
      '501 NotImplemented',
    );
  });
});

describe('cross-origin calls', () => {
  const preflight = (headers: Record<string, string>) =>
    fetch(`${sandbox.url}/${Bucket}/page`, { method: 'OPTIONS', headers });
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
      const stream = () => ({
        Bucket,
        Key: 'old',
        Body: Readable.from([Buffer.from('x')]),
        ContentLength: 1,
      });
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
