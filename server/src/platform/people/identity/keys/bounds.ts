import { z } from 'zod';

/** Micro-dollars: a million dollars a month are no budget of one key any more. */
const MOST_BUDGET = 1_000_000_000_000;
const MOST_COUNT = 1_000_000_000_000;

const budget = z.int().min(1).max(MOST_BUDGET).nullable().optional();
const count = z.int().min(1).max(MOST_COUNT).nullable().optional();

/** Bounds of a key beside its scopes and its end; null: no such bound of its own. Days and months are of UTC. */
export const boundsInput = {
  monthly_budget_micros: budget,
  daily_budget_micros: budget,
  daily_calls: count,
  monthly_calls: count,
  calls_per_minute: count,
  daily_tokens: count.describe('Input and output; a call holds the most that it may take until it is over.'),
  monthly_tokens: count,
  tokens_per_minute: count,
  models: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(100)
    .nullable()
    .optional()
    .describe('The models and aliases that it may ask the gateway for; `openai/*` is all of one provider.'),
  labels: z
    .record(z.string().regex(/^[A-Za-z][\w.-]{0,39}$/), z.string().max(100))
    .refine((labels) => Object.keys(labels).length <= 8, { error: 'must have at most 8 names' })
    .nullable()
    .optional()
    .describe('For your own order; at most 8.'),
};

type Input = z.infer<z.ZodObject<typeof boundsInput>>;
export type KeyBounds = { readonly [Name in keyof Input]?: Input[Name] };

/** Their names where rows have them, and, after `key_`, denials: `key_daily_calls`. The monthly budget has a column of its own. */
const COUNTED = {
  daily_budget_micros: 'daily_budget',
  daily_calls: 'daily_calls',
  monthly_calls: 'monthly_calls',
  calls_per_minute: 'calls_per_minute',
  daily_tokens: 'daily_tokens',
  monthly_tokens: 'monthly_tokens',
  tokens_per_minute: 'tokens_per_minute',
} as const;
type Counted = keyof typeof COUNTED;
const NAMES = Object.keys(COUNTED) as readonly Counted[];

const shownCount = z.int().nullable();
/** As they are shown. */
export const shownBounds = {
  monthly_budget_micros: shownCount.describe(
    'What calls with it, and with all keys that come from it, may cost together in a month of UTC; null: as much as the account may.',
  ),
  ...(Object.fromEntries(NAMES.map((name) => [name, shownCount])) as Record<Counted, typeof shownCount>),
  models: z.array(z.string()).nullable().describe('The models that it may ask the gateway for; null: all.'),
  labels: z.record(z.string(), z.string()),
};

export interface BoundsRow {
  monthly_budget_micros: number | null;
  bounds: Readonly<Record<string, number>> | null;
  models: string[] | null;
  labels: Readonly<Record<string, string>> | null;
}

/** The change of a row that a request asks for: names that it does not say are left as they are. */
export function toBoundsPatch({ monthly_budget_micros, models, labels, ...counted }: KeyBounds) {
  const bounds = NAMES.filter((name) => counted[name] !== undefined).map((name) => [
    COUNTED[name],
    counted[name],
  ]);
  return { monthly_budget_micros, models, labels, bounds: Object.fromEntries(bounds) as object };
}

export function viewBounds({ monthly_budget_micros, bounds, models, labels }: BoundsRow) {
  const counted = Object.fromEntries(NAMES.map((name) => [name, bounds?.[COUNTED[name]] ?? null]));
  return {
    monthly_budget_micros,
    ...(counted as Record<Counted, number | null>),
    models,
    labels: labels ?? {},
  };
}
