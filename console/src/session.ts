import { type Caller, createCaller, type RouteName } from '@plinth/sdk/calls';
import { PlinthError } from '@plinth/sdk/errors';
import { RETRIES } from '@plinth/sdk/retries';
import type { Credentials } from '@plinth/sdk/sessions';
import { machineTime } from '@plinth/sdk/time';
import { onlineManager } from '@tanstack/react-query';
import { proveAgain } from './step-up.ts';

/** Says to the server that the refresh token goes into a cookie, which no script reads. */
export const BROWSER = { 'plinth-session': 'cookie' } as const;

export interface Token {
  readonly access_token: string;
  /** Seconds since 1970. */
  readonly expires_at: number;
}

/** A token that ends within this time is renewed before it is used. Milliseconds. */
const ENDING = 30_000;
/** Held by who renews the session, or begins one. */
export const LOCK = 'plinth-refresh';

/** The session of this browser: its access token is in the memory of each tab alone. */
let token: Token | undefined;
let isKnown = false;
const listeners = new Set<() => void>();
const tabs = new BroadcastChannel('plinth-session');

/** What a tab tells the others. */
interface Message {
  /** undefined: it has signed out. */
  readonly next: Token | undefined;
  readonly isNew: boolean;
}

const tell = (message: Message): void => tabs.postMessage(message);

/** The whole app's session: whether a user is signed in here; undefined until the server has said so. */
export const session = {
  isSignedIn: (): boolean | undefined => (isKnown ? token !== undefined : undefined),
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  /** Begins a sign-in that just succeeded, or a session that was renewed, also in the other tabs. */
  begin(next: Token, isNew = true): void {
    set(next);
    tell({ next, isNew });
  },
  /** Answers whether it is over: else the cookie is still there. */
  async end(): Promise<boolean> {
    if (!(await signOut().catch(() => false))) return false;
    set(undefined);
    tell({ next: undefined, isNew: false });
    return true;
  },
  /** By the cookie, if there is one. */
  resume: (): Promise<void> => renew(undefined).then(() => undefined),
};

/** Whether the session is over. By a token that is good: the cookie alone ends nothing. */
async function signOut(): Promise<boolean> {
  const path = '/v1/auth/logout';
  const { ok: isOver, status } = await post(path, {});
  if (status !== 401) return isOver;
  return (await renew(token?.access_token)) === undefined || (await post(path, {})).ok;
}

tabs.addEventListener('message', ({ data }: MessageEvent<Message>) => {
  // It may be another person: nothing of one person's is shown to another.
  if (data.isNew && token !== undefined) location.reload();
  else set(data.next);
});

function set(next: Token | undefined): void {
  const wasKnown = isKnown;
  const before = token;
  [token, isKnown] = [next, true];
  if (next !== undefined && next.access_token !== before?.access_token) isClockRight = !endsSoon(next);
  if (!wasKnown || (before === undefined) !== (next === undefined))
    for (const listener of listeners) listener();
}

/** Tabs renew one after the other: what one of them got meanwhile is taken by the next. */
function renew(refused: string | undefined): Promise<string | undefined> {
  return navigator.locks.request(LOCK, async () => {
    if (token !== undefined && token.access_token !== refused && !isEnding(token)) return token.access_token;
    const response = await post('/v1/auth/refresh', {});
    if (response.ok) session.begin((await response.json()) as Token, false);
    else if (response.status === 401 || response.status === 403) set(undefined);
    else throw new Error(`The session could not be renewed (${response.status}).`);
    return token?.access_token;
  });
}

/** By a clock that is wrong a new token has ended: then it is the server that says when it has. */
let isClockRight = true;
const isEnding = (of: Token): boolean => isClockRight && endsSoon(of);
const endsSoon = ({ expires_at: at }: Token): boolean => at * 1_000 - Date.now() < ENDING;

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

export type Api = Caller;

const apis = new Map<string | undefined, Api>();

/** Calls of the API as who is signed in, for an account: those parts of the SDK's client that the first page needs. One for each account. */
export function apiFor(accountId: string | undefined): Api {
  const made = apis.get(accountId) ?? makeApi(accountId);
  apis.set(accountId, made);
  return made;
}

/** How calls are made: parts of the SDK's client that follow a stream need it. A person is told of a limit at once, and does not wait for it in silence. */
export const WIRE = { retries: { ...RETRIES, longest: 2_000 }, time: machineTime, timeout: 60_000 } as const;
export const PARTS = { baseUrl: location.origin, fetch: reach, ...WIRE };
/** The same as who is signed in, for streams by WebSocket. */
export const SIGNED_IN = { ...PARTS, credentials };

function makeApi(accountId: string | undefined): Api {
  const caller = createCaller({ ...SIGNED_IN, accountId });
  // Steps-up themselves are refused by the same code where a second factor came meanwhile.
  return {
    call: (route, ...given) => withProof(route, () => caller.call(route, ...given)),
    open: (route, ...given) => withProof(route, () => caller.open(route, ...given)),
  };
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
