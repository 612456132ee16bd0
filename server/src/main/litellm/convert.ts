import { Reading, shippedRows } from '#platform/ai';
import { isRecord } from '#platform/kernel';
import { priceOf } from './price.ts';

/** Our settings in place of a LiteLLM proxy's. */
export interface Converted {
  /** For AI_UPSTREAMS. */
  readonly upstreams: readonly ConvertedUpstream[];
  /** For AI_CONFIG. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Sentences on what has no counterpart, or needs a hand. */
  readonly notes: readonly string[];
}

interface ConvertedUpstream {
  readonly name: string;
  readonly base_url: string;
  readonly api_key?: string;
  readonly keys?: readonly { readonly key: string }[];
  readonly auth_header?: string;
  readonly models: readonly string[];
}

/** A model at an upstream, for which a name of the proxy stands. */
interface Deployment {
  readonly name: string;
  readonly upstream: string;
  readonly model: string;
  readonly weight: number;
}

interface OpenUpstream extends Omit<ConvertedUpstream, 'api_key' | 'keys' | 'models'> {
  readonly keys: Set<string>;
  readonly models: Set<string>;
}

/** Addresses of vendors by LiteLLM's prefix, where its configuration names none. */
const ADDRESSES: Readonly<Record<string, string>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  gemini: 'https://generativelanguage.googleapis.com/v1beta/openai',
  mistral: 'https://api.mistral.ai/v1',
  groq: 'https://api.groq.com/openai/v1',
  deepseek: 'https://api.deepseek.com/v1',
  xai: 'https://api.x.ai/v1',
  openrouter: 'https://openrouter.ai/api/v1',
  together_ai: 'https://api.together.xyz/v1',
  fireworks_ai: 'https://api.fireworks.ai/inference/v1',
  perplexity: 'https://api.perplexity.ai',
  cerebras: 'https://api.cerebras.ai/v1',
  ollama: 'http://127.0.0.1:11434/v1',
  ollama_chat: 'http://127.0.0.1:11434/v1',
};
/** Prefixes of servers at an address of one's own. */
const OWN = new Set([
  'openai',
  'hosted_vllm',
  'lm_studio',
  'custom_openai',
  'text-completion-openai',
  'litellm_proxy',
]);

const STRATEGIES: Readonly<Record<string, string>> = {
  'simple-shuffle': 'weight',
  'latency-based-routing': 'latency',
  'cost-based-routing': 'price',
};

/** Converts a config.yaml of LiteLLM's proxy that was parsed. `env` has the values of its `os.environ/…`. Throws what is no such file, as a sentence. */
export function fromLiteLlm(
  given: unknown,
  env: Readonly<Record<string, string | undefined>>,
  version: string,
): Converted {
  const reading = new Reading();
  const file = reading.seen(given);
  const list = isRecord(file) ? file['model_list'] : undefined;
  if (!isRecord(file) || !Array.isArray(list))
    throw new Error('The file has no model_list, as a config.yaml of LiteLLM has.');
  const notes: string[] = [];
  const unset = new Set<string>();
  const source: Source = { env, unset, upstreams: new Map(), credentials: credentialsIn(file) };
  const prices: Record<string, object> = {};
  const shipped = shippedRows();
  const deployments = list.flatMap((entry: unknown, index): Deployment[] => {
    const found = readDeployment(entry, source);
    if (typeof found !== 'string') {
      const name = `${found.upstream}/${found.model}`;
      const said = [part(entry, 'litellm_params'), part(entry, 'model_info')];
      const price = priceOf((field) => firstOf(said, field), shipped[name]);
      if (price !== undefined) prices[name] = price;
      return [found];
    }
    // Its members are not said one by one.
    reading.handOn(entry);
    notes.push(`model_list[${index}] is left out: ${found}`);
    return [];
  });
  const router = part(file, 'router_settings');
  const config = {
    version,
    ...(Object.keys(prices).length === 0 ? {} : { prices }),
    aliases: aliasesOf(deployments, { file, router, notes }),
  };
  for (const group of GROUPS) part(file, group);
  for (const path of reading.unread(given, '', PATHS))
    notes.push(`${path}: ${ELSEWHERE[path] ?? 'It has no counterpart here.'}`);
  for (const name of unset) notes.push(`The variable ${name} is not set: <${name}> stands for it.`);
  return { upstreams: [...source.upstreams.values()].map(closed), config, notes };
}

