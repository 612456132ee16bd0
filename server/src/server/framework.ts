import { type Socket, BlockList, isIPv6 } from 'node:net';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { DEFAULT_MAX_BODY, type ErrorForm, type FormType, originsAllowed } from '#platform/http';
import { AppError } from '#platform/kernel';
import { currentTrace, readTraceparent, runInTrace } from '#platform/telemetry';
import { type Arrivals, watchArrivals } from './arrivals.ts';
import { isLarge, type ReadBody, readFields, readJson, readLargeJson, readRaw } from './bodies.ts';
import type { Fail } from './failure-handler.ts';
import { failureAnswer } from './failures.ts';
import type { LargeSteps } from './large-steps.ts';
import { OPERATIONS } from './operations.ts';
import type { clientPathErrors } from './client-paths.ts';
import { watchRoutes } from './missing.ts';
import type { ServerParts, ServerSettings } from './parts.ts';
import {
  type CallRequest,
  givenRequestId,
  routeNameOf,
  traceIdOf,
  InFlightRequest,
  type InFlightRequests,
} from './in-flight.ts';
import { HttpResponder, type Responder } from './responder.ts';

/** A request has so long to arrive whole, its head and its body. */
const HEAD_TIME = 15_000;
const REQUEST_TIME = 30_000;
/** Characters of a parameter that Fastify routes, more than a request's head may have: the walk decides which are too many. */
const LONGEST_PARAM = 16_384;
/** Node's own name for it. */
const LATE = 'ERR_HTTP_REQUEST_TIMEOUT';

export interface FrameworkOptions {
  readonly rewriteUrl: (url: string) => string;
  readonly inFlightRequests: InFlightRequests;
  readonly fail: Fail;
  /** The error of an unknown path that clients of AI providers try. */
  readonly clientPathError: ReturnType<typeof clientPathErrors>;
  readonly steps: LargeSteps;
  /** Will stop soon: who keeps a connection had better open one elsewhere. */
  readonly isLeaving: () => boolean;
  /** Takes no more calls, but for those that ask how it is. */
  readonly isStopping: () => boolean;
}

/** Begins what is kept of a call while it is under way. */
export type Register = (request: CallRequest, responder: Responder) => void;

/** Fastify, set up for this house: it routes and reads bodies; the walk does the rest. */
export function openFramework(
  parts: ServerParts,
  options: FrameworkOptions,
): { readonly app: FastifyInstance; readonly arrivals: Arrivals; readonly register: Register } {
  const { fail, inFlightRequests } = options;
  const { trustedProxies = [] } = parts.settings;
  const register = createRegister(parts, inFlightRequests);
  const writeHeaders = headersFor(parts.settings);
  const arrive = (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    register(request, new HttpResponder(reply));
    if (!writeHeaders(request, reply)) done();
  };
  const app = fastify({
    logger: false,
    bodyLimit: DEFAULT_MAX_BODY,
    // Files take longer than calls: `watchArrivals` ends what is late.
    requestTimeout: 0,
    return503OnClosing: false,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    genReqId: (raw) => givenRequestId(raw) ?? parts.ids.next(),
    rewriteUrl: (raw) => options.rewriteUrl(raw.url ?? '/'),
    // Queries are read strictly by the walk.
    routerOptions: { maxParamLength: LONGEST_PARAM, querystringParser: () => ({}) },
    // Nor are bodies and answers checked by Fastify: its own checkers would be loaded and never asked, 100 files.
    schemaController: { compilersFactory: { buildValidator: noSchema, buildSerializer: noSchema } },
    // Such a request passes no hook; its answer has the headers of every answer, and its line in the log.
    frameworkErrors: (error, request, reply) => arrive(request, reply, () => fail(request, error)),
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, parts.ids.next()),
    // Node would answer this by itself, without the envelope.
    http: { requireHostHeader: false },
  });
  // Likewise: an unknown expectation is let be, as RFC 9110 (10.1.1) allows.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  app.server.headersTimeout = HEAD_TIME;
  const arrivals = watchArrivals(app.server, {
    clock: parts.clock,
    milliseconds: REQUEST_TIME,
    onLate: ({ socket }) => {
      const late = Object.assign(new Error('the request is late'), { code: LATE });
      answerBrokenRequest(late, socket, parts.ids.next());
    },
  });
  readOnly(app, 'application/json', options.steps);
  const unrouted = watchRoutes(app);
  const failUnrouted = (request: FastifyRequest): void => {
    const { method, url, originalUrl } = request;
    const error = unrouted(method, url);
    const { clientPathError } = options;
    const told = clientPathError(method, originalUrl, error) ?? clientPathError(method, url, error);
    fail(request, told?.error ?? error, told?.form);
  };
  const isFlood = floodWatch();
  app.decorateRequest('inFlight');
  app.addHook('onRequest', (request, reply, done) => {
    if (!isFlood(request, reply)) return done();
    reply.hijack();
    request.raw.socket.destroy();
  });
  app.addHook('onRequest', (request, reply, done) =>
    arrive(request, reply, () => {
      if (options.isLeaving()) request.inFlight.responder.closeConnection();
      const refusal = refusalOf(request, options.isStopping());
      // The body is not read: the path is unknown with any type and size of it.
      if (refusal === undefined && request.is404) failUnrouted(request);
      else done(refusal);
    }),
  );
  app.setErrorHandler((error, request) => fail(request, error));
  return { app, arrivals, register };
}

