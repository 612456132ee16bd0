import { type AwsKeys, ConfigError, type GoogleCredentials } from '#platform/config';
import { AppError, type Clock } from '#platform/kernel';
import { type Dispatcher, Pool } from 'undici';
import { Breaker, type BreakerSettings, type BreakerState } from './breaker.ts';
import { connectorWithoutInterim } from './interim.ts';
import { createKeys, type KeyAtModel, type KeyOptions, KeyPool, type KeysParts } from './keys.ts';
import { type Learned, protocolsOf, type Spoken, type Takes, takesOfUpstream, withPart } from '../takes.ts';
import { type Alias, Latency, routeOf, type RoutePlace, usualPrice } from './routes.ts';
import { Throttle } from './throttle.ts';
import { type LoadTranslation, translationOf } from './translations.ts';
import type { Price, Prices } from '../metering/prices.ts';
import { wrongAt } from '../settings.ts';

/**
 * Sizes of model by which products ask, each with the models that answer to it, in order. The chain
 * is made of the upstreams that are configured; the sandbox answers only when it is alone, never as a fallback.
 */
const SIZES: Readonly<Record<string, readonly string[]>> = {
  small: ['openai/gpt-4.1-mini', 'minimax/MiniMax-Text-01', 'anthropic/claude-haiku-4-5'],
  large: ['openai/gpt-4.1', 'minimax/MiniMax-M1', 'anthropic/claude-sonnet-4-5'],
  embedding: ['openai/text-embedding-3-small'],
};
const SANDBOX_SIZES: Readonly<Record<string, readonly string[]>> = {
  small: ['sandbox/sandbox-small'],
  large: ['sandbox/sandbox-large'],
  embedding: ['sandbox/sandbox-embed'],
};

/** The `owned_by` of an alias. */
const OURS = 'system';

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
    const { chains, targets } = named;
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

/** The health of one model at one provider, and what is known of it. */
type Health = Pick<Target, 'breaker' | 'throttle' | 'learned' | 'latency'>;

interface Naming {
  readonly options: readonly UpstreamOptions[];
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly settings: ProvidersSettings;
  readonly healthOf: (options: UpstreamOptions, model: string) => Health;
  readonly keysOf: (options: UpstreamOptions, model: string) => readonly KeyAtModel[] | undefined;
  readonly clock: Clock;
}

/** All names, each with what it stands for. */
function namesOf({ options, upstreams, settings, healthOf, keysOf, clock }: Naming) {
  const { prices, aliases, models = {} } = settings;
  const chains = new Map<string, readonly Target[]>();
  const listed: { id: string; provider: string }[] = [];
  const targets: Target[] = [];
  const problems: string[] = [];

  function list(id: string, chain: readonly Target[], provider: string): void {
    if (!chains.has(id)) listed.push({ id, provider });
    chains.set(id, chain);
  }

  function add(upstream: Upstream, from: UpstreamOptions, model: string): void {
    const { name: provider } = upstream;
    const price = prices.of(provider, model);
    if (price === undefined) return void problems.push(unpriced(provider, model));
    const ownKeys = keysOf(from, model) ?? [];
    const single = { upstream, provider, model, price, ...healthOf(from, model) };
    const target =
      ownKeys.length === 0 ? single : { ...single, keys: new KeyPool(clock, withKeys(single, ownKeys)) };
    targets.push(target);
    const chain = [target];
    list(`${provider}/${model}`, chain, provider);
    // The first upstream that has a model answers to its bare name.
    if (!chains.has(model)) list(model, chain, provider);
  }

  for (const provider of Object.keys(models))
    if (!upstreams.has(provider)) problems.push(wrongAt(['models', provider], 'there is no such upstream.'));
  const named = options.map((one) => ({ ...one, models: models[one.name] ?? one.models }));
  for (const from of named) {
    const upstream = upstreams.get(from.name);
    for (const model of from.models ?? modelsInCatalogue(prices, from.name))
      if (upstream !== undefined) add(upstream, from, model);
  }
  const sizes = sizesFor(named, (name) => chains.has(name));
  for (const [alias, names] of Object.entries({ ...sizes, ...aliases })) {
    const route = routeOf(names);
    const members = route.models.flatMap(({ model, weight }) => {
      const chain = chains.get(model);
      if (chain === undefined)
        problems.push(wrongAt(['aliases', alias], `no configured upstream has ${model}.`));
      return (chain ?? []).map((target) => ({ ...target, place: { route, name: alias, weight } }));
    });
    const chain =
      route.order === 'weight' || route.order === 'latency'
        ? members
        : members.map((target) => ({ ...target, place: undefined }));
    if (route.order === 'price') chain.sort((one, other) => usualPrice(one.price) - usualPrice(other.price));
    if (chain.length > 0) list(alias, chain, OURS);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { chains, listed, targets };
}

/** A target for each key. */
function withKeys(target: Target, keys: readonly KeyAtModel[]): KeyedTarget[] {
  const { upstream } = target;
  return keys.map((key, index) => ({
    ...target,
    key,
    throttle: key.throttle,
    upstream: { ...upstream, ...upstream.keys[index] },
  }));
}

function unpriced(provider: string, model: string): string {
  const says = `${provider}/${model} has no price: give it one under prices, or name it in allow_unpriced.`;
  return wrongAt(['models', provider], says);
}

function modelsInCatalogue(prices: Prices, provider: string): string[] {
  return prices.names
    .filter((name) => name.startsWith(`${provider}/`))
    .map((name) => name.slice(provider.length + 1));
}

/** Where no known model of a size is configured (a local server), the first model of the first upstream serves. */
function sizesFor(
  upstreams: readonly UpstreamOptions[],
  isConfigured: (name: string) => boolean,
): Readonly<Record<string, readonly string[]>> {
  const real = upstreams.find(({ name }) => name !== 'sandbox');
  const first = real?.models?.[0];
  const last = real === undefined || first === undefined ? [] : [`${real.name}/${first}`];
  const sizes = Object.entries(real === undefined ? SANDBOX_SIZES : SIZES).map(([size, names]) => {
    const known = names.filter(isConfigured);
    return [size, known.length === 0 && size !== 'embedding' ? last : known] as const;
  });
  return Object.fromEntries(sizes);
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
  const withKey = (key: string) => ({ apiKey: key, authorization: authorization(options.authHeader, key) });
  return {
    name: options.name,
    dispatcher,
    origin: url.origin,
    path: url.pathname.replace(/\/+$/, ''),
    query: url.search,
    headers: [
      'content-type',
      'application/json',
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
    ...spokenBy(options, url),
    takes: takesOfUpstream(options.name, url.hostname),
  };
}

/** The protocols of an upstream, as it says itself, or by its name or host; a translation makes chat completions one of them. */
function spokenBy({ name, speaks }: UpstreamOptions, url: URL): Pick<Upstream, 'speaks' | 'translation'> {
  const spoken = speaks ?? protocolsOf(name, url);
  const translation = translationOf(spoken);
  return { speaks: new Set<Spoken>(translation === undefined ? spoken : ['chat', ...spoken]), translation };
}

function authorization(header: string | undefined, apiKey: string): string[] {
  if (apiKey === '') return [];
  return header === undefined ? ['authorization', `Bearer ${apiKey}`] : [header, apiKey];
}
