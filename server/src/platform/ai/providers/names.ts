import { ConfigError } from '#platform/config';
import type { Clock } from '#platform/kernel';
import type { Prices } from '../metering/prices.ts';
import { wrongAt } from '../settings.ts';
import { type KeyAtModel, KeyPool } from './keys.ts';
import type {
  KeyedTarget,
  ProvidersSettings,
  RouteInEffect,
  Target,
  Upstream,
  UpstreamOptions,
} from './providers.ts';
import { type Alias, readStored, type Route, type RouteFault, routeOf, usualPrice } from './routes.ts';

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

/** The health of one model at one provider, and what is known of it. */
export type Health = Pick<Target, 'breaker' | 'throttle' | 'learned' | 'latency'>;

interface Naming {
  readonly options: readonly UpstreamOptions[];
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly settings: ProvidersSettings;
  readonly healthOf: (options: UpstreamOptions, model: string) => Health;
  readonly keysOf: (options: UpstreamOptions, model: string) => readonly KeyAtModel[] | undefined;
  readonly clock: Clock;
}

/** All names, each with what it stands for. */
export function namesOf({ options, upstreams, settings, healthOf, keysOf, clock }: Naming) {
  const { prices, models = {} } = settings;
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
  function missing(name: string): string {
    const [provider = '', model = ''] = name.split(/\/(.*)/);
    const from = named.find((one) => one.name === provider);
    const mayHave = from !== undefined && (from.models?.includes(model) ?? true);
    return mayHave && prices.of(provider, model) === undefined
      ? noPrice(name)
      : `no configured upstream has ${name}.`;
  }
  for (const from of named) {
    const upstream = upstreams.get(from.name);
    for (const model of from.models ?? modelsInCatalogue(prices, from.name))
      if (upstream !== undefined) add(upstream, from, model);
  }
  const routes = routesOf(
    settings,
    sizesFor(named, (name) => chains.has(name)),
    { chains, missing, problems },
  );
  for (const [name, { alias, members }] of routes.inEffect) {
    const route = routeOf(alias);
    const isFound = route.order === 'weight' || route.order === 'latency';
    const chain = members.map(({ target, weight }) => ({
      ...target,
      place: isFound ? { route, name, weight } : undefined,
    }));
    if (route.order === 'price') chain.sort((one, other) => usualPrice(one.price) - usualPrice(other.price));
    if (chain.length > 0) list(name, chain, OURS);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { chains, listed, targets, routes: routes.inEffect, aside: routes.aside, faultsOf: routes.faultsOf };
}

interface RouteNaming {
  readonly chains: ReadonlyMap<string, readonly Target[]>;
  /** Why nothing answers to a model's name. */
  readonly missing: (model: string) => string;
  readonly problems: string[];
}

/** The aliases of the program, over which lie those of the file, over which lie stored ones. */
function routesOf(
  { aliases = {}, stored = new Map() }: ProvidersSettings,
  sizes: Readonly<Record<string, readonly string[]>>,
  { chains, missing, problems }: RouteNaming,
) {
  const inEffect = new Map<string, RouteInEffect>();
  const aside = new Map<string, readonly RouteFault[]>();
  const membersOf = (alias: Alias) =>
    routeOf(alias).models.flatMap(({ model, weight }) =>
      (chains.get(model) ?? []).map((target) => ({ target, weight })),
    );
  const faultsOf = (route: Route): RouteFault[] =>
    route.models.flatMap(({ model }, at) =>
      chains.has(model) ? [] : [{ path: `models.${at}.model`, message: missing(model) }],
    );
  for (const [source, own] of [
    ['program', sizes],
    ['file', aliases],
  ] as const)
    for (const [name, alias] of Object.entries<Alias>(own)) {
      problems.push(...faultsOf(routeOf(alias)).map(({ message }) => wrongAt(['aliases', name], message)));
      inEffect.set(name, { source, alias, members: membersOf(alias), beneath: undefined });
    }
  for (const [name, value] of stored) {
    const { route, faults } = readStored(value);
    const wrong = route === undefined ? faults : faultsOf(route);
    const beneath = inEffect.get(name)?.alias;
    if (route === undefined || wrong.length > 0) aside.set(name, wrong);
    else inEffect.set(name, { source: 'stored', alias: route, members: membersOf(route), beneath });
  }
  return { inEffect, aside, faultsOf };
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
  return wrongAt(['models', provider], noPrice(`${provider}/${model}`));
}

const noPrice = (name: string): string =>
  `${name} has no price: give it one under prices, or name it in allow_unpriced.`;

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