function noSchema(): never {
  throw new Error('a schema for Fastify: the walk checks bodies, by those of the route');
}

/** Requests of one connection that are not answered yet, at most. Clients that wait for answers have one, and none sends as many ahead. */
const MOST_AHEAD = 16;

/**
 * Whether a connection asks on without taking its answers: they would be kept here. Node stops reading from it, but only when all is asked
 * that came with the same 64 KiB.
 */
function floodWatch(): (request: FastifyRequest, reply: FastifyReply) => boolean {
  const open = new WeakMap<object, number>();
  return ({ raw: { socket } }, { raw: response }) => {
    const ahead = open.get(socket) ?? 0;
    if (ahead >= MOST_AHEAD || socket.destroyed) return true;
    open.set(socket, ahead + 1);
    response.once('close', () => open.set(socket, (open.get(socket) ?? 1) - 1));
    return false;
  };
}

function readOnly(app: FastifyInstance, type: 'application/json' | FormType, steps: LargeSteps): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(type, { parseAs: 'buffer' }, (request, raw: Buffer, done) => {
    try {
      const body = readBodyOf(request, raw, steps);
      if (body instanceof Promise) body.then((read) => done(null, read), done);
      else done(null, body);
    } catch (error) {
      done(error instanceof Error ? error : new Error('the body could not be read'));
    }
  });
}

/** Says what a body is; a large one is read in steps. */
export function readBodyOf(
  { headers, inFlight, routeOptions }: CallRequest,
  raw: Buffer,
  steps: LargeSteps,
): ReadBody | Promise<ReadBody> {
  // A route for a vendor's protocol reads the bytes itself, by that protocol's rules.
  if (routeOptions.config.rawBody === true) return readRaw(raw, headers);
  if (routeOptions.config.urlencoded === true) return readFields(raw, headers);
  if (!isLarge(raw)) return readJson(raw, headers);
  return readLargeJson(raw, headers, (step) => steps.run(inFlight, step));
}

/** Bodies of these routes are not read here: their handlers read the stream. JSON is, of a route that takes it too. */
export function withoutBodies(
  app: FastifyInstance,
  { takesJson, steps }: { readonly takesJson: boolean; readonly steps: LargeSteps },
  mount: (app: FastifyInstance) => void,
): void {
  app.register((inner, _options, done) => {
    inner.removeAllContentTypeParsers();
    if (takesJson) readOnly(inner, 'application/json', steps);
    inner.addContentTypeParser('*', (_request, _payload, read) => read(null, undefined));
    mount(inner);
    done();
  });
}

/** Bodies of these routes are forms, in place of JSON. */
export function withForms(
  app: FastifyInstance,
  { type, steps }: { readonly type: FormType; readonly steps: LargeSteps },
  mount: (app: FastifyInstance) => void,
): void {
  app.register((inner, _options, done) => {
    readOnly(inner, type, steps);
    mount(inner);
    done();
  });
}

