import { AppError, type Clock, type Random } from '#platform/kernel';
import { type Dispatcher, Pool } from 'undici';
import { Breaker, type BreakerSettings, type BreakerState } from './breaker.ts';
import { Gate } from './gate.ts';
import type { Price, Prices } from './prices.ts';
import type { Timers } from './timers.ts';

/** How a vendor's dialect of OpenAI's protocol differs. */
export interface Dialect {
  /** The name under which it reads the reply's cap. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  /** Takes `safety_identifier` and `store`. */
  readonly safety: boolean;
  /** Takes `stream_options.include_usage`. */
  readonly streamUsage: boolean;
  /** Takes `response_format` with a JSON schema. */
  readonly jsonSchema: boolean;
}

const PLAIN: Dialect = { maxTokensField: 'max_tokens', safety: false, streamUsage: true, jsonSchema: false };

/** What is known of vendors; an upstream of another name gets the plain dialect. */
const DIALECTS: Readonly<Record<string, Dialect>> = {
  // Its reasoning models refuse max_tokens; all take max_completion_tokens.
  openai: { maxTokensField: 'max_completion_tokens', safety: true, streamUsage: true, jsonSchema: true },
  sandbox: { maxTokensField: 'max_completion_tokens', safety: true, streamUsage: true, jsonSchema: true },
  minimax: { ...PLAIN, jsonSchema: true },
};

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

export interface UpstreamOptions {
  readonly name: string;
  /** Up to and with the version: https://api.openai.com/v1 */
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  /** Its models; those of the price catalogue when not said. */
  readonly models?: readonly string[] | undefined;
  readonly dialect?: Partial<Dialect> | undefined;
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
  /** Headers of every call, flat as undici takes them fastest. Holds the key: never logged. */
  readonly headers: readonly string[];
  readonly apiKey: string;
  readonly dialect: Dialect;
}

/** One model at one provider: what a call is sent to. */
export interface Target {
  readonly upstream: Upstream;
  readonly provider: string;
  readonly model: string;
  readonly price: Price;
  readonly breaker: Breaker;
  readonly gate: Gate;
}

export interface Providers {
  /**
   * The models that a name stands for, in order: an alias, `provider/model`, or a model of any configured provider.
   * Throws `model_unknown`, also for a model without a price.
   */
  chain(name: string): readonly Target[];
  /** Whether a provider is configured and has the model; `*` is any. */
  has(provider: string, model: string): boolean;
  /** All names that can be asked for. */
  list(): readonly { readonly id: string; readonly provider: string }[];
  close(): Promise<void>;
}

export interface ProvidersParts {
  readonly upstreams: readonly UpstreamOptions[];
  /** Names of our own, each a chain of `provider/model`; added to `small`, `large` and `embedding`. */
  readonly aliases?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly prices: Prices;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly breaker: BreakerSettings;
  readonly breakerChanged: (provider: string, model: string, state: BreakerState) => void;
  /** A provider throttles us: calls of the model wait for so many milliseconds. */
  readonly gateClosed: (provider: string, model: string, milliseconds: number) => void;
}

/** The configured providers: OpenAI-compatible servers by base URL and key. */
export function createProviders(parts: ProvidersParts): Providers {
  const upstreams = new Map(parts.upstreams.map((options) => [options.name, open(options)]));
  const chains = new Map<string, readonly Target[]>();
  const listed: { id: string; provider: string }[] = [];

  function add(upstream: Upstream, model: string): void {
    const { name: provider } = upstream;
    const price = parts.prices.of(provider, model);
    if (price === undefined) throw new Error(`the price catalogue lacks ${provider}/${model}`);
    const changed = (state: BreakerState): void => parts.breakerChanged(provider, model, state);
    const breaker = new Breaker({ settings: parts.breaker, clock: parts.clock, changed });
    const closed = (milliseconds: number): void => parts.gateClosed(provider, model, milliseconds);
    const gate = new Gate({ ...parts, closed });
    const chain = [{ upstream, provider, model, price, breaker, gate }];
    chains.set(`${provider}/${model}`, chain);
    // The first upstream that has a model answers to its bare name.
    if (chains.has(model)) return;
    chains.set(model, chain);
    listed.push({ id: model, provider });
  }

  for (const options of parts.upstreams) {
    const upstream = upstreams.get(options.name);
    if (upstream === undefined) continue;
    for (const model of options.models ?? catalogued(parts.prices, options.name)) add(upstream, model);
  }
  const sizes = sizesFor(parts.upstreams, (name) => chains.has(name));
  for (const [alias, names] of Object.entries({ ...sizes, ...parts.aliases })) {
    const chain = names.flatMap((name) => chains.get(name) ?? unknownIn(alias, name));
    if (chain.length > 0) chains.set(alias, chain);
  }

  return {
    chain(name) {
      const chain = chains.get(name);
      if (chain === undefined) throw new AppError('model_unknown', { details: { field: 'model' } });
      return chain;
    },
    has: (provider, model) => (model === '*' ? upstreams.has(provider) : chains.has(`${provider}/${model}`)),
    list: () => listed,
    async close() {
      // Destroyed, not closed: whoever stops has drained its calls, and a hung provider must not hold the process.
      await Promise.all([...upstreams.values()].map(({ dispatcher }) => dispatcher.destroy(null)));
    },
  };
}

function unknownIn(alias: string, name: string): never {
  throw new Error(`the alias ${alias} names a model that no configured provider has: ${name}`);
}

function catalogued(prices: Prices, provider: string): string[] {
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

function open(options: UpstreamOptions): Upstream {
  const url = new URL(options.baseUrl);
  const dispatcher = new Pool(url.origin, {
    connections: options.connections ?? 512,
    // One call a connection: a call that is aborted or hangs takes no other with it.
    pipelining: 1,
    allowH2: false,
    connect: { timeout: options.connectTimeout ?? 5_000 },
    // The shared wheel keeps all time limits (deadlines.ts).
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const apiKey = options.apiKey ?? '';
  return {
    name: options.name,
    dispatcher,
    origin: url.origin,
    path: url.pathname.replace(/\/+$/, ''),
    headers: [
      'content-type',
      'application/json',
      'user-agent',
      'plinth',
      ...(apiKey === '' ? [] : ['authorization', `Bearer ${apiKey}`]),
    ],
    apiKey,
    dialect: { ...(DIALECTS[options.name] ?? PLAIN), ...options.dialect },
  };
}
