import type { Bucket, Buckets, StoredObject } from './buckets.ts';
import { S3Error } from './refusal.ts';
import type { Content } from './xml.ts';

/** A call that was authenticated, with its body. */
export interface Call {
  readonly buckets: Buckets;
  readonly now: number;
  readonly region: string;
  /** Whether the store knows no checksums but MD5. */
  readonly isOlder: boolean;
  /** Entries that a list has at most. */
  readonly page: number;
  readonly bucketName: string;
  readonly key: string;
  readonly query: URLSearchParams;
  /** Those of the trailer too. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An XML document: its root, and what is in it. */
  readonly xml?: readonly [root: string, content: Content];
  readonly bytes?: Buffer;
}

/** The bucket that a call names; NoSuchBucket when there is none. */
export function bucketOf({ buckets, bucketName }: Call): Bucket {
  const bucket = buckets.get(bucketName);
  if (bucket === undefined) throw new S3Error('NoSuchBucket', { facts: { BucketName: bucketName } });
  return bucket;
}

/** The object that a call names; NoSuchKey when there is none. */
export function objectOf(call: Call): StoredObject {
  const found = bucketOf(call).objects.get(call.key);
  if (found === undefined) throw new S3Error('NoSuchKey', { facts: { Key: call.key } });
  return found;
}

export const isoOf = (instant: number) => new Date(instant).toISOString();

/** A whole number of the query within bounds, or what holds without one. */
export function numberOf(
  call: Call,
  name: string,
  [least, most, otherwise]: readonly [number, number, number],
): number {
  const text = call.query.get(name);
  if (text === null || text === '') return otherwise;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least)
    throw new S3Error('InvalidArgument', {
      message: `Provided ${name} not an integer or within integer range`,
    });
  return Math.min(number, most);
}
