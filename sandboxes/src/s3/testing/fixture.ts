import { createHash } from 'node:crypto';
import { S3, type S3ClientConfig } from '@aws-sdk/client-s3';
import { afterAll } from 'vitest';
import { createS3Sandbox, type S3SandboxOptions } from '../index.ts';

export const Bucket = 'sandbox';

/** A sandbox and the vendor's own client, which is the judge of what it says; both go with the test file that calls it at its top. */
export async function openS3(config: S3ClientConfig = {}) {
  const opened: { close(): Promise<void> | void }[] = [];
  afterAll(async () => {
    for (const one of opened) await one.close();
  });

  async function start(options: S3SandboxOptions = {}, own: S3ClientConfig = {}) {
    const sandbox = await createS3Sandbox(options);
    const client = new S3({
      endpoint: sandbox.url,
      region: sandbox.region,
      credentials: sandbox.credentials,
      forcePathStyle: true,
      maxAttempts: 1,
      ...own,
    });
    opened.push(sandbox, { close: () => client.destroy() });
    return { sandbox, client };
  }

  const { sandbox, client } = await start({}, config);
  return {
    sandbox,
    client,
    opened,
    /** Others, with options of their own. */
    start,
    textOf: async (Key: string, more: object = {}) =>
      (await client.getObject({ Bucket, Key, ...more })).Body?.transformToString(),
    /** Begins an upload in parts. */
    begun: async (Key: string, more: object = {}) =>
      (await client.createMultipartUpload({ Bucket, Key, ...more })).UploadId ?? '',
  };
}

/** The status and S3's code of what was refused. */
export const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => {
      const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
      return `${$metadata?.httpStatusCode} ${name}`;
    },
  );

export const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('base64');
