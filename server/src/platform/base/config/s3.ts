import type { Values } from './settings.ts';

/** The bucket in which files lie (docs/blobs.md). */
export interface S3Settings {
  readonly bucket: string;
  readonly region: string;
  /** undefined: Amazon's of the region. */
  readonly endpoint: string | undefined;
  /** undefined: those that the SDK finds on the machine. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  readonly forcePathStyle: boolean;
  /** undefined: the bucket's own. */
  readonly encryption: 'AES256' | 'aws:kms' | undefined;
  readonly checksums: 'when_supported' | 'when_required';
}

/** Where signed requests of the bucket lead: to one of these origins, by the form of its addresses. */
export function uploadOriginsOf({ bucket, region, endpoint }: S3Settings): string[] {
  const { protocol, host } = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  return [`${protocol}//${host}`, `${protocol}//${bucket}.${host}`];
}

const NEED_A_BUCKET = [
  'S3_ENDPOINT',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
  'S3_PREFIX',
  'S3_SSE',
] as const;

/** Reads where files lie; undefined: not in a bucket. What is wrong is added to `problems`, a line each. */
export function readS3(values: Values, problems: string[]): S3Settings | undefined {
  const { S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = values;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    problems.push('S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY belong together: set both or none.');
  if (bucket !== undefined && values.BLOB_READ_WRITE_TOKEN !== undefined)
    problems.push('S3_BUCKET and BLOB_READ_WRITE_TOKEN: files lie in one place. Set one of them.');
  if (bucket === undefined) {
    const idle = NEED_A_BUCKET.filter((name) => values[name] !== undefined);
    if (idle.length > 0)
      problems.push(`${idle.join(', ')} without S3_BUCKET: files would lie in a folder. Set S3_BUCKET too.`);
    return undefined;
  }
  return {
    bucket,
    region: values.S3_REGION,
    endpoint: values.S3_ENDPOINT,
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined
        ? undefined
        : { accessKeyId, secretAccessKey },
    prefix: values.S3_PREFIX ?? '',
    forcePathStyle: values.S3_FORCE_PATH_STYLE,
    encryption: values.S3_SSE,
    checksums: values.S3_CHECKSUMS,
  };
}
