import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from './errors.ts';
import type { Profile } from './profiles.ts';

/** One request and the answer to it. */
export interface Exchange {
  readonly protocol: Protocol;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The part that the answer's ids share; unique over restarts, because the bill outlives the process. */
  readonly id: string;
  /** The family of models that is asked, where the path names one. */
  readonly profile?: Profile | undefined;
}

/** A vendor's headers, and its form of a refusal. */
export interface Protocol {
  headers(requestId: string): readonly string[];
  error(error: ApiError, requestId: string): object;
  errorHeaders?(error: ApiError): readonly string[];
  /** It says in the body when to come back, and not in a header. */
  readonly hasNoRetryAfter?: true;
  /** Its streams, where they are no text. */
  readonly stream?: { readonly type: string; readonly encoding: 'latin1' };
}

export const OPENAI: Protocol = {
  headers: (id) => ['x-request-id', id, 'openai-organization', 'sandbox', 'openai-version', '2020-10-01'],
  error: ({ body }) => ({ error: body }),
};

/** The key of a call, in whichever header its vendor has it. */
export function keyOf({ headers }: IncomingMessage): string {
  const { authorization = '', 'api-key': azure, 'x-api-key': anthropic, 'x-goog-api-key': google } = headers;
  return String(azure ?? anthropic ?? google ?? authorization.replace(/^bearer +/i, ''));
}

/** OpenAI takes 50 MB of pictures in one request. */
const LARGEST_BODY = 50 * 1024 * 1024;
// What a caller may still send after its 413 before the connection is dropped: enough for it to read the answer.
const LARGEST_DRAIN = LARGEST_BODY + 32 * 1024 * 1024;

/** Reads the body, then calls back with its bytes; one over 50 MB is refused at once. */
export function readBody(exchange: Exchange, done: (bytes: Buffer) => void): void {
  const { request } = exchange;
  const chunks: Buffer[] = [];
  let size = 0;
  let refused = false;
  const refuse = (): void => {
    refused = true;
    chunks.length = 0;
    const message = 'The body of your request is over 50 MB, which is more than the sandbox takes.';
    sendError(exchange, new ApiError(413, { message, code: 'request_too_large' }, ['connection', 'close']));
  };
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > LARGEST_DRAIN) request.destroy();
    else if (size > LARGEST_BODY && !refused) refuse();
    else if (!refused) chunks.push(chunk);
  });
  request.on('end', () => {
    if (!refused) done(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
  });
  if (Number(request.headers['content-length'] ?? 0) > LARGEST_BODY) refuse();
}

/** Parses a body, or throws OpenAI's refusal. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const message =
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)";
    throw new ApiError(400, { message });
  }
}

/** Headers of every answer; the request id is the vendor's, the one that the bill names. */
export function commonHeaders(exchange: Exchange): readonly string[] {
  return exchange.protocol.headers(requestId(exchange));
}

export function requestId(exchange: Exchange): string {
  return `req_${exchange.id}`;
}

/** Sends a whole answer, unless the caller has gone. */
export function sendText(exchange: Exchange, text: string, status = 200): void {
  send(exchange, text, { status, headers: [] });
}

export function sendJson(exchange: Exchange, value: unknown): void {
  sendText(exchange, JSON.stringify(value));
}

export function sendError(exchange: Exchange, error: ApiError): void {
  const { protocol } = exchange;
  const own = protocol.hasNoRetryAfter === true ? [] : error.headers;
  const headers = [...own, ...(protocol.errorHeaders?.(error) ?? [])];
  const body = JSON.stringify(protocol.error(error, requestId(exchange)));
  send(exchange, body, { status: error.status, headers });
}

/** Sends a whole answer with headers of its own. */
export function send(
  exchange: Exchange,
  text: string | Buffer,
  head: { readonly status: number; readonly headers: readonly string[] },
): void {
  const { response } = exchange;
  if (response.destroyed || response.headersSent) return;
  const length = String(Buffer.byteLength(text));
  const type = head.headers.includes('content-type') ? [] : ['content-type', 'application/json'];
  const own = [...type, 'content-length', length, ...head.headers];
  response.writeHead(head.status, [...commonHeaders(exchange), ...own]);
  response.end(text);
}

/** Answers what is thrown. A body nested so deeply that reading it overflows the stack is the caller's error. */
export function sendErrors(exchange: Exchange, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof ApiError) sendError(exchange, error);
    else if (error instanceof RangeError) {
      sendError(exchange, new ApiError(400, { message: 'Your request is nested too deeply.' }));
    } else {
      const message = `The sandbox failed: ${error instanceof Error ? error.message : 'unknown error'}`;
      sendError(exchange, new ApiError(500, { message, type: 'server_error' }));
    }
  }
}
