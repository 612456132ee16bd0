import type { AwsKeys, GoogleCredentials } from '#platform/config';
import { AppError } from '#platform/kernel';
import { type Dispatcher, Pool } from 'undici';
import { Breaker, type BreakerSettings, type BreakerState } from './breaker.ts';
import { connectorWithoutInterim } from './interim.ts';
import { createKeys, type KeyAtModel, type KeyOptions, type KeyPool, type KeysParts } from './keys.ts';
import { type Health, namesOf } from './names.ts';
import { type Learned, protocolsOf, type Spoken, type Takes, takesOfUpstream, withPart } from '../takes.ts';
import { type Alias, Latency, type Route, type RouteFault, type RoutePlace } from './routes.ts';
import { Throttle } from './throttle.ts';
import { type LoadTranslation, spokenIn } from './translations.ts';
import type { Price, Prices } from '../metering/prices.ts';

export interface UpstreamOptions {
  readonly name: string;
  /** Up to and with the version: https://api.openai.com/v1; a query is sent with each call. */
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  /** Several keys, in place of the one. */
  readonly keys?: readonly KeyOptions[] | undefined;
  /** The header that takes the key as it is (Azure's `api-key`); `Authorization: Bearer` when not said. */
  readonly authHeader?: string | undefined;
  /** Its models; those of the price catalogue when not said. */
  readonly models?: readonly string[] | undefined;
  /** The protocols in which its models are asked; by its name or host when not said. */
  readonly speaks?: readonly Spoken[] | undefined;
  /** Keys with which calls are signed, in place of `apiKey`. */
  readonly aws?: AwsKeys | undefined;
  /** Credentials of Google Cloud, whose tokens take the place of a key (Vertex AI). */
  readonly google?: GoogleCredentials | undefined;
  /** Connections to it at most; calls beyond wait within their time limit. */
  readonly connections?: number | undefined;
  /** Milliseconds until a connection must stand. */
  readonly connectTimeout?: number | undefined;
}

export interface Upstream {
  readonly name: string;
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  readonly path: string;
  /** The query of each call, with its question mark: Azure's `?api-version=`. */
  readonly query: string;
  /** Headers of every call, flat as undici takes them fastest. */
  readonly headers: readonly string[];
  /** The header with the key, likewise: never logged. A protocol may have one of its own. */
  readonly authorization: readonly string[];
  /** The protocols in which its models are asked. */
  readonly speaks: ReadonlySet<Spoken>;
  /** Set where its vendor speaks another protocol, into which chat completions are translated. */
  readonly translation: LoadTranslation | undefined;
  readonly apiKey: string;
  /** The same of each of its keys; of the first, where there are several, above. */
  readonly keys: readonly Pick<Upstream, 'apiKey' | 'authorization'>[];
  readonly aws: AwsKeys | undefined;
  readonly google: GoogleCredentials | undefined;
  /** The header for a key, as `authorization` has it. */
  readonly authorize: (key: string) => readonly string[];
  /** Fields its models take, where their rows do not say. */
  readonly takes: Takes;
}

/** One model at one provider: what a call is sent to. */
export interface Target {
  readonly upstream: Upstream;
  readonly provider: string;
  readonly model: string;
  readonly price: Price;
  readonly breaker: Breaker;
  readonly throttle: Throttle;
  readonly learned: Learned;
  readonly latency: Latency;
  /** Where it stands in a route. */
  readonly place?: RoutePlace | undefined;
  /** Its upstream has several keys: each is a target of its own, by the same breaker. */
  readonly keys?: KeyPool<KeyedTarget> | undefined;
  /** The key of one of those. */
  readonly key?: KeyAtModel | undefined;
  /** It is called with the key of the call's account: one account's key says nothing of the provider's health. */
  readonly isOwnKey?: true;
}

export type KeyedTarget = Target & { readonly key: KeyAtModel };

/** Milliseconds until a model's provider, or one key there, may have room. */
export const waitFor = ({ keys, throttle }: Target): number => keys?.wait ?? throttle.wait;

/** Fields a model takes: by its upstream, its row and its refusals. */
export function takesOf({ upstream, price, learned }: Pick<Target, 'upstream' | 'price' | 'learned'>): Takes {
  return withPart(withPart(upstream.takes, price.takes), learned.takes);
}

/** Whether a model spends a part of its replies on thoughts. */
export function thinks({ price, learned }: Pick<Target, 'price' | 'learned'>): boolean {
  return price.thinks || learned.thinks;
}

/** An alias or a route, with where it comes from. */
export interface RouteInEffect {
  readonly source: 'program' | 'file' | 'stored';
  readonly alias: Alias;
  readonly members: readonly { readonly target: Target; readonly weight: number }[];
  /** The one that would hold in place of a stored one. */
  readonly beneath: Alias | undefined;
}

export interface Providers {
  /**
   * The models that a name stands for, in order: an alias, `provider/model`, or a model of any configured provider.
   * Throws `model_unknown`, also for a model without a price.
   */
  chain(name: string): readonly Target[];
  /** Whether a provider is configured and has the model; `*` is any. */
  has(provider: string, model: string): boolean;
  /** A configured provider, by its name. */
  upstream(name: string): Upstream | undefined;
  /** Each model of each provider, once. */
  readonly targets: readonly Target[];
  /** Aliases and routes that are in effect, by name. */
  readonly routes: ReadonlyMap<string, RouteInEffect>;
  /** Stored routes that are not, with what is wrong: this process has not their models. */
  readonly aside: ReadonlyMap<string, readonly RouteFault[]>;
  faultsOf(route: Route): readonly RouteFault[];
  /** All names that can be asked for. */
  list(): readonly { readonly id: string; readonly provider: string }[];
  /**
   * Providers under other settings: breakers and throttles of models that stay are the same, so that what is known of their health is, and of
   * keys. Throws ConfigError, and then nothing has changed.
   */
  under(settings: ProvidersSettings): Providers;
  close(): Promise<void>;
}

