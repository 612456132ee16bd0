import { describe, expect, test } from 'vitest';
import { authenticate, type Signable } from './signature.ts';

// Amazon's own examples, with the signatures that it computed for them:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and sigv4-query-string-auth.html

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const account = {
  region: 'us-east-1',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  now: () => Date.UTC(2013, 4, 24),
};

function signableOf(path: string, headers: Record<string, string>, signature: string): Signable {
  const [name = '', query = ''] = path.split('?');
  const all: Record<string, string> = {
    host: 'examplebucket.s3.amazonaws.com',
    'x-amz-content-sha256': EMPTY,
    'x-amz-date': '20130524T000000Z',
    ...headers,
  };
  const names = Object.keys(all)
    .filter((header) => header !== 'method')
    .sort();
  const { method = 'GET', ...sent } = all;
  const credential = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${names.join(';')},Signature=${signature}`;
  return {
    method,
    path: decodeURIComponent(name),
    query: new URLSearchParams(query),
    headers: { ...sent, authorization },
  };
}

const EXAMPLES: readonly (readonly [string, Signable])[] = [
  [
    'GET Object',
    signableOf(
      '/test.txt',
      { range: 'bytes=0-9' },
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ),
  ],
  [
    'PUT Object',
    signableOf(
      '/test%24file.text',
      {
        method: 'PUT',
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      },
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ),
  ],
  [
    'GET Bucket Lifecycle',
    signableOf('/?lifecycle', {}, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'),
  ],
  [
    'Get Bucket (List Objects)',
    signableOf(
      '/?max-keys=2&prefix=J',
      {},
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ),
  ],
  [
    'a presigned URL',
    {
      method: 'GET',
      path: '/test.txt',
      query: new URLSearchParams(
        'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
      ),
      headers: { host: 'examplebucket.s3.amazonaws.com' },
    },
  ],
];

describe('a signature', () => {
  test.each(EXAMPLES)('of Amazon’s example %s is right', (_, request) => {
    expect(authenticate(request, account)).toBe(
      request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
    );
  });

  test.each(EXAMPLES)('of Amazon’s example %s is wrong for anything else', (_, request) => {
    const wrong = [
      { ...request, method: 'DELETE' },
      { ...request, path: `${request.path}x` },
      { ...request, query: new URLSearchParams([...request.query, ['acl', '']]) },
      { ...request, headers: { ...request.headers, host: 'otherbucket.s3.amazonaws.com' } },
    ];
    for (const one of wrong)
      expect(() => authenticate(one, account)).toThrow(
        expect.objectContaining({ code: 'SignatureDoesNotMatch' }),
      );
    const unsigned = { ...request, headers: { ...request.headers, 'x-amz-acl': 'public-read' } };
    expect(() => authenticate(unsigned, account)).toThrow(expect.objectContaining({ code: 'AccessDenied' }));
  });
});
