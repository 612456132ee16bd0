import { AppError, isRecord } from '#platform/kernel';
import { type Picture, readPicture } from '../metering/pictures.ts';
import type { Price } from '../metering/prices.ts';
import { invalid } from '../wire.ts';

/**
 * The kind of a field of a chat request, as far as a shared vendor key is concerned.
 * - `harmless`: passed on.
 * - `ours`: the pipe writes it itself, from what was asked and what is allowed.
 * - `priced`: passed on, and part of the price.
 * - `unpriced`: costs money by a measure that the catalogue does not hold: refused.
 * - `stateful`: reaches objects kept at the vendor, which all accounts share: refused.
 */
export type FieldKind = 'harmless' | 'ours' | 'priced' | 'unpriced' | 'stateful';
export type FieldTable = Readonly<Record<string, FieldKind>>;

/** OpenAI's embeddings, likewise. */
export const EMBEDDING_FIELDS: FieldTable = {
  input: 'harmless',
  model: 'ours',
  dimensions: 'harmless',
  encoding_format: 'harmless',
  user: 'harmless',
};

/** OpenAI's chat completions, as of the openai package 7.55. */
export const CHAT_FIELDS: FieldTable = {
  messages: 'harmless',
  model: 'ours',
  temperature: 'harmless',
  top_p: 'harmless',
  stop: 'harmless',
  seed: 'harmless',
  presence_penalty: 'harmless',
  frequency_penalty: 'harmless',
  logit_bias: 'harmless',
  logprobs: 'harmless',
  top_logprobs: 'harmless',
  response_format: 'harmless',
  tools: 'harmless',
  tool_choice: 'harmless',
  parallel_tool_calls: 'harmless',
  functions: 'harmless',
  function_call: 'harmless',
  reasoning_effort: 'harmless',
  verbosity: 'harmless',
  user: 'harmless',
  prompt_cache_key: 'harmless',
  max_tokens: 'ours',
  max_completion_tokens: 'ours',
  safety_identifier: 'ours',
  store: 'ours',
  stream: 'ours',
  stream_options: 'ours',
  n: 'priced',
  service_tier: 'priced',
  audio: 'unpriced',
  modalities: 'unpriced',
  moderation: 'unpriced',
  prediction: 'unpriced',
  prompt_cache_options: 'unpriced',
  prompt_cache_retention: 'unpriced',
  web_search_options: 'unpriced',
  background: 'stateful',
  container: 'stateful',
  conversation: 'stateful',
  file_ids: 'stateful',
  metadata: 'stateful',
  previous_response_id: 'stateful',
};

const REASONS = {
  unpriced: 'has no price here',
  stateful: 'reaches objects that are shared with others',
  unknown: 'is not known here',
  lost: 'can not be told to this model, which is asked in chat completions',
} as const;

/** Refuses fields that a shared key must not send. `allowed` are unknown fields that the operator lets through. */
export function checkFields(
  table: FieldTable,
  body: Record<string, unknown>,
  allowed: ReadonlySet<string>,
): void {
  for (const [field, value] of Object.entries(body)) {
    const kind = Object.hasOwn(table, field) ? table[field] : undefined;
    // OpenAI takes null for a field that is not set.
    if (value !== null && (kind === 'unpriced' || kind === 'stateful')) refuse(field, kind);
    if (kind === undefined && !allowed.has(field)) refuse(field, 'unknown');
  }
}

/** Most texts, or lists of tokens, that OpenAI takes in one request. */
const MOST_INPUTS = 2_048;

/** Refuses what is no request for embeddings. */
export function checkEmbeddingFields(body: Record<string, unknown>, allowed: ReadonlySet<string>): void {
  checkFields(EMBEDDING_FIELDS, body, allowed);
  const { input } = body;
  const isText = typeof input === 'string' && input !== '';
  const isList = Array.isArray(input) && input.length > 0 && input.length <= MOST_INPUTS;
  if (!isText && !isList)
    throw invalid(`input must be a text, or a list of 1 to ${MOST_INPUTS} texts or of tokens.`, 'input');
}

/** Refuses what a shared key must not do in a chat. */
export function checkChatFields(body: Record<string, unknown>, allowed: ReadonlySet<string>): void {
  checkFields(CHAT_FIELDS, body, allowed);
  if (!Array.isArray(body['messages']) || body['messages'].length === 0) {
    throw invalid('messages must be a list that is not empty.', 'messages');
  }
  checkTools(body['tools']);
}

/** Tools that run at the vendor cost money and reach stored objects; functions run at the caller. */
function checkTools(tools: unknown): void {
  if (tools === undefined || tools === null) return;
  if (!Array.isArray(tools)) throw invalid('tools must be a list.', 'tools');
  for (const tool of tools) {
    const type = isRecord(tool) ? tool['type'] : undefined;
    if (type !== 'function' && type !== 'custom') refuse('tools', 'unpriced');
  }
}

/** Finds the pictures of a conversation, and refuses parts that name objects stored at the vendor. */
export function picturesIn(messages: readonly unknown[]): Picture[] {
  const pictures: Picture[] = [];
  for (const message of messages) {
    if (!isRecord(message)) throw invalid('A message must be an object.', 'messages');
    if (message['audio'] !== undefined && message['audio'] !== null) refuse('messages.audio', 'stateful');
    const { content } = message;
    if (!Array.isArray(content)) continue;
    for (const part of content) {
      if (isPicture(part)) pictures.push(readPicture(part));
    }
  }
  return pictures;
}

function isPicture(part: unknown): boolean {
  const type = isRecord(part) ? part['type'] : undefined;
  if (type === 'text' || type === 'refusal') return false;
  if (type === 'image_url') return true;
  if (type === 'file' && isRecord(part) && isRecord(part['file']) && 'file_id' in part['file']) {
    return refuse('messages.file_id', 'stateful');
  }
  return refuse('messages.content', 'unpriced');
}

/** Pictures and service tiers must have a price. */
export function checkPriced(
  price: Price,
  asked: { pictures: readonly Picture[]; tier: string | undefined },
): void {
  if (asked.pictures.length > 0 && price.imageTokens === undefined) refuse('messages.image_url', 'unpriced');
  if (asked.tier === undefined || asked.tier === 'auto' || asked.tier === 'default') return;
  if (!price.tiers.has(asked.tier)) refuse('service_tier', 'unpriced');
}

/** Refuses a field that a translation would lose. */
export const refuseLost = (field: string): never => refuse(field, 'lost');

export function refuse(field: string, reason: keyof typeof REASONS): never {
  throw new AppError('field_refused', {
    message: `The field ${field.slice(0, 100)} ${REASONS[reason]}.`,
    details: { field: field.slice(0, 100), reason },
  });
}
