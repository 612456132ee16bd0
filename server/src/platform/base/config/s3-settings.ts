import { z } from 'zod';
import { httpUrl, key, setting, toggle } from './setting.ts';

const group = 'Files';

/** Files in S3, in what speaks its protocol, or in Vercel Blob (docs/blobs.md). */
export const S3_SETTINGS = {
  BLOB_READ_WRITE_TOKEN: setting(
    z
      .string()
      .regex(
        /^vercel_blob_rw_[A-Za-z0-9]+_[A-Za-z0-9]+$/,
        'must be the read-write token of a store: vercel_blob_rw_…',
      )
      .optional(),
    {
      group,
      says: 'Files of accounts lie in this private store of Vercel Blob (docs/blobs.md).',
      secret: true,
      example: 'vercel_blob_rw_…',
    },
  ),
  S3_BUCKET: setting(
    z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
        'must be the name of a bucket: 3 to 63 small letters, digits, dots and -',
      )
      .optional(),
    {
      group,
      says: 'Files of accounts lie in this bucket (docs/blobs.md). Not set: in DATA_DIR/blobs, which all processes must share.',
      example: 'example-files',
    },
  ),
  S3_REGION: setting(
    z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/, 'must be a region such as eu-central-1, or what your store has instead')
      .default('us-east-1'),
    { group, says: 'The bucket’s region. Stores that have none take any, or auto.' },
  ),
  S3_ENDPOINT: setting(httpUrl.optional(), {
    group,
    says: 'Where the store is, for this server and for clients, who send and fetch files there. Not set: Amazon’s of the region.',
    example: 'https://s3.example.com',
  }),
  S3_ACCESS_KEY_ID: setting(key.optional(), {
    group,
    says: 'The key that may read, write, delete and list in the bucket. Not set: what the AWS SDK finds on this machine, as the role of an instance.',
    secret: true,
    example: 'AKIA…',
  }),
  S3_SECRET_ACCESS_KEY: setting(key.optional(), {
    group,
    says: 'The secret of that key.',
    secret: true,
    example: '…',
  }),
  S3_PREFIX: setting(
    z
      .string()
      .regex(/^[\w.-]+(?:\/[\w.-]+)*\/?$/, 'must be letters, digits, dots, _, - and /, and begin with no /')
      .max(200, 'must have at most 200 characters')
      .transform((value) => value.replace(/\/?$/, '/'))
      .optional(),
    {
      group,
      says: 'What all keys begin with, where the bucket is shared.',
      example: 'production/',
    },
  ),
  S3_FORCE_PATH_STYLE: setting(toggle.default(false), {
    group,
    says: 'true where the bucket stands in the path, and not in the host: MinIO and most stores of one’s own.',
  }),
  S3_SSE: setting(z.enum(['AES256', 'aws:kms'], 'must be AES256 or aws:kms').optional(), {
    group,
    says: 'Encryption that each upload asks the store for; aws:kms takes the bucket’s key. Not set: what the bucket does by itself.',
    example: 'AES256',
  }),
  S3_CHECKSUMS: setting(
    z
      .enum(['when_supported', 'when_required'], 'must be when_supported or when_required')
      .default('when_supported'),
    {
      group,
      says: 'when_supported: the SHA-256 goes with each upload, and the store refuses other bytes. when_required: no checksum goes to the store, for older ones that refuse them; this server reads each upload once and checks it itself.',
    },
  ),
} as const;
