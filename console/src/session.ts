import { type Ai, aiCalls } from '@plinth/sdk/ai';
import { type Caller, createCaller } from '@plinth/sdk/calls';
import { RETRIES } from '@plinth/sdk/retries';
import type { Credentials } from '@plinth/sdk/sessions';
import { machineTime } from '@plinth/sdk/time';

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
    await post('/v1/auth/logout', {}).catch(() => undefined);
    set(undefined);
    tabs.postMessage(null);
  },
  /** By the cookie, if there is one. */
  resume: (): Promise<void> => renew(undefined).then(() => undefined),
};

tabs.addEventListener('message', ({ data }: MessageEvent<Token | null>) => set(data ?? undefined));

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
  return fetch(path, { method: 'POST', headers, body: JSON.stringify(body), credentials: 'same-origin' });
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

function makeApi(accountId: string | undefined): Api {
  const caller = createCaller({
    baseUrl: location.origin,
    fetch: (...call) => fetch(...call),
    ...WIRE,
    credentials,
    accountId,
  });
  return { ...caller, ai: aiCalls(caller) };
}

/** Trades a proof (a code of a link, an address and a password) for a session of this browser. Throws what the server says. */
export async function signIn(path: string, proof: object): Promise<{ readonly mfa?: string }> {
  const response = await post(path, proof);
  const said = (await response.json()) as Token & {
    readonly mfa_token?: string;
    readonly error?: { readonly code: string; readonly message: string };
  };
  if (said.error !== undefined) throw new SignInError(said.error.code, said.error.message);
  if (said.mfa_token !== undefined) return { mfa: said.mfa_token };
  session.begin(said);
  return {};
}

export class SignInError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
