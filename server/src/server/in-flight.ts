import type { IncomingMessage } from 'node:http';
import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import { addressBlock, type Caller, type Origin, type Role, type Spender } from '#platform/http';
import { type AccountId, AppError, type Lane } from '#platform/kernel';
import { isTraceparent, type Trace, withoutSecrets } from '#platform/telemetry';
import type { Arrivals } from './arrivals.ts';
import type { BodyCapacity } from './parts.ts';
import type { Responder } from './responder.ts';

declare module 'fastify' {
  interface FastifyRequest {
    inFlight: InFlightRequest;
  }
}

/** The caller of a request, their role in its account, and in whose name it is charged. */
interface IdentifiedCall {
  readonly caller: Caller | undefined;
  readonly accountId: AccountId | undefined;
  readonly role: Role | undefined;
  readonly spender: Spender | undefined;
}

/** A request as its walk reads it: Fastify's, or the one that a socket's first frame is. */
export interface CallRequest
  extends Pick<
    FastifyRequest,
    | 'body'
    | 'headers'
    | 'host'
    | 'id'
    | 'inFlight'
    | 'ip'
    | 'method'
    | 'params'
    | 'protocol'
    | 'raw'
    | 'server'
    | 'url'
  > {
  readonly routeOptions: { readonly url?: string | undefined; readonly config: FastifyContextConfig };
}

const REQUEST_ID = /^[\w.:/+=-]{1,128}$/;
const LONGEST_USER_AGENT = 400;

/** The caller's X-Request-Id where it is fit for headers, logs and rows: a secret in its place is not. */
export function givenRequestId(request: IncomingMessage): string | undefined {
  const given = request.headers['x-request-id'];
  const isFit = typeof given === 'string' && REQUEST_ID.test(given);
  return isFit && withoutSecrets(given) === given ? given : undefined;
}

/**
 * One request on its way through the server. A class, because one is made for every call: it has no closures, and the
 * signal of hanging up is only made when it is first read, which most calls never do.
 */
export class InFlightRequest implements Origin, Lane {
  readonly request: CallRequest;
  readonly responder: Responder;
  /** On the clock that never jumps. */
  readonly began: number;
  readonly requestId: string;
  readonly ip: string;
  readonly traceparent: string | undefined;
  /** The trace of it; undefined where nothing is traced. */
  trace: Trace | undefined;
  /** The caller, once that is known: for the log line. */
  userId: string | undefined;
  keyId: string | undefined;
  accountId: AccountId | undefined;
  /** The caller and the account of the call, once both are known. */
  context: IdentifiedCall | undefined;
  /** Whether its client comes back to another process when this one stops. */
  streams = false;
  /** Whether this server, which stops, has ended it: the caller did not hang up. */
  isStopped = false;
  /** How long the call may take, where its route says so; the server's own limit otherwise. */
  maxSeconds: number | undefined;
  /** Set for a route whose handler reads the body as it comes. */
  arrivals: Arrivals | undefined;
  /** Where the bytes that its handler has in memory take room. */
  capacity: BodyCapacity | undefined;
  #controller: AbortController | undefined;
  #endReason: unknown;

  constructor(request: CallRequest, responder: Responder, began: number) {
    const { traceparent } = request.headers;
    this.request = request;
    this.responder = responder;
    this.began = began;
    this.requestId = request.id;
    this.ip = request.ip;
    this.traceparent = isTraceparent(traceparent) ? traceparent : undefined;
  }

  /** Its client's User-Agent, as rows and pages show it: scrubbed of secrets in those calls alone that keep it. */
  get userAgent(): string {
    return withoutSecrets(this.request.headers['user-agent'] ?? '').slice(0, LONGEST_USER_AGENT);
  }

  get lane(): string | undefined {
    return this.responder.isClosed ? undefined : (this.accountId ?? this.userId ?? addressBlock(this.ip));
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#endReason !== undefined || this.responder.isClosed) this.#controller.abort(this.#endReason);
    }
    return this.#controller.signal;
  }

  /** Ends `signal` because this server stops: a later failure of the call comes of that. */
  stop(): void {
    this.isStopped = true;
    this.abort(new AppError('server_stopping', { retryAfter: 1 }));
  }

  abort(reason: unknown): void {
    this.#endReason ??= reason;
    this.#controller?.abort(reason);
  }

  /** Throws where the call was given up: its client has had its answer, and no further work begins for it. */
  assertNotGivenUp(): void {
    const { isSent, isTaken } = this.responder;
    if (isSent && !isTaken) this.signal.throwIfAborted();
  }
}

/** The trace that a call belongs to, for log lines. */
export function traceIdOf(origin: Pick<Origin, 'traceparent'>): string | undefined {
  return origin.traceparent?.slice(3, 35);
}

/** All requests that are under way. */
export interface InFlightRequests {
  readonly size: number;
  begin(inFlight: InFlightRequest, ended: () => void): void;
  each(inFlight: (inFlight: InFlightRequest) => void): void;
  /** Resolves when none is under way. */
  empty(): Promise<void>;
}

export function createInFlightRequests(): InFlightRequests {
  const present = new Set<InFlightRequest>();
  let waiting: (() => void)[] = [];
  return {
    get size() {
      return present.size;
    },
    begin(inFlight, ended) {
      present.add(inFlight);
      inFlight.responder.onClose(() => {
        present.delete(inFlight);
        if (inFlight.responder.hasHungUp) inFlight.abort(new Error('the client has gone'));
        ended();
        if (present.size > 0) return;
        for (const told of waiting) told();
        waiting = [];
      });
    },
    each: (inFlight) => present.forEach(inFlight),
    empty: () => (present.size === 0 ? Promise.resolve() : new Promise((told) => waiting.push(told))),
  };
}

/** The name of the route that a request found; what it asked for in vain is not repeated in logs and metrics. */
export function routeNameOf(request: CallRequest): string {
  const { url, config } = request.routeOptions;
  if (config.routeName !== undefined && request.method !== 'HEAD') return config.routeName;
  return url === undefined ? 'unknown' : `${request.method} ${url}`;
}