/** Parts of the file whose members are said one by one. */
const GROUPS = ['litellm_settings', 'router_settings', 'general_settings'];
/** Members that are done anyway here, or describe an entry to people. */
const IDLE: ReadonlySet<string> = new Set(
  'allowed_fails base_model cooldown_time db_model description id max_tokens mode num_retries retry_after set_verbose'.split(
    ' ',
  ),
);
const PATHS = {
  isIdle: (name: string) => IDLE.has(name) || name.startsWith('supports_'),
  item: (path: string, at: string) => `${path}[${at}]`,
};

interface Source {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Variables that the file names and that are not set. */
  readonly unset: Set<string>;
  readonly upstreams: Map<string, OpenUpstream>;
  readonly credentials: ReadonlyMap<unknown, Fields>;
}

/** Credentials that entries may name in place of a key and an address. */
function credentialsIn({ credential_list: list }: Fields): Source['credentials'] {
  const known = Array.isArray(list) ? list.filter(isRecord) : [];
  return new Map(known.map((one) => [one['credential_name'], part(one, 'credential_values')]));
}

type Fields = Readonly<Record<string, unknown>>;

/** The deployment of an entry, whose upstream is noted; or why there is none. */
function readDeployment(entry: unknown, source: Source): Deployment | string {
  const said = part(entry, 'litellm_params');
  const name = isRecord(entry) ? entry['model_name'] : undefined;
  const { model: called, litellm_credential_name: credential, weight: share, rpm, tpm } = said;
  if (typeof name !== 'string' || typeof called !== 'string')
    return 'it has no model_name, or no litellm_params.model.';
  if (credential !== undefined && !source.credentials.has(credential))
    return `credential_list has no ${JSON.stringify(credential)}.`;
  const textOf = (field: string) =>
    text(firstOf([said, source.credentials.get(credential) ?? {}], field), source);
  if (name.includes('*') || called.includes('*'))
    return `${name} stands for any model; name each one that is to be called.`;
  const own = textOf('api_base') ?? textOf('base_url');
  const [prefix, model] = splitModel(called, textOf('custom_llm_provider'), own);
  if (prefix === undefined)
    return `the provider of ${model} can't be told from its name: write provider/${model}.`;
  const place = placeOf({ prefix, model, own, version: textOf('api_version') });
  if (typeof place === 'string') return place;
  const upstream = upstreamAt(place, source.upstreams);
  const key = textOf('api_key') ?? (own === undefined ? usualKey(prefix, source) : undefined);
  if (key !== undefined) upstream.keys.add(key);
  upstream.models.add(model);
  const weight = Number(share ?? rpm ?? tpm ?? 1);
  return { name, upstream: upstream.name, model, weight: Number.isFinite(weight) ? weight : 1 };
}

/** A model's name says its provider, as LiteLLM has it. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(?:gpt-|chatgpt-|o\d|ft:|text-embedding-|dall-e-|whisper-|tts-|omni-moderation)/, 'openai'],
  [/^claude-/, 'anthropic'],
  [/^gemini-/, 'vertex_ai'],
];

function splitModel(
  model: string,
  provider: string | undefined,
  own: string | undefined,
): [string | undefined, string] {
  if (provider !== undefined) return [provider, model.replace(`${provider}/`, '')];
  const at = model.indexOf('/');
  if (at >= 0) return [model.slice(0, at), model.slice(at + 1)];
  const said = NAMES.find(([name]) => name.test(model))?.[1];
  return [said ?? (own === undefined ? undefined : 'openai'), model];
}

/** Beginnings of variables that are not the prefix. */
const KEYS: Readonly<Record<string, string>> = { perplexity: 'PERPLEXITYAI', together_ai: 'TOGETHERAI' };

/** The variable that LiteLLM reads where an entry names no key. Servers of one's own have none. */
const usualKey = (prefix: string, source: Source): string | undefined =>
  prefix.startsWith('ollama')
    ? undefined
    : text(`os.environ/${KEYS[prefix] ?? prefix.toUpperCase()}_API_KEY`, source);

