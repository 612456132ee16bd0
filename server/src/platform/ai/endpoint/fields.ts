import { AppError, isRecord } from '#platform/kernel';
import { endUserTag, LONGEST_TAG } from '#platform/limits';
import { type Picture, readPicture } from '../metering/pictures.ts';
import type { Price } from '../metering/prices.ts';
import { invalid } from '../wire.ts';
import '../errors.ts';

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
  metadata: 'ours',
};

/** OpenAI's moderations, likewise. */
export const MODERATION_FIELDS: FieldTable = { input: 'harmless', model: 'ours', metadata: 'ours' };

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
  // A provider keeps it with the answers that it stores, and is asked to store none.
  metadata: 'ours',
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
  previous_response_id: 'stateful',
};

const REASONS = {
  unpriced: 'has no price here',
  stateful: 'reaches objects that are shared with others',
  unknown: 'is not known here',
  lost: 'can not be told to this model, which is asked in another protocol',
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
  if (table['metadata'] === 'ours') checkMetadata(body['metadata']);
}

/** Refuses fields that are set and no text, or a longer one. */
export function checkTexts(body: Record<string, unknown>, fields: readonly string[], longest: number): void {
  const wrong = fields.find((field) => {
    const value = body[field] ?? '';
    return typeof value !== 'string' || value.length > longest;
  });
  if (wrong !== undefined) throw invalid(`${wrong} must be a text of at most ${longest} characters.`, wrong);
}

/** Most texts, or lists of tokens, that OpenAI takes in one request, and tokens in a list. */
const MOST_INPUTS = 2_048;
const MOST_TOKENS = 8_192;
/** No model embeds a longer text: 128,000 tokens are about as many letters. */
const LONGEST_TEXT = 500_000;

/** Refuses what is no request for embeddings. */
export function checkEmbeddingFields(body: Record<string, unknown>, allowed: ReadonlySet<string>): void {
  checkFields(EMBEDDING_FIELDS, body, allowed);
  const { dimensions, encoding_format: format } = body;
  const isLength = Number.isSafeInteger(dimensions) && Number(dimensions) >= 1;
  if (isSet(dimensions) && !isLength)
    throw invalid('dimensions must be a whole number from 1 on.', 'dimensions');
  if (isSet(format) && format !== 'float' && format !== 'base64')
    throw invalid('encoding_format must be float or base64.', 'encoding_format');
  const inputs = inputsIn(body['input']);
  const isWhole = inputs.every(isText) || inputs.every(isTokens);
  if (!isWhole || inputs.length === 0 || inputs.length > MOST_INPUTS)
    throw invalid(
      `input must be a text or a list of tokens, or a list of 1 to ${MOST_INPUTS} of them, all of one kind. None may be empty, or have more than ${MOST_TOKENS} tokens or ${LONGEST_TEXT} characters.`,
      'input',
    );
}

/** The inputs of a request for embeddings: a list of figures is one, of tokens. */
function inputsIn(input: unknown): readonly unknown[] {
  return Array.isArray(input) && typeof input[0] !== 'number' ? input : [input];
}

/** OpenAI takes null for a field that is not set. */
export const isSet = (value: unknown): boolean => value !== undefined && value !== null;

/** A list of objects. Throws validation_failed. */
export function objectsIn(value: unknown, field: string): readonly Readonly<Record<string, unknown>>[] {
  if (Array.isArray(value) && value.every(isRecord)) return value;
  throw invalid(`${field} must be a list of objects.`, field);
}

const isText = (input: unknown) => typeof input === 'string' && input !== '' && input.length <= LONGEST_TEXT;
const isTokens = (input: unknown) =>
  Array.isArray(input) &&
  input.length > 0 &&
  input.length <= MOST_TOKENS &&
  input.every((token) => Number.isSafeInteger(token) && token >= 0);

/** As many numbers as the largest of OpenAI's models gives for an input. */
const MOST_DIMENSIONS = 3_072;
/** Bytes of a number: of four in base64, and as OpenAI writes a float (-0.006929283495992422 and a comma). */
const IN_BASE64 = 16 / 3;
const IN_DIGITS = 22;
/** Bytes beside the numbers of an input, and of an answer. */
const FRAME = 100;

/** Bytes of the answer to a request for embeddings, at most where its model has no more dimensions than OpenAI's. */
export function embeddingBytes({
  input,
  dimensions,
  encoding_format: format,
}: Record<string, unknown>): number {
  const numbers = typeof dimensions === 'number' && dimensions >= 1 ? dimensions : MOST_DIMENSIONS;
  const each = Math.ceil(numbers * (format === 'base64' ? IN_BASE64 : IN_DIGITS)) + FRAME;
  return inputsIn(input).length * each + FRAME;
}

/** Refuses what is no request for moderation: a text, texts, or parts as a chat has them. */
export function checkModerationFields(body: Record<string, unknown>, allowed: ReadonlySet<string>): void {
  checkFields(MODERATION_FIELDS, body, allowed);
  const { input } = body;
  const items: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (items.length === 0 || !items.every(isModerated))
    throw invalid('input must be a text, or a list of texts or of parts.', 'input');
}

