/** Meaning of an error code to a caller: its HTTP status and one sentence. Collected in docs/generated/errors.md. */
export interface ErrorDeclaration {
  readonly status: number;
  readonly message: string;
}

const declared = new Map<string, ErrorDeclaration>();

/**
 * Declares the error codes of a module; called once where the module is defined.
 * A code is stable: callers branch on it. Two modules can't declare the same one.
 */
export function declareErrors<const T extends Record<string, ErrorDeclaration>>(codes: T): T {
  for (const [code, declaration] of Object.entries(codes)) {
    const known = declared.get(code);
    if (known !== undefined && known !== declaration) throw new Error(`error code declared twice: ${code}`);
    declared.set(code, declaration);
  }
  return codes;
}

/** The meaning of one code; undefined: no module declares it. Read for each error of each route when a server starts. */
export function errorDeclaration(code: string): ErrorDeclaration | undefined {
  return declared.get(code);
}

/** All declared codes, sorted, for the generated docs and their test. */
export function declaredErrors(): readonly (readonly [string, ErrorDeclaration])[] {
  return [...declared.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
}

export interface AppErrorOptions {
  /** Replaces the declared sentence where the case at hand can be said more exactly. Never user text or a secret. */
  readonly message?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Seconds until a retry makes sense; becomes Retry-After. */
  readonly retryAfter?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
  /** It is said in their place to callers who see what model calls cost. */
  readonly withCost?: Pick<AppErrorOptions, 'message' | 'details' | 'headers'>;
}

/** An error with a stable code that reaches the caller as `{"error": {code, message, details?, request_id, docs_url}}`. */
export class AppError extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfter: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly withCost: AppErrorOptions['withCost'];

  constructor(code: string, options: AppErrorOptions = {}) {
    const declaration = declared.get(code);
    if (declaration === undefined) throw new Error(`error code is not declared: ${code}`);
    super(options.message ?? declaration.message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.status = declaration.status;
    this.details = options.details;
    this.retryAfter = options.retryAfter;
    this.headers = options.headers;
    this.withCost = options.withCost;
  }

  /** The same error with other details, without the cost of another stack. */
  withDetails(details: Readonly<Record<string, unknown>>): AppError {
    return Object.assign(Object.create(this) as AppError, { details });
  }

  /** The same error with what model calls cost, for callers who see that. */
  showingCost(): AppError {
    return this.withCost === undefined ? this : Object.assign(Object.create(this) as AppError, this.withCost);
  }
}

/** An error's members as callers read them, in the frame of their protocol. */
export interface ErrorMembers {
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly request_id: string;
  /** The line of the code on the page that this server has of all of them, from its own address. */
  readonly docs_url: string;
}

export const docsOf = (code: string) => `/docs/guides/errors#${code}`;

export function errorMembers({ code, message, details }: AppError, requestId: string): ErrorMembers {
  const more = details === undefined ? {} : { details };
  return { code, message, ...more, request_id: requestId, docs_url: docsOf(code) };
}

/** The refusal of one input, by its path: `body.plan`. */
export function invalidInput(path: string, message: string): AppError {
  return new AppError('validation_failed', { message, details: { issues: [{ path, message }] } });
}

/** Whether an error has this code, of the system's (`EAGAIN`) or of the database's (`23505`). */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Said where neither the thrower nor the route names what is missing. */
export const NOT_FOUND = 'This does not exist, or this account may not see it.';
/** Said of an account that does not exist and of one that the caller is no member of: the same of both. */
export const NO_ACCOUNT = 'There is no such account, or you are not a member of it.';
/** Said of every credential that is not good, so that a guess learns nothing. */
export const INVALID_CREDENTIAL =
  'This access token or API key is not valid: it is wrong, expired or revoked.';

/** Codes that belong to no module in particular. */
declareErrors({
  validation_failed: { status: 400, message: 'The request does not have the shape this call takes.' },
  unauthenticated: { status: 401, message: 'Send an access token or an API key: "Authorization: Bearer …".' },
  forbidden: { status: 403, message: 'Your role or key does not allow this call.' },
  not_found: { status: 404, message: NOT_FOUND },
  conflict: {
    status: 409,
    message: 'This conflicts with the current state. Read the resource again, then repeat the change.',
  },
  client_gone: { status: 499, message: 'The client hung up before the answer was complete.' },
  gone: { status: 410, message: 'This existed once and is no longer available.' },
  server_stopping: { status: 503, message: 'This server is about to stop. Send the request again.' },
  internal: {
    status: 500,
    message: 'Something went wrong on our side. Quote the request id when you report it.',
  },
});
