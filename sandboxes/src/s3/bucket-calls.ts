import { newBucket, type StoredObject } from './buckets.ts';
import { type Answer, bucketOf, type Call, isoOf, numberOf } from './call.ts';
import { checksumOf, verifyChecksum } from './checksums.ts';
import { S3Error } from './refusal.ts';
import { type Content, readXml } from './xml.ts';

export function listBuckets({ buckets }: Call): Answer {
  const all = [...buckets.values()].map(({ name, created }) => ({
    Name: name,
    CreationDate: isoOf(created),
  }));
  return { xml: ['ListAllMyBucketsResult', { Owner: { ID: 'sandbox' }, Buckets: { Bucket: all } }] };
}

export function createBucket({ buckets, bucketName, now }: Call): Answer {
  if (buckets.has(bucketName)) throw new S3Error('BucketAlreadyOwnedByYou');
  buckets.set(bucketName, newBucket(bucketName, now));
  return { headers: { location: `/${bucketName}` } };
}

export function headBucket(call: Call): Answer {
  bucketOf(call);
  return { headers: { 'x-amz-bucket-region': call.region } };
}

export function deleteBucket(call: Call): Answer {
  const { name, objects, uploads } = bucketOf(call);
  if (objects.size + uploads.size > 0) throw new S3Error('BucketNotEmpty');
  call.buckets.delete(name);
  return { status: 204 };
}

export function getBucketLocation(call: Call): Answer {
  bucketOf(call);
  return { xml: ['LocationConstraint', call.region === 'us-east-1' ? '' : call.region] };
}

/** Keys in the order of their bytes; a continuation token holds the last one that was listed. */
export function listObjects(call: Call): Answer {
  const { query } = call;
  const bucket = bucketOf(call);
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : keyOf(token);
  const most = numberOf(call, 'max-keys', [0, call.page, call.page]);
  const rest = [...bucket.objects.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => byBytes(a.key, b.key));
  const entries = groupByPrefix(rest, prefix, delimiter).filter(({ name }) => byBytes(name, after) > 0);
  const page = entries.slice(0, most);
  const isTruncated = most > 0 && page.length < entries.length;
  const named =
    query.get('encoding-type') === 'url'
      ? (text: string) => encodeURIComponent(text).replaceAll('%2F', '/')
      : String;
  const content: Content = {
    Name: bucket.name,
    Prefix: named(prefix),
    Delimiter: delimiter === '' ? undefined : named(delimiter),
    StartAfter: query.get('start-after') ?? undefined,
    EncodingType: query.get('encoding-type') ?? undefined,
    ContinuationToken: token ?? undefined,
    NextContinuationToken: isTruncated ? tokenOf(page.at(-1)?.name ?? '') : undefined,
    KeyCount: page.length,
    MaxKeys: most,
    IsTruncated: isTruncated,
    Contents: page.flatMap(({ stored }) => (stored === undefined ? [] : [listEntry(stored, named)])),
    CommonPrefixes: page.flatMap(({ name, stored }) =>
      stored === undefined ? [{ Prefix: named(name) }] : [],
    ),
  };
  return { xml: ['ListBucketResult', content] };
}

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const tokenOf = (key: string) => Buffer.from(key).toString('base64url');

function keyOf(token: string): string {
  const key = Buffer.from(token, 'base64url').toString();
  if (tokenOf(key) !== token || token === '')
    throw new S3Error('InvalidArgument', { message: 'The continuation token provided is incorrect' });
  return key;
}

/** Objects, and in place of those that have the delimiter behind the prefix what they have in common. */
function groupByPrefix(objects: readonly StoredObject[], prefix: string, delimiter: string) {
  const entries = new Map<string, StoredObject | undefined>();
  for (const stored of objects) {
    const end = delimiter === '' ? -1 : stored.key.indexOf(delimiter, prefix.length);
    if (end < 0) entries.set(stored.key, stored);
    else entries.set(stored.key.slice(0, end + delimiter.length), undefined);
  }
  return [...entries].map(([name, stored]) => ({ name, stored }));
}

const listEntry = (
  { key, modified, etag, bytes, checksum }: StoredObject,
  named: (text: string) => string,
) => ({
  Key: named(key),
  LastModified: isoOf(modified),
  ETag: etag,
  ...(checksum === undefined
    ? {}
    : { ChecksumAlgorithm: checksum.algorithm.toUpperCase(), ChecksumType: checksum.type }),
  Size: bytes.length,
  StorageClass: 'STANDARD',
});

export function deleteObjects(call: Call): Answer {
  const { bytes, headers, isOlder } = call;
  const bucket = bucketOf(call);
  const isSummed = checksumOf(headers) !== undefined && !isOlder;
  if (headers['content-md5'] === undefined && !isSummed)
    throw new S3Error('InvalidRequest', {
      message: 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
    });
  verifyChecksum(bytes, headers);
  const asked = readXml(bytes.toString(), 'Delete');
  const keys = asked.all('Object').map((one) => one.one('Key') ?? '');
  if (keys.length === 0 || keys.length > 1_000 || keys.includes('')) throw new S3Error('MalformedXML');
  for (const key of keys) bucket.objects.delete(key);
  const isQuiet = asked.one('Quiet') === 'true';
  return { xml: ['DeleteResult', isQuiet ? '' : { Deleted: keys.map((Key) => ({ Key })) }] };
}
