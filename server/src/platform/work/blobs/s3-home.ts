import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { S3Settings } from '#platform/config';
import { AppError, type Clock } from '#platform/kernel';
import { assertExpected, checkedChunks } from './checked-bytes.ts';
import type { BlobHome, ByteRange, HomeEntry } from './home.ts';
import { createS3Access, isMissing, type Patience, type S3Access, storeFailure } from './s3-access.ts';
import { checkS3 } from './s3-check.ts';
import { createS3Parts } from './s3-parts.ts';
import { createPresigning } from './s3-presigning.ts';

export interface S3HomeParts {
  readonly settings: S3Settings;
  readonly clock: Clock;
  readonly patience?: Patience | undefined;
}

/** Deletions under way at once. */
const AT_ONCE = 8;
const PAGE = 1_000;

type Facts = Parameters<BlobHome['write']>[2];

/** Keeps blobs in a bucket; clients send and fetch them there themselves. */
export function createS3Home({ settings, clock, patience }: S3HomeParts): BlobHome {
  const access = createS3Access(settings, patience);
  const { at, call } = access;
  const head = (key: string) => headOf(access, key);
  const home: BlobHome = {
    name: 's3',
    ...createPresigning(access, clock),
    ...createS3Parts(access, async (key) => (await head(key)) !== undefined),
    head,
    read: (key, range) => readOf(access, key, range),
    write: (key, body, facts) => writeTo(access, { key, body, facts }),
    async copy(from, to) {
      const source = `${settings.bucket}/${settings.prefix}${from}`
        .split('/')
        .map(encodeURIComponent)
        .join('/');
      const facts = { CopySource: source, ServerSideEncryption: settings.encryption };
      await call('CopyObject', (s3) => s3.copyObject({ ...at(to), ...facts }));
    },
    async delete(keys) {
      // Each by itself: stores that delete many at once want a checksum with it, and do not agree on which.
      for (let first = 0; first < keys.length; first += AT_ONCE)
        await Promise.all(
          keys
            .slice(first, first + AT_ONCE)
            .map((key) => call('DeleteObject', (s3) => s3.deleteObject(at(key)))),
        );
    },
    async list(prefix, after) {
      const { Contents = [], IsTruncated } = await call('ListObjectsV2', (s3) =>
        s3.listObjectsV2({
          Bucket: settings.bucket,
          Prefix: settings.prefix + prefix,
          MaxKeys: PAGE,
          ...(after === undefined ? {} : { StartAfter: settings.prefix + after }),
        }),
      );
      const keys = Contents.flatMap(({ Key = '' }) =>
        Key === '' ? [] : [Key.slice(settings.prefix.length)],
      );
      return { keys, next: IsTruncated === true ? keys.at(-1) : undefined };
    },
    check: () => checkS3(home, { settings, clock }),
  };
  return home;
}

async function headOf({ settings, at, call }: S3Access, key: string): Promise<HomeEntry | undefined> {
  const asked = settings.checksums === 'when_supported' ? ({ ChecksumMode: 'ENABLED' } as const) : {};
  try {
    const found = await call('HeadObject', (s3) => s3.headObject({ ...at(key), ...asked }));
    return { bytes: found.ContentLength ?? 0, sha256: sha256Of(found) };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** An object that came in parts would have a hash of hashes. */
function sha256Of(found: HeadObjectCommandOutput): string | undefined {
  const { ChecksumSHA256: sum = '', ChecksumType: type } = found;
  const bytes = Buffer.from(sum, 'base64');
  return type === 'COMPOSITE' || sum.includes('-') || bytes.length !== 32 ? undefined : bytes.toString('hex');
}

async function readOf({ at, call }: S3Access, key: string, range?: ByteRange): Promise<Readable> {
  const asked = range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` };
  try {
    const { Body } = await call('GetObject', (s3) => s3.getObject({ ...at(key), ...asked }));
    if (!(Body instanceof Readable)) throw new AppError('storage_unavailable');
    const stream = Readable.from(received(Body), { objectMode: false });
    // It may break before anybody reads; the reader is told then.
    Body.on('error', () => {});
    // A reader that stops, even before the first byte, gives the connection back.
    stream.once('close', () => Body.destroy());
    return stream;
  } catch (error) {
    throw isMissing(error) ? new AppError('blob_gone', { cause: error }) : error;
  }
}

/** The bytes that come, until the connection breaks: then in the words of this module. */
async function* received(body: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* body as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw storeFailure('GetObject', error);
  }
}

async function writeTo(
  { settings, at, call }: S3Access,
  { key, body, facts }: { readonly key: string; readonly body: Uint8Array | Readable; readonly facts: Facts },
): Promise<void> {
  const stream =
    body instanceof Uint8Array ? undefined : Readable.from(checkedChunks(body, facts), { objectMode: false });
  if (body instanceof Uint8Array) assertExpected(body.length, createHash('sha256').update(body), facts);
  const broken = new AbortController();
  let failure: unknown;
  stream?.on('error', (error) => {
    failure = error;
    broken.abort();
  });
  const sum = Buffer.from(facts.sha256, 'hex').toString('base64');
  const put = {
    ...at(key),
    Body: stream ?? body,
    ContentType: facts.type,
    ContentLength: facts.bytes,
    ServerSideEncryption: settings.encryption,
    // For people who read the bucket without this program: a checksum of the store's own may be in another form, or not be kept.
    Metadata: { sha256: facts.sha256 },
    ...(settings.checksums === 'when_supported' ? { ChecksumSHA256: sum } : {}),
  };
  try {
    await call('PutObject', (s3) => s3.putObject(put, { abortSignal: broken.signal }));
  } catch (error) {
    throw failure ?? error;
  } finally {
    stream?.destroy();
  }
}
