import type { ShippedRow } from '#platform/ai';

type Fields = Readonly<Record<string, unknown>>;

/** Reads a member of an entry. */
type Read = (field: string) => unknown;

/** Dollars for a token there, micro-dollars for a million here. */
const PRICES = {
  input_cost_per_token: 'input',
  output_cost_per_token: 'output',
  cache_read_input_token_cost: 'cached_input',
  cache_creation_input_token_cost: 'cache_write',
  cache_creation_input_token_cost_above_1hr: 'cache_write_1h',
  output_cost_per_reasoning_token: 'reasoning',
} as const;
const SIZES = { max_input_tokens: 'context', max_output_tokens: 'max_output' } as const;
/** Prompts from which LiteLLM knows other prices, in thousands of tokens. */
const STEPS = [128, 200, 256, 272];

/**
 * The price of a model as an entry of a LiteLLM configuration says it, beside what the shipped catalogue knows of the model; undefined: none
 * is said, or all of it is known.
 */
export function priceOf(read: Read, known: ShippedRow | undefined): object | undefined {
  const told = {
    ...figuresIn(PRICES, read, perMillion),
    ...figuresIn(SIZES, read, (tokens) => tokens),
    ...stepOf(read),
  };
  if (Object.keys(told).length === 0 || isKnown(told, known)) return undefined;
  const { input, output = 0, ...more } = { ...known, ...told } as Partial<ShippedRow>;
  if (input === undefined) return undefined;
  return { input, output, ...more, source: 'the LiteLLM configuration' };
}

const perMillion = (dollars: number): number => Math.ceil(dollars * 1e12);

const isKnown = (told: object, known: ShippedRow | undefined): boolean =>
  Object.entries(told).every(
    ([field, value]) => JSON.stringify(known?.[field as keyof ShippedRow]) === JSON.stringify(value),
  );

function figuresIn(
  names: Readonly<Record<string, string>>,
  read: Read,
  figure: (value: number) => number,
): Fields {
  const told = Object.entries(names).map(([there, here]) => [here, read(there)] as const);
  return Object.fromEntries(
    told.flatMap(([here, value]) => (typeof value === 'number' ? [[here, figure(value)]] : [])),
  );
}

function stepOf(read: Read): object {
  const steps = STEPS.flatMap((thousands) => {
    const names = Object.entries(PRICES).map(([there, here]) => [
      `${there}_above_${thousands}k_tokens`,
      here,
    ]);
    const row = figuresIn(Object.fromEntries(names), read, perMillion);
    const { input, output, cached_input: cached } = row;
    if (input === undefined || output === undefined) return [];
    return [
      { tokens: thousands * 1_000, input, ...(cached === undefined ? {} : { cached_input: cached }), output },
    ];
  });
  return steps[0] === undefined ? {} : { above: steps[0] };
}