function createRegister(parts: ServerParts, inFlightRequests: InFlightRequests): Register {
  const { clock, telemetry, settings } = parts;
  const { tracer } = telemetry;
  const isTrusted = trustOf(settings.trustedProxies ?? []);
  return (request, responder) => {
    const inFlight = new InFlightRequest(request, responder, clock.monotonic());
    request.inFlight = inFlight;
    if (tracer !== undefined) {
      const remote = readTraceparent(inFlight.traceparent);
      // One that another call makes within this process is of its trace.
      const isInner = remote !== undefined && currentTrace()?.id === remote.traceId;
      inFlight.trace = tracer.begin(request.method, 'server', {
        remote,
        isTrusted: isInner || (remote !== undefined && isTrusted(request.raw.socket.remoteAddress)),
      });
    }
    inFlightRequests.begin(inFlight, () =>
      runInTrace(inFlight.trace, () => recordAnswer(inFlight, telemetry, clock.monotonic() - inFlight.began)),
    );
  };
}

/** Why a request goes no further. Its client has a connection that stood before this server stopped. */
function refusalOf(request: FastifyRequest, isStopping: boolean): AppError | undefined {
  if (lacksHost(request) || hasTwoHosts(request)) return notHttp();
  if (!isStopping || OPERATIONS.has(request.routeOptions.url ?? '')) return undefined;
  return new AppError('server_stopping', { retryAfter: 1 });
}

function lacksHost({ headers, raw }: FastifyRequest): boolean {
  return headers.host === undefined && raw.httpVersion === '1.1';
}

/** Two proxies may read two different ones (RFC 9112, 3.2). Node keeps the first and says nothing. */
function hasTwoHosts({ raw: { rawHeaders } }: FastifyRequest): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') hosts += 1;
  return hosts > 1;
}

function notHttp(parserCode?: string): AppError {
  const hint =
    parserCode === 'HPE_INVALID_URL' ? ' What is beyond ASCII in its URL must be percent-encoded.' : '';
  return new AppError('validation_failed', { message: `This is not a valid HTTP request.${hint}` });
}

/** Status by which a caller who left is noted. */
const { status: GONE } = new AppError('client_gone');

function recordAnswer(inFlight: InFlightRequest, telemetry: ServerParts['telemetry'], ms: number): void {
  const status = inFlight.responder.status ?? GONE;
  const route = routeNameOf(inFlight.request);
  telemetry.metrics.httpRequest(route, status, ms / 1_000);
  endTrace(inFlight, route, status);
  if (!telemetry.logger.hears('info')) return;
  const { requestId, userId, accountId, keyId } = inFlight;
  const who = { trace_id: traceIdOf(inFlight), user_id: userId, account_id: accountId, key_id: keyId };
  telemetry.logger.info({ request_id: requestId, ...who, route, status, ms: Math.round(ms) }, 'answered');
}

/** Ends what was recorded of a call, by the names of OpenTelemetry's conventions for HTTP. */
function endTrace(
  { trace, request, requestId, accountId }: InFlightRequest,
  route: string,
  status: number,
): void {
  if (trace === undefined) return;
  trace.root.name = route;
  trace.root.attributes = {
    'http.request.method': request.method,
    'http.route': request.routeOptions.url,
    'http.response.status_code': status,
    'plinth.request_id': requestId,
    'plinth.account_id': accountId,
  };
  trace.end(status >= 500 ? String(status) : undefined);
}

/** Bytes that are not even HTTP never become a request; they get the envelope all the same. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket, requestId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'headers_too_large'
      : error.code === LATE
        ? 'request_timeout'
        : 'validation_failed';
  const failure = code === 'validation_failed' ? notHttp(error.code) : new AppError(code);
  const { status, body } = failureAnswer(failure, requestId);
  const head = [
    `HTTP/1.1 ${status} Refused`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${[...head, `x-request-id: ${requestId}`, 'connection: close'].join('\r\n')}\r\n\r\n${body}`);
}

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly rawBody?: boolean;
    /** Its errors are pages, for browsers. */
    readonly isPage?: boolean;
    readonly urlencoded?: boolean;
    readonly errorForm?: ErrorForm | undefined;
    /** Its callers hold permits of their own, and are told which of them are over. */
    readonly takesPermits?: boolean;
    /** The same for a call by another name, so that logs and metrics have one route for both. */
    readonly routeName?: string;
  }
}

