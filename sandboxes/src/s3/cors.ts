import { type Bucket, type CorsRule } from './buckets.ts';
import { type Answer, bucketOf, type Call } from './call.ts';
import { S3Error } from './refusal.ts';
import { readXml } from './xml.ts';

const METHODS = ['GET', 'PUT', 'HEAD', 'POST', 'DELETE'];

export function putBucketCors(call: Call): Answer {
  const bucket = bucketOf(call);
  const rules = readXml(call.bytes.toString(), 'CORSConfiguration')
    .all('CORSRule')
    .map((rule): CorsRule => {
      const texts = (name: string) => rule.all(name).map(({ text }) => text);
      const maxAge = rule.one('MaxAgeSeconds');
      return {
        origins: texts('AllowedOrigin'),
        methods: texts('AllowedMethod'),
        headers: texts('AllowedHeader'),
        exposed: texts('ExposeHeader'),
        maxAge: maxAge === undefined ? undefined : Number(maxAge),
      };
    });
  if (rules.length === 0 || rules.length > 100) throw new S3Error('MalformedXML');
  for (const { origins, methods, headers } of rules) {
    if (origins.length === 0 || methods.length === 0) throw new S3Error('MalformedXML');
    const unknown = methods.find((method) => !METHODS.includes(method));
    if (unknown !== undefined)
      throw new S3Error('InvalidRequest', {
        message: `Found unsupported HTTP method in CORS config. Unsupported method is ${unknown}`,
      });
    const wild = [...origins, ...headers].find((pattern) => pattern.split('*').length > 2);
    if (wild !== undefined)
      throw new S3Error('InvalidRequest', {
        message: `AllowedOrigin or AllowedHeader "${wild}" can not have more than one wildcard.`,
      });
  }
  bucket.cors = rules;
  return {};
}

export function getBucketCors(call: Call): Answer {
  const { cors } = bucketOf(call);
  if (cors === undefined) throw new S3Error('NoSuchCORSConfiguration');
  const rules = cors.map(({ origins, methods, headers, exposed, maxAge }) => ({
    AllowedOrigin: origins,
    AllowedMethod: methods,
    AllowedHeader: headers,
    ExposeHeader: exposed,
    MaxAgeSeconds: maxAge,
  }));
  return { xml: ['CORSConfiguration', { CORSRule: rules }] };
}

export function deleteBucketCors(call: Call): Answer {
  bucketOf(call).cors = undefined;
  return { status: 204 };
}

type Headers = Readonly<Record<string, string>>;

/** What a browser asks before it sends: answered by the bucket's rules, without a signature. */
export function preflight(bucket: Bucket | undefined, headers: Headers): Answer {
  const { origin, 'access-control-request-method': method } = headers;
  if (origin === undefined || method === undefined)
    throw new S3Error('InvalidRequest', {
      message: 'Insufficient information. Origin request header needed.',
    });
  if (bucket?.cors === undefined)
    throw new S3Error('AccessForbidden', { message: 'CORSResponse: CORS is not enabled for this bucket.' });
  const asked = (headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  const rule = ruleFor(bucket.cors, { origin, method, asked });
  if (rule === undefined) throw new S3Error('AccessForbidden');
  return {
    headers: {
      ...ruleHeaders(rule, origin),
      ...(asked.length === 0 ? {} : { 'access-control-allow-headers': asked.join(', ') }),
    },
  };
}

/** What an answer says to the browser that asked for it; nothing where no rule fits. */
export function corsHeaders(bucket: Bucket | undefined, method: string, { origin }: Headers): Headers {
  if (origin === undefined || bucket?.cors === undefined) return {};
  const rule = ruleFor(bucket.cors, { origin, method, asked: [] });
  return rule === undefined ? {} : ruleHeaders(rule, origin);
}

function ruleFor(
  rules: readonly CorsRule[],
  { origin, method, asked }: { origin: string; method: string; asked: readonly string[] },
): CorsRule | undefined {
  return rules.find(
    ({ origins, methods, headers }) =>
      methods.includes(method) &&
      origins.some((pattern) => fits(pattern, origin)) &&
      asked.every((name) => headers.some((pattern) => fits(pattern.toLowerCase(), name))),
  );
}

function fits(pattern: string, text: string): boolean {
  const [start = '', end] = pattern.split('*');
  if (end === undefined) return pattern === text;
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}

function ruleHeaders({ origins, methods, exposed, maxAge }: CorsRule, origin: string): Headers {
  const isAnybody = origins.includes('*');
  return {
    'access-control-allow-origin': isAnybody ? '*' : origin,
    'access-control-allow-methods': methods.join(', '),
    ...(isAnybody ? {} : { 'access-control-allow-credentials': 'true' }),
    ...(exposed.length === 0 ? {} : { 'access-control-expose-headers': exposed.join(', ') }),
    ...(maxAge === undefined ? {} : { 'access-control-max-age': String(maxAge) }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}
