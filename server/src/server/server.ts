import { once } from 'node:events';
import { Server as Listener } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { fastify, type FastifyInstance } from 'fastify';
import {
  aliasesOf,
  DEFAULT_MAX_BODY,
  formTypeOf,
  type Mounted,
  objectionsTo,
  type Route,
  type RouteAlias,
  plainBrand,
} from '#platform/http';
import { uploadOriginsOf } from '#platform/config';
import { AppError, createEndOfTurn, within } from '#platform/kernel';
import { eventSchemas } from '#platform/webhooks';
import type { Arrivals } from './arrivals.ts';
import { BODY_CAPACITY, createBodyCapacity } from './body-capacity.ts';
import { createCallTurns } from './call-turns.ts';
import { clientPathErrors } from './client-paths.ts';
import { type BrandNow, mountConsole, type SendConsole } from './console/index.ts';
import { mountDocs } from './docs/index.ts';
import { type Fail, createFailureHandler } from './failure-handler.ts';
import { openFramework, withForms, withoutBodies } from './framework.ts';
import { createLargeSteps } from './large-steps.ts';
import { listenOn } from './listen-on.ts';
import { openApiOf } from './openapi/openapi.ts';
import { mountMetrics, mountOperations } from './operations.ts';
import type { ServerParts, ServerSettings } from './parts.ts';
import { pathRewriter } from './paths.ts';
import { createInFlightRequests, type InFlightRequests } from './in-flight.ts';
import { routeCallOf, type WalkParts } from './walk.ts';
import { mountSockets, type Sockets } from './sockets.ts';

const DEFAULT_CALL_SECONDS = 60;
/** How often calls are looked over for those that take too long: one timer for all of them. */
const LOOK_OVER = 1_000;
/** Milliseconds that a stream is given to say goodbye once the time for stopping is up. */
const LAST_WORDS = 500;
/** Milliseconds in which a connection that was made before the port was closed has sent what it was made for. */
const LAST_CALLS = 1_000;
/** Milliseconds of a turn of a process with little to do, and for how long one is waited for. */
const SHORT_TURN = 0.5;
const TO_SHORT_TURN = 1_000;

/** The HTTP server with everything that is mounted on it. */
export interface Server {
  /** All routes, for the walkers. */
  readonly routes: readonly Route[];
  /** The document that /openapi.json serves. */
  openApi(): object;
  /** Opens the port, and answers the URL at which it is reached. */
  listen(): Promise<{ readonly url: string; readonly port: number }>;
  /** Is not ready any more, and takes calls all the same: each on a connection that ends with it. */
  leave(): void;
  /** Takes no more connections, and for a second, or until they are gone, the calls of those that are there. */
  stopListening(): Promise<void>;
  /** Takes no more connections nor calls, lets calls and streams end for so many seconds, then cuts them: 503 `server_stopping`. */
  stop(graceSeconds: number): Promise<void>;
}

