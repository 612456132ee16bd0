import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { z } from 'zod';
import {
  type Vendor,
  serveChat,
  serveEmbeddings,
  serveImages,
  serveModeration,
  serveResponses,
  serveSpeech,
  serveTranscription,
} from './calls.ts';
import { faultSchema } from './faults.ts';
import { ApiError, missingKey, noSuchRoute, wrongKey } from './errors.ts';
import { ANTHROPIC } from './anthropic/protocol.ts';
import { CONVERSE } from './converse/protocol.ts';
import { CONVERSE_PATH, serveConverse } from './converse/serve.ts';
import { serveCount, serveMessages } from './anthropic/serve.ts';
import { GOOGLE } from './gemini/protocol.ts';
import { serveGoogle } from './gemini/serve.ts';
import {
  type Exchange,
  keyOf,
  OPENAI,
  type Protocol,
  sendErrors,
  parseJson,
  readBody,
  sendJson,
} from './exchange.ts';
import { describeModel, listModels } from './models.ts';
import { PROFILES } from './profiles.ts';

type BodyHandler = (exchange: Exchange, body: string, vendor: Vendor) => void;
type PlainHandler = (exchange: Exchange, vendor: Vendor) => void;

const WITH_BODY: ReadonlyMap<string, BodyHandler> = new Map([
  ['POST /v1/chat/completions', serveChat],
  ['POST /v1/responses', serveResponses],
  ['POST /v1/embeddings', serveEmbeddings],
  ['POST /v1/images/generations', serveImages],
  ['POST /v1/audio/speech', serveSpeech],
  ['POST /v1/moderations', serveModeration],
  ['POST /v1/messages', serveMessages],
  ['POST /v1/messages/count_tokens', serveCount],
  ['POST /sandbox/faults', orderFaults],
]);

const WITHOUT_BODY: ReadonlyMap<string, PlainHandler> = new Map<string, PlainHandler>([
  ['GET /v1/models', (exchange) => sendJson(exchange, listModels())],
  ['GET /sandbox/bill', showBill],
  ['DELETE /sandbox/bill', clearBill],
]);

/** Its body is no text. */
const FORM = 'POST /v1/audio/transcriptions';

const PATHS = new Set([...WITH_BODY.keys(), ...WITHOUT_BODY.keys(), FORM].map((key) => key.split(' ')[1]));

const MESSAGES = /^\/v1\/messages(?:[/?]|$)/;
/** Google's calls of a model. */
const CONTENT = /^\/v1(?:beta)?\/models\/([^/?]+):(\w+)/;

/** How a key ends that is refused. */
const REFUSED = '-refused';

/** `/as/groq-cloud/v1/…`: the call is answered as by that family of models (profiles.ts). */
const AS = /^\/as\/([a-z-]+)(\/.*)$/;

/** Answers the calls that come to the sandbox. */
export function vendorListener(vendor: Vendor): RequestListener {
  const boot = randomBytes(6).toString('hex');
  let count = 0;
  return (request, response) => {
    count += 1;
    const protocol = protocolOf(request.url ?? '');
    const exchange = {
      protocol,
      request,
      response,
      id: `sandbox_${boot}${count.toString(36).padStart(6, '0')}`,
    };
    sendErrors(exchange, () => route(exchange, vendor));
  };
}

function protocolOf(url: string): Protocol {
  if (url.startsWith('/model/')) return CONVERSE;
  if (CONTENT.test(url)) return GOOGLE;
  return MESSAGES.test(url) ? ANTHROPIC : OPENAI;
}

function route(exchange: Exchange, vendor: Vendor): void {
  const { url = '/', method = 'GET' } = exchange.request;
  const query = url.indexOf('?');
  const whole = query < 0 ? url : url.slice(0, query);
  const [, name = '', rest] = AS.exec(whole) ?? [];
  const profile = PROFILES.get(name);
  const path = profile === undefined ? whole : (rest ?? '/');
  if (path.startsWith('/sandbox/')) refuseBrowsers(exchange);
  else vendor.requests += 1;
  if (!path.startsWith('/sandbox/') && !hasKey(exchange)) throw missingKey();
  if (keyOf(exchange.request).endsWith(REFUSED)) throw wrongKey();
  const key = `${method} ${path}`;
  const withBody = WITH_BODY.get(key) ?? (method === 'POST' ? handlerOf(path) : undefined);
  if (withBody !== undefined) {
    readBody(exchange, (body) =>
      sendErrors(exchange, () => withBody({ ...exchange, profile }, body.toString('utf8'), vendor)),
    );
    return;
  }
  if (key === FORM) return readBody(exchange, (body) => serveTranscription(exchange, body, vendor));
  const withoutBody = WITHOUT_BODY.get(key);
  if (withoutBody !== undefined) withoutBody(exchange, vendor);
  else if (key.startsWith('GET /v1/models/'))
    sendJson(exchange, describeModel(path.slice('/v1/models/'.length)));
  else throw refuseRoute(method, path);
}

/** The handler of a path that names a model. */
function handlerOf(path: string): BodyHandler | undefined {
  if (CONVERSE_PATH.test(path)) return serveConverse;
  const [, model, verb] = CONTENT.exec(path) ?? [];
  if (model === undefined || verb === undefined) return undefined;
  return serveGoogle(decodeURIComponent(model), verb);
}

function refuseRoute(method: string, path: string): ApiError {
  if (!PATHS.has(path)) return noSuchRoute(method, path);
  const message = `Not allowed to ${method} on ${path}. (HINT: Perhaps you meant to use a different HTTP method?)`;
  return new ApiError(405, { message, code: 'method_not_supported' });
}

function hasKey({ request }: Exchange): boolean {
  const { authorization = '', 'api-key': azure = '', 'x-api-key': anthropic = '' } = request.headers;
  if (azure !== '' || anthropic !== '' || (request.headers['x-goog-api-key'] ?? '') !== '') return true;
  return authorization.length > 7 && /^(?:bearer|aws4-hmac-sha256) +\S/i.test(authorization);
}

const ordersSchema = z.strictObject({
  clear: z.boolean().optional(),
  next: z.array(faultSchema).optional(),
  always: faultSchema.nullable().optional(),
});

/** POST /sandbox/faults: `{clear?, next?, always?}`, applied in this order; answers what is now ordered. */
function orderFaults(exchange: Exchange, body: string, { faults }: Vendor): void {
  const orders = ordersSchema.safeParse(parseJson(body));
  if (!orders.success) throw new ApiError(400, { message: z.prettifyError(orders.error) });
  const { clear, next, always } = orders.data;
  if (clear === true) faults.clear();
  faults.next(...(next ?? []));
  if (always !== undefined) faults.always(always);
  sendJson(exchange, faults.state());
}

/** GET /sandbox/bill: the last 100,000 billed calls, oldest first. */
function showBill(exchange: Exchange, { bill }: Vendor): void {
  sendJson(exchange, { object: 'list', data: bill.list() });
}

/** DELETE /sandbox/bill: forgets them, in the file too. */
function clearBill(exchange: Exchange, { bill }: Vendor): void {
  bill.clear();
  sendJson(exchange, { object: 'list', data: [] });
}

/** A web page must not steer a sandbox on the reader's machine: browsers send an Origin, test programs don't. */
function refuseBrowsers({ request }: Exchange): void {
  if (request.headers.origin === undefined) return;
  throw new ApiError(403, { message: 'The sandbox is not steered from web pages.' });
}
