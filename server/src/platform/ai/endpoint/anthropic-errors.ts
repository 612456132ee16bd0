import { type AppError, type ErrorMembers, errorMembers } from '#platform/kernel';

/** Anthropic's error types by status (docs: "Errors"); any other status below 500 is the request's own fault. */
const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

/** An error as clients of Anthropic's Messages protocol know it. */
export interface AnthropicError {
  readonly type: 'error';
  readonly error: ErrorMembers & { readonly type: string };
  /** Where Anthropic's own errors have it. */
  readonly request_id: string;
}

/** An error as Anthropic's clients know it, plain and as the data of an `error` event. */
export function anthropicError(error: AppError, requestId: string): AnthropicError {
  const { status } = error;
  const type = TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
  return { type: 'error', error: { type, ...errorMembers(error, requestId) }, request_id: requestId };
}
