import { type Ai, aiCalls } from '@plinth/sdk/ai';
import { type Caller, createCaller, type GivenFor, type ReplyOf, type RouteName } from '@plinth/sdk/calls';
import { PlinthError } from '@plinth/sdk/errors';
import { RETRIES } from '@plinth/sdk/retries';
import type { Credentials } from '@plinth/sdk/sessions';
import { machineTime } from '@plinth/sdk/time';
import { onlineManager } from '@tanstack/react-query';
import { proveAgain } from './step-up.ts';

/** Says to the server that the refresh token goes into a cookie, which no script reads. */
const BROWSER = { 'plinth-session': 'cookie' } as const;

interface Token {
  readonly access_token: string;
  /** Seconds since 1970. */
  readonly expires_at: number;
}

/** A token that ends within this time is renewed before it is used. Milliseconds. */
const ENDING = 30_000;
const LOCK = 'plinth-refresh';

/** The session of this browser: its access token is in the memory of each tab alone. */
let token: Token | undefined;
let isKnown = false;
const listeners = new Set<() => void>();
const tabs = new BroadcastChannel('plinth-session');

/** Of the whole app: whether somebody is signed in here; undefined until the server has said so. */
export const session = {
  isSignedIn: (): boolean | undefined => (isKnown ? token !== undefined : undefined),
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  /** Of a sign-in that just succeeded, also in the other tabs. */
  begin(next: Token): void {
    set(next);
    tabs.postMessage(next);
  },
  async end(): Promise<void> {
    // By a token that is good: the cookie alone ends nothing.
    await credentials.token().catch(() => undefined);
    const isAnswered = await post('/v1/auth/logout', {}).then(
      () => true,
      () => false,
    );
    // Else the cookie is still there: it would be a lie.
    if (!isAnswered) return;
    set(undefined);
    tabs.postMessage(null);
  },
  /** By the cookie, if there is one. */
  resume: (): Promise<void> => renew(undefined).then(() => undefined),
};

tabs.addEventListener('message', ({ data }: MessageEvent<Token | null>) => {
  // Nothing of one person's is shown to another.
  if (data !== null && token !== undefined && userOf(data) !== userOf(token)) location.reload();
  else set(data ?? undefined);
});

/** Whom a token is for, by its second part (RFC 7519). */
function userOf({ access_token: jwt }: Token): unknown {
  const claims = jwt.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? '';
  return (JSON.parse(atob(claims)) as { readonly sub?: unknown }).sub;
}

function set(next: Token | undefined): void {
  const wasKnown = isKnown;
  const before = token;
  [token, isKnown] = [next, true];
  if (!wasKnown || (before === undefined) !== (next === undefined))
    for (const listener of listeners) listener();
}

/** Tabs renew one after the other: what one of them got meanwhile is taken by the next. */
function renew(refused: string | undefined): Promise<string | undefined> {
  return navigator.locks.request(LOCK, async () => {
    if (token !== undefined && token.access_token !== refused && !isEnding(token)) return token.access_token;
    const response = await post('/v1/auth/refresh', {});
    if (response.ok) session.begin((await response.json()) as Token);
    else if (response.status === 401 || response.status === 403) set(undefined);
    else throw new Error(`The session could not be renewed (${response.status}).`);
    return token?.access_token;
  });
}

const isEnding = ({ expires_at: at }: Token): boolean => at * 1_000 - Date.now() < ENDING;

function post(path: string, body: object): Promise<Response> {
  const headers: Record<string, string> = { 'content-type': 'application/json', ...BROWSER };
  if (token !== undefined) headers['authorization'] = `Bearer ${token.access_token}`;
  return reach(path, { method: 'POST', headers, body: JSON.stringify(body), credentials: 'same-origin' });
}

/** A call that fails by the network puts all queries on hold, until one gets an answer again, be it a refusal. */
export async function reach(...call: Parameters<typeof fetch>): Promise<Response> {
  try {
    const response = await fetch(...call);
    onlineManager.setOnline(true);
    return response;
  } catch (error) {
    if (error instanceof TypeError) onlineManager.setOnline(false);
    throw error;
  }
}

const credentials: Credentials = {
  token: async () =>
    token === undefined || isEnding(token) ? renew(token?.access_token) : token.access_token,
  renewOnce: renew,
};

export interface Api extends Caller {
  readonly ai: Ai;
}

const apis = new Map<string | undefined, Api>();

/** Calls of the API as who is signed in, for an account: those parts of the SDK's client that the first page needs. One for each account. */
export function apiFor(accountId: string | undefined): Api {
  const made = apis.get(accountId) ?? makeApi(accountId);
  apis.set(accountId, made);
  return made;
}

/** How calls are made: parts of the SDK's client that follow a stream need it. */
export const WIRE = { retries: RETRIES, time: machineTime, timeout: 60_000 } as const;
const parts = { baseUrl: location.origin, fetch: reach, ...WIRE };

function makeApi(accountId: string | undefined): Api {
  const caller = createCaller({ ...parts, credentials, accountId });
  // Steps-up themselves are refused by the same code where a second factor came meanwhile.
  const proven: Caller = {
    call: (route, ...given) => withProof(route, () => caller.call(route, ...given)),
    open: (route, ...given) => withProof(route, () => caller.open(route, ...given)),
  };
  return { ...proven, ai: aiCalls(proven) };
}

/** A call that is refused to a session which was proven too long ago is made again once it is proven. */
async function withProof<T>(route: RouteName, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const isAsked = error instanceof PlinthError && error.code === 'step_up_required';
    if (!isAsked || route.startsWith('POST /v1/auth/step-up')) throw error;
    await proveAgain((error.details['methods'] ?? []) as readonly string[]);
    return call();
  }
}

/** Calls of nobody. */
export const anyone: Caller = createCaller({ ...parts, credentials: undefined, accountId: undefined });

export type Challenge = Extract<ReplyOf<'POST /v1/auth/login'>, { readonly mfa_required: true }>;

/** Trades a proof (a code of a link, an email and a password) for a session of this browser. Answers the challenge of who has a second factor. */
export async function signIn<R extends RouteName>(
  route: R,
  given: GivenFor<R>,
): Promise<Challenge | undefined> {
  // No refresh at that time: one that is refused would take the new cookie away.
  const response = await navigator.locks.request(LOCK, () => anyone.open(route, given, { headers: BROWSER }));
  const said = (await response.json()) as Token | Challenge;
  if ('mfa_required' in said) return said;
  session.begin(said);
  return undefined;
}