/** Mounts all routes on one server; it listens when it is told to. */
export async function createServer(parts: ServerParts): Promise<Server> {
  const { mounted, settings } = parts;
  const routes = mounted.flatMap((module) => module.routes);
  refuseFaulty(routes, parts);

  const inFlightRequests = createInFlightRequests();
  const fail = createFailureHandler(parts.telemetry, parts);
  const now = () => parts.clock.monotonic();
  let leaving = false;
  let stopping = false;
  const steps = createLargeSteps({ now });
  const offered = mounted.filter(({ refusal }) => refusal === undefined);
  let serverUrl = settings.publicUrl ?? '';
  const clientPathError = clientPathErrors(
    offered.flatMap((module) => module.routes),
    () => serverUrl,
  );
  const rewriteUrl = pathRewriter(routes, settings.publicBasePath);
  const { app, arrivals, register } = openFramework(parts, {
    rewriteUrl,
    inFlightRequests,
    fail,
    clientPathError,
    steps,
    isLeaving: () => leaving,
    isStopping: () => stopping,
  });
  const brandNow = () => parts.brandOf?.(undefined) ?? plainBrand('Plinth');
  const { version, publicUrl } = settings;
  let document: object | undefined;
  const openApi = () =>
    (document ??= openApiOf(offered, { version, serverUrl: publicUrl, events: eventSchemas() }));

  const capacity = createBodyCapacity(settings.bodyCapacity ?? BODY_CAPACITY, parts.clock);
  const sendAtEndOfTurn = createEndOfTurn();
  const turns = createCallTurns(parts);
  const walkParts = { parts, fail, capacity, sendAtEndOfTurn, arrivals, turns, steps };
  for (const module of offered) mountModule(app, module, walkParts);
  for (const module of mounted) mountRefusals(app, module);
  const isStopping = () => stopping;
  const sockets = mountSockets(app, offered, { walkParts, register, rewriteUrl, isStopping });
  const uploadOrigins = settings.s3 === undefined ? [] : uploadOriginsOf(settings.s3);
  mountRoot(app, { version, brandNow }, mountConsole(app, { settings, uploadOrigins, brandNow }));
  mountOperations(app, parts, () => leaving);
  mountDocument(app, openApi, brandNow);
  mountDocs(app, parts, brandNow);
  const metrics = settings.metricsPort === undefined ? undefined : fastify({ logger: false });
  if (metrics !== undefined) mountMetrics(metrics, parts);
  const watch = watchOver(inFlightRequests, parts, { fail, arrivals });

  return {
    routes,
    openApi,
    async listen() {
      if (metrics !== undefined)
        await listenOn(metrics, {
          host: settings.host,
          port: settings.metricsPort ?? 0,
          setting: 'METRICS_PORT',
        });
      const opened = await listenOn(app, { host: settings.host, port: settings.port, setting: 'PORT' });
      serverUrl ||= opened.url;
      return opened;
    },
    leave() {
      leaving = true;
    },
    async stopListening() {
      // Connections that the port has not handed over are reset when it is closed: least comes in a short turn.
      const until = now() + TO_SHORT_TURN;
      for (let began = -Infinity; began < until && now() - began > SHORT_TURN; ) {
        began = now();
        await setImmediate();
      }
      // Not the server's own close, which cuts connections whose first call is on its way: a proxy sends no POST a second time.
      Listener.prototype.close.call(app.server);
      await within(
        LAST_CALLS,
        once(app.server, 'close').then(() => {}),
      );
    },
    async stop(graceSeconds) {
      leaving = true;
      stopping = true;
      clearInterval(watch);
      await Promise.all([
        stopServer(app, { inFlightRequests, fail, sockets }, graceSeconds),
        metrics?.close(),
      ]);
    },
  };
}

/** A route with a fault in its declaration stops the start, with all faults at once. */
function refuseFaulty(routes: readonly Route[], parts: ServerParts): void {
  const faults = routes.flatMap(objectionsTo);
  if (parts.admit === undefined) {
    faults.push(
      ...routes
        .filter(({ shape }) => shape.spends !== undefined)
        .map(({ name }) => `${name}: nobody admits what it spends`),
    );
  }
  if (faults.length > 0) throw new Error(`routes are declared wrongly:\n${faults.join('\n')}`);
}

function mountModule(app: FastifyInstance, module: Mounted, walkParts: Omit<WalkParts, 'read'>): void {
  const mount = (route: Route, alias?: RouteAlias) => {
    const { streamedBody, body } = route.shape;
    const type = formTypeOf(route);
    const takesJson = body !== undefined;
    const { steps } = walkParts;
    if (streamedBody === true)
      withoutBodies(app, { takesJson, steps }, (inner) => mountAt(inner, route, alias));
    else if (type !== undefined) withForms(app, { type, steps }, (inner) => mountAt(inner, route, alias));
    else mountAt(app, route, alias);
  };
  const mountAt = (at: FastifyInstance, route: Route, alias?: RouteAlias) => {
    const { config, room, walk } = routeCallOf(route, module, walkParts, alias);
    const [method = '', url = ''] = (alias ?? route).name.split(' ', 2);
    at.route({
      method,
      url,
      bodyLimit: route.shape.largeBody?.most ?? route.shape.maxBody ?? DEFAULT_MAX_BODY,
      ...(route.shape.streamedBody === true && route.shape.body === undefined
        ? {}
        : { preParsing: (...[request, , payload, done]) => room.hold(request, payload, done) }),
      config,
      // It answers by itself: a promise would have the framework wait for the answer a second time.
      handler: (request) => walk(request),
    });
  };
  for (const route of module.routes) {
    mount(route);
    for (const alias of aliasesOf(route)) mount(route, alias);
  }
}

