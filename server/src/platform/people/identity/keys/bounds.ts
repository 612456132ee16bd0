import { namedObject } from '#platform/http';
import { z } from 'zod';

/** Micro-dollars: a million dollars a month are no budget of one key any more. */
const MOST_BUDGET = 1_000_000_000_000;
const MOST_COUNT = 1_000_000_000_000;

const budget = z.int().min(1).max(MOST_BUDGET).nullable().optional();
const count = z.int().min(1).max(MOST_COUNT).nullable().optional();

const endUserInput = {
  daily_budget_micros: budget,
  monthly_budget_micros: budget,
  daily_calls: count,
  monthly_calls: count,
  daily_tokens: count,
  monthly_tokens: count,
};

/** Those that a row has by their names without `_micros`, and denials after `key_`: `key_daily_budget`. The monthly budget has a column of its own. */
const countedInput = {
  daily_budget_micros: budget,
  daily_calls: count,
  monthly_calls: count,
  calls_per_minute: count,
  daily_tokens: count.describe('Input and output; a call holds the most that it may take until it is over.'),
  monthly_tokens: count,
  tokens_per_minute: count,
};

/** Bounds of a key beside its scopes and its end; null: no such bound of its own. Days and months are of UTC. */
export const boundsInput = {
  monthly_budget_micros: budget,
  ...countedInput,
  end_user: namedObject('EndUserBounds', endUserInput)
    .nullable()
    .optional()
    .describe(
      'What each end user has, whom a call names by `user`, or by `user_id` in `metadata`; a call that names none is refused.',
    ),
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

type Counted = keyof typeof countedInput;
const NAMES = Object.keys(countedInput) as readonly Counted[];
type OfEndUser = keyof typeof endUserInput;
const END_USER_NAMES = Object.keys(endUserInput) as readonly OfEndUser[];

const shownCount = z.int().nullable();
const shownCounts = <Name extends string>(names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, shownCount])) as Record<Name, typeof shownCount>;
/** As they are shown. */
export const shownBounds = {
  monthly_budget_micros: shownCount.describe(
    'What calls with it, and with all keys that come from it, may cost together in a month of UTC; null: as much as the account may.',
  ),
  ...shownCounts(NAMES),
  end_user: namedObject('ShownEndUserBounds', shownCounts(END_USER_NAMES))
    .nullable()
    .describe('What each end user has; null: calls name none.'),
  models: z.array(z.string()).nullable().describe('The models that it may ask the gateway for; null: all.'),
  labels: z.record(z.string(), z.string()),
};

export interface BoundsRow {
  monthly_budget_micros: number | null;
  bounds: Readonly<Record<string, number>> | null;
  models: string[] | null;
  labels: Readonly<Record<string, string>> | null;
}

const rowName = (name: Counted | OfEndUser) => name.replace('_micros', '');
const rowNameOfEndUser = (name: OfEndUser) => `user_${rowName(name)}`;

/** The change of a row that a request asks for: names that it does not say are left as they are. */
export function toBoundsPatch({ monthly_budget_micros, models, labels, end_user, ...counted }: KeyBounds) {
  const bounds = [
    ...NAMES.map((name) => [rowName(name), counted[name]] as const),
    ...END_USER_NAMES.map(
      (name) => [rowNameOfEndUser(name), end_user === null ? null : end_user?.[name]] as const,
    ),
  ].filter(([, bound]) => bound !== undefined);
  return { monthly_budget_micros, models, labels, bounds: Object.fromEntries(bounds) as object };
}

export function viewBounds({ monthly_budget_micros, bounds, models, labels }: BoundsRow) {
  const shown = <Name extends Counted | OfEndUser>(names: readonly Name[], toRow: (name: Name) => string) =>
    Object.fromEntries(names.map((name) => [name, bounds?.[toRow(name)] ?? null])) as Record<
      Name,
      number | null
    >;
  const endUser = shown(END_USER_NAMES, rowNameOfEndUser);
  return {
    monthly_budget_micros,
    ...shown(NAMES, rowName),
    end_user: Object.values(endUser).some((bound) => bound !== null) ? endUser : null,
    models,
    labels: labels ?? {},
  };
}
