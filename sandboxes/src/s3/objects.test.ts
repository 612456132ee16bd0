import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Bucket, openS3, refusal, sha256 } from './testing/fixture.ts';

const { sandbox, client, textOf, begun } = await openS3();
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

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

  test('are copied with all that they have, and a copy stays when its source changes', async () => {
    const Key = 'a source/é.txt';
    await client.putObject({ Bucket, Key, Body: 'first', ContentType: 'text/plain', Metadata: { a: 'b' } });
    const CopySource = `${Bucket}/${encodeURIComponent(Key)}`;
    const copied = await client.copyObject({
      Bucket,
      Key: 'copy',
      CopySource,
      ServerSideEncryption: 'AES256',
    });
    await client.putObject({ Bucket, Key, Body: 'second' });
    expect(await textOf('copy')).toBe('first');
    expect(await client.headObject({ Bucket, Key: 'copy' })).toMatchObject({
      ContentType: 'text/plain',
      Metadata: { a: 'b' },
      ServerSideEncryption: 'AES256',
      ETag: copied.CopyObjectResult?.ETag,
    });
    const missing = client.copyObject({ Bucket, Key: 'copy', CopySource: `${Bucket}/nothing` });
    expect(await refusal(missing)).toBe('404 NoSuchKey');
    const itself = client.copyObject({ Bucket, Key: 'copy', CopySource: `/${Bucket}/copy` });
    expect(await refusal(itself)).toBe('400 InvalidRequest');
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

  test('are joined in the order of their numbers, and the last upload of a number counts', async () => {
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
});
