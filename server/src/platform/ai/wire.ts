import { createHash } from 'node:crypto';
import { AppError } from '#platform/kernel';
import type { Picture } from './metering/pictures.ts';
import type { Counted } from './metering/token-texts.ts';
import { isRecord } from './metering/usage.ts';
import type { Takes } from './takes.ts';

/** A request in OpenAI's protocol, ready but for what depends on the model that gets it. */
export interface WireRequest {
  readonly endpoint: '/chat/completions' | '/embeddings';
  /** The model as the caller named it. */
  readonly model: string;
  readonly stream: boolean;
  /** The caller itself asked for the usage event of a stream. */
  readonly wantsUsage: boolean;
  /** The longest reply that the caller asked for. */
  readonly maxTokens: number | undefined;
  readonly replies: number;
  readonly tier: string | undefined;
  readonly pictures: readonly Picture[];
  /** Bytes of the whole body, pictures included. */
  readonly inputBytes: number;
  /** Its input in tokens, where it was counted; its pictures apart. */
  readonly counted?: Counted | undefined;
  readonly hasTemperature: boolean;
  /** The same request with its answer's form asked for in another way, for a model that takes no such field. */
  readonly inForm?: ((format: Takes['response_format']) => WireRequest) | undefined;
  /** All members of the body that stay as they were written, as one text: `"messages":[…],"seed":7`. */
  readonly kept: string;
  /** The caller's stream_options, for what is asked besides usage. */
  readonly streamOptions: Readonly<Record<string, unknown>> | undefined;
}

/** The fields that the pipe puts into a body for one provider. */
export interface WireChange {
  readonly model: string;
  /** The reply's cap, under the name that the provider reads. */
  readonly maxTokens: readonly [field: string, tokens: number] | undefined;
  readonly temperature: number | undefined;
  readonly safetyIdentifier: string | undefined;
  readonly store: boolean;
  readonly streamUsage: boolean;
}

/** The fields of a body that no caller wrote, or that were renamed. */
export function addedFields(wire: WireRequest, change: WireChange): string[] {
  const added = {
    [change.maxTokens?.[0] ?? '']: change.maxTokens !== undefined,
    temperature: change.temperature !== undefined,
    safety_identifier: change.safetyIdentifier !== undefined,
    store: change.store,
    stream_options: wire.stream && change.streamUsage,
    response_format: wire.inForm !== undefined && wire.kept.includes('"response_format":'),
  };
  return Object.entries(added).flatMap(([field, isAdded]) => (isAdded ? [field] : []));
}

/** The fields of a body that stay as its caller wrote them. */
export function keptFields({ kept }: Pick<WireRequest, 'kept'>): string[] {
  return membersOf(`{${kept}}`).map(({ key }) => key);
}

/** Members that the pipe writes itself. */
const OURS = new Set([
  'model',
  'max_tokens',
  'max_completion_tokens',
  'safety_identifier',
  'store',
  'stream',
  'stream_options',
]);
const NOTHING: ReadonlySet<string> = new Set();
const MAX_DEPTH = 64;
const MAX_REPLIES = 16;

/**
 * Reads a body. It is parsed once, to check it and to read its figures; what need not change is never written anew,
 * so that a large prompt costs a copy and a number keeps its digits (JSON.stringify would round a 64-bit seed).
 * `body` may be passed when the caller has parsed the text already; members that are `unsaid` are left out, as those that are null are.
 */