interface Asked {
  readonly prefix: string;
  readonly model: string;
  /** An address that the entry names. */
  readonly own: string | undefined;
  readonly version: string | undefined;
}

type Place = Pick<ConvertedUpstream, 'name' | 'base_url' | 'auth_header'>;

function placeOf({ prefix, model, own, version }: Asked): Place | string {
  if (prefix === 'azure' || prefix === 'azure_ai') {
    if (own === undefined) return 'Azure needs api_base.';
    const query = version === undefined ? '' : `?api-version=${encodeURIComponent(version)}`;
    const base = own.replace(/\/+$/, '');
    const path =
      prefix === 'azure_ai' || base.includes('/openai/') ? base : `${base}/openai/deployments/${model}`;
    return { name: 'azure', base_url: path + query, auth_header: 'api-key' };
  }
  if (prefix === 'bedrock' || prefix.startsWith('vertex_ai') || prefix === 'sagemaker')
    return `${prefix} signs its calls: docs/upstreams.md has what to write by hand.`;
  const base = own === undefined ? ADDRESSES[prefix] : withVersion(prefix, own);
  if (base === undefined) return `${prefix} has no address that is known here; name its api_base.`;
  if (own !== undefined && OWN.has(prefix) && !base.startsWith('https://api.openai.com'))
    return { name: hostName(base), base_url: base };
  return { name: prefix.replace('_chat', '').replaceAll('_', '-'), base_url: base };
}

/** LiteLLM is told the root of these. */
const AT_ROOT = new Set(['anthropic', 'ollama', 'ollama_chat']);

const withVersion = (prefix: string, base: string): string =>
  AT_ROOT.has(prefix) && !/\/v1\/*$/.test(base) ? `${base.replace(/\/+$/, '')}/v1` : base;

const hostName = (base: string): string =>
  (URL.parse(base)?.host ?? 'own')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^(?![a-z])/, 'at-')
    .slice(0, 36);

/** The upstream at an address. A second one of a name gets a number. */
function upstreamAt(place: Place, upstreams: Map<string, OpenUpstream>): OpenUpstream {
  const before = upstreams.get(place.base_url);
  if (before !== undefined) return before;
  const taken = new Set([...upstreams.values()].map(({ name }) => name));
  let name = place.name;
  for (let nth = 2; taken.has(name); nth += 1) name = `${place.name}-${nth}`;
  const made = { ...place, name, keys: new Set<string>(), models: new Set<string>() };
  upstreams.set(place.base_url, made);
  return made;
}

function closed({ keys, models, ...place }: OpenUpstream): ConvertedUpstream {
  const [only, ...more] = keys;
  const key =
    more.length === 0 ? only && { api_key: only } : { keys: [...keys].map((one) => ({ key: one })) };
  return { ...place, ...key, models: [...models] };
}

interface Routing {
  readonly file: Readonly<Record<string, unknown>>;
  readonly router: Readonly<Record<string, unknown>>;
  readonly notes: string[];
}

/** Each name of the proxy, as a chain or a route: its deployments share the calls, and those of its fallbacks follow. */
function aliasesOf(
  deployments: readonly Deployment[],
  { file, router, notes }: Routing,
): Record<string, unknown> {
  const { routing_strategy: said } = router;
  const strategy = typeof said === 'string' ? said : 'simple-shuffle';
  if (STRATEGIES[strategy] === undefined)
    notes.push(`routing_strategy ${strategy} has no counterpart: calls are divided by weights.`);
  const order = STRATEGIES[strategy] ?? 'weight';
  const fallbacks = fallbacksIn([part(file, 'litellm_settings'), router]);
  const groups = Map.groupBy(deployments, ({ name }) => name);
  const chainOf = (name: string, isFallback: boolean) =>
    onceEach(groups.get(name) ?? []).map(({ upstream, model, weight }) => ({
      model: `${upstream}/${model}`,
      weight: isFallback ? 0 : weight,
    }));
  const aliases: Record<string, unknown> = {};
  for (const name of groups.keys()) {
    const own = chainOf(name, false);
    const behind = (fallbacks[name] ?? []).flatMap((one) => chainOf(one, true));
    const models = [...own, ...behind.filter(({ model }) => !own.some((one) => one.model === model))];
    const isChain = own.length === 1;
    aliases[name] = isChain ? models.map(({ model }) => model) : routeOf(order, models);
  }
  for (const [alias, name] of Object.entries(part(router, 'model_group_alias'))) {
    const target = aliases[String(isRecord(name) ? name['model'] : name)];
    if (target === undefined) notes.push(`model_group_alias.${alias} names no model of the list.`);
    else aliases[alias] = target;
  }
  return named(aliases, notes);
}

