import { isRecord } from '#platform/kernel';
/** The usage that a provider reports. Cached and written tokens are part of the prompt's, reasoning of the completion's. */
export interface TokenUsage {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens?: number;
  /** Those of the written ones that stay for an hour. */
  readonly cacheWriteHourTokens?: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
}

/** A plain answer as metering reads it. */
export interface AnswerReading {
  /** Whether there is something to show: choices, or embeddings. */
  readonly usable: boolean;
  readonly usage: TokenUsage | undefined;
  /** The input's figures, also where those of the answer can't be right. */
  readonly input: InputUsage | undefined;
  readonly id: string | undefined;
  readonly tier: string | undefined;
  /** The length of a file that was heard, where a model is billed by it. */
  readonly seconds?: number | undefined;
  /** The error in it: some providers send one with status 200. */
  readonly error: Readonly<Record<string, unknown>> | undefined;
  /** Each reply was cut before a word of its answer: its tokens went into thoughts. */
  readonly isSpent: boolean;
}

export const NO_ANSWER: AnswerReading = {
  usable: false,
  usage: undefined,
  input: undefined,
  id: undefined,
  tier: undefined,
  error: undefined,
  isSpent: false,
};

/** Reads a plain answer in OpenAI's protocol. What is no object, or holds neither messages nor embeddings, is not usable. */
export function readObject(answer: unknown): AnswerReading {
  if (!isRecord(answer)) return NO_ANSWER;
  const { choices, data, id, service_tier: tier } = answer;
  const shown: unknown = Array.isArray(choices) ? choices.filter(isReply) : data;
  const figures = figuresIn(answer);
  const usage = readUsage(figures, Array.isArray(data));
  return {
    usable: Array.isArray(shown) && shown.length > 0,
    usage: plausibleUsage(usage, Array.isArray(choices) && choices.some((choice) => saysSomething(choice))),
    input: readInput(figures),
    id: idOf(id),
    tier: typeof tier === 'string' ? tier : undefined,
    error: errorIn(answer),
    isSpent: isSpentAnswer(choices),
  };
}

/** A choice without a message is no answer. */
const isReply = (choice: unknown): boolean =>
  isRecord(choice) &&
  (isRecord(choice['message']) || isRecord(choice['delta']) || typeof choice['text'] === 'string');

/** Words cost tokens: an answer with words and zero completion tokens has no usable figure. */
export function plausibleUsage(usage: TokenUsage | undefined, isShown: boolean): TokenUsage | undefined {
  return isShown && usage?.completionTokens === 0 ? undefined : usage;
}

/** A usage object as a provider wrote it, or what several of its objects say together. */
export type Figures = Readonly<Record<string, unknown>>;

/**
 * Where an answer or event holds usage: the first with a figure is read. A usage elsewhere is a line of this table.
 * - `usage`: OpenAI. Gemini, Perplexity, SGLang and vLLM (`continuous_usage_stats`) send it with each event, of the answer so far
 *   (github.com/ogx-ai/ogx/issues/5122, github.com/vllm-project/vllm/pull/5742).
 * - `x_groq.usage`: a stream of Groq (console.groq.com/docs/api-reference#chat-create).
 * - `choices[].usage`: a stream of Moonshot, in the last event of a choice (github.com/northes/go-moonshot/issues/17).
 */
const PLACES: readonly ((answer: Figures) => unknown)[] = [
  ({ usage }) => usage,
  ({ x_groq: groq }) => (isRecord(groq) ? groq['usage'] : undefined),
  ({ choices }) =>
    Array.isArray(choices)
      ? choices.map((choice) => isRecord(choice) && choice['usage']).find(isRecord)
      : undefined,
];

/** The usage of an answer or event, as it is written; undefined: it has none, or one without a figure. */
export function figuresIn(answer: Figures): Figures | undefined {
  for (const place of PLACES) {
    const figures = place(answer);
    if (isRecord(figures) && Object.values(figures).some((value) => (tokensIn(value) ?? 0) > 0))
      return figures;
  }
  return undefined;
}

/**
 * The usage of a stream in which events have figures: later ones replace earlier ones, but a figure of nothing replaces none. A gateway in front of
 * Anthropic says the prompt in its first event and the answer in its last, as `message_start` and `message_delta` do
 * (docs.anthropic.com/en/api/messages-streaming).
 */
