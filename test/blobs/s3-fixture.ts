import { createS3Home, type SignedRequest } from '#platform/blobs';
import type { S3Settings } from '#platform/config';
import { type Clock, systemClock } from '#platform/kernel';
import { createS3Sandbox, type S3SandboxOptions } from '#sandbox/s3';
import { atEndOfFile } from '@plinth/testkit/closing';

interface S3Options {
  readonly sandbox?: S3SandboxOptions;
  readonly settings?: Partial<S3Settings>;
  readonly clock?: Clock;
  /** Milliseconds of silence that the home bears. */
  readonly silence?: number;
}

/** A store that is a sandbox, and a home in its bucket. */
export async function openS3({
  sandbox: options = {},
  settings: given = {},
  clock = systemClock,
  silence = 60_000,
}: S3Options = {}) {
  const sandbox = await createS3Sandbox({ now: () => clock.now(), ...options });
  atEndOfFile(() => sandbox.close());
  const settings: S3Settings = {
    bucket: 'sandbox',
    region: sandbox.region,
    endpoint: sandbox.url,
    credentials: sandbox.credentials,
    prefix: '',
    forcePathStyle: true,
    encryption: undefined,
    checksums: 'when_supported',
    ...given,
  };
  return {
    sandbox,
    settings,
    home: createS3Home({ settings, clock, patience: { connect: 5_000, silence } }),
  };
}

/** Sends a signed request as a browser does, which knows nothing of S3; answers the status, and S3's code of a refusal. */
export async function sendSigned(
  { method, url, headers }: SignedRequest,
  body?: Uint8Array<ArrayBuffer> | string,
): Promise<string> {
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await response.text();
  const [, code = ''] = /<Code>(\w+)<\/Code>/.exec(text) ?? [];
  return `${response.status} ${code}`.trim();
}
