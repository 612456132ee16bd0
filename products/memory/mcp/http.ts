import {
  createMcpHandler,
  isLegacyRequest,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import type { Wire } from 'plinth/product';
import type { CallApi } from './api.ts';
import { Recalls } from './recalls.ts';
import { memoryServer } from './server.ts';

/** The headers that the protocol reads. */
const OF_THE_PROTOCOL = /^(content-type|mcp-.*)$/;
/** Messages of a batch, which the revision of March 2025 alone has: each may be a call. */
const MOST_MESSAGES = 20;
const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;

/** Answers one message of MCP. Nothing is kept between two: any process answers the next one. */
export async function answerMcp(wire: Wire): Promise<Response> {
  const said = parse(wire.body);
  if (said === undefined) return protocolError(PARSE_ERROR, 'The body is no JSON.');
  if (Array.isArray(said.value) && said.value.length > MOST_MESSAGES)
    return protocolError(INVALID_REQUEST, `A batch has ${MOST_MESSAGES} messages at most.`);
  const headers = Object.entries(wire.request.headers).flatMap(([name, value]) =>
    OF_THE_PROTOCOL.test(name) && typeof value === 'string' ? [[name, value] as [string, string]] : [],
  );
  // All answers are JSON, which a client takes as well that does not say that it takes streams too.
  const accept: [string, string] = ['accept', 'application/json, text/event-stream'];
  const request = new Request('http://localhost/v1/mcp', { method: 'POST', headers: [...headers, accept] });
  const makeServer = () =>
    memoryServer({ call: oneByOne(wire.call), ownSession: undefined, recalls: new Recalls() });
  if (!(await isLegacyRequest(request, said.value)))
    // Nothing here changes by itself: there is no stream to subscribe to.
    return createMcpHandler(makeServer, { legacy: 'reject', maxSubscriptions: 0 }).fetch(request, {
      parsedBody: said.value,
    });
  const server = makeServer();
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  try {
    await server.connect(transport);
    return await transport.handleRequest(request, { parsedBody: said.value });
  } finally {
    await server.close();
  }
}

/** A batch makes the calls of its messages one after another: twenty in one have no more of the server at a time than one has. */
function oneByOne(call: CallApi): CallApi {
  let last: Promise<unknown> = Promise.resolve();
  return (asked) => {
    const answered = last.then(() => call(asked));
    last = answered.catch(() => {});
    return answered;
  };
}

/** Undefined: it is no JSON. */
function parse(body: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder().decode(body)) };
  } catch {
    return undefined;
  }
}

const protocolError = (code: number, message: string): Response =>
  Response.json({ jsonrpc: '2.0', id: null, error: { code, message } }, { status: 400 });
