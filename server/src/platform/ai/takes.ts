import { z } from 'zod';
import type { Protocol } from './dialects/dialect.ts';

const takesSchema = z.strictObject({
  /** The name under which it reads the reply's cap. */
  cap: z.enum(['max_tokens', 'max_completion_tokens']),
  temperature: z.boolean(),
  safety_identifier: z.boolean(),
  store: z.boolean(),
  /** `include_usage`. */
  stream_options: z.boolean(),
  /** The most that it enforces; what it does not is asked for in words. */
  response_format: z.enum(['json_schema', 'json_object', 'none']),
});

/** A row's or an upstream's own facts. */
export const takesPart = takesSchema.partial();
export type TakesPart = z.infer<typeof takesPart>;

/** The fields, beside the model's name, that no caller wrote and that a model takes. The names are those of the fields. */
export type Takes = z.infer<typeof takesSchema>;

/** A model that nothing is known of gets the least that bounds a call and tells its cost. */
const LEAST: Takes = {
  cap: 'max_tokens',
  temperature: false,
  safety_identifier: false,
  store: false,
  stream_options: true,
  response_format: 'json_object',
};

/** Protocols of vendors' own, into which chat completions are translated (providers/translations.ts). */
export type TranslationName = 'converse' | 'gemini' | 'messages' | 'mistral';

interface Vendor {
  readonly host?: RegExp;
  readonly takes: TakesPart;
  /** Protocols that it speaks beside OpenAI's chat completions and embeddings. */
  readonly speaks?: readonly Protocol[];
  /** The protocol that it speaks in place of them, into which chat completions are translated. */
  readonly translation?: TranslationName;
  /** It speaks them too: below `/openai`, and at hosts that are not its own. */
  readonly isCompatible?: true;
  /** The vendor's own document, or its answer where it has none. */
  readonly source: string;
}

/** Vendors by the name of their upstream, or the host of its URL. Rows of the price catalogue say what single models take. */
const VENDORS: Readonly<Record<string, Vendor>> = {
  openai: {
    host: /^api\.openai\.com$/,
    takes: {
      cap: 'max_completion_tokens',
      safety_identifier: true,
      store: true,
      response_format: 'json_schema',
    },
    speaks: ['responses', 'moderations', 'images', 'speech'],
    source:
      'platform.openai.com/docs/api-reference/chat/create; reasoning models take no temperature: platform.openai.com/docs/guides/reasoning',
  },
  sandbox: {
    takes: {
      cap: 'max_completion_tokens',
      temperature: true,
      safety_identifier: true,
      store: true,
      response_format: 'json_schema',
    },
    speaks: ['responses', 'moderations', 'images', 'speech', 'messages', 'gemini'],
    source: 'sandboxes/src/openai/request.ts',
  },
  anthropic: {
    host: /^api\.anthropic\.com$/,
    takes: { safety_identifier: true, stream_options: false, response_format: 'none' },
    translation: 'messages',
    source: 'platform.claude.com/docs/en/api/messages',
  },
  azure: {
    host: /\.(?:openai|services\.ai|cognitiveservices)\.azure\.com$/,
    takes: { cap: 'max_completion_tokens', response_format: 'json_schema' },
    speaks: ['responses', 'images', 'speech'],
    source: 'learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning',
  },
  github: {
    host: /^models\.(?:github\.ai|inference\.ai\.azure\.com)$/,
    takes: { cap: 'max_completion_tokens' },
    source: 'docs.github.com/rest/models/inference',
  },
  minimax: {
    host: /^api\.minimax/,
    takes: { temperature: true, response_format: 'json_schema' },
    source: 'platform.minimax.io/docs/api-reference/text-openai-api',
  },
  groq: {
    host: /^api\.groq\.com$/,
    takes: { cap: 'max_completion_tokens', temperature: true },
    source: 'console.groq.com/docs/api-reference#chat-create',
  },
  // It sends the usage of a stream unasked.
  mistral: {
    host: /^api\.mistral\.ai$/,
    takes: { temperature: true, stream_options: false, response_format: 'json_schema' },
    speaks: ['embeddings'],
    translation: 'mistral',
    source: 'docs.mistral.ai/api/#tag/chat',
  },
  deepseek: {
    host: /^api\.deepseek\.com$/,
    takes: { temperature: true },
    source: 'api-docs.deepseek.com/api/create-chat-completion',
  },
  // Its own protocol, and Vertex AI's: `/openai` and `/openapi` at the end of the base URL are OpenAI's.
  gemini: {
    host: /^(?:generativelanguage|(?:[\w-]+-)?aiplatform)\.googleapis\.com$/,
    takes: { temperature: true },
    translation: 'gemini',
    isCompatible: true,
    source:
      'ai.google.dev/gemini-api/docs/openai; other fields are "Unknown name": github.com/Routstr/routstr-core/issues/505',
  },
  // Its models differ: they get the least that bounds a call, and a form of their answer in words.
  bedrock: {
    host: /^bedrock-runtime[\w.-]*\.amazonaws\.com(?:\.cn)?$/,
    takes: { stream_options: false, response_format: 'none' },
    translation: 'converse',
    source: 'docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
  },
  // Its models fix their temperature: one may be sent nowhere.
  moonshot: {
    host: /^api\.moonshot\.(?:ai|cn)$/,
    takes: {},
    source: 'platform.kimi.ai/docs/guide/migrating-from-openai-to-kimi',
  },
};

