import type { FastifyReply, FastifyRequest } from 'fastify';
import { originsAllowed } from '#platform/http';
import type { ServerSettings } from './parts.ts';

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

const ALLOWED_HEADERS =
  'authorization, content-type, idempotency-key, if-match, if-none-match, if-range, last-event-id, range, traceparent, x-account-id, x-i-am-safe, x-request-id';
const EXPOSED_HEADERS =
  'accept-ranges, content-disposition, content-range, etag, idempotent-replayed, location, ratelimit, ratelimit-policy, retry-after, x-request-id';
const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const PREFLIGHT_SECONDS = '600';

/** Writes the headers that every answer has. Answers true for a preflight, which is then answered already. */
export function headersFor(
  settings: ServerSettings,
): (request: FastifyRequest, reply: FastifyReply) => boolean {
  const fixed = secureHeaders(settings);
  const isAllowed = originsAllowed(settings.corsOrigins);
  return (request, reply) => {
    for (const [name, value] of fixed) reply.header(name, value);
    reply.header('x-request-id', request.id);
    const { origin } = request.headers;
    if (origin === undefined) return false;
    reply.header('vary', 'origin');
    const allowed = isAllowed(origin);
    if (allowed) {
      reply.header('access-control-allow-origin', origin);
      reply.header('access-control-expose-headers', EXPOSED_HEADERS);
    }
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
      return false;
    if (allowed) {
      reply.header('access-control-allow-methods', ALLOWED_METHODS);
      reply.header('access-control-allow-headers', ALLOWED_HEADERS);
      reply.header('access-control-max-age', PREFLIGHT_SECONDS);
    }
    reply.code(204).send();
    return true;
  };
}
