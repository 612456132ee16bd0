import { type JsonObject, isObject, ownProperty } from './content/json.ts';
import { hash, STOP_WORDS, wordsOf } from './content/words.ts';
import { ApiError, invalidParameter } from './errors.ts';
import { modelFor } from './models.ts';
import { modelName } from './request.ts';
import { countTokens } from './tokens.ts';

const PARAMETERS = new Set(['input', 'model', 'encoding_format', 'dimensions', 'user']);
const USUAL_DIMENSIONS = 1536;
const MOST_DIMENSIONS = 3072;
const MOST_INPUTS = 2048;

interface Input {
  readonly words: readonly string[];
  readonly tokens: number;
}

export interface EmbeddingResult {
  readonly model: string;
  readonly promptTokens: number;
  readonly answer: object;
}

/** Answers a request for embeddings. Throws the ApiError that OpenAI would answer with. */
export function embed(body: unknown): EmbeddingResult {
  if (!isObject(body))
    throw new ApiError(400, { message: 'The body of your request must be a JSON object.' });
  const unknown = Object.keys(body).find((name) => !PARAMETERS.has(name));
  if (unknown !== undefined) {
    throw new ApiError(400, { message: `Unrecognized request argument supplied: ${unknown.slice(0, 100)}` });
  }
  const model = modelFor(modelName(body), 'embeddings');
  const inputs = parseInputs(ownProperty(body, 'input'));
  if (inputs.some(({ tokens }) => tokens > model.contextTokens)) {
    const message = `This model's maximum context length is ${model.contextTokens} tokens. Please reduce your prompt.`;
    throw new ApiError(400, { message });
  }
  const dimensions = parseDimensions(body);
  const inBase64 = ownProperty(body, 'encoding_format') === 'base64';
  const promptTokens = inputs.reduce((sum, { tokens }) => sum + tokens, 0);
  const data = inputs.map(({ words }, index) => {
    const vector = vectorOf(words, dimensions);
    return { object: 'embedding', index, embedding: inBase64 ? base64(vector) : Array.from(vector) };
  });
  const usage = { prompt_tokens: promptTokens, total_tokens: promptTokens };
  return { model: model.id, promptTokens, answer: { object: 'list', data, model: model.id, usage } };
}

function parseDimensions(body: JsonObject): number {
  const value = ownProperty(body, 'dimensions') ?? USUAL_DIMENSIONS;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST_DIMENSIONS)
    return value;
  throw invalidParameter(
    'dimensions',
    `Invalid 'dimensions': expected an integer from 1 to ${MOST_DIMENSIONS}.`,
    'invalid_value',
  );
}

/** Takes a text, texts, tokens, or lists of tokens, as OpenAI does. */
function parseInputs(value: unknown): Input[] {
  const isTokens =
    Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number');
  const inputs: readonly unknown[] = Array.isArray(value) && !isTokens ? value : [value];
  if (inputs.length === 0 || inputs.length > MOST_INPUTS) {
    throw invalidParameter('input', `Invalid 'input': expected 1 to ${MOST_INPUTS} items.`, 'invalid_value');
  }
  return inputs.map(parseInput);
}

function parseInput(value: unknown): Input {
  if (typeof value === 'string' && value !== '')
    return { words: wordsOf(value.toLowerCase()), tokens: countTokens(value) };
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number')) {
    return { words: value.map(String), tokens: value.length };
  }
  throw new ApiError(400, {
    message:
      "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
  });
}

// Each word is spread over this many dimensions by its hash; enough that two words rarely fall together.
const SPREAD = 8;
const STOP_WORD_WEIGHT = 0.2;
const PIECE_WEIGHT = 0.4;

/**
 * A unit vector by feature hashing: texts are near when they share words, and somewhat near when words share
 * beginnings (team, teams). Cosine similarity is meaningful, meaning beyond words is not.
 */
function vectorOf(words: readonly string[], dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (const word of words) {
    addFeature(vector, word, STOP_WORDS.en.has(word) ? STOP_WORD_WEIGHT : 1);
    if (word.length > 4) addFeature(vector, `${word.slice(0, 4)}-`, PIECE_WEIGHT);
  }
  let length = 0;
  for (const value of vector) length += value * value;
  if (length === 0) vector[0] = 1;
  const scale = length === 0 ? 1 : 1 / Math.sqrt(length);
  return vector.map((value) => value * scale);
}

function addFeature(vector: Float32Array, feature: string, weight: number): void {
  let state = hash(feature) || 1;
  for (let step = 0; step < SPREAD; step += 1) {
    // xorshift32: a different place and sign for every step.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const place = (state >>> 1) % vector.length;
    vector[place] = (vector[place] ?? 0) + (state & 1 ? weight : -weight);
  }
}

function base64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
}
