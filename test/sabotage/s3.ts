import type { Patch } from './patch.ts';

const HOME = 'test/blobs/s3-home.test.ts ::';
const CHECK = 'test/blobs/s3-check.test.ts :: a look at the bucket >';
const SIGNATURES = 'sandboxes/src/s3/signature.test.ts :: a signature >';
const SANDBOX = 'sandboxes/src/s3/objects.test.ts ::';

/** Files in a bucket, and the sandbox that they are tried with. */
export const FILES_IN_S3: readonly Patch[] = [
  {
    name: 's3-length-unsigned',
    file: 'src/platform/blobs/s3-presigning.ts',
    find: '        ContentLength: bytes,\n        ServerSideEncryption',
    replace: '        ServerSideEncryption',
    expects: `${HOME} a signed upload > is refused by the store with other bytes, another length or type, and without a header`,
  },
  {
    name: 's3-type-unsigned',
    file: 'src/platform/blobs/s3-presigning.ts',
    find: "signableHeaders: new Set(['content-length', ...Object.keys(headers)]),",
    replace: '',
    expects: `${HOME} a signed upload > is refused by the store with other bytes, another length or type, and without a header`,
  },
  {
    name: 's3-checksum-hoisted',
    file: 'src/platform/blobs/s3-presigning.ts',
    find: 'unhoistableHeaders: new Set(Object.keys(headers)),',
    replace: '',
    expects: `${HOME} a signed upload > is refused by the store with other bytes, another length or type, and without a header`,
  },
  {
    name: 's3-wrong-stream-whole',
    file: 'src/platform/blobs/s3-home.ts',
    find: '  compare(bytes, hash, facts);\n  if (last !== undefined) yield last;',
    replace: '  if (last !== undefined) yield last;',
    expects: `${HOME} a home in S3 that takes no checksums > an object > that is another than it should be is refused, and leaves what was there`,
  },
  {
    name: 's3-upload-kept-where-it-is-sent',
    file: 'src/platform/blobs/uploads.ts',
    find: 'entry.sha256 === undefined && count === null ? await copied(parts, key) : undefined',
    replace: 'undefined as Copy | undefined',
    expects:
      'test/blobs/s3-uploads.test.ts :: a file in a bucket > stays as it was completed, though it can be sent again, at a store that overlooks checksums',
  },
  {
    name: 's3-sent-again-stays',
    file: 'src/platform/blobs/functions/blobs.sql',
    find: 'if p_copy is null then return; end if;',
    replace: 'return;',
    expects:
      'test/blobs/s3-uploads.test.ts :: a file in a bucket > stays as it was completed, though it can be sent again, at a store that refuses them',
  },
  {
    name: 's3-part-taken-for-whole',
    file: 'src/platform/blobs/s3-home.ts',
    find: "    throw storeFailure('GetObject', error);",
    replace: '    return;',
    expects: `${HOME} a store that is not well > that cuts off what it sends fails the reader, who takes no part for the whole`,
  },
  {
    name: 's3-others-uploads-aborted',
    file: 'src/platform/blobs/s3-parts.ts',
    find: ' || !OURS.test(Key.slice(Prefix.length))',
    replace: '',
    expects: `${HOME} in a bucket that is shared, keys stand below the prefix, and others’ uploads are let be`,
  },
  {
    name: 's3-lost-completion',
    file: 'src/platform/blobs/s3-parts.ts',
    find: 'if (!(await isThere(key))) throw',
    replace: 'throw',
    expects: `${HOME} a store that is not well > is asked again: what it refused, cut off, or did without saying so has one effect`,
  },
  {
    name: 's3-second-page-forgotten',
    file: 'src/platform/blobs/s3-parts.ts',
    find: 'if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return aborted;',
    replace: 'return aborted;',
    expects: `${HOME} more keys, parts and uploads than fit a page are all found`,
  },
  {
    name: 's3-clock-unseen',
    file: 'src/platform/blobs/s3-check.ts',
    find: 'if (Math.abs(ahead) * 1_000 > SKEW)',
    replace: 'if (Math.abs(ahead) * 1_000 > SKEW * 60)',
    expects: `${CHECK} names a clock that is 300 s off`,
  },
  {
    name: 's3-sandbox-unsigned-headers',
    file: 'sandboxes/src/s3/signature.ts',
    find: "(name.startsWith('x-amz-') || name === 'host') &&",
    replace: "name === 'host' &&",
    expects: `${SIGNATURES} of Amazon’s example GET Object is wrong for anything else`,
  },
  {
    name: 's3-sandbox-trailers-unchecked',
    file: 'sandboxes/src/s3/server.ts',
    find: '...signable.headers, ...trailers };',
    replace: '...signable.headers };',
    expects: `${SANDBOX} checksums > CRC32 is checked in a header, and behind a stream, and reported`,
  },
];
