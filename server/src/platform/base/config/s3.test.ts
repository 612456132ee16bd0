import { expect, test } from 'vitest';
import { readConfig, type S3Settings, settingText, uploadOriginsOf } from './index.ts';
import { problemsOf } from '@plinth/testkit/fixtures/config-problems';

const BUCKET = {
  S3_BUCKET: 'files',
  S3_ACCESS_KEY_ID: 'AKIAEXAMPLE',
  S3_SECRET_ACCESS_KEY: 'secret/with+signs',
};

const originsOf = (settings: object) =>
  uploadOriginsOf({ ...readConfig(BUCKET).s3, ...settings } as S3Settings);

test('files lie in a folder until a bucket is named, and then in the bucket', () => {
  expect(readConfig({}).s3).toBeUndefined();
  expect(readConfig({ ...BUCKET, S3_PREFIX: 'production', S3_SSE: 'aws:kms' }).s3).toEqual({
    bucket: 'files',
    region: 'us-east-1',
    endpoint: undefined,
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret/with+signs' },
    prefix: 'production/',
    forcePathStyle: false,
    encryption: 'aws:kms',
    checksums: 'when_supported',
  });
});

test('files lie in one place: a bucket, or a store of Vercel Blob', () => {
  const token = { BLOB_READ_WRITE_TOKEN: 'vercel_blob_rw_Store1_Secret1' };
  expect(readConfig(token)).toMatchObject({ s3: undefined, vercelBlobToken: token.BLOB_READ_WRITE_TOKEN });
  expect(problemsOf({ ...BUCKET, ...token })).toEqual([
    'S3_BUCKET and BLOB_READ_WRITE_TOKEN: files lie in one place. Set one of them.',
  ]);
  expect(problemsOf({ BLOB_READ_WRITE_TOKEN: 'rw' })).toHaveLength(1);
});

test('pages may send files to the bucket by either form of its addresses, and nowhere else', () => {
  expect(originsOf({})).toEqual([
    'https://s3.us-east-1.amazonaws.com',
    'https://files.s3.us-east-1.amazonaws.com',
  ]);
  expect(originsOf({ endpoint: 'http://localhost:9000/x' })).toEqual([
    'http://localhost:9000',
    'http://files.localhost:9000',
  ]);
});

test('without a key the machine’s own is used', () => {
  expect(readConfig({ S3_BUCKET: 'files' }).s3?.credentials).toBeUndefined();
});

test('half a key is refused, and so is a store without a bucket, in place of files that go elsewhere unnoticed', () => {
  expect(problemsOf({ S3_BUCKET: 'files', S3_ACCESS_KEY_ID: 'AKIAEXAMPLE' })).toEqual([
    'S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY belong together: set both or none.',
  ]);
  expect(problemsOf({ S3_ENDPOINT: 'https://s3.example.com', S3_SSE: 'AES256' })).toEqual([
    'S3_ENDPOINT, S3_SSE without S3_BUCKET: files would lie in a folder. Set S3_BUCKET too.',
  ]);
});

test('values that no store takes are refused, and no key is quoted', () => {
  const problems = problemsOf({
    S3_BUCKET: 'Files',
    S3_REGION: 'EU Central',
    S3_PREFIX: '/files',
    S3_SSE: 'yes',
    S3_CHECKSUMS: 'never',
    S3_SECRET_ACCESS_KEY: 'two words',
    S3_ACCESS_KEY_ID: 'AKIA EXAMPLE',
  });
  expect(problems.map((line) => line.split(' ')[0])).toEqual([
    'S3_BUCKET',
    'S3_REGION',
    'S3_ACCESS_KEY_ID',
    'S3_SECRET_ACCESS_KEY',
    'S3_PREFIX',
    'S3_SSE',
    'S3_CHECKSUMS',
  ]);
  expect(problems.join()).not.toMatch(/two words|AKIA/);
});

test('keys are never shown', () => {
  const { values } = readConfig(BUCKET);
  expect([settingText(values, 'S3_ACCESS_KEY_ID'), settingText(values, 'S3_SECRET_ACCESS_KEY')]).toEqual([
    '(set, hidden)',
    '(set, hidden)',
  ]);
});
