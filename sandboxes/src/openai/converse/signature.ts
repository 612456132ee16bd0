import { createHash, createHmac } from 'node:crypto';
import type { Exchange } from '../exchange.ts';
import { refusal } from './protocol.ts';

/** The one account of the sandbox. A token in place of a signature is any. */
export const AWS_KEYS = { accessKeyId: 'AKIASANDBOX', secretAccessKey: 'sandbox/secret' } as const;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const CLAIM =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8}\/[\w-]+\/bedrock\/aws4_request), ?SignedHeaders=([^,]+), ?Signature=([\da-f]{64})$/;

/** Checks Signature Version 4 over a body (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). */
export function checkSignature({ request }: Exchange, body: string): void {
  const { authorization = '' } = request.headers;
  if (/^bearer +\S/i.test(authorization)) return;
  const [, key, scope = '', names = '', signature] = CLAIM.exec(authorization) ?? [];
  if (key === undefined)
    throw refusal(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  if (key !== AWS_KEYS.accessKeyId)
    throw refusal(
      403,
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  const signed = names.split(';');
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const canonical = [
    request.method,
    path.split('/').map(encodeURIComponent).join('/'),
    query,
    ...signed.map((name) => `${name}:${String(request.headers[name] ?? '').trim()}`),
    '',
    names,
    sha256(body),
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  let secret: string | Buffer = `AWS4${AWS_KEYS.secretAccessKey}`;
  for (const part of scope.split('/')) secret = createHmac('sha256', secret).update(part).digest();
  const isRight = createHmac('sha256', secret).update(text).digest('hex') === signature;
  if (!isRight || !signed.includes('host') || !signed.includes('x-amz-date'))
    throw refusal(
      403,
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
}