export function mergeFigures(before: Figures | undefined, later: Figures): Figures {
  if (before === undefined) return later;
  const said = Object.entries(later).filter(
    ([name, value]) => before[name] === undefined || (value !== null && tokensIn(value) !== 0),
  );
  return { ...before, ...Object.fromEntries(said) };
}

/**
 * Reasons for which a reply ends that are failures: of OpenRouter (openrouter.ai/docs/api-reference/errors) and Mistral (docs.mistral.ai/api),
 * of DeepSeek (api-docs.deepseek.com/api/create-chat-completion) and Bedrock (docs.aws.amazon.com/bedrock/latest/APIReference).
 */
export const FAILURES = [
  'error',
  'insufficient_system_resource',
  'malformed_model_output',
  'malformed_tool_use',
];

function failureIn(choices: unknown): Figures | undefined {
  const failed: unknown = Array.isArray(choices)
    ? choices.find((choice) => isRecord(choice) && FAILURES.includes(String(choice['finish_reason'])))
    : undefined;
  if (!isRecord(failed)) return undefined;
  return isRecord(failed['error']) ? failed['error'] : { code: failed['finish_reason'] };
}

/** The error of an answer or event; `"error": null` is none. */
export function errorIn(
  answer: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  const { error, base_resp: minimax, choices } = answer;
  if (isRecord(error)) return error;
  if (typeof error === 'string' && error !== '') return { message: error };
  // MiniMax: status 200, and 0 is well.
  if (!isRecord(minimax) || (minimax['status_code'] ?? 0) === 0) return failureIn(choices);
  return { message: minimax['status_msg'], code: minimax['status_code'] };
}

/**
 * An error that has no member of its own, as vLLM's (docs.vllm.ai, ErrorResponse), or another: FastAPI's text, or list of fields with
 * what is wrong with them (fastapi.tiangolo.com/tutorial/handling-errors).
 */
export function bareErrorIn(answer: Figures): Figures | undefined {
  const { object: kind, type, choices, message, detail } = answer;
  if (choices !== undefined) return undefined;
  if (kind === 'error' || type === 'error' || typeof message === 'string') return answer;
  const first: unknown = Array.isArray(detail) ? detail[0] : undefined;
  const said = isRecord(first) ? first['msg'] : detail;
  return typeof said === 'string' ? { message: said } : undefined;
}

/** Whether an event shows something of an answer, or its end: a role alone is nothing yet. `orCut`: so is the end of a cut one. */
export function showsSomething(answer: Readonly<Record<string, unknown>>, orCut: boolean): boolean {
  const { choices } = answer;
  return (
    Array.isArray(choices) &&
    choices.some((choice) => (isEnd(choice) && (orCut || !isCut(choice))) || saysSomething(choice))
  );
}

/** OpenAI's word, Mistral's for the end of its context, and Anthropic's, which some gateways pass on. */
const CUT = new Set<unknown>(['length', 'model_length', 'max_tokens']);

/** Whether a choice would have been longer, had it been given room. */
export function isCut(choice: unknown): boolean {
  return isRecord(choice) && CUT.has(choice['finish_reason']);
}

/** Whether each choice was cut before a word of its answer. */
export function isSpentAnswer(choices: unknown): boolean {
  return Array.isArray(choices) && choices.length > 0 && choices.every(isSpent);
}

function isSpent(choice: unknown): boolean {
  return isCut(choice) && !saysSomething(choice, UNSAID);
}

/** Whether a choice says something: words, a call of a tool, thoughts unless they are `besides`. */
function saysSomething(choice: unknown, besides: ReadonlySet<string> = FRAME): boolean {
  if (!isRecord(choice)) return false;
  const delta = choice['delta'] ?? choice['message'] ?? choice;
  if (!isRecord(delta)) return false;
  return Object.entries(delta).some(([key, value]) => !besides.has(key) && isSomething(value));
}

function isEnd(choice: unknown): boolean {
  return isRecord(choice) && typeof choice['finish_reason'] === 'string';
}

/** Fields that stand in each choice, with or without text. */
const FRAME = new Set(['role', 'index', 'finish_reason', 'native_finish_reason', 'name', 'audio_content']);
/** The same, and thoughts under all of their names. */
const UNSAID = new Set([...FRAME, 'reasoning', 'reasoning_content', 'reasoning_details', 'thinking']);

