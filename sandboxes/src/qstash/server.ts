import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Deliverer } from './deliverer.ts';
import { type FaultPlan, faultSchema } from './faults.ts';
import { toJson, QstashError } from './message.ts';
import type { Broker } from './broker.ts';
import type { SigningKeys } from './signing.ts';

/** The parts of the vendor that its API shows. */
export interface Vendor {
  readonly broker: Broker;
  readonly deliverer: Deliverer;
  readonly keys: SigningKeys;
  readonly faults: FaultPlan;
  readonly token: string;
}

interface Call {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  /** What the path has after the route. */
  readonly rest: string;
}

type Handler = (call: Call, vendor: Vendor) => { readonly status?: number; readonly body: unknown };

const PUBLISH = 'POST /v2/publish/';
const BATCH = 'POST /v2/batch';
const ROUTES: readonly (readonly [string, Handler])[] = [
  [PUBLISH, publish],
  [BATCH, ({ body, request }, { broker }) => ({ body: broker.batch(body.toString('utf8'), ipOf(request)) })],
  ['GET /v2/messages/', ({ rest }, { broker }) => ({ body: toJson(broker.message(rest)) })],
  ['DELETE /v2/messages/', ({ rest }, { broker }) => ({ body: { cancelled: broker.cancel(rest) } })],
  ['GET /v2/dlq', listDeadLetters],
  ['DELETE /v2/dlq/', forgetDeadLetter],
  ['GET /v2/flowControl/', showFlow],
  ['GET /v2/keys', (_call, { keys }) => ({ body: { current: keys.current, next: keys.next } })],
  ['POST /v2/keys/rotate', rollKeys],
  ['POST /sandbox/faults', orderFaults],
  ['GET /sandbox/deliveries', (_call, { deliverer }) => ({ body: { deliveries: deliverer.deliveries } })],
];

const LARGEST_BODY = 16 * 1024 * 1024;

/** Answers the calls that come to the sandbox. */
export function vendorListener(vendor: Vendor): RequestListener {
  return (request, response) => {
    read(request).then(
      (body) => serve({ request, response, body }, vendor),
      // The publisher has gone, or sends without end: there is no client to answer.
      () => response.destroy(),
    );
  };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

function serve({ request, response, body }: Exchange, vendor: Vendor): void {
  try {
    const { route, handler, rest } = routeOf(request);
    authorize(request, route, vendor);
    const fault = route === PUBLISH || route === BATCH ? vendor.faults.takeApi() : undefined;
    if (fault?.kind === 'status') throw new QstashError(fault.status, 'the sandbox was asked to refuse this');
    if (fault?.kind === 'reset' && fault.taken !== true) {
      request.socket.resetAndDestroy();
      return;
    }
    const answer = handler({ request, body, rest }, vendor);
    if (fault?.kind === 'reset') request.socket.resetAndDestroy();
    else send(response, answer.status ?? 200, answer.body);
  } catch (error) {
    const isRefusal = error instanceof QstashError;
    const message = error instanceof Error ? error.message : 'unknown error';
    send(response, isRefusal ? error.status : 500, {
      error: isRefusal ? message : `The sandbox failed: ${message}`,
    });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function routeOf({ method = 'GET', url = '/' }: IncomingMessage): {
  route: string;
  handler: Handler;
  rest: string;
} {
  const isPublish = `${method} ${url}`.startsWith(PUBLISH);
  // What a message is published to may have a query of its own.
  const asked = `${method} ${isPublish ? url : url.replace(/\?.*$/, '')}`;
  for (const [route, handler] of ROUTES) {
    const isFolder = route.endsWith('/') && asked.length > route.length;
    if (asked === route || (isFolder && asked.startsWith(route)))
      return { route, handler, rest: asked.slice(route.length) };
  }
  throw new QstashError(404, `no such route: ${asked.slice(0, 200)}`);
}

/** A web page must not steer a sandbox on the reader's machine: browsers send an Origin, test programs don't. */
function authorize({ headers }: IncomingMessage, route: string, { token }: Vendor): void {
  const isControl = route.includes('/sandbox/');
  if (isControl && headers.origin !== undefined)
    throw new QstashError(403, 'the sandbox is not steered from web pages');
  if (!isControl && headers.authorization !== `Bearer ${token}`)
    throw new QstashError(401, 'unauthorized: invalid token');
}

function publish({ request, body, rest }: Call, { broker }: Vendor) {
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  const receipt = broker.publish({
    destination: rest,
    headers: Object.fromEntries(headers),
    body,
    callerIp: ipOf(request),
  });
  return { status: receipt.deduplicated === true ? 202 : 200, body: receipt };
}

function ipOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '127.0.0.1';
}

function listDeadLetters(_call: Call, { deliverer }: Vendor) {
  const messages = deliverer.deadLetters.map(({ message, ...letter }) => ({
    ...toJson(message),
    ...letter,
  }));
  return { body: { messages } };
}

function forgetDeadLetter({ rest }: Call, { deliverer }: Vendor) {
  const place = deliverer.deadLetters.findIndex(({ dlqId }) => dlqId === rest);
  if (place < 0) throw new QstashError(404, `${rest} not found`);
  deliverer.deadLetters.splice(place, 1);
  return { body: { deleted: 1 } };
}

function showFlow({ rest }: Call, { deliverer }: Vendor) {
  const body = deliverer.flowControl.described(decodeURIComponent(rest));
  if (body === undefined) throw new QstashError(404, `flow control ${rest} not found`);
  return { body };
}

function rollKeys(_call: Call, { keys }: Vendor) {
  keys.roll();
  return { body: { current: keys.current, next: keys.next } };
}

const ordersSchema = z.strictObject({
  clear: z.boolean().optional(),
  next: z.array(faultSchema).optional(),
  always: faultSchema.nullable().optional(),
});

/** POST /sandbox/faults: `{clear?, next?, always?}`, applied in this order. */
function orderFaults({ body }: Call, { faults }: Vendor) {
  const orders = ordersSchema.safeParse(JSON.parse(body.toString('utf8')));
  if (!orders.success) throw new QstashError(400, z.prettifyError(orders.error));
  const { clear, next, always } = orders.data;
  if (clear === true) faults.clear();
  faults.next(...(next ?? []));
  if (always !== undefined) faults.always(always);
  return { body: {} };
}
