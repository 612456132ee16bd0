/** The inside of OpenAI's error answer. */
export interface ErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** A refusal as OpenAI words it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly body: ErrorBody;
  readonly headers: readonly string[];

  constructor(
    status: number,
    body: Partial<ErrorBody> & { message: string },
    headers: readonly string[] = [],
  ) {
    super(body.message);
    this.status = status;
    this.body = { type: 'invalid_request_error', param: null, code: null, ...body };
    this.headers = headers;
  }
}

/** 400 for one parameter. */
export function invalidParameter(param: string, message: string, code: string | null = null): ApiError {
  return new ApiError(400, { message, param, code });
}

export function unknownModel(model: string): ApiError {
  const message = `The model \`${model.slice(0, 100)}\` does not exist or you do not have access to it.`;
  return new ApiError(404, { message, code: 'model_not_found' });
}

export function noSuchRoute(method: string, path: string): ApiError {
  return new ApiError(404, { message: `Invalid URL (${method} ${path.slice(0, 200)})` });
}

export function missingKey(): ApiError {
  return new ApiError(401, {
    message:
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY). This sandbox accepts any key that is not empty and does not end in -refused.",
  });
}

export const wrongKey = (): ApiError =>
  new ApiError(401, { message: 'Incorrect API key provided.', code: 'invalid_api_key' });

const BUSY: Readonly<Record<number, ErrorBody>> = {
  429: {
    message: 'Rate limit reached for requests in the sandbox. Please try again later.',
    type: 'requests',
    param: null,
    code: 'rate_limit_exceeded',
  },
  503: {
    message: 'The engine is currently overloaded, please try again later.',
    type: 'server_error',
    param: null,
    code: null,
  },
};

/** The refusal that a fault asked for. */
export function orderedFailure(fault: {
  readonly status: number;
  readonly retry_after?: number | string | undefined;
  readonly code?: string | undefined;
  readonly type?: string | undefined;
  readonly param?: string | undefined;
  readonly message?: string | undefined;
}): ApiError {
  const { status, retry_after: retryAfter } = fault;
  const usual = BUSY[status] ?? {
    message:
      status >= 500
        ? 'The server had an error while processing your request. Sorry about that!'
        : 'The sandbox was asked to refuse this request.',
    type: status >= 500 ? 'server_error' : 'invalid_request_error',
    param: null,
    code: null,
  };
  const headers = retryAfter === undefined ? [] : ['retry-after', String(retryAfter)];
  return new ApiError(status, { ...usual, ...errorBodyOf(fault) }, headers);
}

/** What a fault says of the error's body. */
function errorBodyOf(fault: Parameters<typeof orderedFailure>[0]): Partial<ErrorBody> {
  const { code, type, param, message } = fault;
  return {
    ...(code === undefined ? {} : { code }),
    ...(type === undefined ? {} : { type }),
    ...(param === undefined ? {} : { param }),
    ...(message === undefined ? {} : { message }),
  };
}
