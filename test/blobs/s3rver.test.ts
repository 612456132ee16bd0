import { createS3Home } from '#platform/blobs';
import { systemClock } from '#platform/kernel';
import S3rver from 's3rver';
import { atEndOfFile, temporaryFolder } from '@plinth/testkit/closing';
import { expect, test } from 'vitest';
import { bytesOf, factsOf } from './home-tests.ts';
import { sendSigned } from './s3-fixture.ts';

// A store that others have written, as old as stores may be: it overlooks checksums, does not verify signatures of version 4, and
// neither lists nor aborts uploads in parts. Those are tried on our sandbox, whose signatures Amazon's own client and examples judge.

const KEY = '5f/0a/01939c2e-8f4b-7c3a-9d21-5b6c7d8e0a5f';
const BODY = 'written to a store of others';
const PUT = { ...factsOf(Buffer.from(BODY)), key: KEY, expiresIn: 60 };

const store = new S3rver({
  address: '127.0.0.1',
  port: 0,
  silent: true,
  directory: temporaryFolder(),
  configureBuckets: [{ name: 'files', configs: [] }],
});
const { port } = await store.run();
atEndOfFile(() => store.close());

const home = createS3Home({
  clock: systemClock,
  settings: {
    bucket: 'files',
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    prefix: 'ours/',
    forcePathStyle: true,
    encryption: 'AES256',
    checksums: 'when_supported',
  },
});

test('a store of others takes, gives back, lists and deletes what the home sends it', async () => {
  await home.write(KEY, Buffer.from(BODY), factsOf(Buffer.from(BODY)));
  expect(await home.head(KEY)).toEqual({ bytes: BODY.length, sha256: undefined });
  expect(String(await bytesOf(home.read(KEY)))).toBe(BODY);
  expect(String(await bytesOf(home.read(KEY, { start: 8, end: 9 })))).toBe('to');
  expect((await home.list('5f/')).keys).toEqual([KEY]);
  await home.delete([KEY]);
  expect(await home.head(KEY)).toBeUndefined();
  await expect(home.read(KEY)).rejects.toMatchObject({ code: 'blob_gone' });
});

test('a store of others takes and sends what signed requests ask for', async () => {
  expect(await sendSigned(await home.presignPut(PUT), BODY)).toBe('200');
  const get = { key: KEY, filename: 'a.html', type: 'application/octet-stream', expiresIn: 60 };
  const { url } = await home.presignGet(get);
  const response = await fetch(url);
  expect([await response.text(), response.headers.get('content-type')]).toEqual([
    BODY,
    'application/octet-stream',
  ]);
  expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="a\.html"/);
});
