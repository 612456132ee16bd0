import { AppError, type AppErrorOptions, declareErrors } from '#platform/kernel';

declareErrors({
  provider_unavailable: {
    status: 503,
    message: 'The model provider is not available at present. Try again in a moment.',
  },
  provider_timeout: {
    status: 504,
    message: 'The model took longer to answer than this feature allows. Try again, or ask for less.',
  },
  provider_rejected: { status: 400, message: 'The model provider refused this request as it stands.' },
  answer_unusable: {
    status: 502,
    message: 'The model answered, but not in a form that can be used. Try again.',
  },
  answer_too_large: {
    status: 502,
    message: 'The model’s answer is larger than this feature takes. Ask for less, or for a stream.',
  },
  model_unknown: { status: 404, message: 'There is no model of this name here.' },
  route_limit: { status: 409, message: 'As many routes are stored as there may be. Delete one.' },
  model_not_allowed: { status: 403, message: 'Your API key may not ask for this model.' },
  model_unsupported: { status: 400, message: 'The model is not asked in this protocol here.' },
  context_too_large: { status: 413, message: 'The input is larger than this model or feature takes.' },
  call_too_costly: {
    status: 413,
    message: 'This call could cost more than this feature allows for one call. Send less, or ask for less.',
  },
  field_refused: {
    status: 400,
    message: 'This server does not support a field of this request. Leave it out.',
  },
  context_length_exceeded: { status: 400, message: 'The input is longer than this model takes.' },
  provider_not_found: {
    status: 404,
    message: 'The model provider does not have what this request names.',
  },
  provider_unprocessable: { status: 422, message: 'The model provider cannot process this request.' },
  provider_key_invalid: {
    status: 400,
    message: 'The model provider does not take this key. It was not saved.',
  },
  provider_key_refused: {
    status: 403,
    message:
      'The model provider refuses your account’s own key, or that has no credit there. Save another under /v1/provider-keys, or delete it.',
  },
  provider_key_throttled: {
    status: 429,
    message:
      'The model provider takes no more calls with your account’s own key at present. Try again after the time in Retry-After.',
  },
  provider_rate_limited: {
    status: 429,
    message: 'The model provider takes no more calls at present. Try again after the time in Retry-After.',
  },
});

export type ProviderErrorCode =
  | 'provider_unavailable'
  | 'provider_timeout'
  | 'provider_rejected'
  | 'answer_unusable'
  | 'answer_too_large'
  | 'context_too_large'
  | 'context_length_exceeded'
  | 'provider_not_found'
  | 'provider_unprocessable'
  | 'provider_rate_limited'
  | 'provider_key_refused'
  | 'provider_key_throttled'
  | 'client_gone'
  | 'server_stopping';

export interface ProviderErrorOptions extends Omit<AppErrorOptions, 'cause'> {
  /** Whether the same work may succeed later: a job tries again, and gives up at once otherwise. */
  readonly retryable: boolean;
  /** There was no room for the call, so that it was no try: a job is put off, and its attempt does not count. */
  readonly postponed?: boolean;
  /** The caller caused it: a quota that it took from stays used, so that provoking failures is not free. */
  readonly caused?: boolean;
  /** The provider's error, redacted: shown by the OpenAI endpoint only, because it may quote the prompt. Never logged. */
  readonly upstream?: UpstreamError | undefined;
}

/** An error in a provider's own words. */
export interface UpstreamError {
  /** 200 where it came within an answer. */
  readonly status: number;
  readonly message: string | undefined;
  readonly type: string | undefined;
  readonly param: string | undefined;
  readonly code: string | undefined;
}

/**
 * A provider call that came to nothing after all tries. It has no `cause` on purpose: the AI SDK looks through
 * causes for network error codes, and would call again by itself when it finds one.
 */
export class ProviderError extends AppError {
  readonly retryable: boolean;
  readonly postponed: boolean;
  readonly caused: boolean;
  readonly upstream: UpstreamError | undefined;

  constructor(code: ProviderErrorCode, options: ProviderErrorOptions) {
    super(code, options);
    this.name = 'ProviderError';
    this.retryable = options.retryable;
    this.postponed = options.postponed ?? false;
    this.caused = options.caused ?? false;
    this.upstream = options.upstream;
  }

  /** The same error, when there is no use in trying the work again. */
  final(): ProviderError {
    if (!this.retryable) return this;
    return new ProviderError(this.code as ProviderErrorCode, {
      retryable: false,
      caused: this.caused,
      message: this.message,
      upstream: this.upstream,
      ...(this.details === undefined ? {} : { details: this.details }),
      ...(this.retryAfter === undefined ? {} : { retryAfter: this.retryAfter }),
    });
  }
}
