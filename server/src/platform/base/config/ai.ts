import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

/** A setting that is JSON, or the name of a file that holds it. */
interface JsonSetting {
  readonly text: string;
  readonly value: unknown;
  /** Absolute; undefined where the setting is the JSON itself. */
  readonly path: string | undefined;
}

/** Reads one; answers what is wrong with it as text, without quoting it. */
function readJson(setting: string): JsonSetting | string {
  const path = /^\s*[[{]/.test(setting) ? undefined : resolve(setting);
  let text = setting;
  try {
    if (path !== undefined) text = readFileSync(path, 'utf8');
  } catch {
    return 'names a file that can not be read';
  }
  try {
    return { text, path, value: JSON.parse(text) as unknown };
  } catch {
    return 'is not valid JSON';
  }
}

/** The file of prices, models, aliases and policies, as text that is JSON; the AI module knows what it says. */
export interface AiSettingsText {
  readonly text: string;
  /** Absolute; undefined where the setting is the JSON itself, which does not change while the process runs. */
  readonly path: string | undefined;
}

/** Reads AI_CONFIG. Answers what is wrong with it as text. */
export function readAiSettings(value: string): AiSettingsText | string {
  const json = readJson(value);
  return typeof json === 'string' ? json : { text: json.text, path: json.path };
}

/** An OpenAI-compatible place to send model calls to. */
export interface UpstreamSetting {
  readonly name: string;
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  /** Several keys, in place of the one. */
  readonly keys?: readonly { readonly key: string; readonly name: string; readonly weight: number }[];
  /** The header that takes the key as it is; `Authorization: Bearer` when not said. */
  readonly authHeader?: string | undefined;
  /** The models that it serves; not said: all that the policies and the catalogue name. */
  readonly models: readonly string[] | undefined;
  /** The protocols in which they are asked; by the upstream's name or host when not said. */
  readonly speaks?: z.infer<typeof upstream>['speaks'];
  /** Keys of AWS, with which calls are signed (Bedrock). */
  readonly aws?: AwsKeys | undefined;
  /** Credentials of Google Cloud (Vertex AI). */
  readonly google?: GoogleCredentials | undefined;
}

const awsKeys = z.strictObject({
  access_key_id: z.string().min(1),
  secret_access_key: z.string().min(1),
  session_token: z.string().min(1).optional(),
  /** By the host when not said. */
  region: z.string().min(1).optional(),
});
export type AwsKeys = z.infer<typeof awsKeys>;

/** The key file of a service account, or what the process finds by itself (Application Default Credentials). */
const googleCredentials = z.union([
  z.literal('default'),
  z.looseObject({ client_email: z.string().min(1), private_key: z.string().min(1) }),
]);

export type GoogleCredentials = z.infer<typeof googleCredentials>;

const upstream = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/),
  base_url: z.url({ protocol: /^https?$/ }),
  api_key: z.string().min(1).optional(),
  keys: z
    .array(
      z.strictObject({
        key: z.string().min(1),
        name: z
          .string()
          .regex(/^[\w.-]{1,40}$/)
          .optional(),
        weight: z.int().min(1).max(1_000).default(1),
      }),
    )
    .min(1)
    .max(64)
    .optional(),
  auth_header: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,60}$/i)
    .optional(),
  models: z.array(z.string().min(1)).optional(),
  speaks: z
    .array(
      z.enum([
        'chat',
        'responses',
        'embeddings',
        'moderations',
        'images',
        'speech',
        'transcriptions',
        'messages',
        'gemini',
        'converse',
        'mistral',
      ]),
    )
    .min(1)
    .optional(),
  aws: awsKeys.optional(),
  google: googleCredentials.optional(),
});

/** Reads AI_UPSTREAMS. Answers what is wrong with it as text. */
export function readUpstreams(
  value: string,
): { readonly listed: readonly UpstreamSetting[]; readonly path: string | undefined } | string {
  const json = readJson(value);
  if (typeof json === 'string') return json;
  const parsed = z.array(upstream).safeParse(json.value);
  if (!parsed.success) return `is not a list of upstreams (see ${pathOf(parsed.error)})`;
  const names = parsed.data.map(({ name }) => name);
  if (hasTwice(names)) return 'names an upstream twice';
  const wrong = parsed.data.map(wrongKeys).find((says) => says !== undefined);
  if (wrong !== undefined) return wrong;
  const listed = parsed.data.map(
    ({ name, base_url, api_key, keys, auth_header, models, speaks, aws, google }) => ({
      name,
      baseUrl: base_url.replace(/\/+$/, ''),
      apiKey: api_key,
      ...(keys === undefined
        ? {}
        : { keys: keys.map((key, index) => ({ ...key, name: nameOf(key, index) })) }),
      ...(auth_header === undefined ? {} : { authHeader: auth_header }),
      models,
      ...(speaks === undefined ? {} : { speaks }),
      ...(aws === undefined ? {} : { aws }),
      ...(google === undefined ? {} : { google }),
    }),
  );
  return { listed, path: json.path };
}

/** Keys are known by their names alone wherever people read of them. */
const nameOf = ({ name }: { readonly name?: string | undefined }, index: number) =>
  name ?? `key-${index + 1}`;

const hasTwice = (texts: readonly string[]) => new Set(texts).size < texts.length;

function wrongKeys({ name, api_key, aws, keys = [] }: z.infer<typeof upstream>): string | undefined {
  if (keys.length > 0 && api_key !== undefined)
    return `gives ${name} an api_key beside its keys: list it there`;
  if (keys.length > 0 && aws !== undefined) return `gives ${name} keys beside aws: one of them is used`;
  if (hasTwice(keys.map(nameOf))) return `names a key of ${name} twice`;
  return hasTwice(keys.map(({ key }) => key)) ? `lists a key of ${name} twice` : undefined;
}

function pathOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined || issue.path.length === 0 ? 'the top' : issue.path.map(String).join('.');
}

/** How many calls may be under way at once at a provider, over all processes. */
export interface SlotSetting {
  readonly provider: string;
  /** `*`: all models of the provider together. */
  readonly model: string;
  /** undefined: both lanes together. */
  readonly lane: 'interactive' | 'batch' | undefined;
  readonly limit: number;
}

const ENTRY = /^([a-z][a-z0-9-]{0,40})\/(\S+?)(?::(interactive|batch))?\s*=\s*([1-9]\d{0,5})$/;

/** Reads AI_SLOTS: `minimax/*:batch=4, openai/gpt-4.1=20`. Answers what is wrong with it as text. */
export function readSlots(value: string): readonly SlotSetting[] | string {
  const slots: SlotSetting[] = [];
  const entries = value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  for (const [at, entry] of entries.entries()) {
    const [, provider, model, lane, limit] = ENTRY.exec(entry) ?? [];
    if (provider === undefined || model === undefined)
      return `is not a list of slots: entry ${at + 1} is not like openai/gpt-4.1=20 or minimax/*:batch=4`;
    const isTwice = slots.some(
      (one) => one.provider === provider && one.model === model && one.lane === lane,
    );
    if (isTwice) return `names the slots of entry ${at + 1} twice`;
    slots.push({ provider, model, lane: laneOf(lane), limit: Number(limit) });
  }
  return slots;
}

function laneOf(text: string | undefined): SlotSetting['lane'] {
  return text === 'interactive' || text === 'batch' ? text : undefined;
}
