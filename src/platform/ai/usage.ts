import type { TokenUsage } from './prices.ts';

/** What metering needs to know of a plain answer. */
export interface Reading {
  /** Whether there is something to show: choices, or embeddings. */
  readonly usable: boolean;
  readonly usage: TokenUsage | undefined;
  readonly id: string | undefined;
  readonly tier: string | undefined;
}

export const NOTHING: Reading = { usable: false, usage: undefined, id: undefined, tier: undefined };

/** Reads a plain answer. What is no JSON, or holds neither choices nor embeddings, is not usable. */
export function readAnswer(body: Buffer): Reading {
  return readObject(parsed(body));
}

/** The same of an answer that is parsed already, or of one event of a stream. */
export function readObject(answer: unknown): Reading {
  if (!isRecord(answer)) return NOTHING;
  const { choices, data, usage, id, service_tier: tier } = answer;
  const shown = Array.isArray(choices) ? choices : data;
  return {
    usable: Array.isArray(shown) && shown.length > 0,
    usage: readUsage(usage),
    id: idOf(id),
    tier: typeof tier === 'string' ? tier : undefined,
  };
}

/** No context window comes near it; a figure above is a defect and not to be charged. */
const MOST_TOKENS = 100_000_000;

/** Usage as OpenAI's protocol has it. Figures that can't be are as good as none: then we count ourselves. */
export function readUsage(usage: unknown): TokenUsage | undefined {
  if (!isRecord(usage)) return undefined;
  const promptTokens = tokens(usage['prompt_tokens']);
  const completionTokens = tokens(usage['completion_tokens'] ?? 0);
  // No prompt is empty: some servers send zeros instead of figures.
  if (promptTokens === undefined || promptTokens === 0 || completionTokens === undefined) return undefined;
  const input = isRecord(usage['prompt_tokens_details']) ? usage['prompt_tokens_details'] : {};
  const output = isRecord(usage['completion_tokens_details']) ? usage['completion_tokens_details'] : {};
  const cached = tokens(input['cached_tokens']) ?? 0;
  const reasoning = tokens(output['reasoning_tokens']) ?? 0;
  return {
    promptTokens,
    cachedTokens: Math.min(cached, promptTokens),
    completionTokens,
    reasoningTokens: Math.min(reasoning, completionTokens),
  };
}

/** The provider's id of a call as the ledger can hold it: what is no short word of plain letters is none. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value) ? value : undefined;
}

/** About four bytes a token: OpenAI's own rule of thumb for English. Only ever used for rows that say `estimated`. */
export function estimatedTokens(bytes: number): number {
  return Math.ceil(bytes / 4);
}

function tokens(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_TOKENS
    ? value
    : undefined;
}

function parsed(body: Buffer): unknown {
  return parsedText(body.toString('utf8'));
}

export function parsedText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
