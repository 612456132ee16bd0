import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Origin } from '#platform/http';

declare module 'fastify' {
  interface FastifyRequest {
    visit: Visit;
  }
}

/** One request on its way through the server. */
export interface Visit extends Origin {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** On the clock that never jumps. */
  readonly began: number;
  /** Who called, once that is known: for the log line. */
  who: { user_id?: string; account_id?: string; key_id?: string };
  /** Seconds that its route may take; the server's own limit when not said. */
  maxSeconds: number | undefined;
  /** Whether a handler has taken the wire: streams have deadlines of their own. */
  taken: boolean;
  /** Ends `hangUp`, if anybody listens to it. */
  abort(reason: unknown): void;
}

const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const REQUEST_ID = /^[\w.:/+=-]{1,128}$/;
const LONGEST_USER_AGENT = 400;

/** The caller's X-Request-Id where it is fit for headers, logs and rows. */
export function givenRequestId(request: IncomingMessage): string | undefined {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : undefined;
}

/** Begins a visit. The signal of hanging up is only made when somebody asks for it: most calls never do. */
export function beginVisit(request: FastifyRequest, reply: FastifyReply, began: number): Visit {
  const { traceparent, 'user-agent': userAgent = '' } = request.headers;
  let controller: AbortController | undefined;
  return {
    request,
    reply,
    began,
    requestId: request.id,
    ip: request.ip,
    userAgent: userAgent.slice(0, LONGEST_USER_AGENT),
    traceparent: typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : undefined,
    who: {},
    maxSeconds: undefined,
    taken: false,
    get hangUp() {
      if (controller === undefined) {
        controller = new AbortController();
        if (isGone(reply.raw)) controller.abort();
      }
      return controller.signal;
    },
    abort: (reason) => controller?.abort(reason),
  };
}

function isGone(response: ServerResponse): boolean {
  return response.destroyed || response.closed;
}

/** The trace that a call belongs to, for log lines. */
export function traceIdOf(origin: Pick<Origin, 'traceparent'>): string | undefined {
  return origin.traceparent?.slice(3, 35);
}

/** All visits that are under way. */
export interface Visits {
  readonly size: number;
  begin(visit: Visit, ended: () => void): void;
  each(visit: (visit: Visit) => void): void;
  /** Resolves when none is under way. */
  empty(): Promise<void>;
}

export function createVisits(): Visits {
  const present = new Set<Visit>();
  let waiting: (() => void)[] = [];
  return {
    get size() {
      return present.size;
    },
    begin(visit, ended) {
      present.add(visit);
      visit.reply.raw.once('close', () => {
        present.delete(visit);
        if (!visit.reply.raw.writableFinished) visit.abort(new Error('the client has gone'));
        ended();
        if (present.size > 0) return;
        for (const told of waiting) told();
        waiting = [];
      });
    },
    each: (visit) => present.forEach(visit),
    empty: () => (present.size === 0 ? Promise.resolve() : new Promise((told) => waiting.push(told))),
  };
}

/** The name of the route that a request found; what it asked for in vain is not repeated in logs and metrics. */
export function routeNameOf(request: FastifyRequest): string {
  const { url } = request.routeOptions;
  return url === undefined ? 'unknown' : `${request.method} ${url}`;
}
