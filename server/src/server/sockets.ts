import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { WebSocketServer } from 'ws';
import { DEFAULT_MAX_BODY, type Mounted, originsAllowed, type Route } from '#platform/http';
import { AppError } from '#platform/kernel';
import { callerContextOf } from './caller-context.ts';
import { readBodyOf, type Register } from './framework.ts';
import type { SocketSettings } from './parts.ts';
import { type RouteCall, routeCallOf, type WalkParts } from './walk.ts';
import { BESIDE_BODY, SocketCall, type SocketCounts } from './socket-call.ts';
import { SocketRequest, SocketResponder } from './socket-request.ts';

const PING_EVERY = 30_000;
/** Pieces that one frame may come in. */
const MOST_FRAGMENTS = 1_024;
/** Milliseconds after which the clients of a server that stops come back: the first one, and how far apart the others are. */
const RECONNECT = { first: 500, apart: 137, last: 3_000 };
export const SOCKETS: SocketSettings = { perAddress: 500, perAccount: 100 };

export interface Sockets {
  /** Sends those away that have not begun, with a hint when to come back. Calls under way are ended as any others are. */
  stop(): void;
  /** Cuts all that are left. */
  cut(): void;
}

interface SocketParts {
  readonly walkParts: Omit<WalkParts, 'read'>;
  readonly register: Register;
  readonly rewriteUrl: (url: string) => string;
  readonly isStopping: () => boolean;
}

/** A path that upgrades, and the POST behind it. */
interface Target {
  readonly route: Route;
  readonly routeCall: RouteCall;
  readonly path: RegExp;
  readonly server: WebSocketServer;
  /** Bytes of a frame that are read. */
  readonly most: number;
}

