import { createHash } from 'node:crypto';
import type { Algorithm, Checksum } from './checksums.ts';
import { S3Error } from './refusal.ts';

type Headers = Readonly<Record<string, string>>;

export interface Part {
  readonly number: number;
  readonly bytes: Buffer;
  /** In quotes. */
  readonly etag: string;
  readonly modified: number;
  readonly checksum: Checksum | undefined;
}

export interface StoredObject {
  readonly key: string;
  readonly bytes: Buffer;
  /** In quotes. */
  readonly etag: string;
  readonly modified: number;
  /** What came with it and goes with it: type, disposition, metadata, encryption. */
  readonly headers: Headers;
  /** undefined: an older store keeps none. */
  readonly checksum: Checksum | undefined;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly initiated: number;
  readonly headers: Headers;
  readonly algorithm: Algorithm | undefined;
  readonly type: Checksum['type'];
  readonly parts: Map<number, Part>;
}

export interface CorsRule {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly maxAge: number | undefined;
}

export interface Bucket {
  readonly name: string;
  readonly created: number;
  readonly objects: Map<string, StoredObject>;
  readonly uploads: Map<string, Upload>;
  cors: readonly CorsRule[] | undefined;
}

export type Buckets = Map<string, Bucket>;

export const newBucket = (name: string, created: number): Bucket => {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) throw new S3Error('InvalidBucketName');
  return { name, created, objects: new Map(), uploads: new Map(), cors: undefined };
};

export const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest();
export const etagOf = (bytes: Uint8Array) => `"${md5(bytes).toString('hex')}"`;

const KEPT =
  /^(?:content-(?:type|disposition|encoding|language)|cache-control|expires|x-amz-(?:meta-.+|server-side-encryption.*|storage-class|website-redirect-location))$/;

/** What is kept of a request's headers, and answered with the object. */
export function keptHeaders(headers: Headers): Headers {
  const encryption = headers['x-amz-server-side-encryption'];
  if (encryption !== undefined && !['AES256', 'aws:kms', 'aws:kms:dsse'].includes(encryption))
    throw new S3Error('InvalidArgument', { message: 'The encryption method specified is not supported' });
  const kept = Object.entries(headers).filter(([name]) => KEPT.test(name));
  const metadata = kept.filter(([name]) => name.startsWith('x-amz-meta-'));
  if (metadata.join('').length > 2_048 + metadata.length * 12) throw new S3Error('MetadataTooLarge');
  const known = Object.fromEntries(kept);
  const coding = (known['content-encoding'] ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && one !== 'aws-chunked')
    .join(',');
  const { 'content-encoding': _, ...others } = known;
  return {
    'content-type': 'binary/octet-stream',
    ...others,
    ...(coding === '' ? {} : { 'content-encoding': coding }),
    // Since 2023 there is nothing that S3 keeps unencrypted.
    'x-amz-server-side-encryption': encryption ?? 'AES256',
  };
}

/** All of it, as JSON keeps it; bytes in base64. */
export const stateOf = (buckets: Buckets) => ({
  sandbox: 's3' as const,
  buckets: [...buckets.values()].map(({ objects, uploads, ...bucket }) => ({
    ...bucket,
    objects: [...objects.values()].map(packBytes),
    uploads: [...uploads.values()].map((upload) => ({
      ...upload,
      parts: [...upload.parts.values()].map(packBytes),
    })),
  })),
});

export type State = ReturnType<typeof stateOf>;

export const isState = (kept: unknown): kept is State =>
  typeof kept === 'object' && kept !== null && 'sandbox' in kept && kept.sandbox === 's3';

/** The buckets of such a state. */
export const bucketsOf = ({ buckets }: State): Buckets =>
  new Map(
    buckets.map((bucket) => [
      bucket.name,
      {
        ...bucket,
        objects: new Map(bucket.objects.map((one) => [one.key, unpackBytes(one)])),
        uploads: new Map(
          bucket.uploads.map((upload) => [
            upload.id,
            { ...upload, parts: new Map(upload.parts.map((part) => [part.number, unpackBytes(part)])) },
          ]),
        ),
      },
    ]),
  );

const packBytes = <T extends { readonly bytes: Buffer }>(one: T) => ({
  ...one,
  bytes: one.bytes.toString('base64'),
});
const unpackBytes = <T extends { readonly bytes: string }>(one: T) => ({
  ...one,
  bytes: Buffer.from(one.bytes, 'base64'),
});
