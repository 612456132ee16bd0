import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { RequestHandler } from './request-handler.ts';
import type { DoorAnswer } from '../connect/door.ts';
import type { PageAnswer, PageRequest } from '../pages/page.ts';

/** What a person's browser asks for; undefined: no page, the API. */
export type Pages = (request: PageRequest) => PageAnswer | undefined;

export interface ServerParts {
  readonly requests: RequestHandler;
  readonly pages: Pages;
  /** What is done from a terminal, by its verb and its body. */
  readonly door: (verb: string, body: string) => DoorAnswer;
  /** Resolves when what has changed is kept. */
  readonly kept: () => Promise<void>;
}

const LARGEST_BODY = 1024 * 1024;

/** Answers the calls that come to the sandbox, and shows its pages. */
export function vendorListener(served: ServerParts): RequestListener {
  return (request, response) => {
    respond(request, response, served).catch((error: unknown) => fail(response, error));
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  served: ServerParts,
): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  const [path = '/', query = ''] = url.split(/\?(.*)/s);
  const form = await read(request);
  if (method === 'POST' && path.startsWith('/sandbox/')) {
    const done = served.door(path.slice('/sandbox/'.length), form);
    await served.kept();
    return send(response, { ...done, headers: {} });
  }
  const page = served.pages({
    method,
    path,
    query: new URLSearchParams(query),
    form: new URLSearchParams(form),
  });
  if (page !== undefined) {
    await served.kept();
    return showPage(response, page);
  }
  const answer = await served.requests.answer({
    method,
    path,
    // Deletions say what they want in the address, where the package puts it, or in a body.
    text: method === 'GET' || (method === 'DELETE' && form === '') ? query : form,
    headers: request.headers,
  });
  if (answer === 'reset') request.socket.resetAndDestroy();
  if (typeof answer === 'string') return;
  if (method !== 'GET') await served.kept();
  send(response, answer);
}

/** An unforeseen error, or the body was too large. */
function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`The sandbox failed: ${text}\n`);
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(
  response: ServerResponse,
  answer: { status: number; body: unknown; headers: Record<string, string> },
): void {
  if (response.destroyed) return;
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  response.end(`${JSON.stringify(answer.body, null, 2)}\n`);
}

/** Pages need nothing from outside, run no script, and are put into no frame. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

function showPage(response: ServerResponse, { status, html, location }: PageAnswer): void {
  response.writeHead(status, {
    'cache-control': 'no-store',
    'content-security-policy': POLICY,
    'content-type': 'text/html; charset=utf-8',
    ...(location === undefined ? {} : { location }),
  });
  response.end(html);
}
