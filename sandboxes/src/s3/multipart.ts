import { randomBytes } from 'node:crypto';
import { etagOf, keptHeaders, md5, type Part, type Upload } from './buckets.ts';
import { type Answer, bucketOf, type Call, isoOf, numberOf } from './call.ts';
import {
  type Algorithm,
  algorithmNamed,
  ALGORITHMS,
  type Checksum,
  checksumElement,
  checksumHeaders,
  verifyChecksum,
} from './checksums.ts';
import { checkWrite, encryptionOf, writtenHeaders } from './objects.ts';
import { S3Error } from './refusal.ts';
import { type Element, readXml } from './xml.ts';

/** The least size of each part but the last. */
const SMALLEST = 5 * 1_048_576;
const MOST_PARTS = 10_000;

export function createMultipartUpload(call: Call): Answer {
  const { headers, key, now } = call;
  const bucket = bucketOf(call);
  const algorithm = call.isOlder ? undefined : algorithmNamed(headers['x-amz-checksum-algorithm']);
  const type = typeOf(algorithm, headers['x-amz-checksum-type']);
  const id = randomBytes(24).toString('base64url');
  const kept = keptHeaders(headers);
  bucket.uploads.set(id, { id, key, initiated: now, headers: kept, algorithm, type, parts: new Map() });
  return {
    headers: {
      ...encryptionOf(kept),
      ...(algorithm === undefined
        ? {}
        : { 'x-amz-checksum-algorithm': algorithm.toUpperCase(), 'x-amz-checksum-type': type }),
    },
    xml: ['InitiateMultipartUploadResult', { Bucket: bucket.name, Key: key, UploadId: id }],
  };
}

/** Hashes of the whole can't be put together out of those of the parts; the 64 bits of S3’s own are of the whole alone. */
function typeOf(algorithm: Algorithm | undefined, asked: string | undefined): Checksum['type'] {
  const isHash = algorithm === 'sha1' || algorithm === 'sha256';
  const isOwn = algorithm === undefined || algorithm === 'crc64nvme';
  if ((asked === 'FULL_OBJECT' && isHash) || (asked === 'COMPOSITE' && isOwn))
    throw new S3Error('InvalidRequest', {
      message: `The ${asked} checksum type cannot be used with the ${algorithm ?? 'crc64nvme'} checksum algorithm.`,
    });
  if (asked === 'FULL_OBJECT' || asked === 'COMPOSITE') return asked;
  return isOwn ? 'FULL_OBJECT' : 'COMPOSITE';
}

function uploadOf(call: Call): Upload {
  const upload = bucketOf(call).uploads.get(call.query.get('uploadId') ?? '');
  if (upload === undefined || upload.key !== call.key) throw new S3Error('NoSuchUpload');
  return upload;
}

export function uploadPart(call: Call): Answer {
  const { bytes, headers, now, isOlder } = call;
  const upload = uploadOf(call);
  const number = Number(call.query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > MOST_PARTS)
    throw new S3Error('InvalidArgument', {
      message: `Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`,
    });
  const sum = isOlder ? undefined : verifyChecksum(bytes, headers);
  const expected = upload.algorithm;
  if (expected !== undefined && sum?.algorithm !== expected)
    throw new S3Error('InvalidRequest', {
      message: `Checksum Type mismatch occurred, expected checksum Type: ${expected}, actual checksum Type: ${sum?.algorithm}`,
    });
  const part = { number, bytes, etag: etagOf(bytes), modified: now, checksum: sum };
  upload.parts.set(number, part);
  return {
    headers: {
      etag: part.etag,
      ...encryptionOf(upload.headers),
      ...(sum === undefined ? {} : { [`x-amz-checksum-${sum.algorithm}`]: sum.value }),
    },
  };
}

export function completeMultipartUpload(call: Call): Answer {
  const bucket = bucketOf(call);
  const upload = uploadOf(call);
  const named = readXml(call.bytes.toString(), 'CompleteMultipartUpload').all('Part');
  if (named.length === 0 || named.length > MOST_PARTS) throw new S3Error('MalformedXML');
  const parts = named.map((one) => namedPart(upload, one));
  if (parts.some(({ number }, place) => number <= (parts[place - 1]?.number ?? 0)))
    throw new S3Error('InvalidPartOrder');
  const small = parts.slice(0, -1).find(({ bytes }) => bytes.length < SMALLEST);
  if (small !== undefined)
    throw new S3Error('EntityTooSmall', {
      facts: {
        ProposedSize: String(small.bytes.length),
        MinSizeAllowed: String(SMALLEST),
        PartNumber: String(small.number),
      },
    });
  const bytes = Buffer.concat(parts.map((part) => part.bytes));
  const declared = call.headers['x-amz-mp-object-size'];
  if (declared !== undefined && Number(declared) !== bytes.length)
    throw new S3Error('InvalidRequest', {
      message: 'The provided x-amz-mp-object-size does not match what was computed.',
    });
  const sum = call.isOlder ? undefined : wholeChecksum(upload, parts, bytes);
  checkSum(sum, call.headers);
  checkWrite(bucket.objects.get(upload.key), call.headers);
  const digest = md5(Buffer.concat(parts.map((part) => md5(part.bytes)))).toString('hex');
  const etag = `"${digest}-${parts.length}"`;
  const { key, headers } = upload;
  bucket.objects.set(key, { key, bytes, etag, modified: call.now, headers, checksum: sum });
  bucket.uploads.delete(upload.id);
  const element = sum === undefined ? {} : { ...checksumElement(sum), ChecksumType: sum.type };
  return {
    headers: encryptionOf(writtenHeaders({ headers, checksum: sum })),
    xml: [
      'CompleteMultipartUploadResult',
      { Location: `/${bucket.name}/${key}`, Bucket: bucket.name, Key: key, ETag: etag, ...element },
    ],
  };
}

