import { readFileSync } from 'node:fs';
import { type Micros, micros } from '#platform/kernel';
import { ownKeyVersion } from '#platform/limits';
import { z } from 'zod';
import { type Picture, type PictureRule, pictureTokens } from './pictures.ts';
import type { TokenUsage } from './usage.ts';
import { takesPart, type TakesPart } from '../takes.ts';

const perMillion = z.int().min(0).max(1_000_000_000);

const pictureRule = z.union([
  z.strictObject({ base: z.int().min(0), tile: z.int().positive() }),
  z.strictObject({ patch: z.number().positive() }),
  z.strictObject({ pixels: z.int().positive() }),
]);
const seconds = z.int().min(1).max(3_600);

const rowFields = z.strictObject({
  input: perMillion,
  cached_input: perMillion.optional(),
  cache_write: perMillion.optional(),
  /** Input written to the cache for an hour; as `cache_write` when not said. */
  cache_write_1h: perMillion.optional(),
  output: perMillion,
  reasoning: perMillion.optional(),
  context: z.int().positive().optional(),
  max_output: z.int().positive().optional(),
  /** The most that one picture counts as input; without it the model takes none through the OpenAI endpoint. */
  image_tokens: z.int().positive().optional(),
  /** How the vendor counts one (pictures.ts); without it each counts as the most. */
  pictures: pictureRule.optional(),
  /** The tokenizer that counts its input: OpenAI's o200k_base, or an unpublished one. */
  tokenizer: z.enum(['o200k', 'other']).optional(),
  /** Bytes of input that make at least one token. One is the only bound that always holds: byte-level BPE. */
  bytes_per_token: z.number().min(1).max(8).optional(),
  /** The added fields that it takes, where it differs from its upstream (takes.ts). */
  takes: takesPart.optional(),
  /** The model reasons unseen, so that what was shown says little about what was generated. */
  thinks: z.boolean().optional(),
  /** Time limits of the model, where it takes longer than its features' policies allow (`timeLimits`). */
  first_byte_seconds: seconds.optional(),
  first_token_seconds: seconds.optional(),
  idle_seconds: seconds.optional(),
  total_seconds: seconds.optional(),
  /** The kind of its answers; the input of one that speaks is counted in characters. A model that charges for its input alone makes embeddings, and any other texts. */
  kind: z.enum(['text', 'embeddings', 'moderations', 'images', 'speech', 'transcriptions']).optional(),
  /** The longest file that a model of transcriptions takes, which then counts its input in seconds. */
  max_seconds: z.int().positive().optional(),
  /** The tokens that a picture which it makes has at most, by the quality that is asked for. */
  made_tokens: z.record(z.string(), z.int().positive()).optional(),
  /** Service tiers, as a percentage of the listed price. */
  tiers: z.record(z.string(), z.int().positive()).optional(),
  /** A call whose prompt has more tokens than this costs these prices, all of it: none below those of a shorter one. */
  above: z
    .strictObject({
      tokens: z.int().positive(),
      input: perMillion,
      cached_input: perMillion.optional(),
      output: perMillion,
    })
    .optional(),
  source: z.string().min(1),
});
const rowSchema = rowFields
  .refine(
    ({ kind, max_seconds: longest, context, max_output: output }) =>
      kind === 'transcriptions'
        ? longest !== undefined || (context !== undefined && output !== undefined)
        : longest === undefined,
    'A model of transcriptions is bounded by `max_seconds`, or by `context` and `max_output`; no other has `max_seconds`',
  )
  .refine(
    ({ above, ...row }) =>
      above === undefined ||
      (above.input >= Math.max(row.input, row.cache_write ?? 0, row.cache_write_1h ?? 0) &&
        (above.cached_input ?? above.input) >= (row.cached_input ?? row.input) &&
        above.output >= Math.max(row.output, row.reasoning ?? 0)),
    { path: ['above'], message: 'must not be below the prices of a shorter prompt' },
  );

type Row = z.infer<typeof rowSchema>;