/** The settings of models that can be asked for. */
export interface ProvidersSettings {
  /** Those that there were, when not said. */
  readonly upstreams?: readonly UpstreamOptions[] | undefined;
  /** Names of our own, each a chain of `provider/model` or a route; added to `small`, `large` and `embedding`. */
  readonly aliases?: Readonly<Record<string, Alias>> | undefined;
  /** Routes that operators stored, which lie over those; those without their models are left aside. */
  readonly stored?: ReadonlyMap<string, unknown> | undefined;
  /** By provider, in place of what its upstream lists. */
  readonly models?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly prices: Prices;
}

export interface ProvidersParts extends ProvidersSettings, KeysParts {
  readonly upstreams: readonly UpstreamOptions[];
  readonly breaker: BreakerSettings;
  readonly breakerChanged: (provider: string, model: string, state: BreakerState) => void;
}

/** The configured providers: OpenAI-compatible servers by base URL and key. */
export function createProviders(parts: ProvidersParts): Providers {
  const keys = createKeys(parts);
  const pools = new Map<string, Dispatcher>();
  const opened = new WeakMap<UpstreamOptions, Upstream>();
  const known = new Map<string, Health>();

  /** One of an upstream that is gone stays: it closes its idle connections by itself, and a call under way may try again. */
  function poolOf(options: UpstreamOptions): Dispatcher {
    const { origin } = new URL(options.baseUrl);
    const id = `${options.name} ${origin}`;
    const pool = pools.get(id) ?? poolFor(origin, options);
    pools.set(id, pool);
    return pool;
  }

  function upstreamOf(options: UpstreamOptions): Upstream {
    const upstream = opened.get(options) ?? open(options, poolOf(options));
    opened.set(options, upstream);
    return upstream;
  }

  function healthOf(options: UpstreamOptions, model: string): Health {
    const provider = options.name;
    // Failures at another address, or with another key, tell nothing of this one.
    const id = `${provider}/${model} ${JSON.stringify({ ...options, models: [], keys: [] })}`;
    const before = known.get(id);
    if (before !== undefined) return before;
    const onBreakerChange = (state: BreakerState): void => parts.breakerChanged(provider, model, state);
    const closed = (milliseconds: number): void => parts.throttled({ provider, model }, milliseconds);
    const health = {
      breaker: new Breaker({ settings: parts.breaker, clock: parts.clock, changed: onBreakerChange }),
      throttle: new Throttle({ ...parts, closed }),
      learned: { takes: {}, thinks: false },
      latency: new Latency(),
    };
    known.set(id, health);
    return health;
  }

  function under({ upstreams: listed = parts.upstreams, ...settings }: ProvidersSettings): Providers {
    const upstreams = new Map(listed.map((options) => [options.name, upstreamOf(options)]));
    const named = namesOf({
      options: listed,
      upstreams,
      settings,
      healthOf,
      keysOf: ({ name, keys: own }, model) => own?.map((options) => keys.at(name, model, options)),
      clock: parts.clock,
    });
    const { chains, targets, routes, aside, faultsOf } = named;
    return {
      chain(name) {
        const chain = chains.get(name);
        if (chain === undefined) throw new AppError('model_unknown', { details: { field: 'model' } });
        return chain;
      },
      has: (provider, model) =>
        model === '*' ? upstreams.has(provider) : chains.has(`${provider}/${model}`),
      upstream: (name) => upstreams.get(name),
      targets,
      routes,
      aside,
      faultsOf,
      list: () => named.listed,
      under: (next) => under({ upstreams: listed, ...next }),
      async close() {
        keys.close();
        // Destroyed, not closed: a stopping process has drained its calls, and a hung provider must not hold it.
        await Promise.all([...pools.values()].map((pool) => pool.destroy(null)));
      },
    };
  }
  return under(parts);
}

function poolFor(
  origin: string,
  { connections = 512, connectTimeout = 5_000 }: Pick<UpstreamOptions, 'connections' | 'connectTimeout'>,
): Dispatcher {
  return new Pool(origin, {
    connections,
    // One call a connection: a call that is aborted or hangs takes no other with it.
    pipelining: 1,
    allowH2: false,
    connect: connectorWithoutInterim({ timeout: connectTimeout, allowH2: false }),
    // The shared wheel keeps all time limits (deadlines.ts).
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function open(options: UpstreamOptions, dispatcher: Dispatcher): Upstream {
  const url = new URL(options.baseUrl);
  const given = options.keys?.map(({ key }) => key) ?? [options.apiKey ?? ''];
  const authorize = (key: string) => authorization(options.authHeader, key);
  const withKey = (key: string) => ({ apiKey: key, authorization: authorize(key) });
  return {
    name: options.name,
    dispatcher,
    origin: url.origin,
    path: url.pathname.replace(/\/+$/, ''),
    query: url.search,
    headers: [
      'user-agent',
      'plinth',
      // A compressed stream is held back by the compressor.
      'accept-encoding',
      'identity',
    ],
    ...withKey(given[0] ?? ''),
    keys: given.map(withKey),
    aws: options.aws,
    google: options.google,
    authorize,
    ...spokenIn(options.speaks ?? protocolsOf(options.name, url)),
    takes: takesOfUpstream(options.name, url.hostname),
  };
}

function authorization(header: string | undefined, apiKey: string): string[] {
  if (apiKey === '') return [];
  return header === undefined ? ['authorization', `Bearer ${apiKey}`] : [header, apiKey];
}
