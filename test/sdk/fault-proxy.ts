import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { atEndOfFile } from '@plinth/testkit/closing';

/** What befalls a call on its way. */
export type TransportFault =
  /** The server does what it is asked, and its answer never arrives. */
  | { readonly kind: 'answer_lost' }
  /** No answer ever comes. */
  | { readonly kind: 'unanswered' }
  /** A proxy answers in the server's place. */
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string | undefined;
    }
  /** The connection breaks once an event with this in it has come through. */
  | { readonly kind: 'cut_after'; readonly text: string }
  /** After such an event the stream is silent, and stays open. */
  | { readonly kind: 'silent_after'; readonly text: string };

/** A call as it went by. */
export interface PassedCall {
  readonly call: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A proxy to a server, on which faults befall calls. */
export interface FaultProxy {
  readonly url: string;
  /** All calls that went by, lost ones too. */
  readonly passed: readonly PassedCall[];
  /** Those of a route. */
  passedOf(call: string): PassedCall[];
  /** What befalls the next calls of a route, one after the other. */
  next(call: string, ...faults: readonly TransportFault[]): void;
}

/** Opens one to a server. */
export async function openFaultProxy(target: string): Promise<FaultProxy> {
  const passed: PassedCall[] = [];
  const waiting = new Map<string, TransportFault[]>();
  const server = createServer((request, response) => {
    void forward({ target, request, response }, (call, body) => {
      passed.push({ call, headers: request.headers, body });
      return waiting.get(call)?.shift();
    }).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  atEndOfFile(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    passed,
    passedOf: (call) => passed.filter((one) => one.call === call),
    next: (call, ...faults) => void waiting.set(call, [...faults]),
  };
}

interface Exchange {
  readonly target: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function forward(
  { target, request, response }: Exchange,
  faultOf: (call: string, body: string) => TransportFault | undefined,
): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  const body = Buffer.concat(await request.toArray()).toString();
  const fault = faultOf(`${method} ${url.split('?')[0] ?? ''}`, body);
  if (fault?.kind === 'unanswered') return;
  if (fault?.kind === 'answered') {
    response.writeHead(fault.status, fault.headers).end(fault.body ?? 'a proxy says no');
    return;
  }
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const { host: _, connection: _c, 'content-length': _l, ...headers } = request.headers;
  const answer = await fetch(target + url, {
    method,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    ...(body === '' ? {} : { body }),
    signal: gone.signal,
  });
  if (fault?.kind === 'answer_lost') {
    await answer.text();
    response.destroy();
    return;
  }
  response.writeHead(answer.status, plainHeaders(answer.headers));
  response.flushHeaders();
  await passOn(answer, response, fault);
}

/** `fetch` has unpacked what was packed, and the length with it. */
function plainHeaders(headers: Headers): Record<string, string> {
  const {
    'content-length': _,
    'content-encoding': _e,
    'transfer-encoding': _t,
    connection: _c,
    ...rest
  } = Object.fromEntries(headers);
  return rest;
}

async function passOn(
  answer: Response,
  response: ServerResponse,
  fault: Extract<TransportFault, { text: string }> | undefined,
): Promise<void> {
  let seen = Buffer.alloc(0);
  for await (const chunk of answer.body ?? []) {
    const sent = seen.length;
    seen = Buffer.concat([seen, chunk]);
    const end = fault === undefined ? undefined : endOf(seen, fault.text);
    // Nothing after the named event gets through, even from the same chunk.
    await new Promise((resolve) => response.write(seen.subarray(sent, end), resolve));
    if (end === undefined) continue;
    if (fault?.kind === 'cut_after') response.destroy();
    return;
  }
  response.end();
}

/** Where the first event ends that has this in it. */
function endOf(seen: Buffer, text: string): number | undefined {
  const at = seen.indexOf(text);
  const end = at < 0 ? at : seen.indexOf('\n\n', at);
  return end < 0 ? undefined : end + 2;
}
