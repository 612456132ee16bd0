import { isRecord } from '#platform/kernel';
import { ConfigError } from '#platform/config';
import { z } from 'zod';
import { ALIAS, type Alias, aliasSchema } from './providers/routes.ts';
import { createPrices, type Prices, priceRows } from './metering/prices.ts';

const name = z.string().min(1).max(200);

const settingsSchema = z.strictObject({
  /** The day from which it is in effect, and what tells two of one day apart: it becomes part of `price_version`. */
  version: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}([.-][\w-]{1,16})?$/, 'must be a date, such as 2026-11-21 or 2026-11-21.2'),
  prices: priceRows.optional(),
  allow_unpriced: z
    .array(z.string().regex(/^[\w.-]+\/(\*|[\w./:@-]+)$/, 'must be provider/model or provider/*'))
    .optional(),
  models: z.record(name, z.array(name).min(1)).optional(),
  aliases: z.record(z.string().regex(ALIAS), aliasSchema).optional(),
  policies: z
    .record(
      z.string().regex(/^[\w-]+\.[\w-]+$/, 'must be product.feature'),
      z.record(z.string(), z.unknown()),
    )
    .optional(),
  allowed_fields: z.array(name).optional(),
  own_keys: z.record(name, z.strictObject({ fee: z.int().min(0).max(100).default(0) })).optional(),
});

/** The settings of the AI gateway, from one file: docs/gateway.md. */
export interface AiSettings {
  readonly prices: Prices;
  /** By provider; one that is not named has the models that its settings or the prices name. */
  readonly models: Readonly<Record<string, readonly string[]>>;
  readonly aliases: Readonly<Record<string, Alias>>;
  /** By `product.feature`, as `createPolicies` lays them over what products declare. */
  readonly policyOverrides: Readonly<Record<string, unknown>>;
  readonly allowedFields: readonly string[];
  /** By the provider at which accounts may have keys of their own: percent of the price that their calls cost. */
  readonly ownKeys: Readonly<Record<string, { readonly fee: number }>>;
}

/** The settings without a file. */
export const NO_SETTINGS = '{"version":"2000-01-01"}';

/**
 * Reads the file of AI_CONFIG. `unpriced` are models that may be called without a price because a setting names them. Throws
 * ConfigError, one sentence for each thing that is wrong, with its place in the file.
 */
export function readAiFile(text: string, unpriced: readonly string[] = []): AiSettings {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ConfigError(['AI_CONFIG is not valid JSON.']);
  }
  const parsed = settingsSchema.safeParse(json);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map(sentence));
  const { version, prices = {}, models = {}, aliases = {}, policies = {} } = parsed.data;
  const allowUnpriced = [...unpriced, ...(parsed.data.allow_unpriced ?? [])];
  return {
    prices: createPrices({
      overrides: prices,
      allowUnpriced,
      version: text === NO_SETTINGS ? undefined : version,
    }),
    models,
    aliases,
    policyOverrides: toCamelCase(policies) as Readonly<Record<string, unknown>>,
    allowedFields: parsed.data.allowed_fields ?? [],
    ownKeys: parsed.data.own_keys ?? {},
  };
}

/** A sentence on a part of the file, by its path in it. */
export function wrongAt(path: readonly PropertyKey[], says: string): string {
  const at = path.length === 0 ? 'the top of the file' : path.map(String).map(toSnakeCase).join('.');
  return `AI_CONFIG: ${at}: ${says}`;
}

function sentence({ path, message, ...issue }: z.core.$ZodIssue): string {
  const [key] = issue.code === 'unrecognized_keys' ? issue.keys : [];
  return key === undefined
    ? wrongAt(path, `${message}.`)
    : wrongAt([...path, key], 'there is no such setting.');
}

/** Policies have names as JSON has them (`max_output_tokens`); the code's are `maxOutputTokens`. */
function toCamelCase(value: unknown, depth = 0): unknown {
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    // The names of policies stay what they are.
    depth === 0 ? key : key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    toCamelCase(inner, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

function toSnakeCase(word: string): string {
  return /^[a-z]+([A-Z][a-z]+)+$/.test(word)
    ? word.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    : word;
}
