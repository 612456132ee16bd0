import { ApiError } from '../errors.ts';
import type { Protocol } from '../exchange.ts';

const STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** Google's form of a refusal (cloud.google.com/apis/design/errors). */
export const GOOGLE: Protocol = {
  headers: () => ['x-gemini-service-tier', 'standard'],
  error: ({ status, body, headers }) => ({
    error: statusOf(status, body.message, detailsOf(body.code, headers)),
  }),
  hasNoRetryAfter: true,
};

/** A google.rpc.Status. */
export function statusOf(code: number, message: string, details: readonly object[] = []): object {
  const status = STATUSES[code] ?? (code >= 500 ? 'UNKNOWN' : 'INVALID_ARGUMENT');
  return { code, message, status, ...(details.length === 0 ? {} : { details }) };
}

const typeOf = (name: string) => ({ '@type': `type.googleapis.com/google.rpc.${name}` });

/** A fault may order a reason, and when to come back. */
function detailsOf(reason: string | null, headers: readonly string[]): object[] {
  const wait = headers[headers.indexOf('retry-after') + 1];
  const isTold = headers.includes('retry-after') && wait !== undefined;
  return [
    ...(reason === null || !/^[A-Z_]+$/.test(reason)
      ? []
      : [{ ...typeOf('ErrorInfo'), reason, domain: 'googleapis.com' }]),
    ...(isTold ? [{ ...typeOf('RetryInfo'), retryDelay: `${wait}s` }] : []),
  ];
}

/** 400 as Google words it: `* GenerateContentRequest.contents: contents is not specified`. */
export function invalidField(path: string, message: string): ApiError {
  return new ApiError(400, { message: `* GenerateContentRequest.${path}: ${message}` });
}

export function unknownField(name: string, path: string): ApiError {
  const at = path === '' ? '' : ` at '${path}'`;
  const message = `Invalid JSON payload received. Unknown name "${name.slice(0, 100)}"${at}: Cannot find field.`;
  return new ApiError(400, { message });
}
