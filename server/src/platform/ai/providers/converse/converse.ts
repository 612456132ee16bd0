import type { IncomingHttpHeaders } from 'node:http';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { isRecord, jsonIn } from '#platform/kernel';
import type { Upstream } from '../providers.ts';
import type {
  Fields,
  TranslationContext,
  UpstreamTranslation,
  VendorAnswer,
  VendorRequest,
} from '../translation.ts';
import { ConverseStream, type Frame, toCompletion } from './from-converse.ts';
import { toConverse } from './to-converse.ts';

/** Amazon Bedrock's Converse and ConverseStream. */
export const CONVERSE: UpstreamTranslation = {
  body: toConverse,
  request,
  answer(answer, context) {
    if (answer.status !== 200) return toRefusal(answer);
    const completion = toCompletion(jsonIn(answer.body.toString('utf8')), frameOf(answer.headers, context));
    return completion === undefined ? answer : { ...answer, body: Buffer.from(JSON.stringify(completion)) };
  },
  stream: (headers, context) => new ConverseStream(frameOf(headers, context)),
};

function frameOf(headers: IncomingHttpHeaders, { model, now }: TranslationContext): Frame {
  return { id: String(headers['x-amzn-requestid'] ?? ''), created: Math.floor(now / 1_000), model };
}

async function request(
  converse: Fields,
  { upstream, model, stream, now }: TranslationContext,
): Promise<VendorRequest> {
  const path = `${upstream.path}/model/${encodeURIComponent(model)}/converse${stream ? '-stream' : ''}`;
  const body = JSON.stringify(converse);
  const signed = await signedHeaders(upstream, { path, body, now });
  return { path: path + upstream.query, body, headers: signed ?? upstream.authorization };
}

/** Host and query are AWS's own. A port is part of what is signed. */
const REGION = /^bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\./;

async function signedHeaders(
  { origin, query, aws }: Upstream,
  { path, body, now }: { readonly path: string; readonly body: string; readonly now: number },
): Promise<string[] | undefined> {
  if (aws === undefined) return undefined;
  const { host, hostname, protocol } = new URL(origin);
  const region = aws.region ?? REGION.exec(hostname)?.[1] ?? 'us-east-1';
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: token } = aws;
  const credentials = {
    accessKeyId,
    secretAccessKey,
    ...(token === undefined ? {} : { sessionToken: token }),
  };
  const signer = new SignatureV4({ service: 'bedrock', region, credentials, sha256: Sha256 });
  const { headers } = await signer.sign(
    {
      method: 'POST',
      protocol,
      hostname,
      path,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers: { host },
      body,
    },
    { signingDate: new Date(now) },
  );
  return Object.entries(headers).flatMap(([name, value]) => (name === 'host' ? [] : [name, value]));
}

/** Errors of AWS's whose status is not the one by which OpenAI's are told apart. */
const STATUSES: readonly (readonly [name: RegExp, status: number])[] = [
  [/^(?:Throttling|TooManyRequests|ServiceQuotaExceeded|ModelNotReady)/, 429],
  [/^(?:Model(?:Stream)?Error)/, 500],
  [
    /^(?:AccessDenied|ExpiredToken|IncompleteSignature|InvalidSignature|MissingAuthentication|Unrecognized)/,
    403,
  ],
];
/** Words of Bedrock, and of the vendors behind it, on an input above the model's context. */
const TOO_LONG = /too long|too many (?:input )?tokens|maximum context length|context (?:window|length)/i;

function toRefusal({ status, headers, body }: VendorAnswer): VendorAnswer {
  const said = jsonIn(body.toString('utf8'));
  const { message, Message: capital, __type: type } = isRecord(said) ? said : {};
  // `ValidationException:http://…` in the header, `com.amazon.coral.service#ExpiredTokenException` in a body.
  const name = String(headers['x-amzn-errortype'] ?? type ?? '')
    .replace(/:.*$/, '')
    .replace(/^.*#/, '');
  const words = String(message ?? capital ?? '');
  const isTooLong = name === 'ValidationException' && TOO_LONG.test(words);
  const error = {
    message: words,
    type: name,
    param: null,
    code: isTooLong ? 'context_length_exceeded' : name,
  };
  const [, told = status] = STATUSES.find(([pattern]) => pattern.test(name)) ?? [];
  return { status: told, headers, body: Buffer.from(JSON.stringify({ error })) };
}
