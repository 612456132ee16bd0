import { AppError, type AppErrorOptions, declareErrors } from '#platform/kernel';

declareErrors({
  provider_unavailable: {
    status: 503,
    message: 'The model provider is not available at present. Try again in a moment.',
  },
  provider_timeout: { status: 504, message: 'The model took longer to answer than this feature allows.' },
  provider_rejected: { status: 400, message: 'The model provider refused this request as it stands.' },
  answer_unusable: { status: 502, message: 'The model answered, but not in a form that can be used.' },
  model_unknown: { status: 404, message: 'There is no model of this name here.' },
  context_too_large: { status: 413, message: 'The input is larger than this model or feature takes.' },
  call_too_costly: {
    status: 413,
    message: 'This call could cost more than this feature allows for one call.',
  },
  field_refused: { status: 400, message: 'A field of this request is not offered here.' },
  client_gone: { status: 499, message: 'The client hung up before the answer was complete.' },
});

export type ProviderErrorCode =
  | 'provider_unavailable'
  | 'provider_timeout'
  | 'provider_rejected'
  | 'answer_unusable'
  | 'context_too_large'
  | 'client_gone';

export interface ProviderErrorOptions extends Omit<AppErrorOptions, 'cause'> {
  /** Whether the same work may succeed later: a job tries again, and gives up at once otherwise. */
  readonly retryable: boolean;
  /** There was no room for the call, so that it was no try: a job is put off, and its attempt does not count. */
  readonly postponed?: boolean;
  /** What the provider said, redacted: shown by the public door only, because it may quote the prompt. Never logged. */
  readonly upstreamMessage?: string | undefined;
}

/**
 * A provider call that came to nothing after all tries. It has no `cause` on purpose: the AI SDK looks through
 * causes for network error codes, and would call again by itself when it finds one.
 */
export class ProviderError extends AppError {
  readonly retryable: boolean;
  readonly postponed: boolean;
  readonly upstreamMessage: string | undefined;

  constructor(code: ProviderErrorCode, options: ProviderErrorOptions) {
    super(code, options);
    this.name = 'ProviderError';
    this.retryable = options.retryable;
    this.postponed = options.postponed ?? false;
    this.upstreamMessage = options.upstreamMessage;
  }

  /** The same error, when there is no use in trying the work again. */
  final(): ProviderError {
    if (!this.retryable) return this;
    return new ProviderError(this.code as ProviderErrorCode, {
      retryable: false,
      message: this.message,
      upstreamMessage: this.upstreamMessage,
      ...(this.details === undefined ? {} : { details: this.details }),
      ...(this.retryAfter === undefined ? {} : { retryAfter: this.retryAfter }),
    });
  }
}
