import { isRecord } from '#platform/kernel';

/** The input tokens of a chat request, by the two measures that prices know. */
export interface Counted {
  /** By OpenAI's tokenizer o200k_base. */
  readonly o200k: number;
  /** By the finest split that a tokenizer in use makes: `finely`. */
  readonly fine: number;
}

/** Members that are no part of a prompt at any vendor. */
const FREE: ReadonlySet<string> = new Set(
  `dimensions encoding_format frequency_penalty include logit_bias logprobs max_tool_calls n parallel_tool_calls presence_penalty prompt_cache_key
   reasoning reasoning_effort safetySettings seed service_tier serviceTier stop stop_sequences temperature thinking tool_choice top_k top_logprobs top_p truncation user verbosity`.split(
    /\s+/,
  ),
);
/** OpenAI's cookbook, "How to count tokens with tiktoken": 3 a message, its role, and 3 that begin the reply. */
const A_MESSAGE = 4;
const A_REPLY = 3;
/** Tokens of the same for the frame of a list of functions, and of each of them; a schema is framed likewise. */
const A_FRAME = 16;

/** All that the vendor makes input of in a request's body: its texts, and the tokens that frame them. */
export function textsOf(body: Readonly<Record<string, unknown>>): { texts: string[]; frames: number } {
  const found = { texts: [] as string[], frames: A_REPLY };
  for (const [name, value] of Object.entries(body)) {
    if (FREE.has(name) || value === null) continue;
    if (name === 'input') addInput(value, found);
    else if (name === 'generationConfig' && isRecord(value)) addSchemas(value, found);
    else if (LISTED.has(name) && Array.isArray(value))
      for (const message of value) addMessage(message, found);
    else if (Array.isArray(value)) for (const item of value) addFramed(item, found);
    else addFramed(value, found);
  }
  return found;
}

interface BodyTexts {
  readonly texts: string[];
  frames: number;
}

/** Texts that are embedded stand alone, and tokens are counted already. */
function addInput(input: unknown, found: BodyTexts): void {
  for (const item of Array.isArray(input) ? input : [input]) {
    if (typeof item === 'string') found.texts.push(item);
    else if (typeof item === 'number') found.frames += 1;
    else if (Array.isArray(item)) addInput(item, found);
    else addMessage(item, found);
  }
}

/** Google's models read the form of their answer alone among these settings. */
function addSchemas({ responseSchema, responseJsonSchema }: Record<string, unknown>, found: BodyTexts): void {
  for (const schema of [responseSchema, responseJsonSchema])
    if (schema !== undefined) addFramed(schema, found);
}

function addFramed(value: unknown, found: BodyTexts): void {
  found.frames += A_FRAME;
  found.texts.push(typeof value === 'string' ? value : JSON.stringify(value));
}

function addMessage(message: unknown, found: BodyTexts): void {
  found.frames += A_MESSAGE;
  if (!isRecord(message)) return void found.texts.push(JSON.stringify(message));
  for (const [name, value] of Object.entries(message)) {
    if (name === 'role' || value === null) continue;
    found.frames += name === 'content' ? 0 : 1;
    if (typeof value === 'string') found.texts.push(value);
    else if (LISTS.has(name) && Array.isArray(value)) for (const part of value) addPart(part, found);
    else found.texts.push(JSON.stringify(value));
  }
}

/** Members of a body that are conversations. */
const LISTED: ReadonlySet<string> = new Set(['messages', 'contents']);
/** Members of a message, or of an item of the Responses API, that may be lists of parts. */
const LISTS: ReadonlySet<string> = new Set(['content', 'output', 'parts']);

/** Pictures have a price of their own (pictures.ts). */
function addPart(part: unknown, found: BodyTexts): void {
  found.frames += 1;
  if (!isRecord(part)) return void found.texts.push(JSON.stringify(part));
  const { type, content, source, inlineData } = part;
  if (PICTURES.has(type) || isFile(source) || inlineData !== undefined) return;
  if (type === 'tool_result' && Array.isArray(content)) {
    for (const inner of content) addPart(inner, found);
    return;
  }
  const name = TEXT_PARTS.has(type) || type === undefined ? 'text' : type;
  const text = typeof name === 'string' ? part[name] : undefined;
  found.texts.push(typeof text === 'string' ? text : JSON.stringify(part));
}

const PICTURES: ReadonlySet<unknown> = new Set(['image_url', 'image', 'input_image']);
const TEXT_PARTS: ReadonlySet<unknown> = new Set(['input_text', 'output_text']);

/** The source of a document whose pages are no text. */
const isFile = (source: unknown): boolean => isRecord(source) && source['type'] === 'base64';

const LETTERS_A_TOKEN = 4;
const SPACES_A_TOKEN = 4;

/**
 * Splits finely: four letters of an alphabet, every digit, sign and character of another script for itself, four spaces; the
 * one space before a word is the word's. Tokenizers of vendors that publish none differ most in signs and digits, which
 * some never join.
 */
export function finely(text: string): number {
  let total = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    let end = at + 1;
    if (isLetter(code)) {
      while (end < text.length && isLetter(text.charCodeAt(end))) end += 1;
      total += Math.ceil((end - at) / LETTERS_A_TOKEN);
    } else if (isSpace(code)) {
      while (end < text.length && isSpace(text.charCodeAt(end))) end += 1;
      const isOfWord = end - at === 1 && code === 32 && isLetter(text.charCodeAt(end));
      total += isOfWord ? 0 : Math.ceil((end - at) / SPACES_A_TOKEN);
    } else total += 1;
    at = end;
  }
  return total;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 0xc0 && code < 0x0600);
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}
