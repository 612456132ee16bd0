import { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  DEFAULT_MAX_BODY,
  originsAllowed,
  type Route,
  SOCKET_DONE,
  SOCKET_FIRST_FRAME,
  SOCKET_RESTART,
  socketCodeOf,
  type SocketWriter,
} from '#platform/http';
import { type AccountId, AppError } from '#platform/kernel';
import { callerContextOf } from './caller-context.ts';
import type { Fail } from './failure-handler.ts';
import { readFirstFrame } from './first-frame.ts';
import { failureAnswer } from './failures.ts';
import type { ServerParts, SocketSettings } from './parts.ts';

const PING_EVERY = 30_000;
/** Bytes that wait for a slow reader; then the writer waits, and with it the provider. */
const MOST_WAITING = 65_536;
/** What token, account and key may take of a first frame, beside the body. */
const BESIDE_BODY = 8_192;
/** Milliseconds after which the clients of a server that stops come back: the first one, and how far apart the others are. */
const RECONNECT = { first: 500, apart: 137, last: 3_000 };
export const SOCKETS: SocketSettings = { perAddress: 500, perAccount: 100 };

/** Headers of an upgrade that say nothing of the call behind it. */
const OF_THE_UPGRADE =
  /^(connection|upgrade|expect|te|transfer-encoding|content-.*|accept|sec-websocket-.*)$/;

export interface Sockets {
  /** Sends those away that have not begun, with a hint when to come back. Calls under way are ended as any others are. */
  stop(): void;
  /** Cuts whatever is left. */
  cut(): void;
}

interface SocketParts {
  readonly parts: ServerParts;
  readonly fail: Fail;
  readonly rewriteUrl: (url: string) => string;
  readonly isStopping: () => boolean;
}

/** A path that upgrades, and the POST behind it. */
interface Target {
  readonly route: Route;
  readonly path: RegExp;
  readonly server: WebSocketServer;
}