/**
 * Headers of every answer. They are constant, so they are written down here and not worked out per call by a plugin:
 * no hook of a plugin is worth its time on every call.
 */
function secureHeaders(settings: ServerSettings): [string, string][] {
  const headers: [string, string][] = [
    ['x-content-type-options', 'nosniff'],
    ['x-frame-options', 'DENY'],
    ['referrer-policy', 'no-referrer'],
    ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
    ['cross-origin-resource-policy', 'same-origin'],
    ['cache-control', 'no-store'],
  ];
  if (settings.publicUrl?.startsWith('https:') === true) {
    headers.push(['strict-transport-security', 'max-age=31536000; includeSubDomains']);
  }
  return headers;
}

/** Beside our own: those that the packages of OpenAI, Anthropic and Google send. */
const ALLOWED_HEADERS =
  'anthropic-beta, anthropic-dangerous-direct-browser-access, anthropic-version, authorization, content-type, idempotency-key, if-match, if-none-match, if-range, last-event-id, mcp-method, mcp-name, mcp-protocol-version, openai-beta, openai-organization, openai-project, range, traceparent, x-account-id, x-api-key, x-backup-checksum, x-backup-chunk-count, x-backup-timestamp, x-backup-version, x-checksum, x-goog-api-client, x-goog-api-key, x-i-am-safe, x-request-id, x-server-timeout, x-stainless-arch, x-stainless-custom-poll-interval, x-stainless-helper, x-stainless-helper-method, x-stainless-lang, x-stainless-os, x-stainless-package-version, x-stainless-poll-helper, x-stainless-retry-count, x-stainless-runtime, x-stainless-runtime-version, x-stainless-timeout';
const EXPOSED_HEADERS =
  'accept-ranges, content-disposition, content-range, etag, idempotent-replayed, link, location, ratelimit, ratelimit-policy, request-id, retry-after, x-backup-checksum, x-backup-timestamp, x-backup-version, x-checksum, x-plinth-max-tokens, x-request-id';
const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const PREFLIGHT_SECONDS = '600';

/** Writes the headers that every answer has. Answers true for a preflight, which is then answered already. */
function headersFor(settings: ServerSettings): (request: FastifyRequest, reply: FastifyReply) => boolean {
  const fixed = secureHeaders(settings);
  const isAllowed = originsAllowed(settings.corsOrigins);
  const { sessionOrigins = [] } = settings;
  return (request, reply) => {
    for (const [name, value] of fixed) reply.header(name, value);
    reply.header('x-request-id', request.id);
    // Anthropic's clients read it under this name, and tell their users.
    if (request.headers['anthropic-version'] !== undefined) reply.header('request-id', request.id);
    const { origin } = request.headers;
    if (origin === undefined) return false;
    reply.header('vary', 'origin');
    const allowed = isAllowed(origin);
    // Cookies are for sessions alone: no page elsewhere reads by one what others answer.
    const keepsSession = sessionOrigins.includes(origin) && request.url.startsWith('/v1/auth/');
    if (keepsSession) reply.header('access-control-allow-credentials', 'true');
    if (allowed) {
      reply.header('access-control-allow-origin', origin);
      reply.header('access-control-expose-headers', EXPOSED_HEADERS);
    }
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
      return false;
    if (allowed) {
      reply.header('access-control-allow-methods', ALLOWED_METHODS);
      const headers = keepsSession ? `${ALLOWED_HEADERS}, plinth-session` : ALLOWED_HEADERS;
      reply.header('access-control-allow-headers', headers);
      reply.header('access-control-max-age', PREFLIGHT_SECONDS);
    }
    reply.code(204).send();
    return true;
  };
}

/** The names that TRUSTED_PROXIES takes beside addresses and networks, as proxy-addr has them. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.1/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** Says whether a connection comes from a proxy of TRUSTED_PROXIES. */
export function trustOf(networks: readonly string[]): (address: string | undefined) => boolean {
  if (networks.length === 0) return () => false;
  const list = new BlockList();
  for (const network of networks.flatMap((one) => NAMED[one] ?? one)) {
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => address !== undefined && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