/** Node's parts of a request that asks for an upgrade. */
interface Upgrade {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/**
 * Mounts the sockets of all routes that say `socket`. An upgrade is first a GET like any other, refused by HTTP where that can be told;
 * the first frame then walks the route as a POST does, and what the walk answers goes out in frames.
 */
export function mountSockets(
  app: FastifyInstance,
  modules: readonly Mounted[],
  { walkParts, register, rewriteUrl, isStopping }: SocketParts,
): Sockets {
  const { parts, fail, capacity, steps } = walkParts;
  const open = new Set<SocketCall>();
  const upgrades = new WeakMap<IncomingMessage, Upgrade>();
  const counts = createSocketCounts(parts.settings.sockets ?? SOCKETS);
  const reconnectIn = spreadReconnects();
  const isAllowed = originsAllowed(parts.settings.corsOrigins);
  const targets = modules.flatMap((module) =>
    module.routes.flatMap((route) => targetOf(route, module, walkParts)),
  );
  const find = (url: string): Target | undefined => {
    const [path = ''] = rewriteUrl(url).split('?', 1);
    return targets.find((target) => target.path.test(path));
  };

  /** Answers whether the client is known. */
  async function welcome(request: FastifyRequest, route: Route): Promise<boolean> {
    const { origin, authorization } = request.headers;
    if (isStopping()) throw new AppError('server_stopping', { retryAfter: 1 });
    if (origin !== undefined && !isAllowed(origin)) throw new AppError('origin_not_allowed');
    // A program says who it is by a header; its faults are known before the upgrade.
    return authorization !== undefined && (await callerContextOf(route, request, parts)).caller !== undefined;
  }

  /** Walks the route with what a first frame says. */
  async function walkFrame(request: SocketRequest, body: Buffer, { room, walk }: RouteCall): Promise<void> {
    try {
      if (isStopping()) throw new AppError('server_stopping', { retryAfter: 1 });
      await room.holdWhole(request, body);
      request.body = await readBodyOf(request, body, steps);
      walk(request);
    } catch (error) {
      fail(request, error);
    }
  }

  function accept(
    request: FastifyRequest,
    reply: FastifyReply,
    { route, routeCall, server, most, isKnown }: Target & { readonly isKnown: boolean },
  ): void {
    const upgrade = upgrades.get(request.raw);
    if (upgrade === undefined) throw new AppError('upgrade_required', { headers: { upgrade: 'websocket' } });
    const { ip, id, raw } = request;
    // Also where the handshake fails, of which nothing else is heard.
    upgrade.socket.once('close', counts.take(`address ${ip}`));
    const response = reply.raw;
    reply.hijack();
    response.writeHead(101);
    response.detachSocket(upgrade.socket as never);
    response.emit('close');
    server.handleUpgrade(raw, upgrade.socket, upgrade.head, (socket) => {
      const { socket: wire } = upgrade;
      const call = new SocketCall(socket, {
        headers: raw.headers,
        wire,
        id,
        counts,
        reconnectIn,
        isKnown,
        most,
        place: capacity.open({ account: undefined, address: ip }),
        identify: (headers) => {
          Object.assign(raw.headers, headers);
          return welcome(request, route);
        },
        walk(socketCall, { headers, body }) {
          const responder = new SocketResponder(socketCall);
          const post = new SocketRequest(request, { path: route.path, config: routeCall.config }, headers);
          register(post, responder);
          void walkFrame(post, body, routeCall);
          return responder;
        },
      });
      open.add(call);
      socket.once('close', () => open.delete(call));
      if (isStopping()) call.reconnect();
    });
  }

  for (const target of targets) {
    app.get(target.route.shape.socket ?? '', (request, reply) => {
      welcome(request, target.route)
        .then((isKnown) => accept(request, reply, { ...target, isKnown }))
        .catch((error: unknown) => fail(request, error));
    });
  }
  // Any other request that would like to speak another protocol is answered in this one.
  Object.assign(app.server, {
    shouldUpgradeCallback: ({ headers, url = '' }: IncomingMessage) =>
      headers.upgrade?.toLowerCase() === 'websocket' && find(url) !== undefined,
  });
  app.server.on('upgrade', (request, socket, head) => {
    // Node leaves the socket to us: an error without a listener would end the process.
    socket.on('error', () => socket.destroy());
    upgrades.set(request, { socket, head });
    const response = new ServerResponse(request);
    response.assignSocket(socket as never);
    response.once('finish', () => socket.end());
    app.routing(request, response);
  });
  const pings = setInterval(() => open.forEach((call) => call.ping()), PING_EVERY).unref();

  return {
    stop() {
      clearInterval(pings);
      for (const call of open) if (!call.isBegun) call.reconnect();
    },
    cut() {
      for (const call of open) call.cut();
    },
  };
}

function targetOf(route: Route, module: Mounted, walkParts: SocketParts['walkParts']): Target[] {
  const { socket, maxBody = DEFAULT_MAX_BODY } = route.shape;
  if (socket === undefined) return [];
  // A frame of up to twice the size is refused in words; a larger one is not read (close code 1009).
  const maxPayload = 2 * (maxBody + BESIDE_BODY);
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxFragments: MOST_FRAGMENTS,
    // `SocketCall` bounds pings before it answers them.
    autoPong: false,
    maxPayload,
  });
  const routeCall = routeCallOf(route, module, walkParts);
  return [
    {
      route,
      routeCall,
      server,
      most: maxPayload,
      path: new RegExp(`^${socket.replaceAll(/:\w+/g, '[^/]+')}$`),
    },
  ];
}

function spreadReconnects(): () => number {
  const { first, apart, last } = RECONNECT;
  let told = 0;
  return () => {
    told += 1;
    return first + ((told * apart) % (last - first));
  };
}

function createSocketCounts({ perAddress, perAccount }: SocketSettings): SocketCounts {
  const held = new Map<string, number>();
  return {
    take(holder) {
      const max = holder.startsWith('address ') ? perAddress : perAccount;
      const used = held.get(holder) ?? 0;
      if (used >= max) throw new AppError('too_many_sockets', { details: { used, max }, retryAfter: 1 });
      held.set(holder, used + 1);
      return () => {
        const left = (held.get(holder) ?? 1) - 1;
        if (left === 0) held.delete(holder);
        else held.set(holder, left);
      };
    },
  };
}
