import { type Account, accountCalls } from './account.ts';
import { type Adiuva, adiuvaCalls } from './adiuva.ts';
import { type Ai, aiCalls } from './ai.ts';
import { type Auth, authCalls } from './auth.ts';
import { type Billing, billingCalls } from './billing.ts';
import { type Caller, type CallerParts, type CallOptions, createCaller, type GivenFor } from './calls.ts';
import { type Licenses, licenseCalls } from './license-calls.ts';
import { type Memory, memoryCalls } from './memory.ts';
import { type Orbit, orbitCalls } from './orbit.ts';
import { entriesOf, type ItemOf, type ListRoute } from './pages.ts';
import { type Permits, permitCalls, type PermitParts } from './permits.ts';
import { type Plugins, pluginCalls } from './plugins.ts';
import { type Prism, prismCalls } from './prism.ts';
import { type Reel, reelCalls } from './reel.ts';
import { type Retries, RETRIES } from './retries.ts';
import {
  keyCredentials,
  memorySession,
  sessionCredentials,
  type SessionStore,
  tokensOf,
} from './sessions.ts';
import { type SocketClass, streamCalls, type Streams } from './sockets.ts';
import { machineTime, type Time } from './time.ts';
import { addressOf } from './wire.ts';

export interface ClientOptions extends Pick<PermitParts, 'onUnsettled'> {
  /** Where the server is: `https://api.example.com`. */
  readonly baseUrl: string;
  /** For backends: the key that all calls are made with. */
  readonly apiKey?: string;
  /** For people who sign in: where their tokens are kept; in memory when not said. */
  readonly session?: SessionStore;
  /** The account that calls are for; the caller's default account when not said. */
  readonly accountId?: string;
  readonly fetch?: typeof fetch;
  /** For `stream` where the runtime has none (Node before 22): that of the package `ws`, for example. */
  readonly WebSocket?: SocketClass;
  readonly retries?: Partial<Retries>;
  /** Milliseconds until a call must be answered, each try by itself; 60,000 when not said. */
  readonly timeout?: number;
  /** For tests that drive time and chance. */
  readonly time?: Time;
}

/** A client of one server, as one caller. */
export interface Client extends Caller, Account, Permits, Streams {
  readonly auth: Auth;
  readonly reel: Reel;
  readonly adiuva: Adiuva;
  readonly ai: Ai;
  readonly billing: Billing;
  readonly licenses: Licenses;
  readonly memory: Memory;
  readonly orbit: Orbit;
  readonly plugins: Plugins;
  readonly prism: Prism;
  /** All entries of a list, page after page as they are asked for. */
  each<R extends ListRoute>(
    route: R,
    given: GivenFor<R>,
    options?: CallOptions,
  ): AsyncGenerator<ItemOf<R>, void>;
  /** The same client for another account that its caller may act for. */
  forAccount(accountId: string): Client;
}

/** A client with an API key, or with a session that people sign in to. */
export function createClient(options: ClientOptions): Client {
  const { apiKey, session = memorySession(), fetch: given = globalThis.fetch, time = machineTime } = options;
  const anyone = {
    baseUrl: addressOf(options.baseUrl),
    // Called as a function of its own: a browser's fetch refuses to be a method of anything but the window.
    fetch: ((...call) => given(...call)) as typeof fetch,
    retries: { ...RETRIES, ...options.retries },
    time,
    timeout: options.timeout ?? 60_000,
    credentials: undefined,
    accountId: undefined,
  };
  const { call } = createCaller(anyone);
  const refresh = async (refreshToken: string) =>
    tokensOf(await call('POST /v1/auth/refresh', { body: { refresh_token: refreshToken } }));
  const credentials =
    apiKey === undefined ? sessionCredentials({ store: session, refresh, time }) : keyCredentials(apiKey);
  const store = apiKey === undefined ? session : undefined;
  const caller = { ...anyone, credentials, accountId: options.accountId };
  const { onUnsettled, WebSocket } = options;
  return clientOf(caller, { anyone: { ...anyone }, store, onUnsettled, WebSocket });
}

interface ClientParts extends Pick<PermitParts, 'onUnsettled'> {
  readonly anyone: CallerParts;
  readonly store: SessionStore | undefined;
  readonly WebSocket: SocketClass | undefined;
}

function clientOf(parts: CallerParts, more: ClientParts): Client {
  const caller = createCaller(parts);
  const streams = streamCalls({ ...parts, WebSocket: more.WebSocket });
  return {
    ...caller,
    ...accountCalls(caller),
    ...streams,
    ...permitCalls(caller, { time: parts.time, onUnsettled: more.onUnsettled }),
    auth: authCalls({ caller, anyone: createCaller(more.anyone), store: more.store }),
    reel: reelCalls(caller, parts),
    adiuva: adiuvaCalls(caller, streams),
    ai: aiCalls(caller),
    billing: billingCalls(caller),
    licenses: licenseCalls(caller),
    memory: memoryCalls(caller),
    orbit: orbitCalls(caller, parts),
    plugins: pluginCalls(caller, parts),
    prism: prismCalls(caller),
    each: (route, given, options) =>
      entriesOf(caller, route, { given, options }) as AsyncGenerator<never, void>,
    forAccount: (accountId) => clientOf({ ...parts, accountId }, more),
  };
}
