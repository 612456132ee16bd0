import { type AppError, errorMembers } from '#platform/kernel';

/** Google's words for statuses (google.rpc.Code); any other status below 500 is the request's own fault. */
const STATUSES: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  402: 'FAILED_PRECONDITION',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** An error as Google's clients know it (google.rpc.Status), plain and as an event. */
export interface GoogleError {
  readonly error: {
    readonly code: number;
    readonly message: string;
    readonly status: string;
    readonly request_id: string;
    readonly details: readonly object[];
  };
}

const typeOf = (name: string) => ({ '@type': `type.googleapis.com/google.rpc.${name}` });

/** Our own code is the reason; our details stand beside it, each as a text. */
export function googleError(error: AppError, requestId: string): GoogleError {
  const { status, retryAfter } = error;
  const { code: reason, message, details = {}, docs_url: url } = errorMembers(error, requestId);
  const metadata = Object.entries(details).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const wait = retryAfter === undefined ? [] : [{ ...typeOf('RetryInfo'), retryDelay: `${retryAfter}s` }];
  return {
    error: {
      code: status,
      message,
      status: STATUSES[status] ?? (status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT'),
      request_id: requestId,
      details: [
        { ...typeOf('ErrorInfo'), reason, domain: 'plinth', metadata: Object.fromEntries(metadata) },
        { ...typeOf('RequestInfo'), requestId },
        { ...typeOf('Help'), links: [{ description: 'What this error means', url }] },
        ...wait,
      ],
    },
  };
}