export function readWire(
  endpoint: WireRequest['endpoint'],
  text: string,
  known: { readonly body?: unknown; readonly unsaid?: ReadonlySet<string> } = {},
): WireRequest {
  const { body = parse(text), unsaid = NOTHING } = known;
  if (!isRecord(body)) throw invalid('The body must be a JSON object.');
  const members = membersOf(text);
  if (members.length !== Object.keys(body).length) throw invalid('A field is written twice.');
  const options = body['stream_options'];
  return {
    endpoint,
    model: typeof body['model'] === 'string' ? body['model'] : '',
    stream: flag(body, 'stream'),
    wantsUsage: isRecord(options) && options['include_usage'] === true,
    maxTokens: count(body, 'max_completion_tokens') ?? count(body, 'max_tokens'),
    replies: count(body, 'n', MAX_REPLIES) ?? 1,
    tier: typeof body['service_tier'] === 'string' ? body['service_tier'] : undefined,
    pictures: [],
    inputBytes: Buffer.byteLength(text),
    hasTemperature: (body['temperature'] ?? null) !== null,
    kept: members
      .filter(({ key }) => !OURS.has(key) && body[key] !== null)
      .map(({ from, to }) => text.slice(from, to))
      .filter((member) => !unsaid.has(member))
      .join(','),
    streamOptions: isRecord(options) ? options : undefined,
  };
}

/** Writes the body for one provider and model. */
export function writeWire(wire: WireRequest, change: WireChange): string {
  let head = `{"model":${JSON.stringify(change.model)}`;
  if (change.maxTokens !== undefined) head += `,"${change.maxTokens[0]}":${change.maxTokens[1]}`;
  if (change.temperature !== undefined) head += `,"temperature":${change.temperature}`;
  if (change.safetyIdentifier !== undefined) head += `,"safety_identifier":"${change.safetyIdentifier}"`;
  if (change.store) head += ',"store":false';
  if (wire.stream) head += ',"stream":true';
  if (wire.stream && change.streamUsage) {
    head += `,"stream_options":${JSON.stringify({ ...wire.streamOptions, include_usage: true })}`;
  }
  return wire.kept === '' ? `${head}}` : `${head},${wire.kept}}`;
}

const KEPT_IDENTIFIERS = 10_000;

/**
 * The ids that a provider may block for abuse, so that one account can't cost the operator the vendor account. Hashes of accounts, kept: a
 * hash costs more than the rest of the request's head.
 */
export function safetyIdentifiers(): (caller: { readonly accountId: string }) => string {
  const known = new Map<string, string>();
  return ({ accountId }) => {
    const kept = known.get(accountId);
    if (kept !== undefined) return kept;
    if (known.size >= KEPT_IDENTIFIERS) known.clear();
    const made = createHash('sha256').update(`plinth account ${accountId}`).digest('base64url');
    known.set(accountId, made);
    return made;
  };
}

interface Member {
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

/** Where each top-level member of an object starts and ends, in a text that is known to be valid JSON. */
function membersOf(text: string): Member[] {
  const members: Member[] = [];
  let at = afterSpace(text, text.indexOf('{') + 1);
  while (text[at] !== '}') {
    const from = at;
    const keyEnd = stringEnd(text, from);
    const key: unknown = JSON.parse(text.slice(from, keyEnd));
    const to = valueEnd(text, text.indexOf(':', keyEnd) + 1);
    members.push({ key: String(key), from, to });
    at = afterSpace(text, to);
    if (text[at] === ',') at = afterSpace(text, at + 1);
  }
  return members;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** The end of a value at the top level: the comma or brace after it. Strings, nearly all of a prompt, are jumped over. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; ; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at) - 1;
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) depth -= 1;
    if (depth < 0 || (depth === 0 && code === COMMA)) return at;
    if (depth > MAX_DEPTH) throw invalid('The body is nested too deeply.');
  }
}

/** The position after a string's closing quote. */
function stringEnd(text: string, open: number): number {
  let end = text.indexOf('"', open + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text.charCodeAt(before) === BACKSLASH) before -= 1;
  return (at - before) % 2 === 0;
}

function afterSpace(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) <= 0x20) at += 1;
  return at;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('The body is not valid JSON.');
  }
}

function count(body: Record<string, unknown>, field: string, most = 10_000_000): number | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw invalid(`${field} must be a whole number from 1 to ${most}.`, field);
}

function flag(body: Record<string, unknown>, field: string): boolean {
  const value = body[field];
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw invalid(`${field} must be true or false.`, field);
}

export function invalid(message: string, field?: string): AppError {
  return new AppError('validation_failed', {
    message,
    ...(field === undefined ? {} : { details: { field } }),
  });
}
