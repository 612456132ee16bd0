import { S3 } from '@aws-sdk/client-s3';
import { checkS3Cors } from '#platform/blobs';
import { systemClock } from '#platform/kernel';
import { createS3Sandbox } from '#sandbox/s3';
import { atEndOfFile } from '@plinth/testkit/closing';
import { describe, expect, test } from 'vitest';
import { openS3 } from './s3-fixture.ts';

const checkMessage = async (opening: ReturnType<typeof openS3>) => {
  const { home } = await opening;
  return home.check().catch((error: unknown) => (error instanceof Error ? error.message : error));
};

describe('a look at the bucket', () => {
  test('says what was done there, by whom uploads are checked, and leaves nothing', async () => {
    const { home, sandbox } = await openS3({ settings: { encryption: 'AES256', prefix: 'ours/' } });
    const host = new URL(sandbox.url).host;
    expect(await home.check()).toBe(
      `sandbox at ${host}: takes, gives back and deletes, encrypted by AES256; refuses bytes that are not those declared`,
    );
    expect(sandbox.objects('sandbox').size + sandbox.uploads('sandbox').length).toBe(0);
    expect(await checkMessage(openS3({ sandbox: { older: 'ignores' } }))).toMatch(
      /this server reads each upload to check it$/,
    );
  });

  const { accessKeyId, secretAccessKey } = { accessKeyId: 'AKIASANDBOX', secretAccessKey: 'sandbox-secret' };
  test.each([
    [
      'a wrong key',
      { credentials: { accessKeyId: 'AKIAOTHER', secretAccessKey } },
      /does not know S3_ACCESS_KEY_ID\.$/,
    ],
    [
      'a wrong secret',
      { credentials: { accessKeyId, secretAccessKey: 'other' } },
      /^S3_SECRET_ACCESS_KEY does not belong/,
    ],
    ['a wrong region', { region: 'eu-west-3' }, /^S3_REGION is eu-west-3, and the bucket is in us-east-1\.$/],
    ['no such bucket', { bucket: 'other' }, /^There is no bucket other at 127\.0\.0\.1:/],
    ['nobody there', { endpoint: 'http://127.0.0.1:9' }, /^127\.0\.0\.1:9 can not be reached/],
  ])('names %s', async (_, settings, sentence) => {
    expect(await checkMessage(openS3({ settings }))).toMatch(sentence);
  });

  test.each([-1_200, 1_200, 300])('names a clock that is %i s off', async (seconds) => {
    const now = () => systemClock.now() - seconds * 1_000;
    const ahead = seconds > 0 ? 'ahead of' : 'behind';
    expect(await checkMessage(openS3({ sandbox: { now } }))).toMatch(
      new RegExp(`^This machine’s clock is \\d+ s ${ahead} that of 127`),
    );
  });

  test.each([400, 501] as const)(
    'names the setting for a store that refuses checksums by %i',
    async (older) => {
      expect(await checkMessage(openS3({ sandbox: { older } }))).toMatch(/set S3_CHECKSUMS=when_required\.$/);
      expect(
        await checkMessage(openS3({ sandbox: { older }, settings: { checksums: 'when_required' } })),
      ).toMatch(/this server reads/);
    },
  );

  test.each(['GetObject', 'DeleteObject', 'ListObjectsV2', 'CreateMultipartUpload'])(
    'names what the key may not do: %s',
    async (of) => {
      const { home, sandbox } = await openS3();
      sandbox.faults.next({ kind: 'refuse', code: 'AccessDenied', of });
      await expect(home.check()).rejects.toThrow(
        `The key may not do ${of} in sandbox. It needs s3:PutObject`,
      );
    },
  );
});

describe('a look at the bucket’s CORS rules', () => {
  const origins = ['https://app.example.com', 'http://localhost:5173'];
  const rule = { AllowedOrigins: origins, AllowedMethods: ['GET', 'PUT'], AllowedHeaders: ['*'] };

  async function checkCors(rules: readonly object[]) {
    const { settings, sandbox } = await openS3();
    const client = new S3({ ...sandbox, endpoint: sandbox.url, forcePathStyle: true });
    atEndOfFile(() => client.destroy());
    const CORSRules = rules.map((one) => ({ ...rule, ...one }));
    if (rules.length > 0) await client.putBucketCors({ Bucket: 'sandbox', CORSConfiguration: { CORSRules } });
    return checkS3Cors({ settings, clock: systemClock }, origins).catch((error: Error) => error.message);
  }

  test('says whose pages may send files', async () => {
    expect(await checkCors([{}])).toBe(
      'pages of https://app.example.com, http://localhost:5173 may send files',
    );
    expect(await checkCors([{ AllowedHeaders: ['Content-Type', 'x-amz-*'] }])).toMatch(/may send files$/);
  });

  test('names the origin, or the headers, that are missing', async () => {
    expect(await checkCors([])).toBe(
      'The bucket’s CORS rules do not let pages of https://app.example.com send files (PUT): see docs/blobs.md.',
    );
    expect(await checkCors([{ AllowedMethods: ['GET'] }])).toContain('https://app.example.com send files');
    expect(await checkCors([{ AllowedOrigins: ['https://app.example.com'] }])).toContain(
      'pages of http://localhost:5173',
    );
    expect(await checkCors([{ AllowedHeaders: ['content-type'] }])).toMatch(
      /send files|x-amz-checksum-sha256/,
    );
  });

  test('names a store that is away', async () => {
    const sandbox = await createS3Sandbox();
    const { settings } = await openS3({ settings: { endpoint: sandbox.url } });
    await sandbox.close();
    await expect(checkS3Cors({ settings, clock: systemClock }, origins)).rejects.toThrow(
      'can not be reached (ECONNREFUSED)',
    );
  });
});
