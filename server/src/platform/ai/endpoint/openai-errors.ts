import { AppError, type ErrorMembers, errorMembers } from '#platform/kernel';
import { ProviderError, type ProviderErrorCode, type UpstreamError } from '../errors.ts';
import { dataEvent } from '../dialects/named-event.ts';

/** An error's members as clients of OpenAI's protocol read them, beside our own. */
interface OpenAiMembers extends Omit<ErrorMembers, 'code'> {
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** OpenAI's error types by status; any other status is the request's own fault. */
const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'insufficient_quota',
  403: 'permission_error',
  429: 'rate_limit_error',
};

/** An error as OpenAI's clients know it: `err.type`, `err.param` and `err.code` are the provider's where it gave them. */
export function openAiError(error: AppError, requestId: string): { readonly error: OpenAiMembers } {
  const said = error instanceof ProviderError ? error.upstream : undefined;
  const { status, code, details } = error;
  const field = details?.['field'];
  return {
    error: {
      ...errorMembers(error, requestId),
      type: said?.type ?? TYPES[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error'),
      param: said?.param ?? (typeof field === 'string' ? field : null),
      code: said?.code ?? code,
    },
  };
}

/** An error within a stream, as OpenAI's clients understand it. */
export function openAiErrorEvent(error: AppError, requestId: string): string {
  return dataEvent(openAiError(error, requestId));
}

const AS_IT_IS: Readonly<Record<number, ProviderErrorCode>> = {
  404: 'provider_not_found',
  422: 'provider_unprocessable',
  429: 'provider_rate_limited',
};

/**
 * Through the OpenAI endpoint the provider's own words help: they are about the caller's own request. Its 404, 422 and 429
 * stay what they are; of its 401 and 5xx nothing is told, which is about us and it.
 */
export function inItsWords(error: unknown): unknown {
  if (!(error instanceof ProviderError) || error.upstream === undefined) return error;
  const { upstream, retryable, postponed, details, retryAfter } = error;
  const code = codeOf(error, upstream);
  if (code === undefined) return error;
  return new ProviderError(code, {
    retryable,
    postponed,
    upstream,
    ...(upstream.message === undefined ? {} : { message: upstream.message }),
    ...(details === undefined ? {} : { details }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

function codeOf(error: ProviderError, said: UpstreamError): ProviderErrorCode | undefined {
  if (said.code === 'context_length_exceeded') return 'context_length_exceeded';
  if (error.code === 'provider_unavailable' && said.status !== 429) return undefined;
  return (
    AS_IT_IS[said.status] ?? (error.code === 'context_too_large' ? 'context_too_large' : 'provider_rejected')
  );
}

/** A short word, or words with something between them, as names of models are. */
const MODEL_NAME = /^(?:[\w:]{1,11}|(?=.*[./:-])[\w./:@-]{1,100})$/;
/** A key that was put into the wrong field. */
const KEY = /^(?:sk|pk|rk|pl|org|proj|key)[-_]/i;

/** An unknown model. Its name is shown only if it looks like one: other text in the field may be a secret. */
export function modelUnknown(name: string): AppError {
  const told = MODEL_NAME.test(name) && !KEY.test(name) ? ` "${name}"` : ' of this name';
  return new AppError('model_unknown', {
    message: `There is no model${told} here. GET /v1/ai/models lists those that can be asked for.`,
    details: { field: 'model', list: '/v1/ai/models' },
  });
}

/** A model that is asked at other doors. */
export function modelUnsupported(name: string, paths: readonly string[]): AppError {
  const other = paths.length === 0 ? '' : ` Ask it at ${paths.join(' or ')}.`;
  return new AppError('model_unsupported', {
    message: `The model "${name}" is not asked in this protocol here.${other}`,
    details: { field: 'model', paths: [...paths] },
  });
}