/** Fields that an upstream's models take, where their rows do not say. */
export function takesOfUpstream(name: string, host: string): Takes {
  return withPart(LEAST, vendorOf(name, host)?.takes);
}

/** A protocol of an upstream: one in which its models are asked, or one into which chat completions are translated. */
export type Spoken = Protocol | TranslationName;

/** Where a vendor of another protocol speaks OpenAI's too. */
const OPENAI_PATH = /\/open(?:ai|api)(?:\/|$)/;

/** The protocols of an upstream that does not say them. */
export function protocolsOf(name: string, { hostname, pathname }: URL): readonly Spoken[] {
  const { host, speaks = [], translation, isCompatible } = vendorOf(name, hostname) ?? {};
  const isOwn = isCompatible !== true || (host?.test(hostname) === true && !OPENAI_PATH.test(pathname));
  if (translation !== undefined && isOwn) return [translation, ...speaks];
  // Azure's path of a deployment has chat completions and embeddings alone; its `/openai/v1` has all.
  return ['chat', 'embeddings', ...(pathname.includes('/deployments/') ? [] : speaks)];
}

function vendorOf(name: string, host: string): Vendor | undefined {
  const named = Object.hasOwn(VENDORS, name) ? VENDORS[name] : undefined;
  return named ?? Object.values(VENDORS).find((one) => one.host?.test(host));
}

/** The facts of a part, and the others as they were. */
export function withPart(takes: Takes, part: TakesPart = {}): Takes {
  return {
    cap: part.cap ?? takes.cap,
    temperature: part.temperature ?? takes.temperature,
    safety_identifier: part.safety_identifier ?? takes.safety_identifier,
    store: part.store ?? takes.store,
    stream_options: part.stream_options ?? takes.stream_options,
    response_format: part.response_format ?? takes.response_format,
  };
}

/** Facts about a model, from its answers and refusals: kept for as long as the process runs, beside its row. */
export interface Learned {
  takes: TakesPart;
  /** It spent a whole reply on thoughts. */
  thinks: boolean;
}

const OTHER_CAP = { max_tokens: 'max_completion_tokens', max_completion_tokens: 'max_tokens' } as const;
const LESS_FORMAT = { json_schema: 'json_object', json_object: 'none', none: 'none' } as const;

/**
 * `takes` without the field that the provider refuses; undefined: the call can't do with less. The reply's cap is
 * renamed once, from the name that was `first` sent: without one a call has no bound.
 */
export function takesWithout(takes: Takes, field: string, first: Takes): Takes | undefined {
  if (field === takes.cap)
    return takes.cap === first.cap ? { ...takes, cap: OTHER_CAP[takes.cap] } : undefined;
  if (!Object.hasOwn(takes, field) || takes[field as keyof Takes] === false) return undefined;
  if (field === 'response_format' && takes.response_format === 'none') return undefined;
  if (field === 'response_format') return { ...takes, response_format: LESS_FORMAT[takes.response_format] };
  return { ...takes, [field]: false };
}