const catalogueSchema = z.strictObject({
  price_version: z.string().regex(/^[\w.-]{1,40}$/),
  unit: z.literal('micro-dollars per million tokens'),
  default: rowSchema,
  models: z.record(z.string().regex(/^[\w.-]+\/[\w./:-]+$/), rowSchema),
});

/** Rows of an operator's own, as `provider/model`. */
export const priceRows = catalogueSchema.shape.models;

export type PriceCatalogue = z.infer<typeof catalogueSchema>;

/** The prices of one model, complete: what a row leaves out costs as much as the nearest kind of token. */
export interface Price {
  /** The version of the price list, as rows of the ledger name it. */
  readonly version: string;
  readonly input: number;
  readonly cachedInput: number;
  readonly cacheWrite: number;
  readonly cacheWriteHour: number;
  readonly output: number;
  readonly reasoning: number;
  readonly context: number | undefined;
  readonly maxOutput: number;
  readonly imageTokens: number | undefined;
  readonly pictures: PictureRule | undefined;
  readonly tokenizer: 'o200k' | 'other';
  readonly bytesPerToken: number;
  readonly takes: TakesPart;
  readonly thinks: boolean;
  /** Undefined: a model that costs nothing, and may make texts or embeddings. */
  readonly kind: z.infer<typeof rowSchema>['kind'];
  /** Set where a model of transcriptions counts its input in seconds. */
  readonly maxSeconds: number | undefined;
  /** Tokens of a picture that it makes, at most, by quality. A map: who calls names the quality. */
  readonly made: ReadonlyMap<string, number>;
  /** Milliseconds, where the row says them. */
  readonly limits: {
    readonly firstByte: number | undefined;
    readonly firstToken: number | undefined;
    readonly idle: number | undefined;
    readonly total: number | undefined;
  };
  /** The price of a call whose prompt has more tokens. */
  readonly above: { readonly tokens: number; readonly price: Price } | undefined;
  /** Percentages by tier. A map: who calls names the tier, and every object knows a `constructor`. */
  readonly tiers: ReadonlyMap<string, number>;
  /** Percent of it that a call costs; all of it when not said. */
  readonly fee?: number;
}

/** A price of which a call that goes out with its account's own key costs so many percent. */
export const withFee = (price: Price, fee: number): Price => ({
  ...price,
  fee,
  version: ownKeyVersion(price.version, fee),
});

/** The size of a call about to go out, as far as money is concerned. */
export interface CallSize {
  /** Bytes of the body without its pictures; or tokens, where they were counted. */
  readonly inputBytes?: number;
  readonly inputTokens?: number | undefined;
  readonly pictures?: readonly Picture[];
  readonly maxOutputTokens: number;
  /** How many replies are asked for (`n`). */
  readonly replies?: number;
  readonly tier?: string | undefined;
  /** It asks for a cache that stays for an hour. */
  readonly cachesForHours?: boolean;
}

export interface Prices {
  readonly version: string;
  /** The price of `provider/model`; the default price when it is unknown but allowed by name; else undefined. */
  of(provider: string, model: string): Price | undefined;
  /** All models with a price, as `provider/model`. */
  readonly names: readonly string[];
  /** Whether a model has a price of its own, and not the default one. */
  has(provider: string, model: string): boolean;
  /** The price of a model that is allowed by name without one. */
  readonly default: Price;
}

/** The catalogue that ships with the program. */
export function shippedPrices(): unknown {
  return JSON.parse(readFileSync(new URL('../prices/2026-11-28.json', import.meta.url), 'utf8'));
}

export type ShippedRow = Row;

/** The rows of the catalogue that ships with the program, by `provider/model`, as settings write them. */
export const shippedRows = (): Readonly<Record<string, ShippedRow>> =>
  catalogueSchema.parse(shippedPrices()).models;

