import { KEYED, type Routes } from './routes.ts';
import { Unauthenticated } from './errors.ts';
import type { Credentials } from './sessions.ts';
import { readJson, type Reader, send, type WireParts } from './wire.ts';

/** A route by its name in the docs: `POST /v1/create`. */
export type RouteName = keyof Routes;

/** What a route answers. */
export type ReplyOf<R extends RouteName> = Routes[R]['reply'];

/** What a route takes as its body. */
export type BodyOf<R extends RouteName> = Routes[R] extends { readonly body: infer Body } ? Body : undefined;

/** What a route takes in its query. */
export type QueryOf<R extends RouteName> = Routes[R] extends { readonly query: infer Query }
  ? Query
  : undefined;

type Part<R extends RouteName, Name extends string> = Name extends keyof Routes[R] ? Name : never;

/** All that a call of a route needs: `params` of its path and `body` where it has them, `query` if you like. */
export type GivenFor<R extends RouteName> = Pick<Routes[R], Part<R, 'params' | 'body'>> &
  Partial<Pick<Routes[R], Part<R, 'query'>>>;

/** The same, of a route that takes bytes. */
export type BytesFor<R extends RouteName> = Omit<GivenFor<R>, 'body'> & { readonly body: Blob };

export interface CallOptions {
  /** Ends the call; it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** In place of one made for this call, where the same thing may be asked for again: by a later process, for example. */
  readonly idempotencyKey?: string | undefined;
  /** The version that was read: a change of another one is refused (412). */
  readonly version?: number | undefined;
  /** The account that the call is for, in place of the client's. */
  readonly accountId?: string | undefined;
  /** The customer that an operator's call is for, by the operator's own id. */
  readonly customer?: string | undefined;
  /** The person has seen the helplines, and says that they are safe: their text is answered, with helplines beside. */
  readonly isSafe?: boolean | undefined;
  /** Milliseconds until there must be an answer, each try by itself; of a stream, until there must be more of it. */
  readonly timeout?: number | undefined;
}

/** How parts of the client ask the server. */
export interface Caller {
  call<R extends RouteName>(route: R, given: GivenFor<R>, options?: CallOptions): Promise<ReplyOf<R>>;
  /** An answer that is read as it comes. A route that takes bytes is given them as its body. */
  open<R extends RouteName>(
    route: R,
    given: GivenFor<R> | BytesFor<R>,
    options?: OpenOptions,
  ): Promise<Response>;
}

export interface OpenOptions extends CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CallerParts extends WireParts {
  readonly baseUrl: string;
  /** Undefined for calls that anyone may make. */
  readonly credentials: Credentials | undefined;
  readonly accountId: string | undefined;
  readonly timeout: number;
}

/** What has one effect when it comes twice, by what it does and without a key. */
const REPEATABLE: ReadonlySet<RouteName> = new Set<RouteName>([
  // A used refresh token is answered with its successor for ten seconds.
  'POST /v1/auth/refresh',
  'POST /v1/auth/logout',
  'POST /v1/auth/logout-all',
  'POST /v1/permits/{id}/settle',
  'POST /v1/permits/{id}/release',
  'POST /v1/permits/{id}/extend',
  // The same page, or one more that is never paid on.
  'POST /v1/billing/checkout',
  'POST /v1/billing/portal',
  'POST /v1/billing/subscription/resume',
  'POST /v1/billing/subscription/change',
  // It is sold once for an account.
  'POST /v1/plugins/{id}/install',
  // Each event counts once by its id.
  'POST /v1/usage-events',
  // A machine has one seat: a second acquire takes over from the first.
  'POST /v1/licenses/acquire',
  'PATCH /v1/licenses/sessions/{id}/heartbeat',
  'POST /v1/licenses/borrow',
  'POST /v1/licenses/release',
  'POST /v1/licenses/activate',
  'POST /v1/licenses/deactivate',
  'POST /v1/licenses/validate',
]);
const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

