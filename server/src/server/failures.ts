import { DatabaseAway } from '#platform/db';
import type { ErrorForm } from '#platform/http';
import { AppError, errorMembers } from '#platform/kernel';

/** A failure as it goes over the wire. */
export interface FailureAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Seconds after which a database that is away is worth another try: a restart or a failover takes some. */
const BACK_IN = 2;
/** Seconds, where an error does not say. */
const SOON = 1;
/** Seconds that an outage keeps callers away at most: what a store or a provider asks for may be a year. */
const LONGEST_OUTAGE = 60;

/** Turns all that was thrown into an error with a code; what we don't know is `internal`, and tells nothing. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof DatabaseAway)
    return new AppError('unavailable', { retryAfter: BACK_IN, cause: error });
  const { statusCode, code } = readFrameworkError(error);
  if (code === 'FST_ERR_CTP_EMPTY_JSON_BODY' || statusCode === 400) {
    return new AppError('validation_failed', { message: 'The request could not be read.', cause: error });
  }
  if (statusCode === 404 || statusCode === 414) return new AppError('not_found', { cause: error });
  if (statusCode === 413) return new AppError('payload_too_large', { cause: error });
  if (statusCode === 415) return new AppError('unsupported_media_type', { cause: error });
  return new AppError('internal', { cause: error });
}

/** Errors of the framework have its own prefix; a status that some other error carries means nothing here. */
function readFrameworkError(error: unknown): { statusCode: number; code: string } {
  if (typeof error !== 'object' || error === null) return { statusCode: 500, code: '' };
  const { statusCode, code } = error as { statusCode?: unknown; code?: unknown };
  if (typeof code !== 'string' || !code.startsWith('FST_ERR_')) return { statusCode: 500, code: '' };
  return { statusCode: typeof statusCode === 'number' ? statusCode : 500, code };
}

/**
 * The envelope: `{"error": {code, message, details?, request_id, docs_url}}`, with the headers that belong to it. A route that
 * speaks another protocol says with `form` what its clients read in its place.
 */
export function failureAnswer(error: AppError, requestId: string, form?: ErrorForm): FailureAnswer {
  const { status } = error;
  const headers: Record<string, string> = { ...error.headers };
  // Every answer about an outage says when to come back, even if the time is unknown.
  const wait = status === 503 ? Math.min(LONGEST_OUTAGE, error.retryAfter ?? SOON) : error.retryAfter;
  if (wait !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(wait)));
  // A limit that time does not mend: OpenAI's clients, which try a 429 again by themselves, obey this.
  else if (status === 429) headers['x-should-retry'] = 'false';
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  const body = form?.(error, requestId) ?? { error: errorMembers(error, requestId) };
  return { status, headers, body: JSON.stringify(body) };
}