function namedPart(upload: Upload, said: Element): Part {
  const number = Number(said.one('PartNumber'));
  const part = upload.parts.get(number);
  const etag = (said.one('ETag') ?? '').replaceAll('"', '');
  if (part === undefined || part.etag !== `"${etag}"`)
    throw new S3Error('InvalidPart', {
      facts: { UploadId: upload.id, PartNumber: String(number), ETag: etag },
    });
  const { checksum } = part;
  const named = checksum && said.one(`Checksum${checksum.algorithm.toUpperCase()}`);
  if (named !== undefined && named !== checksum?.value) throw new S3Error('InvalidPart');
  if (named === undefined && upload.algorithm !== undefined && upload.type === 'COMPOSITE')
    throw new S3Error('InvalidRequest', {
      message: `The upload was created using a ${upload.algorithm} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
    });
  return part;
}

function wholeChecksum(upload: Upload, parts: readonly Part[], bytes: Buffer): Checksum {
  const { algorithm = 'crc64nvme', type } = upload;
  const sum = ALGORITHMS[algorithm];
  if (type === 'FULL_OBJECT') return { algorithm, type, value: sum(bytes).toString('base64') };
  const value = sum(Buffer.concat(parts.map((part) => sum(part.bytes)))).toString('base64');
  return { algorithm, type, value: `${value}-${parts.length}` };
}

function checkSum(sum: Checksum | undefined, headers: Readonly<Record<string, string>>): void {
  if (sum === undefined) return;
  const given = headers[`x-amz-checksum-${sum.algorithm}`];
  if (given !== undefined && given !== checksumHeaders(sum)[`x-amz-checksum-${sum.algorithm}`])
    throw new S3Error('BadDigest', {
      message: `The ${sum.algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
    });
}

export function abortMultipartUpload(call: Call): Answer {
  bucketOf(call).uploads.delete(uploadOf(call).id);
  return { status: 204 };
}

export function listParts(call: Call): Answer {
  const upload = uploadOf(call);
  const after = numberOf(call, 'part-number-marker', [0, MOST_PARTS, 0]);
  const most = numberOf(call, 'max-parts', [0, call.page, call.page]);
  const rest = [...upload.parts.values()].filter(({ number }) => number > after);
  const page = rest.sort((a, b) => a.number - b.number).slice(0, most);
  const content = {
    Bucket: call.bucketName,
    Key: call.key,
    UploadId: upload.id,
    PartNumberMarker: after,
    NextPartNumberMarker: page.at(-1)?.number ?? 0,
    MaxParts: most,
    IsTruncated: page.length < rest.length,
    Part: page.map(({ number, etag, modified, bytes, checksum }) => ({
      PartNumber: number,
      LastModified: isoOf(modified),
      ETag: etag,
      Size: bytes.length,
      ...(checksum === undefined ? {} : checksumElement(checksum)),
    })),
  };
  return { xml: ['ListPartsResult', content] };
}

/** What uploads are in order by. */
const place = ({ key, id }: { readonly key: string; readonly id: string }) => Buffer.from(`${key}\0${id}`);

export function listMultipartUploads(call: Call): Answer {
  const prefix = call.query.get('prefix') ?? '';
  const [keyMarker, idMarker] = [
    call.query.get('key-marker') ?? '',
    call.query.get('upload-id-marker') ?? '',
  ];
  const most = numberOf(call, 'max-uploads', [1, call.page, call.page]);
  // A key alone stands behind all uploads of it.
  const marker =
    keyMarker === '' ? undefined : place({ key: keyMarker, id: idMarker === '' ? '\u{10ffff}' : idMarker });
  const rest = [...bucketOf(call).uploads.values()]
    .filter((upload) => upload.key.startsWith(prefix))
    .filter((upload) => marker === undefined || Buffer.compare(place(upload), marker) > 0)
    .sort((a, b) => Buffer.compare(place(a), place(b)));
  const page = rest.slice(0, most);
  const [last, isTruncated] = [page.at(-1), page.length < rest.length];
  const content = {
    Bucket: call.bucketName,
    KeyMarker: keyMarker,
    UploadIdMarker: idMarker,
    NextKeyMarker: isTruncated ? last?.key : undefined,
    NextUploadIdMarker: isTruncated ? last?.id : undefined,
    Prefix: prefix,
    MaxUploads: most,
    IsTruncated: isTruncated,
    Upload: page.map(({ key, id, initiated }) => ({
      Key: key,
      UploadId: id,
      Initiated: isoOf(initiated),
      StorageClass: 'STANDARD',
    })),
  };
  return { xml: ['ListMultipartUploadsResult', content] };
}
