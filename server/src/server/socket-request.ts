import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify';
import type { CallRequest, InFlightRequest } from './in-flight.ts';
import type { ReadyAnswer, Responder } from './responder.ts';
import type { SocketCall } from './socket-call.ts';

/** Headers of an upgrade that say nothing of the call behind it. */
const OF_THE_UPGRADE =
  /^(connection|upgrade|expect|te|transfer-encoding|content-.*|accept|sec-websocket-.*)$/;

/** The POST that a first frame is, with what the upgrade said before it. */
export class SocketRequest implements CallRequest {
  readonly method = 'POST';
  readonly id: string;
  readonly ip: string;
  readonly host: string;
  readonly protocol: 'http' | 'https';
  readonly params: unknown;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly routeOptions: CallRequest['routeOptions'];
  /** The upgrade. */
  readonly raw: IncomingMessage;
  readonly server: FastifyInstance;
  body: unknown;
  declare inFlight: InFlightRequest;

  constructor(
    upgrade: FastifyRequest,
    { path, config }: { readonly path: string; readonly config: FastifyContextConfig },
    headers: Readonly<Record<string, string>>,
  ) {
    const params = upgrade.params as Readonly<Record<string, string>>;
    this.id = upgrade.id;
    this.ip = upgrade.ip;
    this.host = upgrade.host;
    this.protocol = upgrade.protocol;
    this.params = params;
    this.url = upgrade.url.replace(/^[^?]*/, pathWith(path, params));
    const kept = Object.entries(upgrade.headers).filter(([name]) => !OF_THE_UPGRADE.test(name));
    this.headers = { ...Object.fromEntries(kept), ...headers };
    this.routeOptions = { url: path, config };
    this.raw = upgrade.raw;
    this.server = upgrade.server;
  }
}

function pathWith(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/:(\w+)/g, (_all, name: string) => encodeURIComponent(params[name] ?? ''));
}

/** Answers by the last frame of a socket. */
export class SocketResponder implements Responder {
  readonly isTaken = false;
  readonly socket: SocketCall;
  status: number | undefined;
  isClosed = false;
  readonly #listeners: (() => void)[] = [];

  constructor(socket: SocketCall) {
    this.socket = socket;
  }

  get isSent(): boolean {
    return this.status !== undefined;
  }

  get hasHungUp(): boolean {
    return this.isClosed && !this.isSent;
  }

  onClose(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** A frame has no headers. */
  setHeader(): void {}

  /** The last frame closes it. */
  closeConnection(): void {}

  send({ status, headers = {}, text = '' }: ReadyAnswer): void {
    if (this.isSent) return;
    this.status = status;
    this.socket.finish(status, headers, text);
  }

  fail(answer: ReadyAnswer): void {
    this.send(answer);
  }

  take(): never {
    throw new Error('a call by a socket sends frames, and its handler takes no response');
  }

  /** The socket has closed. */
  leave(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const listener of this.#listeners) listener();
  }
}