function isSomething(value: unknown): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0;
  return isRecord(value) && Object.keys(value).length > 0;
}

/** No context window comes near it; a figure above is a defect and not to be charged. */
const MOST_TOKENS = 100_000_000;

/** The figures of a call's input. */
export type InputUsage = Pick<
  TokenUsage,
  'promptTokens' | 'cachedTokens' | 'cacheWriteTokens' | 'cacheWriteHourTokens'
>;

/** The input's part of a usage; undefined where it can't be. */
export function readInput(usage: Figures | undefined): InputUsage | undefined {
  if (usage === undefined) return undefined;
  const input = detailsOf(usage, 'prompt_tokens_details', 'input_tokens_details');
  // DeepSeek, Moonshot and Anthropic name the cached part beside the whole.
  const cached =
    tokensIn(input['cached_tokens']) ??
    tokensIn(usage['prompt_cache_hit_tokens']) ??
    tokensIn(usage['cached_tokens']) ??
    tokensIn(usage['cache_read_input_tokens']) ??
    0;
  // OpenRouter, and Anthropic's own name, which gateways pass on.
  const written =
    tokensIn(input['cache_write_tokens']) ??
    tokensIn(input['cache_creation_tokens']) ??
    tokensIn(usage['cache_creation_input_tokens']) ??
    0;
  // Anthropic's input leaves out what was cached and what was written.
  const apart = tokensIn(usage['input_tokens']);
  const promptTokens =
    tokensIn(usage['prompt_tokens']) ?? (apart === undefined ? undefined : apart + cached + written);
  // No prompt is empty: some servers send zeros instead of figures.
  if (promptTokens === undefined || promptTokens === 0) return undefined;
  const cacheWriteTokens = Math.min(written, promptTokens);
  const hours = Math.min(tokensIn(usage['cache_write_1h_tokens']) ?? 0, cacheWriteTokens);
  return {
    promptTokens,
    cachedTokens: Math.min(cached, promptTokens - cacheWriteTokens),
    ...(cacheWriteTokens === 0 ? {} : { cacheWriteTokens }),
    ...(hours === 0 ? {} : { cacheWriteHourTokens: hours }),
  };
}

/**
 * Usage as OpenAI's protocol has it, in the dialects of its vendors. Figures that can't be are as good as none: then we
 * count ourselves. Only embeddings have no completion.
 */
export function readUsage(usage: Figures | undefined, isEmbedding = false): TokenUsage | undefined {
  const input = readInput(usage);
  if (usage === undefined || input === undefined) return undefined;
  const output = detailsOf(usage, 'completion_tokens_details', 'output_tokens_details');
  const total = tokensIn(usage['total_tokens']);
  // Gemini leaves out a completion of nothing: its total has what was thought.
  const unsaid = isEmbedding || total !== undefined ? 0 : undefined;
  const generated = tokensIn(usage['completion_tokens'] ?? usage['output_tokens'] ?? unsaid);
  if (generated === undefined) return undefined;
  // xAI and Gemini leave what was thought out of the completion; only the total has it.
  const unseen = Math.max(0, (total ?? 0) - input.promptTokens - generated);
  const completionTokens = generated + unseen;
  const reasoning = Math.max(tokensIn(output['reasoning_tokens']) ?? 0, unseen);
  return { ...input, completionTokens, reasoningTokens: Math.min(reasoning, completionTokens) };
}

function detailsOf(usage: Figures, ...names: readonly string[]): Figures {
  for (const name of names) {
    const details = usage[name];
    if (isRecord(details)) return details;
  }
  return {};
}

/** The provider's id of a call as the ledger can hold it: a short word of plain letters; undefined: it is none. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value) ? value : undefined;
}

/**
 * Three bytes a token, where there is no text to count: English has four (OpenAI's rule of thumb), a character of three bytes is
 * about one, so that this is rarely less than what is billed. Only ever used for rows that say `estimated`.
 */
export function estimatedTokens(bytes: number): number {
  return Math.ceil(bytes / 3);
}

/** A figure, which some servers write as a text. */
export function tokensIn(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= MOST_TOKENS
    ? count
    : undefined;
}
