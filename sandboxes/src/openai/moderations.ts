import { isObject, ownProperty } from './content/json.ts';
import { ApiError, invalidParameter } from './errors.ts';

const MODEL = 'omni-moderation-latest';
const MODELS = new Set([MODEL, 'omni-moderation-2024-09-26']);
const CATEGORIES = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/intent',
  'self-harm/instructions',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
] as const;
const MOST_INPUTS = 32;
/** A text flags itself: `[flag self-harm/intent]`. The sandbox judges nothing by itself. */
const FLAG = /\[flag ([a-z/-]+)\]/g;

export { MODEL as MODERATION_MODEL };

/** Answers a request for moderation as OpenAI does (https://platform.openai.com/docs/api-reference/moderations); it is free, so nothing is billed. */
export function moderate(body: unknown, id: string): object {
  if (!isObject(body))
    throw new ApiError(400, { message: 'The body of your request must be a JSON object.' });
  const model = ownProperty(body, 'model') ?? MODEL;
  if (typeof model !== 'string' || !MODELS.has(model))
    throw invalidParameter('model', "Invalid value for 'model'.", 'invalid_value');
  return {
    id: `modr-${id}`,
    model: 'sandbox-moderation',
    results: textsOf(ownProperty(body, 'input')).map(resultOf),
  };
}

function textsOf(input: unknown): string[] {
  const given: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (given.length === 0 || given.length > MOST_INPUTS)
    throw invalidParameter('input', `Invalid 'input': expected 1 to ${MOST_INPUTS} items.`);
  return given.map((item) => {
    if (typeof item === 'string') return item;
    const text =
      isObject(item) && ownProperty(item, 'type') === 'text' ? ownProperty(item, 'text') : undefined;
    if (typeof text === 'string') return text;
    throw invalidParameter(
      'input',
      "Invalid type for 'input': expected a string or text items.",
      'invalid_type',
    );
  });
}

function resultOf(text: string): object {
  const flags = new Set([...text.matchAll(FLAG)].map(([, name = '']) => name));
  const byCategory = <T>(value: (flagged: boolean) => T) =>
    Object.fromEntries(CATEGORIES.map((name) => [name, value(flags.has(name))]));
  return {
    flagged: CATEGORIES.some((name) => flags.has(name)),
    categories: byCategory((flagged) => flagged),
    category_scores: byCategory((flagged) => (flagged ? 0.98 : 0.000_1)),
    category_applied_input_types: byCategory(() => ['text']),
  };
}
