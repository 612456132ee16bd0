import {
  createBucket,
  deleteBucket,
  deleteObjects,
  getBucketLocation,
  headBucket,
  listBuckets,
  listObjects,
} from './bucket-calls.ts';
import type { Answer, Call } from './call.ts';
import { deleteBucketCors, getBucketCors, putBucketCors } from './cors.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
} from './multipart.ts';
import { copyObject, deleteObject, getObject, putObject } from './objects.ts';
import { S3Error } from './refusal.ts';
import type { Signable } from './signature.ts';

export interface Operation {
  /** As S3's documentation calls it. */
  readonly name: string;
  readonly method: string;
  readonly on: 'account' | 'bucket' | 'object';
  /** Parameters that tell it from others at the same path. */
  readonly marks?: readonly string[];
  /** A header that does. */
  readonly header?: string;
  /** Further parameters that it reads. */
  readonly takes?: readonly string[];
  readonly run: (call: Call) => Answer;
}

const RESPONSES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
].map((name) => `response-${name}`);

const OPERATIONS: readonly Operation[] = [
  { name: 'ListBuckets', method: 'GET', on: 'account', run: listBuckets },
  { name: 'CreateBucket', method: 'PUT', on: 'bucket', run: createBucket },
  { name: 'HeadBucket', method: 'HEAD', on: 'bucket', run: headBucket },
  { name: 'DeleteBucket', method: 'DELETE', on: 'bucket', run: deleteBucket },
  { name: 'GetBucketLocation', method: 'GET', on: 'bucket', marks: ['location'], run: getBucketLocation },
  {
    name: 'ListObjectsV2',
    method: 'GET',
    on: 'bucket',
    marks: ['list-type'],
    takes: ['prefix', 'delimiter', 'max-keys', 'continuation-token', 'start-after', 'encoding-type'],
    run: listObjects,
  },
  { name: 'DeleteObjects', method: 'POST', on: 'bucket', marks: ['delete'], run: deleteObjects },
  { name: 'PutBucketCors', method: 'PUT', on: 'bucket', marks: ['cors'], run: putBucketCors },
  { name: 'GetBucketCors', method: 'GET', on: 'bucket', marks: ['cors'], run: getBucketCors },
  { name: 'DeleteBucketCors', method: 'DELETE', on: 'bucket', marks: ['cors'], run: deleteBucketCors },
  {
    name: 'ListMultipartUploads',
    method: 'GET',
    on: 'bucket',
    marks: ['uploads'],
    takes: ['prefix', 'key-marker', 'upload-id-marker', 'max-uploads'],
    run: listMultipartUploads,
  },
  { name: 'CopyObject', method: 'PUT', on: 'object', header: 'x-amz-copy-source', run: copyObject },
  { name: 'PutObject', method: 'PUT', on: 'object', run: putObject },
  { name: 'GetObject', method: 'GET', on: 'object', takes: RESPONSES, run: getObject },
  { name: 'HeadObject', method: 'HEAD', on: 'object', takes: RESPONSES, run: getObject },
  { name: 'DeleteObject', method: 'DELETE', on: 'object', run: deleteObject },
  {
    name: 'CreateMultipartUpload',
    method: 'POST',
    on: 'object',
    marks: ['uploads'],
    run: createMultipartUpload,
  },
  { name: 'UploadPart', method: 'PUT', on: 'object', marks: ['uploadId', 'partNumber'], run: uploadPart },
  {
    name: 'CompleteMultipartUpload',
    method: 'POST',
    on: 'object',
    marks: ['uploadId'],
    run: completeMultipartUpload,
  },
  {
    name: 'AbortMultipartUpload',
    method: 'DELETE',
    on: 'object',
    marks: ['uploadId'],
    run: abortMultipartUpload,
  },
  {
    name: 'ListParts',
    method: 'GET',
    on: 'object',
    marks: ['uploadId'],
    takes: ['max-parts', 'part-number-marker'],
    run: listParts,
  },
];

/** The operation that a request is. An unread parameter is refused, so that a test does not pass by chance. */
export function operationOf(
  { method, query, headers }: Pick<Signable, 'method' | 'query' | 'headers'>,
  on: Operation['on'],
): Operation {
  const given = [...new Set(query.keys())].filter((name) => !/^(?:x-amz-|x-id$)/i.test(name));
  const here = OPERATIONS.filter((one) => one.method === method && one.on === on);
  const found = here.find(
    ({ marks = [], takes = [], header }) =>
      (header === undefined || header in headers) &&
      marks.every((mark) => given.includes(mark)) &&
      given.every((name) => marks.includes(name) || takes.includes(name)),
  );
  if (found !== undefined) return found;
  if (here.length === 0) throw new S3Error('MethodNotAllowed');
  throw new S3Error('NotImplemented', {
    message: `The sandbox does not know ${method} with ${given.join(', ') || 'nothing'}.`,
  });
}
