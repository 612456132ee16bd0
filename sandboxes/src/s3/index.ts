import { listen, type ListeningOptions } from '../listen.ts';
import { StateFile } from '../state-file.ts';
import { type Buckets, bucketsOf, isState, newBucket, stateOf } from './buckets.ts';
import { Faults } from './faults.ts';
import { type Older, s3Listener } from './server.ts';

export type { Fault, Faults } from './faults.ts';
export type { S3ErrorCode } from './refusal.ts';
export type { Older } from './server.ts';

export interface S3SandboxOptions extends ListeningOptions {
  /** The one region that signatures must name: us-east-1. */
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  /** Buckets that there are from the start: `sandbox`. */
  readonly buckets?: readonly string[];
  /** Its clock, in milliseconds: what signatures are late by. */
  readonly now?: () => number;
  /**
   * An older store, as there are many: it knows no checksum but Content-MD5. It overlooks others in headers and refuses trailing ones
   * (`ignores`), or refuses all by this status.
   */
  readonly older?: Older | undefined;
  /** Entries that a list has at most, even where a call asks for more: 1,000, as S3’s. */
  readonly page?: number;
  /** Where it keeps what is in it, over a restart; nowhere when not said. */
  readonly file?: string | undefined;
}

/** An object as it lies there. */
export interface KeptObject {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** A stand-in for S3 that is running. */
export interface S3Sandbox {
  /** For `endpoint`: http://127.0.0.1:PORT. */
  readonly url: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly faults: Faults;
  /** Calls, oldest first: `PutObject sandbox/key`. */
  readonly calls: readonly string[];
  /** What lies in a bucket, by key; empty when there is no such bucket. */
  objects(bucket: string): ReadonlyMap<string, KeptObject>;
  /** Uploads in parts that were neither completed nor aborted: their keys. */
  uploads(bucket: string): readonly string[];
  close(): Promise<void>;
}

/**
 * Starts a server on loopback that speaks as much of S3 as a server needs that keeps files there: objects, ranges, conditions, uploads in
 * parts, lists, CORS, checksums, and Signature Version 4 in headers and in presigned URLs, which it verifies.
 */
export async function createS3Sandbox(options: S3SandboxOptions = {}): Promise<S3Sandbox> {
  const {
    region = 'us-east-1',
    now = Date.now,
    older,
    page = 1_000,
    file,
    buckets: names = ['sandbox'],
  } = options;
  const { accessKeyId = 'AKIASANDBOX', secretAccessKey = 'sandbox-secret' } = options;
  const kept = file === undefined ? undefined : await StateFile.read(file, 'S3', isState);
  const buckets: Buckets = kept === undefined ? new Map() : bucketsOf(kept);
  for (const name of names) if (!buckets.has(name)) buckets.set(name, newBucket(name, now()));
  const stateFile = new StateFile(file, () => stateOf(buckets));
  const calls: string[] = [];
  const faults = new Faults();
  const account = { region, accessKeyId, secretAccessKey, now };
  const served = { account, buckets, faults, older, page, calls, kept: () => stateFile.keep() };
  const listening = await listen(
    'S3',
    s3Listener(() => served),
    options,
  );
  return {
    url: listening.url,
    region,
    credentials: { accessKeyId, secretAccessKey },
    faults,
    calls,
    objects: (bucket) => buckets.get(bucket)?.objects ?? new Map(),
    uploads: (bucket) => [...(buckets.get(bucket)?.uploads.values() ?? [])].map(({ key }) => key),
    close: listening.close,
  };
}