/** Stands in the place of the calls of a product that is off: each by all its names, and its sockets. */
function mountRefusals(app: FastifyInstance, { routes, refusal }: Mounted): void {
  if (refusal === undefined) return;
  for (const route of routes) {
    const { socket, errorForm } = route.shape;
    const names = [route, ...aliasesOf(route)].map(({ name }) => name);
    for (const name of [...names, ...(socket === undefined ? [] : [`GET ${socket}`])]) {
      const [method = '', url = ''] = name.split(' ', 2);
      app.route({
        method,
        url,
        config: { routeName: route.name, errorForm },
        // The caller is not identified, and no body is read.
        onRequest: (_request, _reply, done) => done(refusal()),
        handler: () => {},
      });
    }
  }
}

/** Gives up calls that take too long. Streams are left alone: a handler that took the wire has its own deadlines. */
function watchOver(
  inFlightRequests: InFlightRequests,
  parts: ServerParts,
  { fail, arrivals }: { readonly fail: Fail; readonly arrivals: Arrivals },
): NodeJS.Timeout {
  const { callSeconds = DEFAULT_CALL_SECONDS } = parts.settings;
  const watch = setInterval(() => {
    arrivals.cut();
    const now = parts.clock.monotonic();
    inFlightRequests.each((inFlight) => {
      const until = inFlight.began + (inFlight.maxSeconds ?? callSeconds) * 1_000;
      if (inFlight.responder.isTaken || until >= now) return;
      const tooLong = new AppError('unavailable', { message: 'This took too long.', retryAfter: 1 });
      fail(inFlight.request, tooLong);
      inFlight.abort(tooLong);
    });
  }, LOOK_OVER);
  return watch.unref();
}

async function stopServer(
  app: FastifyInstance,
  {
    inFlightRequests,
    fail,
    sockets,
  }: { readonly inFlightRequests: InFlightRequests; readonly fail: Fail; readonly sockets: Sockets },
  graceSeconds: number,
): Promise<void> {
  // Connections that wait for their next request would hold up the end until their keep-alive is over.
  inFlightRequests.each((inFlight) => {
    inFlight.responder.closeConnection();
    // Its client goes on elsewhere, and had better do so now than after the grace.
    if (inFlight.streams) inFlight.stop();
  });
  sockets.stop();
  const closed = app.close();
  await within(graceSeconds * 1_000, inFlightRequests.empty());
  app.server.closeIdleConnections();
  if (inFlightRequests.size > 0) {
    inFlightRequests.each((inFlight) => inFlight.stop());
    await within(LAST_WORDS, inFlightRequests.empty());
    // A request that waits for a silent database is not ended by any signal; its client is told all the same.
    inFlightRequests.each(({ request }) => fail(request, new AppError('server_stopping', { retryAfter: 1 })));
    await within(LAST_WORDS, inFlightRequests.empty());
  }
  app.server.closeAllConnections();
  sockets.cut();
  await closed;
}

const DESCRIPTION = 'Accounts, plans, limits, AI calls, jobs, a usage ledger and billing for AI products.';
const LINKS = { docs: '/docs', openapi: '/openapi.json', health: '/healthz' } as const;

/** The OpenAPI document, under the name that its readers know. It has a megabyte, and is written once for each name. */
function mountDocument(app: FastifyInstance, openApi: () => object, brandNow: BrandNow): void {
  let written: { readonly title: string; readonly bytes: Buffer } | undefined;
  app.get('/openapi.json', async (_request, reply) => {
    const { name: title } = brandNow();
    if (written?.title !== title)
      written = { title, bytes: Buffer.from(JSON.stringify(titled(openApi(), title))) };
    return reply.type('application/json; charset=utf-8').send(written.bytes);
  });
}

const titled = (document: { readonly info?: object }, title: string) => ({
  ...document,
  info: { ...document.info, title },
});

/** `GET /` is the console for browsers; JSON tells all other clients what this is and where to look. */
function mountRoot(
  app: FastifyInstance,
  { version, brandNow }: Pick<ServerSettings, 'version'> & { readonly brandNow: BrandNow },
  sendConsole: SendConsole,
): void {
  app.get('/', async (request, reply) => {
    reply.header('vary', 'accept, origin');
    if (!/\btext\/html\b/i.test(request.headers.accept ?? ''))
      return { name: brandNow().name, description: DESCRIPTION, version, links: LINKS };
    return sendConsole(request, reply);
  });
}
