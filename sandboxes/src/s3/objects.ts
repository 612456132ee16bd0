import { type StoredObject, etagOf, keptHeaders } from './buckets.ts';
import { type Answer, bucketOf, type Call, isoOf, objectOf } from './call.ts';
import { checksumHeaders, verifyChecksum } from './checksums.ts';
import { S3Error } from './refusal.ts';

export function putObject(call: Call): Answer {
  const { bytes, headers, key, now, isOlder } = call;
  const bucket = bucketOf(call);
  const sum = isOlder ? undefined : verifyChecksum(bytes, headers);
  checkWrite(bucket.objects.get(key), headers);
  const stored = {
    key,
    bytes,
    etag: etagOf(bytes),
    modified: now,
    headers: keptHeaders(headers),
    checksum: sum,
  };
  bucket.objects.set(key, stored);
  return { headers: { etag: stored.etag, ...writtenHeaders(stored) } };
}

/** Copies an object with all that it has; its encryption alone is said anew. */
export function copyObject(call: Call): Answer {
  const { headers, key, now } = call;
  const bucket = bucketOf(call);
  const { bucketName, key: from } = sourceOf(headers['x-amz-copy-source'] ?? '');
  if (Object.keys(headers).some((name) => /^x-amz-(?:copy-source-|metadata-directive)/.test(name)))
    throw new S3Error('NotImplemented', {
      message: 'The sandbox copies objects whole, and whenever it is asked.',
    });
  const source = objectOf({ ...call, bucketName, key: from });
  if (source === bucket.objects.get(key)) throw new S3Error('InvalidRequest');
  const kept = Object.entries(source.headers).filter(
    ([name]) => !name.startsWith('x-amz-server-side-encryption'),
  );
  const stored = {
    ...source,
    key,
    modified: now,
    headers: { ...Object.fromEntries(kept), ...encryptionOf(keptHeaders(headers)) },
  };
  bucket.objects.set(key, stored);
  return {
    headers: encryptionOf(stored.headers),
    xml: ['CopyObjectResult', { ETag: stored.etag, LastModified: isoOf(now) }],
  };
}

/** `bucket/key`, encoded, with a slash before it or none. */
function sourceOf(header: string): { readonly bucketName: string; readonly key: string } {
  const [, bucketName = '', key = ''] = /^\/?([^/?]+)\/([^?]+)$/.exec(header) ?? [];
  if (key === '') throw new S3Error('InvalidArgument', { facts: { ArgumentName: 'x-amz-copy-source' } });
  return { bucketName, key: decodeURIComponent(key) };
}

/** What an answer to a write says of the object beside its ETag. */
export const writtenHeaders = ({ headers, checksum }: Pick<StoredObject, 'headers' | 'checksum'>) => ({
  ...encryptionOf(headers),
  ...(checksum === undefined ? {} : checksumHeaders(checksum)),
});

export const encryptionOf = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('x-amz-server-side-encryption')),
  );

/** Conditional writes: `If-None-Match: *`, and `If-Match` with an ETag. */
export function checkWrite(
  present: StoredObject | undefined,
  headers: Readonly<Record<string, string>>,
): void {
  const { 'if-none-match': noneMatch, 'if-match': match } = headers;
  if (noneMatch !== undefined && noneMatch !== '*')
    throw new S3Error('NotImplemented', { facts: { Header: 'If-None-Match' } });
  if (noneMatch === '*' && present !== undefined)
    throw new S3Error('PreconditionFailed', { facts: { Condition: 'If-None-Match' } });
  if (match === undefined) return;
  if (present === undefined) throw new S3Error('NoSuchKey');
  if (!matches(match, present.etag))
    throw new S3Error('PreconditionFailed', { facts: { Condition: 'If-Match' } });
}

const matches = (given: string, etag: string) =>
  given
    .split(',')
    .map((one) => one.trim())
    .some((one) => one === '*' || `"${one.replaceAll('"', '')}"` === etag);

export function getObject(call: Call): Answer {
  const stored = objectOf(call);
  if (isUnmodified(stored, call.headers))
    return { status: 304, headers: { etag: stored.etag, 'last-modified': httpDate(stored.modified) } };
  const range = rangeOf(call.headers['range'], stored.bytes.length);
  const headers = { ...objectHeaders(call, stored, range !== undefined), ...overrides(call.query) };
  if (range === undefined) return { headers, bytes: stored.bytes };
  const [first, last] = range;
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${first}-${last}/${stored.bytes.length}` },
    bytes: stored.bytes.subarray(first, last + 1),
  };
}

function objectHeaders({ headers }: Call, stored: StoredObject, isPart: boolean): Record<string, string> {
  const { checksum } = stored;
  const isAsked = headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED';
  return {
    ...stored.headers,
    etag: stored.etag,
    'last-modified': httpDate(stored.modified),
    'accept-ranges': 'bytes',
    // For a part the checksum of the whole would say nothing.
    ...(isAsked && !isPart && checksum !== undefined ? checksumHeaders(checksum) : {}),
  };
}

const httpDate = (instant: number) => new Date(instant).toUTCString();

/** Conditional reads. True: what the caller has is good still; throws PreconditionFailed. */
function isUnmodified(stored: StoredObject, headers: Readonly<Record<string, string>>): boolean {
  const second = Math.floor(stored.modified / 1_000) * 1_000;
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  const since = Date.parse(headers['if-modified-since'] ?? '');
  const until = Date.parse(headers['if-unmodified-since'] ?? '');
  const fails = match === undefined ? second > until : !matches(match, stored.etag);
  if (fails)
    throw new S3Error('PreconditionFailed', {
      facts: { Condition: match === undefined ? 'If-Unmodified-Since' : 'If-Match' },
    });
  return noneMatch === undefined ? second <= since : matches(noneMatch, stored.etag);
}

/** First and last byte; undefined: all of it, as for more than one range, or a unit that is no byte. */
function rangeOf(header: string | undefined, size: number): readonly [number, number] | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  if (first > last)
    throw new S3Error('InvalidRange', {
      headers: { 'content-range': `bytes */${size}` },
      facts: { RangeRequested: header ?? '', ActualObjectSize: String(size) },
    });
  return [first, last];
}

const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

/** `response-content-disposition` and the like of a query, which is signed. */
const overrides = (query: URLSearchParams) =>
  Object.fromEntries(
    OVERRIDES.flatMap((name) => {
      const value = query.get(`response-${name}`);
      return value === null ? [] : [[name, value]];
    }),
  );

export function deleteObject(call: Call): Answer {
  bucketOf(call).objects.delete(call.key);
  return { status: 204 };
}
