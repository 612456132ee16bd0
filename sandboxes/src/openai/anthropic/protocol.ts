import { ApiError } from '../errors.ts';
import type { Protocol } from '../exchange.ts';

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};
const OWN = new Set(Object.values(TYPES));

/** Anthropic's headers and form of a refusal (platform.claude.com/docs/en/api/errors). */
export const ANTHROPIC: Protocol = {
  headers: (id) => ['request-id', id, 'anthropic-organization-id', 'sandbox'],
  error: ({ status, body }, id) => ({
    type: 'error',
    error: { type: typeOf(status, body.type), message: status === 529 ? 'Overloaded' : body.message },
    request_id: id,
  }),
};

/** A fault may order a type; otherwise the status says it. */
function typeOf(status: number, ordered: string): string {
  if (OWN.has(ordered) && ordered !== 'invalid_request_error') return ordered;
  return TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

/** 400 as Anthropic words it: `messages.0.content: …`. */
export function invalidField(path: string, message: string): ApiError {
  return new ApiError(400, { message: `${path}: ${message}` });
}
