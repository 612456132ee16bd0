import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createS3Sandbox } from '#sandbox/s3';
import { atEndOfFile } from '@plinth/testkit/closing';
import { cutOff, openStorage, outcomeOf, sha256 } from './fixture.ts';

const sandbox = await createS3Sandbox();
atEndOfFile(() => sandbox.close());
const storage = await openStorage({
  settings: {
    S3_BUCKET: 'sandbox',
    S3_ENDPOINT: sandbox.url,
    S3_REGION: sandbox.region,
    S3_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
    S3_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
    S3_FORCE_PATH_STYLE: 'true',
    S3_SSE: 'AES256',
  },
});
/** Objects in the bucket, without the mark of their owner. */
const objects = () => [...sandbox.objects('sandbox')].filter(([key]) => !key.startsWith('plinth/'));

test('records and backups lie in a bucket with their checksum, encrypted by the store, and come back', async () => {
  const by = await storage.keeper();
  const bytes = randomBytes(300_000);
  const { json } = await by.put(undefined, bytes);
  expect((await by.backup(bytes)).status).toBe(200);
  expect((await by.call(`GET /v1/storage/records/${String(json['id'])}`)).bytes.equals(bytes)).toBe(true);
  const part = await by.call('GET /v1/backup', undefined, { range: 'bytes=5-9' });
  expect(part.bytes.equals(bytes.subarray(5, 10))).toBe(true);
  expect(objects().map(([, { headers }]) => headers['x-amz-meta-sha256'])).toEqual([
    sha256(bytes),
    sha256(bytes),
  ]);
  expect(sandbox.calls.filter((call) => call.startsWith('PutObject')).length).toBeGreaterThanOrEqual(2);
});

test('what is cut or has another checksum leaves nothing in the bucket, and no charge', async () => {
  const by = await storage.keeper();
  const before = objects().length;
  const bytes = randomBytes(300_000);
  const other = { 'x-checksum': sha256('other') };
  expect(outcomeOf(await by.put(undefined, bytes, other))).toBe('400 checksum_mismatch');
  const head = [
    'POST /v1/storage/records?table=notes HTTP/1.1',
    'host: localhost',
    `authorization: Bearer ${by.key}`,
    'content-type: application/octet-stream',
    `x-checksum: ${sha256(bytes)}`,
    `content-length: ${bytes.length}`,
    '\r\n',
  ].join('\r\n');
  for (const at of [0, 1, 70_000, bytes.length - 1]) await cutOff(storage.url, head, bytes.subarray(0, at));
  await expect.poll(() => storage.sums(by)).toEqual({ rows: 0, files: 0, reserved: 0 });
  expect([await by.used(), objects().length]).toEqual([0, before]);
});
