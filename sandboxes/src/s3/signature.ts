import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { S3Error } from './refusal.ts';

/** Who may call, and when it is. */
export interface Account {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly now: () => number;
}

/** A request as its signature covers it. */
export interface Signable {
  readonly method: string;
  /** Decoded, with its first slash. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case; values of one name with commas between them. */
  readonly headers: Readonly<Record<string, string>>;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** Milliseconds by which clocks may differ. */
const SKEW = 15 * 60_000;
/** Seconds that a presigned URL may be good for. */
const LONGEST = 7 * 86_400;

interface Claim {
  readonly accessKeyId: string;
  readonly scope: readonly [day: string, region: string, service: string, end: string];
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** 20261122T101500Z */
  readonly date: string;
  /** What the signature says of the body: a SHA-256 in hex, or a word. */
  readonly payload: string;
}

/**
 * Checks Signature Version 4, in the Authorization header or in the query; answers what was signed of the body. Throws S3's errors for
 * an unknown key, a late request and a wrong signature. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
export function authenticate(request: Signable, account: Account): string {
  const isPresigned = request.query.has('X-Amz-Algorithm');
  if (!isPresigned && request.headers['authorization'] === undefined) throw new S3Error('AccessDenied');
  const claim = isPresigned ? readQuerySignature(request, account) : readHeaderSignature(request, account);
  if (claim.accessKeyId !== account.accessKeyId)
    throw new S3Error('InvalidAccessKeyId', { facts: { AWSAccessKeyId: claim.accessKeyId } });
  const unsigned = Object.keys(request.headers).filter(
    (name) => (name.startsWith('x-amz-') || name === 'host') && !claim.signedHeaders.includes(name),
  );
  if (unsigned.length > 0)
    throw new S3Error('AccessDenied', {
      message: 'There were headers present in the request which were not signed',
      facts: { HeadersNotSigned: unsigned.join(', ') },
    });
  compare(request, claim, account);
  return claim.payload;
}

function compare(request: Signable, claim: Claim, account: Account): void {
  const canonical = canonicalRequest(request, claim);
  const text = [ALGORITHM, claim.date, claim.scope.join('/'), sha256(canonical)].join('\n');
  let secret: string | Buffer = `AWS4${account.secretAccessKey}`;
  for (const part of claim.scope) secret = createHmac('sha256', secret).update(part).digest();
  const right = createHmac('sha256', secret).update(text).digest();
  const given = Buffer.from(claim.signature, 'hex');
  if (given.length === right.length && timingSafeEqual(given, right)) return;
  throw new S3Error('SignatureDoesNotMatch', {
    facts: { AWSAccessKeyId: claim.accessKeyId, StringToSign: text, CanonicalRequest: canonical },
  });
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function canonicalRequest({ method, path, query, headers }: Signable, claim: Claim): string {
  const pairs = [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encodeUri(name), encodeUri(value)] as const);
  const sorted = pairs.sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
  return [
    method,
    path.split('/').map(encodeUri).join('/'),
    sorted.map((pair) => pair.join('=')).join('&'),
    ...claim.signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/\s+/g, ' ')}`),
    '',
    claim.signedHeaders.join(';'),
    claim.payload,
  ].join('\n');
}

const encodeUri = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

const malformedHeader = (message: string) => new S3Error('AuthorizationHeaderMalformed', { message });
const malformedQuery = (message: string) => new S3Error('AuthorizationQueryParametersError', { message });

function readHeaderSignature({ headers }: Signable, account: Account): Claim {
  const { authorization = '', 'x-amz-date': date = '', 'x-amz-content-sha256': payload } = headers;
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([\da-f]{64})$/;
  const [, credential = '', names = '', signature = ''] = form.exec(authorization) ?? [];
  if (credential === '')
    throw malformedHeader('The authorization header is malformed; it is no AWS4-HMAC-SHA256.');
  if (payload === undefined)
    throw new S3Error('InvalidRequest', {
      message: 'Missing required header for this request: x-amz-content-sha256',
    });
  const scoped = scopeOf(credential, account.region, malformedHeader);
  const at = instantOf(date);
  if (at === undefined)
    throw new S3Error('AccessDenied', {
      message: 'AWS authentication requires a valid Date or x-amz-date header',
    });
  const now = account.now();
  if (Math.abs(now - at) > SKEW)
    throw new S3Error('RequestTimeTooSkewed', {
      facts: {
        RequestTime: date,
        ServerTime: new Date(now).toISOString(),
        MaxAllowedSkewMilliseconds: String(SKEW),
      },
    });
  if (scoped.scope[0] !== date.slice(0, 8))
    throw malformedHeader('The authorization header is malformed; the date is wrong.');
  return { ...scoped, signedHeaders: names.split(';'), signature, date, payload };
}

function readQuerySignature({ headers, query }: Signable, account: Account): Claim {
  const queryParam = (name: string) => {
    const [value, ...more] = query.getAll(name);
    if (value === undefined || value === '' || more.length > 0)
      throw malformedQuery(
        'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
      );
    return value;
  };
  if (queryParam('X-Amz-Algorithm') !== ALGORITHM)
    throw malformedQuery('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  const [date, expires] = [queryParam('X-Amz-Date'), Number(queryParam('X-Amz-Expires'))];
  const scoped = scopeOf(queryParam('X-Amz-Credential'), account.region, malformedQuery);
  const at = instantOf(date);
  if (at === undefined || scoped.scope[0] !== date.slice(0, 8))
    throw malformedQuery("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  if (!Number.isInteger(expires) || expires < 0) throw malformedQuery('X-Amz-Expires should be a number');
  if (expires > LONGEST)
    throw malformedQuery(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    );
  verifyTime({ at, expires, now: account.now() });
  const signedHeaders = queryParam('X-Amz-SignedHeaders').split(';');
  const payload = headers['x-amz-content-sha256'] ?? query.get('X-Amz-Content-Sha256') ?? 'UNSIGNED-PAYLOAD';
  return { ...scoped, signedHeaders, signature: queryParam('X-Amz-Signature'), date, payload };
}

function verifyTime({ at, expires, now }: { at: number; expires: number; now: number }): void {
  const ServerTime = new Date(now).toISOString();
  if (at - now > SKEW)
    throw new S3Error('AccessDenied', { message: 'Request is not yet valid', facts: { ServerTime } });
  const end = at + expires * 1_000;
  if (now < end) return;
  throw new S3Error('AccessDenied', {
    message: 'Request has expired',
    facts: { 'X-Amz-Expires': String(expires), Expires: new Date(end).toISOString(), ServerTime },
  });
}

function scopeOf(
  credential: string,
  region: string,
  malformed: (message: string) => S3Error,
): Pick<Claim, 'accessKeyId' | 'scope'> {
  const [accessKeyId = '', day = '', given = '', service = '', end = '', ...more] = credential.split('/');
  if (service !== 's3' || end !== 'aws4_request' || !/^\d{8}$/.test(day) || more.length > 0)
    throw malformed(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  if (given !== region) {
    const { code, status } = malformed('');
    const message = `The authorization header is malformed; the region '${given}' is wrong; expecting '${region}'`;
    throw new S3Error(code, { status, message, facts: { Region: region } });
  }
  return { accessKeyId, scope: [day, given, service, end] };
}

/** 20261122T101500Z; undefined when it is something else. */
function instantOf(date: string): number | undefined {
  const [whole, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  if (whole === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** What is signed of a request. Throws for a path or a query that can't be decoded. */
export function signableOf(request: IncomingMessage): Signable {
  const [path = '/', query = ''] = (request.url ?? '/').split(/\?(.*)/s);
  try {
    return {
      method: request.method ?? 'GET',
      path: decodeURIComponent(path),
      query: new URLSearchParams(query),
      headers: Object.fromEntries(
        Object.entries(request.headersDistinct).map(([name, values = []]) => [name, values.join(',')]),
      ),
    };
  } catch {
    throw new S3Error('InvalidURI');
  }
}