/** Weights have no bound there: calls a minute, or tokens. */
const MOST_WEIGHT = 10_000;

function routeOf(
  order: string,
  models: readonly { readonly model: string; readonly weight: number }[],
): object {
  if (order !== 'weight') return { order, models: models.map(({ model }) => ({ model })) };
  const scale = Math.min(1, MOST_WEIGHT / Math.max(...models.map(({ weight }) => weight)));
  const whole = models.map(({ model, weight }) => ({
    model,
    weight: weight === 0 ? 0 : Math.max(1, Math.round(weight * scale)),
  }));
  return { order, sticky: false, models: whole };
}

/** Several keys of one model at one place are one model here, whose upstream has several keys. */
function onceEach(deployments: readonly Deployment[]): Deployment[] {
  const found = new Map<string, Deployment>();
  for (const one of deployments) {
    const place = `${one.upstream}/${one.model}`;
    const before = found.get(place);
    found.set(place, before === undefined ? one : { ...before, weight: before.weight + one.weight });
  }
  return [...found.values()];
}

/** Names that may be aliases here. One that is a model's own needs none. */
function named(aliases: Readonly<Record<string, unknown>>, notes: string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(aliases).flatMap(([name, chain]) => {
      if (/^[\w.:@-]{1,100}$/.test(name)) return [[name, chain]];
      notes.push(`The name ${name} can be no alias: it may have letters, digits, and . : @ - _ alone.`);
      return [];
    }),
  );
}

function fallbacksIn(parts: readonly Readonly<Record<string, unknown>>[]): Record<string, string[]> {
  const lists = parts.flatMap(({ fallbacks }) => (Array.isArray(fallbacks) ? fallbacks : []));
  return Object.fromEntries(
    lists.flatMap((one: unknown) =>
      isRecord(one)
        ? Object.entries(one).map(([name, to]) => [name, Array.isArray(to) ? to.map(String) : []])
        : [],
    ),
  );
}

/** Parts that are done in another way here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'litellm_settings.cache': 'There is no cache of answers.',
  'litellm_settings.success_callback':
    'Usage goes to your systems by webhooks and exports (docs/webhooks.md, docs/reports.md).',
  'litellm_settings.context_window_fallbacks':
    'A prompt that is too long is refused, and no longer model is asked.',
  'general_settings.master_key':
    'Keys are made by people and their accounts (docs/identity.md), not shared by all.',
  'general_settings.database_url':
    'DATABASE_URL is a database of its own: LiteLLM’s keys and spend are not moved.',
  'litellm_settings.drop_params':
    'A field that a model would lose is refused, and an alias goes on with a model that takes it.',
  'router_settings.redis_host': 'REDIS_URL, where there are several processes.',
  include: 'Its files are not read: put their models into this one.',
  environment_variables: 'Set them where this command runs.',
};

/** A member of the first part that has it. */
const firstOf = (parts: readonly Fields[], name: string): unknown =>
  parts.map((one) => one[name]).find((value) => (value ?? null) !== null);

function part(of: unknown, name: string): Fields {
  const value = isRecord(of) ? of[name] : undefined;
  return isRecord(value) ? value : {};
}

/** A text of the file; of a variable that is not set, a word in its place. */
function text(value: unknown, { env, unset }: Pick<Source, 'env' | 'unset'>): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const [, name] = /^os\.environ\/(\w+)$/.exec(value) ?? [];
  if (name === undefined) return value;
  if (env[name] === undefined) unset.add(name);
  return env[name] ?? `<${name}>`;
}
