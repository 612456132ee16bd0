import type { IncomingHttpHeaders } from 'node:http';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { isRecord, jsonIn } from '#platform/kernel';
import { frameOf } from '../blocks.ts';
import type {
  Fields,
  TranslationContext,
  UpstreamTranslation,
  VendorAnswer,
  VendorRequest,
  VendorUpstream,
} from '../translation.ts';
import { ConverseStream, toCompletion } from './from-converse.ts';
import { toConverse } from './to-converse.ts';

/** Amazon Bedrock's Converse and ConverseStream. */
export const CONVERSE: UpstreamTranslation = {
  body: toConverse,
  request,
  answer(answer, context) {
    if (answer.status !== 200) return toRefusal(answer);
    const completion = toCompletion(
      jsonIn(answer.body.toString('utf8')),
      frameOf(idIn(answer.headers), context),
    );
    return completion === undefined ? answer : { ...answer, body: Buffer.from(JSON.stringify(completion)) };
  },
  stream: (headers, context) => new ConverseStream(frameOf(idIn(headers), context)),
};

const idIn = (headers: IncomingHttpHeaders): string => String(headers['x-amzn-requestid']);

async function request(
  converse: Fields,
  { upstream, model, stream, now }: TranslationContext,
): Promise<VendorRequest> {
  const path = `${upstream.path}/model/${encodeURIComponent(model)}/converse${stream ? '-stream' : ''}`;
  const body = JSON.stringify(converse);
  const headers =
    upstream.aws === undefined
      ? upstream.authorization
      : await signatureOf(upstream, upstream.aws, { path, body, now });
  return { path, body, headers };
}

const REGION = /^bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\./;

async function signatureOf(
  { origin }: VendorUpstream,
  keys: NonNullable<VendorUpstream['aws']>,
  { path, body, now }: { readonly path: string; readonly body: string; readonly now: number },
): Promise<string[]> {
  // The port is part of the host that is signed.
  const { host, hostname, protocol } = new URL(origin);
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: token } = keys;
  const signer = new SignatureV4({
    service: 'bedrock',
    region: keys.region ?? REGION.exec(hostname)?.[1] ?? 'us-east-1',
    credentials: {
      accessKeyId,
      secretAccessKey,
      ...(token === undefined ? {} : { sessionToken: token }),
    },
    sha256: Sha256,
  });
  const signed = { method: 'POST', protocol, hostname, path, query: {}, headers: { host }, body };
  const { headers } = await signer.sign(signed, { signingDate: new Date(now) });
  return Object.entries(headers).flatMap(([name, value]) => (name === 'host' ? [] : [name, value]));
}

/** Errors of AWS's whose status is not the one by which others' are classified. */
const STATUSES: readonly (readonly [name: RegExp, status: number])[] = [
  [/^(?:Throttling|TooManyRequests|ServiceQuotaExceeded|ModelNotReady)/, 429],
  [/^Model(?:Stream)?Error/, 500],
  [/^(?:AccessDenied|ExpiredToken|I\w+Signature|MissingAuthentication|UnrecognizedClient)/, 403],
];
/** Words of Bedrock, and of the vendors behind it, on an input above the model's context. */
const TOO_LONG = /too long|too many (?:input )?tokens|maximum context length|context (?:window|length)/i;

function toRefusal({ status, headers, body }: VendorAnswer): VendorAnswer {
  const said = jsonIn(body.toString('utf8'));
  const { message, Message: capital = '', __type: type } = isRecord(said) ? said : {};
  // `ValidationException:http://…` in the header, `com.amazon.coral.service#ExpiredTokenException` in a body.
  const [name = ''] = /\w+(?=:|$)/.exec([headers['x-amzn-errortype'] ?? type].join('')) ?? [];
  const words = [message ?? capital].join('');
  const code = name === 'ValidationException' && TOO_LONG.test(words) ? 'context_length_exceeded' : name;
  const [, told = status] = STATUSES.find(([pattern]) => pattern.test(name)) ?? [];
  const error = { message: words, type: name, param: null, code };
  return { status: told, headers, body: Buffer.from(JSON.stringify({ error })) };
}