function isModerated(item: unknown): boolean {
  if (!isRecord(item)) return typeof item === 'string';
  const { type, text, image_url: picture } = item;
  if (type === 'text') return typeof text === 'string';
  return type === 'image_url' && isRecord(picture) && typeof picture['url'] === 'string';
}

/** Refuses what a shared key must not do in a chat. */
export function checkChatFields(body: Record<string, unknown>, allowed: ReadonlySet<string>): void {
  checkFields(CHAT_FIELDS, body, allowed);
  if (!Array.isArray(body['messages']) || body['messages'].length === 0) {
    throw invalid('messages must be a list that is not empty.', 'messages');
  }
  checkTools(body['tools']);
}

/** OpenAI's bounds of metadata: pairs, and characters of their names and values. */
const MOST_PAIRS = 16;
const LONGEST_NAME = 64;
const LONGEST_VALUE = 512;

/** Refuses metadata that OpenAI would refuse; Anthropic takes a `user_id` that is null. */
function checkMetadata(metadata: unknown): void {
  if (metadata === undefined || metadata === null) return;
  const pairs = isRecord(metadata) ? Object.entries(metadata) : [];
  const fits = ([name, value]: [string, unknown]) =>
    name.length <= LONGEST_NAME &&
    (value === null || (typeof value === 'string' && value.length <= LONGEST_VALUE));
  if (!isRecord(metadata) || pairs.length > MOST_PAIRS || !pairs.every(fits))
    throw invalid(
      `metadata must be an object of at most ${MOST_PAIRS} texts, of ${LONGEST_VALUE} characters each.`,
      'metadata',
    );
}

/** Tags of a call: so many. */
const MOST_TAGS = 8;

/** The tags that a request gives its call: who asks at the caller's, as `user_id`, and its metadata (Google's labels). Those past the bounds are left out or cut. */
export function tagsOf({ labels, metadata = labels, user }: Readonly<Record<string, unknown>>) {
  const { user_id: said, ...others } = isRecord(metadata) ? metadata : {};
  const pairs = Object.entries({ user_id: isSet(said) && said !== '' ? said : user, ...others }).flatMap(
    ([name, value]) => {
      const fits =
        typeof value === 'string' && name.length <= LONGEST_NAME && !name.includes(':') && name !== '';
      if (!fits) return [];
      return [[name, name === 'user_id' ? endUserTag(value) : value.slice(0, LONGEST_TAG).toWellFormed()]];
    },
  );
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs.slice(0, MOST_TAGS));
}

/** Tools that run at the vendor cost money and reach stored objects; functions run at the caller. */
function checkTools(tools: unknown): void {
  if (tools === undefined || tools === null) return;
  if (!Array.isArray(tools)) throw invalid('tools must be a list.', 'tools');
  for (const tool of tools) {
    const type = isRecord(tool) ? tool['type'] : undefined;
    if (type !== 'function' && type !== 'custom') refuseTool(tool);
  }
}

/** Finds the pictures of a conversation, and refuses parts that name objects stored at the vendor. */
export function picturesIn(messages: readonly unknown[]): Picture[] {
  const pictures: Picture[] = [];
  for (const message of messages) {
    if (!isRecord(message)) throw invalid('A message must be an object.', 'messages');
    if (isSet(message['audio'])) refuse('messages.audio', 'stateful');
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

/** Tiers at the listed price: OpenAI's, Anthropic's and Google's. */
const FREE_TIERS = new Set(['auto', 'default', 'standard_only', 'standard', 'unspecified']);

/** Pictures and service tiers must have a price. */
export function checkPriced(
  price: Price,
  asked: { pictures: readonly Picture[]; tier: string | undefined },
): void {
  const isUnpriced = ({ isDocument }: Picture): boolean =>
    (isDocument ? price.context : price.imageTokens) === undefined;
  const unpriced = asked.pictures.find(isUnpriced);
  if (unpriced !== undefined)
    refuse(unpriced.isDocument ? 'messages.document' : 'messages.image_url', 'unpriced');
  if (asked.tier === undefined || FREE_TIERS.has(asked.tier)) return;
  if (!price.tiers.has(asked.tier)) refuse('service_tier', 'unpriced');
}

/** Refuses a tool that runs at the vendor, by its type. */
export function refuseTool(tool: unknown): never {
  const type = isRecord(tool) && typeof tool['type'] === 'string' ? `.${tool['type']}` : '';
  return refuse(`tools${type}`, 'unpriced');
}

/** Refuses a field that a translation would lose. */
export const refuseLost = (field: string): never => refuse(field, 'lost');

export function refuse(field: string, reason: keyof typeof REASONS): never {
  throw new AppError('field_refused', {
    message: `The field ${field.slice(0, 100)} ${REASONS[reason]}.`,
    details: { field: field.slice(0, 100), reason },
  });
}