/**
 * Checks a catalogue and answers its prices. `overrides` replaces or adds rows (`{"openai/gpt-4o": {…}}`) and marks
 * the version as changed; `allowUnpriced` names models (`local/*` for all of one provider) that may be called at the
 * default price although the catalogue lacks them. `version` is that of the file which says so.
 */
export function createPrices(
  options: {
    catalogue?: unknown;
    overrides?: unknown;
    allowUnpriced?: readonly string[];
    version?: string | undefined;
  } = {},
): Prices {
  const catalogue = catalogueSchema.parse(options.catalogue ?? shippedPrices());
  const overrides = catalogueSchema.shape.models.parse(options.overrides ?? {});
  const own = options.version ?? (Object.keys(overrides).length > 0 ? 'own' : undefined);
  const version = own === undefined ? catalogue.price_version : `${catalogue.price_version}+${own}`;
  const rows = new Map(
    Object.entries({ ...catalogue.models, ...overrides }).map(([name, row]) => [
      name,
      complete(row, version),
    ]),
  );
  const allowed = new Set(options.allowUnpriced ?? []);
  const fallback = complete(catalogue.default, version);
  return {
    version,
    default: fallback,
    names: [...rows.keys()],
    has: (provider, model) => rows.has(`${provider}/${model}`),
    of(provider, model) {
      const name = `${provider}/${model}`;
      return rows.get(name) ?? (allowed.has(name) || allowed.has(`${provider}/*`) ? fallback : undefined);
    },
  };
}

function complete({ above, ...row }: Row, version: string): Price {
  return {
    version,
    input: row.input,
    cachedInput: row.cached_input ?? row.input,
    cacheWrite: row.cache_write ?? row.input,
    cacheWriteHour: row.cache_write_1h ?? row.cache_write ?? row.input,
    output: row.output,
    reasoning: row.reasoning ?? row.output,
    context: row.context,
    maxOutput: row.max_output ?? 1_000_000,
    imageTokens: row.image_tokens,
    pictures: row.pictures,
    tokenizer: row.tokenizer ?? 'other',
    bytesPerToken: row.bytes_per_token ?? 1,
    takes: row.takes ?? {},
    thinks: row.thinks ?? false,
    kind: row.kind ?? kindOf(row),
    maxSeconds: row.max_seconds,
    made: new Map(Object.entries(row.made_tokens ?? wordsHeard(row))),
    limits: {
      firstByte: milliseconds(row.first_byte_seconds),
      firstToken: milliseconds(row.first_token_seconds),
      idle: milliseconds(row.idle_seconds),
      total: milliseconds(row.total_seconds),
    },
    tiers: new Map(Object.entries(row.tiers ?? {})),
    above: above && stepOf(row, above, version),
  };
}

/** A transcript is as long as its model writes at most; one that is billed by seconds costs nothing. */
function wordsHeard({ kind, max_seconds: longest, max_output: output = 0 }: Row) {
  return kind === 'transcriptions' && longest === undefined ? { '': output } : {};
}

function kindOf({ input, output }: Row): Price['kind'] {
  if (output > 0) return 'text';
  return input > 0 ? 'embeddings' : undefined;
}

/** A kind of token that the step does not price costs as much there as its nearest kind, not as before it. */
function stepOf(row: Row, { tokens, ...step }: NonNullable<Row['above']>, version: string): Price['above'] {
  const { input, output } = step;
  const nearest = { cached_input: input, cache_write: input, cache_write_1h: input, reasoning: output };
  return { tokens, price: complete({ ...row, ...nearest, ...step }, version) };
}

/** The price of a call whose prompt has so many tokens. */
function priceAt(price: Price, promptTokens: number): Price {
  return price.above !== undefined && promptTokens > price.above.tokens ? price.above.price : price;
}

function milliseconds(of: number | undefined): number | undefined {
  return of === undefined ? undefined : of * 1_000;
}

/**
 * The cost of a call: each kind of token at its price per million, summed exactly and rounded up once to a whole
 * micro-dollar, so that we never book less than the provider bills.
 */