/** What Node has read of a request that asks for an upgrade. */
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
  routes: readonly Route[],
  { parts, fail, rewriteUrl, isStopping }: SocketParts,
): Sockets {
  const open = new Set<SocketCall>();
  const upgrades = new WeakMap<IncomingMessage, Upgrade>();
  const counts = createSocketCounts(parts.settings.sockets ?? SOCKETS);
  const reconnectIn = spreadReconnects();
  const isAllowed = originsAllowed(parts.settings.corsOrigins);
  const targets = routes.flatMap((route) => targetOf(route));
  const find = (url: string): Target | undefined => {
    const [path = ''] = rewriteUrl(url).split('?', 1);
    return targets.find((target) => target.path.test(path));
  };

  async function assertWelcome(request: FastifyRequest, route: Route): Promise<void> {
    const { origin, authorization } = request.headers;
    if (isStopping()) throw new AppError('server_stopping', { retryAfter: 1 });
    if (origin !== undefined && !isAllowed(origin)) throw new AppError('origin_not_allowed');
    // A program says who it is by a header; its faults are known before the upgrade.
    if (authorization !== undefined) await callerContextOf(route, request, parts);
  }

  function accept(request: FastifyRequest, reply: FastifyReply, { route, server }: Target): void {
    const upgrade = upgrades.get(request.raw);
    if (upgrade === undefined) throw new AppError('upgrade_required', { headers: { upgrade: 'websocket' } });
    const { ip, id, raw } = request;
    // Also where the handshake fails, of which nothing else is heard.
    upgrade.socket.once('close', counts.take(`address ${ip}`));
    const path = pathBehind(route, request.params as Record<string, string>);
    const url = (raw.url ?? '').replace(/^[^?]*/, path);
    const response = reply.raw;
    reply.hijack();
    response.writeHead(101);
    response.detachSocket(upgrade.socket as never);
    response.emit('close');
    server.handleUpgrade(raw, upgrade.socket, upgrade.head, (socket) => {
      const { socket: wire } = upgrade;
      const call = new SocketCall(socket, {
        request: raw,
        wire,
        url,
        id,
        counts,
        reconnectIn,
        route: app.routing,
      });
      open.add(call);
      socket.once('close', () => open.delete(call));
      if (isStopping()) call.reconnect();
    });
  }

  for (const target of targets) {
    app.get(target.route.shape.socket ?? '', (request, reply) => {
      assertWelcome(request, target.route)
        .then(() => accept(request, reply, target))
        .catch((error: unknown) => fail(request, reply, error));
    });
  }
  // Any other request that would like to speak another protocol is answered in this one.
  Object.assign(app.server, {
    shouldUpgradeCallback: ({ headers, url = '' }: IncomingMessage) =>
      headers.upgrade?.toLowerCase() === 'websocket' && find(url) !== undefined,
  });
  app.server.on('upgrade', (request, socket, head) => {
    // Node leaves the socket to us: an error that nobody hears would end the process.
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

function targetOf(route: Route): Target[] {
  const { socket, maxBody = DEFAULT_MAX_BODY } = route.shape;
  if (socket === undefined) return [];
  // A frame of up to twice the size is refused in words; a larger one is not read (close code 1009).
  const maxPayload = 2 * (maxBody + BESIDE_BODY);
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
  });
  return [{ route, server, path: new RegExp(`^${socket.replaceAll(/:\w+/g, '[^/]+')}$`) }];
}

/** The path of the POST behind a socket. */
function pathBehind(route: Route, params: Readonly<Record<string, string>>): string {
  return route.path.replaceAll(/:(\w+)/g, (_all, name: string) => encodeURIComponent(params[name] ?? ''));
}

function spreadReconnects(): () => number {
  const { first, apart, last } = RECONNECT;
  let told = 0;
  return () => {
    told += 1;
    return first + ((told * apart) % (last - first));
  };
}

/** How many sockets an address and an account have. */
interface SocketCounts {
  /** Answers what gives the room back. Throws `too_many_sockets`. */
  take(holder: string): () => void;
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

interface SocketCallParts {
  /** The upgrade. */
  readonly request: IncomingMessage;
  /** What the socket's frames go through. */
  readonly wire: Duplex;
  /** Of the POST behind it, with the query of the upgrade. */
  readonly url: string;
  readonly id: string;
  readonly counts: SocketCounts;
  /** Milliseconds, other ones for each client. */
  readonly reconnectIn: () => number;
  readonly route: (request: IncomingMessage, response: ServerResponse) => void;
}

/** One socket: a first frame, the walk of its route, the frames of the answer. */
export class SocketCall implements SocketWriter {
  readonly #socket: WebSocket;
  readonly #parts: SocketCallParts;
  readonly #late: NodeJS.Timeout;
  #response: SocketResponse | undefined;
  #isAlive = true;
  #giveBack = (): void => {};

  constructor(socket: WebSocket, parts: SocketCallParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#late = setTimeout(() => this.#refuse(new AppError('request_timeout')), SOCKET_FIRST_FRAME);
    socket.on('pong', () => (this.#isAlive = true));
    // A frame that is too large or none at all: `ws` closes with the code that RFC 6455 has for it.
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => this.#take(data as Buffer, isBinary));
    socket.once('close', () => {
      clearTimeout(this.#late);
      this.#giveBack();
      this.#response?.leave();
    });
  }

  get isBegun(): boolean {
    return this.#response !== undefined;
  }

  /** Counts the socket for its account, once that is known. */
  countFor(accountId: AccountId): void {
    this.#giveBack = this.#parts.counts.take(`account ${accountId}`);
  }

  async send(text: string): Promise<boolean> {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return false;
    this.#gather();
    // It is called when the bytes are on their way, and when there is no way any more.
    const flushed = new Promise<void>((resolve) => socket.send(text, () => resolve()));
    if (socket.bufferedAmount > MOST_WAITING) await flushed;
    return socket.readyState === socket.OPEN;
  }

  /** Who has not answered the ping before this one has gone. */
  ping(): void {
    if (!this.#isAlive) return this.cut();
    this.#isAlive = false;
    this.#socket.ping();
  }

  /** This server stops: the client comes back to another one. */
  reconnect(): void {
    this.#end({ reconnect_in_ms: this.#parts.reconnectIn() }, SOCKET_RESTART);
  }

  cut(): void {
    this.#socket.terminate();
  }

  /** The answer of the walk: the last frame. */
  finish(status: number, headers: Readonly<Record<string, unknown>>, body: string): void {
    const said = body === '' ? {} : (JSON.parse(body) as Record<string, unknown>);
    if (status < 400) return this.#end({ done: true, ...said }, SOCKET_DONE);
    const { error } = said as { error: Record<string, unknown> };
    if (error['code'] === 'server_stopping') return this.reconnect();
    const wait = headers['retry-after'];
    const retry = wait === undefined ? {} : { retry_after: Number(wait) };
    this.#end({ error: { ...error, ...retry } }, socketCodeOf(status));
  }

  /** What is sent in one turn of the event loop goes to the system in one write. */
  #gather(): void {
    const { wire } = this.#parts;
    if (wire.writableCorked > 0) return;
    wire.cork();
    process.nextTick(() => wire.uncork());
  }

  #take(data: Buffer, isBinary: boolean): void {
    clearTimeout(this.#late);
    if (this.#response !== undefined || isBinary) {
      this.#refuse(new AppError('unexpected_frame'));
      // A call under way ends as if its client had hung up.
      this.#response?.leave();
      return;
    }
    try {
      const { headers, body } = readFirstFrame(data, this.#parts.request);
      const request = requestOf(this.#parts, headers, body);
      this.#response = new SocketResponse(request, this);
      this.#parts.route(request, this.#response);
    } catch (error) {
      this.#refuse(error instanceof AppError ? error : new AppError('internal', { cause: error }));
    }
  }

  #refuse(error: AppError): void {
    const { status, headers, body } = failureAnswer(error, this.#parts.id);
    this.finish(status, headers, body);
  }

  #end(last: object, code: number): void {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return;
    socket.send(JSON.stringify(last));
    socket.close(code);
  }
}

/** A request that came by a socket. */
export class SocketRequest extends IncomingMessage {
  call: SocketCall | undefined;
}

/** The answer of the walk to a socket. Nothing of it is HTTP: its body is the last frame. */
class SocketResponse extends ServerResponse {
  readonly #call: SocketCall;
  #isOver = false;
  #headers: Readonly<Record<string, unknown>> = {};

  constructor(request: SocketRequest, call: SocketCall) {
    super(request);
    this.#call = call;
    request.call = call;
  }

  /** Fastify hands all headers over here. */
  override writeHead(status: number, ...rest: unknown[]): this {
    const [headers] = rest;
    this.#headers = typeof headers === 'object' && headers !== null ? { ...headers } : {};
    return super.writeHead(status);
  }

  override end(...args: unknown[]): this {
    const [body] = args;
    this.finished = true;
    const text = typeof body === 'string' || Buffer.isBuffer(body) ? body.toString() : '';
    this.#call.finish(this.statusCode, this.#headers, text);
    return this;
  }

  override destroy(): this {
    this.#call.cut();
    return this;
  }

  /** The socket has closed. */
  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // As Node marks an answer whose connection has closed.
    Object.assign(this, { destroyed: true, _closed: true });
    this.emit('close');
  }
}

/** The POST that a first frame is. */
function requestOf(
  { request, url, id }: SocketCallParts,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): SocketRequest {
  const made = new SocketRequest(request.socket);
  made.method = 'POST';
  made.url = url;
  made.httpVersion = request.httpVersion;
  made.httpVersionMajor = request.httpVersionMajor;
  made.httpVersionMinor = request.httpVersionMinor;
  made.rawHeaders = request.rawHeaders;
  const kept = Object.entries(request.headers).filter(([name]) => !OF_THE_UPGRADE.test(name));
  made.headers = {
    ...Object.fromEntries(kept),
    ...headers,
    'x-request-id': id,
    'content-type': 'application/json',
    'content-length': String(body.length),
  };
  made.complete = true;
  made.push(body);
  made.push(null);
  return made;
}