export function createCaller(parts: CallerParts): Caller {
  return {
    call: (route, given, options = {}) => ask(parts, { route, given, options }, readJson),
    open: (route, given, options = {}) => ask(parts, { route, given, options }, async (response) => response),
  };
}

/** What goes into a call, of whichever route. */
export interface Given {
  readonly params?: object;
  readonly query?: object;
  readonly body?: unknown;
}

interface CallInput {
  readonly route: RouteName;
  readonly given: Given;
  readonly options: OpenOptions;
}

/** One call: under one Idempotency-Key, however often it is sent, and with another token if the first is refused. */
async function ask<T>(parts: CallerParts, asked: CallInput, read: Reader<T>): Promise<T> {
  const { route, given, options } = asked;
  const [method = '', path = ''] = route.split(' ');
  const key = keyOf(route, options);
  const headers = headersOf(parts, asked, key);
  const request = {
    method,
    url: parts.baseUrl + pathOf(path, given),
    body: given.body === undefined || given.body instanceof Blob ? given.body : JSON.stringify(given.body),
    repeatable: IDEMPOTENT.has(method) || isRepeatable(route, key),
    signal: options.signal,
    timeout: options.timeout ?? parts.timeout,
  };
  const sendAs = (token: string | undefined) =>
    send(
      parts,
      {
        ...request,
        headers: token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` },
      },
      read,
    );
  return withToken(parts.credentials, sendAs);
}

/** The key of a call, where its route takes one. */
export function keyOf(route: string, { idempotencyKey }: CallOptions): string | undefined {
  return KEYED.has(route) ? (idempotencyKey ?? crypto.randomUUID()) : undefined;
}

/** Whether a POST that is sent twice has the effect of one. */
export function isRepeatable(route: RouteName, key: string | undefined): boolean {
  return key !== undefined || REPEATABLE.has(route);
}

/** Calls with the caller's token, and once more with another one when that is refused. */
export async function withToken<T>(
  credentials: Credentials | undefined,
  callAs: (token: string | undefined) => Promise<T>,
): Promise<T> {
  const token = await credentials?.token();
  try {
    return await callAs(token);
  } catch (error) {
    if (!(error instanceof Unauthenticated) || token === undefined) throw error;
    const other = await credentials?.renewOnce(token);
    if (other === undefined || other === token) throw error;
    return callAs(other);
  }
}

const typeOf = (body: unknown) => (body instanceof Blob ? 'application/octet-stream' : 'application/json');

function headersOf(
  parts: CallerParts,
  { given, options }: CallInput,
  key: string | undefined,
): Record<string, string> {
  const accountId = options.accountId ?? parts.accountId;
  return {
    accept: 'application/json',
    ...(given.body === undefined ? {} : { 'content-type': typeOf(given.body) }),
    ...(key === undefined ? {} : { 'idempotency-key': key }),
    ...(accountId === undefined ? {} : { 'x-account-id': accountId }),
    ...(options.customer === undefined ? {} : { 'x-customer-id': options.customer }),
    ...(options.isSafe === true ? { 'x-i-am-safe': 'true' } : {}),
    ...(options.version === undefined ? {} : { 'if-match': `"${options.version}"` }),
    ...options.headers,
  };
}

/** The path of a call, with its parameters and its query. */
export function pathOf(path: string, { params = {}, query = {} }: Given): string {
  return fillPath(path, params) + queryOf(query);
}

function fillPath(path: string, params: object): string {
  const values = new Map(Object.entries(params));
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(values.get(name) ?? '');
    // URL parsers fold these away, which would call another route.
    if (value === '' || value === '.' || value === '..')
      throw new TypeError(`${name} is not an id: "${value}"`);
    return encodeURIComponent(value);
  });
}

function queryOf(query: object): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  if (given.length === 0) return '';
  return `?${new URLSearchParams(Object.fromEntries(given.map(([name, value]) => [name, String(value)]))).toString()}`;
}