export function cost(row: Price, usage: TokenUsage, tier?: string): Micros {
  const price = priceAt(row, usage.promptTokens);
  const written = Math.min(usage.cacheWriteTokens ?? 0, usage.promptTokens);
  const hours = Math.min(usage.cacheWriteHourTokens ?? 0, written);
  const cached = Math.min(usage.cachedTokens, usage.promptTokens - written);
  const reasoning = Math.min(usage.reasoningTokens, usage.completionTokens);
  return charge(row, tier, [
    [usage.promptTokens - cached - written, price.input],
    [cached, price.cachedInput],
    [written - hours, price.cacheWrite],
    [hours, price.cacheWriteHour],
    [usage.completionTokens - reasoning, price.output],
    [reasoning, price.reasoning],
  ]);
}

/** The most that a call of this size can cost: every input token at the dearest input price, every reply at full length. */
export function reserve(row: Price, size: CallSize): Micros {
  const bound = inputBound(row, size);
  const price = priceAt(row, bound);
  return charge(row, size.tier, [
    [bound, dearestInput(price, size)],
    [size.maxOutputTokens * (size.replies ?? 1), dearestOutput(price)],
  ]);
}

/** The tokens of a picture at most: of a quality that is not known, as of the dearest. */
export function madeTokens({ made }: Pick<Price, 'made'>, quality: string | undefined): number {
  return made.get(quality ?? '') ?? Math.max(0, ...made.values());
}

/** How many output tokens a reply may have so that `reserve` stays within `budget`; less than 1 when not even the input fits. */
export function outputThatFits(row: Price, size: Omit<CallSize, 'maxOutputTokens'>, budget: Micros): number {
  const bound = inputBound(row, size);
  const price = priceAt(row, bound);
  const each = dearestOutput(price) * (size.replies ?? 1);
  if (each === 0 || row.fee === 0) return Number.MAX_SAFE_INTEGER;
  const buys = row.fee === undefined ? budget : Math.floor((budget * 100) / row.fee);
  const left = (buys * 1_000_000 * 100) / percentOf(row, size.tier) - bound * dearestInput(price, size);
  return Math.floor(left / each);
}

/** An upper bound of the input's tokens: its text, by its bytes unless it was counted, and its pictures. */
export function inputBound(price: Price, size: Omit<CallSize, 'maxOutputTokens'>): number {
  const text = size.inputTokens ?? Math.ceil((size.inputBytes ?? 0) / price.bytesPerToken);
  return (size.pictures ?? []).reduce((sum, picture) => sum + pictureTokens(price, picture), text);
}

/** Where an hour's cache is not asked for, none is paid for. */
function dearestInput(price: Price, { cachesForHours = false }: Omit<CallSize, 'maxOutputTokens'>): number {
  return Math.max(price.input, price.cacheWrite, cachesForHours ? price.cacheWriteHour : 0);
}

function dearestOutput(price: Price): number {
  return Math.max(price.output, price.reasoning);
}

/** A tier without a percentage of its own costs the listed price. */
function percentOf(price: Price, tier: string | undefined): number {
  return (tier === undefined ? undefined : price.tiers.get(tier)) ?? 100;
}

type PricedTokens = readonly [tokens: number, perMillion: number];

/** The sum of the items, or the fee of it: rounded up, too. */
function charge(price: Price, tier: string | undefined, items: readonly PricedTokens[]): Micros {
  const whole = sumOf(percentOf(price, tier), items);
  return price.fee === undefined ? whole : micros(Math.ceil((whole * price.fee) / 100));
}

function sumOf(percent: number, items: readonly PricedTokens[]): Micros {
  let sum = 0;
  for (const [tokens, price] of items) sum += tokens * price;
  sum *= percent;
  if (Number.isSafeInteger(sum)) return micros(Math.ceil(sum / 100_000_000));
  const exact =
    items.reduce((total, [tokens, price]) => total + BigInt(tokens) * BigInt(price), 0n) * BigInt(percent);
  return micros(Number((exact + 99_999_999n) / 100_000_000n));
}
