import { IncomingMessage, ServerResponse } from 'node:http';
import type { SocketCall, SocketCallParts } from './socket-call.ts';

/** Headers of an upgrade that say nothing of the call behind it. */
const OF_THE_UPGRADE =
  /^(connection|upgrade|expect|te|transfer-encoding|content-.*|accept|sec-websocket-.*)$/;

/** A request that came by a socket. */
export class SocketRequest extends IncomingMessage {
  call: SocketCall | undefined;
}

/** The answer of the walk to a socket. Nothing of it is HTTP: its body is the last frame. */
export class SocketResponse extends ServerResponse {
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
export function requestOf(
  { request, url, id }: Pick<SocketCallParts, 'request' | 'url' | 'id'>,
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
