import { isRecord, PlinthError, Unauthenticated } from './errors.ts';
import type { ReplyOf } from './calls.ts';
import type { Time } from './time.ts';

/** What a signed-in client holds. Both tokens are secrets. */
export type SessionTokens = ReplyOf<'POST /v1/auth/refresh'> & { readonly refresh_token: string };

/** The tokens of an answer. It lacks one where the call said `Plinth-Session: cookie`, which this client says nowhere. */
export function tokensOf(answer: ReplyOf<'POST /v1/auth/refresh'>): SessionTokens {
  const { refresh_token } = answer;
  if (refresh_token === undefined) throw new TypeError('the refresh token of this session is in a cookie');
  return { ...answer, refresh_token };
}

/** Where the tokens of a session are kept. All clients on one store are one session: the tabs of a browser, for example. */
export interface SessionStore {
  read(): SessionTokens | undefined | Promise<SessionTokens | undefined>;
  /** `undefined`: signed out. */
  write(tokens: SessionTokens | undefined): void | Promise<void>;
}

/** A session that lasts as long as this process or page. */
export function memorySession(tokens?: SessionTokens): SessionStore {
  let kept = tokens;
  return {
    read: () => kept,
    write: (next) => {
      kept = next;
    },
  };
}

/** A session in the browser's localStorage: it outlives the page, and all tabs of the origin share it. */
export function browserSession(name = 'plinth.session'): SessionStore {
  return {
    read() {
      return tokensIn(localStorage.getItem(name));
    },
    write(tokens) {
      if (tokens === undefined) localStorage.removeItem(name);
      else localStorage.setItem(name, JSON.stringify(tokens));
    },
  };
}

/** What is no session's, an older version's for example, is none. */
function tokensIn(text: string | null): SessionTokens | undefined {
  try {
    const kept: unknown = JSON.parse(text ?? 'null');
    if (!isRecord(kept)) return undefined;
    const { access_token, refresh_token, expires_at } = kept;
    if (typeof access_token !== 'string' || typeof refresh_token !== 'string') return undefined;
    return { access_token, refresh_token, expires_at: Number(expires_at) };
  } catch {
    return undefined;
  }
}

/** Who calls: the token to send, and what to do when it is refused. */
export interface Credentials {
  /** The token of the next call; undefined when no user is signed in. */
  token(): Promise<string | undefined>;
  /** Another token in place of one that was refused; undefined when there can't be one. */
  renewOnce(refused: string): Promise<string | undefined>;
}

export function keyCredentials(apiKey: string): Credentials {
  return { token: async () => apiKey, renewOnce: async () => undefined };
}

/** A token that ends within this time is renewed before it is used. Milliseconds. */
const ENDING = 30_000;

export interface SessionParts {
  readonly store: SessionStore;
  readonly refresh: (refreshToken: string) => Promise<SessionTokens>;
  readonly time: Time;
}

/**
 * Keeps a session alive. However many calls find their token ended at once, it is renewed once; what another tab has
 * renewed meanwhile is taken from the store. Should two renew in the same instant, both may: for ten seconds the
 * server answers a used refresh token with the one that took its place.
 */
export function sessionCredentials({ store, refresh, time }: SessionParts): Credentials {
  let renewing: Promise<string | undefined> | undefined;
  let youngest = { token: '', since: 0 };

  /** By this machine's clock, which may be wrong: a token that was renewed just now counts as good. */
  function isEnding({ access_token: token, expires_at: expiresAt }: SessionTokens): boolean {
    if (token === youngest.token && time.now() - youngest.since < ENDING) return false;
    return expiresAt * 1_000 - time.now() < ENDING;
  }

  async function renewToken(refused: string): Promise<string | undefined> {
    const before = await store.read();
    if (before === undefined) return undefined;
    if (before.access_token !== refused) return before.access_token;
    const outcome = await refresh(before.refresh_token).catch((error: unknown) => {
      if (error instanceof Unauthenticated) return undefined;
      throw error;
    });
    const now = await store.read();
    // Signed out, in again, or renewed by another tab while we asked: the store is right.
    if (now?.refresh_token !== before.refresh_token) return now?.access_token;
    await store.write(outcome);
    if (outcome !== undefined) youngest = { token: outcome.access_token, since: time.now() };
    return outcome?.access_token;
  }

  function renewOnce(refused: string): Promise<string | undefined> {
    renewing ??= renewToken(refused).finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  return {
    renewOnce,
    async token() {
      const kept = await store.read();
      if (kept === undefined) return undefined;
      if (!isEnding(kept)) return kept.access_token;
      return renewOnce(kept.access_token).catch((error: unknown) => {
        // It may still be good for this call; whether it is, the server says.
        if (error instanceof PlinthError) return kept.access_token;
        throw error;
      });
    },
  };
}
