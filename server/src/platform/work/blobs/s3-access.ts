import type { S3 } from '@aws-sdk/client-s3';
import type { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { S3Settings } from '#platform/config';
import { AppError } from '#platform/kernel';

/** How long the store may take, in milliseconds. */
export interface Patience {
  readonly connect: number;
  /** Between two packets, either way. */
  readonly silence: number;
}

const PATIENCE: Patience = { connect: 5_000, silence: 60_000 };
/** Tries of one call; the SDK waits longer before each. */
const ATTEMPTS = 4;

type Sdk = Pick<
  typeof import('@aws-sdk/client-s3'),
  'PutObjectCommand' | 'GetObjectCommand' | 'UploadPartCommand'
>;

interface OpenS3 {
  readonly s3: S3;
  readonly sdk: Sdk;
  readonly getSignedUrl: typeof getSignedUrl;
}

/** The bucket by Amazon's SDK, which is loaded by the first call: a process that keeps no files does not pay for it. */
export interface S3Access {
  readonly settings: S3Settings;
  openOnce(): Promise<OpenS3>;
  /** Calls the store. What fails is `storage_unavailable`, with a `StoreFailure` as its cause. */
  call<T>(name: string, work: (s3: S3) => Promise<T>): Promise<T>;
  /** Where an object lies. */
  at(key: string): { readonly Bucket: string; readonly Key: string };
}

export function createS3Access(settings: S3Settings, patience = PATIENCE): S3Access {
  let opening: Promise<OpenS3> | undefined;
  const opened = () =>
    (opening ??= open(settings, patience).catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));
  return {
    settings,
    openOnce: opened,
    at: (key) => ({ Bucket: settings.bucket, Key: settings.prefix + key }),
    async call(name, work) {
      const { s3 } = await opened();
      return work(s3).catch((error: unknown) => {
        throw storeFailure(name, error);
      });
    },
  };
}

/**
 * Connections are kept alive. The SDK opens 50 by itself, and as many clients that stand still would keep all others from the store: here
 * they run out after the room that the server has for bytes (`Wire.hold`).
 */
const agent = { keepAlive: true, maxSockets: 2_048 } as const;

async function open(settings: S3Settings, { connect, silence }: Patience): Promise<OpenS3> {
  const [{ S3, ...sdk }, { getSignedUrl }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/s3-request-presigner'),
  ]);
  const { region, endpoint, credentials, forcePathStyle } = settings;
  const s3 = new S3({
    region,
    forcePathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    // By itself the SDK adds a CRC32 to what has no checksum: to presigned uploads that of no bytes. What is checked, we say.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: connect,
      socketTimeout: silence,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
  return { s3, sdk, getSignedUrl };
}

/** The store's word, for the log: no message, which may quote a signature, a key or a name. */
export class StoreFailure extends Error {
  readonly call: string;
  /** As S3 or the system calls it: `SlowDown`, `ECONNREFUSED`. */
  readonly code: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** Where the bucket is, where the store says so. */
  readonly region: string | undefined;

  constructor(call: string, facts: Pick<StoreFailure, 'code' | 'status' | 'requestId' | 'region'>) {
    super(`${call}: ${facts.code}`);
    this.name = 'StoreFailure';
    this.call = call;
    this.code = facts.code;
    this.status = facts.status;
    this.requestId = facts.requestId;
    this.region = facts.region;
  }
}

/** As the SDK throws them. */
interface S3Error {
  readonly name?: string;
  readonly code?: string | number;
  readonly Code?: string;
  readonly Region?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

/** The error of a failed call of the store. */
export function storeFailure(call: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { name = 'Error', code, Code, Region, $metadata = {} } = (error ?? {}) as S3Error;
  const cause = new StoreFailure(call, {
    code: Code ?? (typeof code === 'string' && name !== 'TimeoutError' ? code : name),
    status: $metadata.httpStatusCode,
    requestId: $metadata.requestId,
    region: Region,
  });
  return new AppError('storage_unavailable', {
    message: 'The store of files does not answer as it must. Try again later.',
    details: { reason: 'store' },
    retryAfter: 5,
    cause,
  });
}

/** Whether a call failed because there is no such thing: NoSuchKey, NoSuchUpload. */
export function isMissing(error: unknown): boolean {
  const { cause } = error as { readonly cause?: unknown };
  return cause instanceof StoreFailure && cause.status === 404 && cause.code !== 'NoSuchBucket';
}
