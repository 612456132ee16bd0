import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { readBody } from './body.ts';
import type { Buckets } from './buckets.ts';
import type { Answer } from './call.ts';
import { corsHeaders, preflight } from './cors.ts';
import type { Fault, Faults } from './faults.ts';
import { operationOf } from './operations.ts';
import { S3Error } from './refusal.ts';
import { type Account, authenticate, type Signable, signableOf } from './signature.ts';
import { writeXml } from './xml.ts';

export interface ServerParts {
  readonly account: Account;
  readonly buckets: Buckets;
  readonly faults: Faults;
  readonly older: Older | undefined;
  /** Entries that a list has at most. */
  readonly page: number;
  readonly calls: string[];
  /** Resolves when what has happened is kept. */
  readonly kept: () => Promise<void>;
}

/** What an older store makes of checksums: it overlooks them in headers, or refuses all by this status. */
export type Older = 'ignores' | 400 | 501;

/** What a request is about. */
interface Target {
  readonly bucketName: string;
  readonly key: string;
}

type Headers = Readonly<Record<string, string>>;

/** Answers as S3 does, by path (/bucket/key) and by host (bucket.localhost, bucket.s3.localhost). */
export function s3Listener(served: () => ServerParts): RequestListener {
  return (request, response) => {
    respond(served(), request, response).catch(() => request.socket.destroy());
  };
}

async function respond(
  served: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let cors: Headers = {};
  let fault: Fault | undefined;
  let answer: Answer;
  try {
    const signable = signableOf(request);
    const target = targetOf(signable);
    const bucket = served.buckets.get(target.bucketName);
    cors = corsHeaders(bucket, signable.method, signable.headers);
    if (signable.method === 'OPTIONS') answer = preflight(bucket, signable.headers);
    else {
      const { on, name, run } = operationFor(signable, target);
      served.calls.push(`${name} ${Object.values(target).join('/')}`);
      fault = served.faults.take(name);
      if (fault?.kind === 'hang') return;
      if (fault?.kind === 'reset') return void request.socket.destroy();
      if (fault?.kind === 'refuse') throw new S3Error(fault.code);
      const payload = authenticate(signable, served.account);
      if (on === 'object' && Buffer.byteLength(target.key) > 1_024) throw new S3Error('KeyTooLongError');
      refuseChecksums(served, { ...headersFromQuery(signable.query), ...signable.headers });
      const { bytes, trailers } = await readBody(request, signable.headers, payload);
      const { buckets, account } = served;
      const headers = { ...headersFromQuery(signable.query), ...signable.headers, ...trailers };
      const said = { headers, query: signable.query, bytes, ...target };
      answer = run({
        buckets,
        now: account.now(),
        region: account.region,
        isOlder: served.older !== undefined,
        page: served.page,
        ...said,
      });
      await served.kept();
    }
  } catch (error) {
    answer = errorAnswer(error, request);
  }
  if (fault?.kind === 'lost') return void request.socket.destroy();
  if (fault?.kind === 'slow') await setTimeout(fault.ms);
  send(
    response,
    {
      ...answer,
      headers: { date: new Date(served.account.now()).toUTCString(), ...cors, ...answer.headers },
    },
    fault?.kind === 'cut' ? fault.after : undefined,
  );
}

function targetOf({ path, headers }: Signable): Target {
  const [, fromHost = ''] =
    /^([a-z0-9][a-z0-9.-]*?)(?:\.s3)?\.localhost(?::\d+)?$/.exec(headers['host'] ?? '') ?? [];
  const rest = path.slice(1);
  if (fromHost !== '' && fromHost !== 's3') return { bucketName: fromHost, key: rest };
  const [bucketName = '', key = ''] = rest.split(/\/(.*)/s);
  return { bucketName, key };
}

function operationFor(asked: Signable, { bucketName, key }: Target) {
  return operationOf(asked, bucketName === '' ? 'account' : key === '' ? 'bucket' : 'object');
}

/** The answer of older stores to a header that they do not know or cannot serve. */
function refuseChecksums({ older }: ServerParts, headers: Headers): void {
  if (older === undefined) return;
  const known =
    older === 'ignores' ? /^x-amz-trailer$/ : /^x-amz-(?:trailer|checksum-.+|sdk-checksum-algorithm)$/;
  const header = Object.keys(headers).find((name) => known.test(name));
  if (header === undefined) return;
  throw new S3Error(older === 400 ? 'InvalidArgument' : 'NotImplemented', {
    message:
      older === 400
        ? `Unsupported header '${header}' received for this API call.`
        : 'A header you provided implies functionality that is not implemented',
    facts: { Header: header },
  });
}

/** Headers of a presigned URL: one that was written into the query when it was made counts as one. */
const headersFromQuery = (query: URLSearchParams): Headers =>
  Object.fromEntries(
    [...query]
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => /^x-amz-(?:checksum-|meta-|server-side-encryption|sdk-checksum)/.test(name)),
  );

function errorAnswer(error: unknown, request: IncomingMessage): Answer {
  if (!(error instanceof S3Error)) {
    if (request.destroyed && !request.complete) throw error;
    const message = error instanceof Error ? error.message : String(error);
    return errorAnswer(new S3Error('InternalError', { message }), request);
  }
  const { code, status, message, facts, headers } = error;
  const resource = (request.url ?? '/').split('?')[0] ?? '/';
  return { status, headers, xml: ['Error', { Code: code, Message: message, Resource: resource, ...facts }] };
}

function send(response: ServerResponse, answer: Answer, cutAfter: number | undefined): void {
  const { status = 200, headers, xml, bytes } = answer;
  const body = xml === undefined ? (bytes ?? Buffer.alloc(0)) : Buffer.from(writeXml(...xml));
  const isBare = status === 204 || status === 304;
  response.writeHead(status, {
    server: 'AmazonS3',
    'x-amz-request-id': randomBytes(8).toString('hex').toUpperCase(),
    ...(isBare ? {} : { 'content-length': String(body.length) }),
    ...(xml === undefined ? {} : { 'content-type': 'application/xml' }),
    ...headers,
  });
  if (cutAfter === undefined) return void response.end(isBare ? undefined : body);
  response.write(body.subarray(0, cutAfter), () => response.destroy());
}
