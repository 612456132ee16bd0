import {
  type Client,
  createClient,
  LimitExceeded,
  PlanRequired,
  PlinthError,
  type SessionStore,
  type SessionTokens,
} from '@plinth/sdk';

/** A refusal of Plinth, as the page shows it. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** `generations: 60 of 60`. */
  readonly limit?: string;
  /** The cheapest plan that would have admitted the call. */
  readonly upgrade?: string | null;
  /** When to try again, ISO 8601; undefined: waiting does not help. */
  readonly again?: string | undefined;
  readonly request_id?: string | undefined;
}

interface Call<Body> {
  /** A client that calls as the visitor whose cookie came along. */
  readonly plinth: Client;
  readonly body: Body;
  readonly id: string;
  readonly query: URLSearchParams;
  /** Idempotency-Key of the press of a button: however often the call is sent, its effect is there once. */
  readonly once: { readonly idempotencyKey?: string };
}

/** Without params where the path has none. */
type Context = { readonly params?: Promise<{ readonly id?: string }> };

const COOKIE = '__Host-reel';
const MONTH = 30 * 86_400;

/** A route handler: calls Plinth as the visitor, and answers its result or its refusal with the same status. */
export function handle<Body = undefined>(work: (call: Call<Body>) => Promise<unknown>) {
  return async (request: Request, { params }: Context): Promise<Response> => {
    const { session, changed } = cookieSession(request.headers.get('cookie') ?? '');
    const baseUrl = process.env['PLINTH_URL'] ?? 'http://127.0.0.1:6174';
    // A visitor is told at once to come back later, and decides.
    const plinth = createClient({ baseUrl, session, retries: { max: 2, longest: 1_000 } });
    const key = request.headers.get('idempotency-key');
    const text = await request.text();
    const answer = await work({
      plinth,
      body: (text === '' ? undefined : JSON.parse(text)) as Body,
      id: (await params)?.id ?? '',
      query: new URL(request.url).searchParams,
      once: key === null ? {} : { idempotencyKey: key },
    }).then((value) => Response.json(value ?? null), refuse);
    answer.headers.set('cache-control', 'no-store');
    const cookie = changed();
    if (cookie !== undefined) answer.headers.set('set-cookie', cookie);
    return answer;
  };
}

/** The visitor's tokens, in a cookie that no script reads and no other site's request carries. */
function cookieSession(cookies: string) {
  const [, kept] = new RegExp(`(?:^|; )${COOKIE}=([^;]+)`).exec(cookies) ?? [];
  let tokens = kept === undefined ? undefined : (JSON.parse(decodeURIComponent(kept)) as SessionTokens);
  let changed: string | undefined;
  const session: SessionStore = {
    read: () => tokens,
    write(next) {
      tokens = next;
      const value =
        next === undefined ? '; Max-Age=0' : `${encodeURIComponent(JSON.stringify(next))}; Max-Age=${MONTH}`;
      changed = `${COOKIE}=${value}; Path=/; HttpOnly; Secure; SameSite=Strict`;
    },
  };
  return { session, changed: () => changed };
}

function refuse(error: unknown): Response {
  if (!(error instanceof PlinthError)) throw error;
  const { code, message, retryAfter, requestId } = error;
  const resetsAt = error instanceof LimitExceeded ? error.resetsAt : null;
  const again =
    resetsAt ?? (retryAfter === undefined ? undefined : new Date(Date.now() + retryAfter * 1_000));
  const refusal: Refusal = {
    code,
    message,
    ...(error instanceof LimitExceeded && { limit: `${error.limit}: ${error.used} of ${error.max}` }),
    ...((error instanceof LimitExceeded || error instanceof PlanRequired) && { upgrade: error.upgrade }),
    again: again?.toISOString(),
    request_id: requestId,
  };
  // Status 0: Plinth was not reached.
  return Response.json({ error: refusal }, { status: error.status || 502 });
}
