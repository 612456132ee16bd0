import { createHash } from 'node:crypto';
import { AppError, isRecord } from '#platform/kernel';
import type { Dialect } from './dialects/dialect.ts';
import type { Picture } from './metering/pictures.ts';
import type { Counted } from './metering/token-texts.ts';
import type { Spoken, Takes } from './takes.ts';

/** A request, ready but for what depends on the model that gets it. */
export interface WireRequest {
  readonly dialect: Dialect;
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
  /** Characters of its input, where a price counts those in place of tokens. */
  readonly characters?: number | undefined;
  /** The quality of a picture that it asks for. */
  readonly quality?: string | undefined;
  /** Bytes of the whole body, pictures included. */
  readonly inputBytes: number;
  /** Its input in tokens, where it was counted; its pictures apart. */
  readonly counted?: Counted | undefined;
  readonly hasTemperature: boolean;
  /** It asks for a cache that stays for an hour. */
  readonly cachesForHours?: boolean;
  /** The same request with its answer's form asked for in another way, for a model that takes no such field. */
  readonly inForm?: ((format: Takes['response_format']) => WireRequest) | undefined;
  /** The same request in chat completions, for a model that is not asked in this protocol. */
  readonly inChat?: WireRequest | undefined;
  /** All members of the body that stay as they were written, as the bytes that came: `"messages":[…],"seed":7`, neighbours in one piece. */
  readonly kept: readonly Buffer[];
  /** Its body as a form, in place of members; what goes into it of a model is its name. */
  readonly form?: WireForm | undefined;
  /** Headers of the caller's that go on with it, flat. */
  readonly headers?: readonly string[] | undefined;
  /** The caller's stream_options, for what is asked besides usage. */
  readonly streamOptions: Readonly<Record<string, unknown>> | undefined;
}

/** A form as it is sent, without the model: parts with their boundaries, and the files of the caller's byte for byte. */
export interface WireForm {
  readonly boundary: string;
  readonly parts: readonly Buffer[];
}

/** The type of a request's body. */
export function contentTypeOf({ form }: Pick<WireRequest, 'form'>): string {
  return form === undefined ? 'application/json' : `multipart/form-data; boundary=${form.boundary}`;
}

/** A part of a form before its bytes. `more`: parameters and headers of it, as they stand there. */
export function formPartHead(boundary: string, name: string, more = ''): Buffer {
  return Buffer.from(`\r\n--${boundary}\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n`);
}

function writeForm({ boundary, parts }: WireForm, model: string): Buffer {
  const end = Buffer.from(`\r\n--${boundary}--\r\n`);
  const head = formPartHead(boundary, 'model').subarray('\r\n'.length);
  return Buffer.concat([head, Buffer.from(model), ...parts, end]);
}

/** A request in a protocol that the models of an upstream are asked in. */
export function wireFor(wire: WireRequest, { upstream }: Asked): WireRequest {
  return upstream.speaks.has(wire.dialect.name) ? wire : (wire.inChat ?? wire);
}

interface Asked {
  readonly upstream: { readonly speaks: ReadonlySet<Spoken> };
}

/** The fields that the pipe puts into a body for one provider. */
export interface WireChange {
  readonly model: string;
  /** The reply's cap, under the name that the provider reads. */
  readonly maxTokens: readonly [field: string, tokens: number] | undefined;
  readonly temperature: number | undefined;
  readonly identifier: readonly [field: string, json: string] | undefined;
  readonly store: boolean;
  readonly streamUsage: boolean;
}

/** The fields of a body that no caller wrote, or that were renamed. */
export function addedFields(wire: WireRequest, change: WireChange): string[] {
  const added = {
    [change.maxTokens?.[0] ?? '']: change.maxTokens !== undefined,
    temperature: change.temperature !== undefined,
    [change.identifier?.[0] ?? '']: change.identifier !== undefined,
    store: change.store,
    stream_options: wire.stream && change.streamUsage,
    response_format:
      wire.inForm !== undefined && wire.kept.some((part) => part.includes('"response_format":')),
  };
  return Object.entries(added).flatMap(([field, isAdded]) => (isAdded ? [field] : []));
}

/** The fields of a body that stay as its caller wrote them. */
export function keptFields({ kept }: Pick<WireRequest, 'kept'>): string[] {
  return membersOf(Buffer.from(`{${keptText({ kept })}}`)).map(({ key }) => key);
}

/** The kept members of a body, as one text. */
export function keptText({ kept }: Pick<WireRequest, 'kept'>): string {
  return kept.map((part) => part.toString('utf8')).join(',');
}

/** Said of a call in its path. */
export interface NamedCall {
  readonly model: string;
  readonly stream: boolean;
}

const NOTHING: ReadonlySet<string> = new Set();
const MAX_DEPTH = 64;
const MAX_REPLIES = 16;

/**
 * Reads a body. It is parsed once, to check it and to read its figures; what need not change is never written anew,
 * so that a large prompt costs a copy and a number keeps its digits (JSON.stringify would round a 64-bit seed).
 * `parsed` may be passed when the caller has parsed the body already; members that are `unsaid` are left out, as those that are null are.
 * `named`: the model and the form of its answer, of a protocol that says them in the path.
 */
export function readWire(
  dialect: Dialect,
  body: Buffer | string,
  known: {
    readonly parsed?: unknown;
    readonly unsaid?: ReadonlySet<string>;
    readonly named?: NamedCall;
  } = {},
): WireRequest {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const { parsed = parse(bytes.toString('utf8')), unsaid = NOTHING, named } = known;
  if (!isRecord(parsed)) throw invalid('The body must be a JSON object.');
  const members = membersOf(bytes);
  if (members.length !== Object.keys(parsed).length) throw invalid('A field is written twice.');
  const options = parsed['stream_options'];
  const isKept = ({ key, from, to }: Member) =>
    !dialect.ours.has(key) &&
    parsed[key] !== null &&
    (unsaid.size === 0 || !unsaid.has(bytes.toString('utf8', from, to)));
  const pieces = piecesOf(bytes, members, isKept);
  const { config, replies = 'n', tier = 'service_tier' } = dialect;
  const configured = config === undefined ? parsed : recordIn(parsed, config);
  const kept = config === undefined ? pieces : [...pieces, configPiece(bytes, members, configured, dialect)];
  return {
    dialect,
    model: named?.model ?? (typeof parsed['model'] === 'string' ? parsed['model'] : ''),
    stream: named?.stream ?? (dialect.writes && flag(parsed, 'stream')),
    wantsUsage: isRecord(options) && options['include_usage'] === true,
    maxTokens: capOf(dialect, configured),
    replies: count(configured, replies, MAX_REPLIES) ?? 1,
    tier: typeof parsed[tier] === 'string' ? parsed[tier] : undefined,
    pictures: [],
    quality: typeof parsed['quality'] === 'string' ? parsed['quality'] : undefined,
    inputBytes: bytes.length,
    hasTemperature: (parsed['temperature'] ?? null) !== null,
    cachesForHours: dialect.writes && kept.some((piece) => piece.includes('"1h"')),
    kept,
    streamOptions: isRecord(options) ? options : undefined,
  };
}

function recordIn(body: Record<string, unknown>, field: string): Record<string, unknown> {
  const value = body[field] ?? {};
  if (isRecord(value)) return value;
  throw invalid(`${field} must be an object.`, field);
}

const headOf = (config: string) => Buffer.from(`"${config}":{`);

/** The member in which the cap stands, without it: the last of those that are kept, into which the pipe writes its own. */
function configPiece(
  ...[bytes, members, configured, { config = '', caps }]: [
    Buffer,
    readonly Member[],
    Record<string, unknown>,
    Dialect,
  ]
): Buffer {
  const member = members.find(({ key }) => key === config);
  const isEmpty = member === undefined || Object.keys(configured).length === 0;
  const value = isEmpty
    ? EMPTY
    : bytes.subarray(bytes.indexOf(OPENS, stringEnd(bytes, member.from)), member.to);
  const inner = membersOf(value);
  if (inner.length !== Object.keys(configured).length) throw invalid('A field is written twice.');
  const kept = piecesOf(value, inner, ({ key }) => !caps.includes(key) && configured[key] !== null);
  return Buffer.concat([headOf(config), ...joined(kept), END]);
}

const joined = (pieces: readonly Buffer[]): Buffer[] =>
  pieces.flatMap((piece, nth) => (nth === 0 ? [piece] : [COMMA_BYTES, piece]));

/** The members that are kept, without a copy: those that stand side by side are one piece. */
function piecesOf(bytes: Buffer, members: readonly Member[], isKept: (member: Member) => boolean): Buffer[] {
  const pieces: Buffer[] = [];
  let begun: number | undefined;
  for (const [at, member] of members.entries()) {
    if (!isKept(member)) continue;
    begun ??= member.from;
    const next = members[at + 1];
    if (next !== undefined && isKept(next)) continue;
    pieces.push(bytes.subarray(begun, member.to));
    begun = undefined;
  }
  return pieces;
}

const COMMA_BYTES = Buffer.from(',');
const START = Buffer.from('{');
const END = Buffer.from('}');
const EMPTY = Buffer.from('{}');

/** Writes the body for one provider and model: its own fields, and behind them the bytes that are kept. */
export function writeWire(wire: WireRequest, change: WireChange): Buffer {
  if (wire.dialect.write !== undefined)
    return wire.dialect.write(Buffer.concat([START, ...joined(wire.kept), END]), change.model);
  if (wire.form !== undefined) return writeForm(wire.form, change.model);
  if (wire.dialect.config !== undefined) return writeConfigured(wire, change);
  let head = `{"model":${JSON.stringify(change.model)}`;
  if (change.maxTokens !== undefined) head += `,"${change.maxTokens[0]}":${change.maxTokens[1]}`;
  if (change.temperature !== undefined) head += `,"temperature":${change.temperature}`;
  if (change.identifier !== undefined) head += `,"${change.identifier[0]}":${change.identifier[1]}`;
  if (change.store) head += ',"store":false';
  if (wire.stream) head += ',"stream":true';
  if (wire.stream && change.streamUsage) {
    head += `,"stream_options":${JSON.stringify({ ...wire.streamOptions, include_usage: true })}`;
  }
  return Buffer.concat([Buffer.from(head), ...wire.kept.flatMap((piece) => [COMMA_BYTES, piece]), END]);
}

/** The same in a protocol that names the model elsewhere. */
function writeConfigured({ dialect, kept }: WireRequest, { maxTokens }: WireChange): Buffer {
  const head = headOf(dialect.config ?? '');
  const rest = kept.at(-1)?.subarray(head.length) ?? END;
  const cap = maxTokens === undefined ? '' : `"${maxTokens[0]}":${maxTokens[1]}`;
  const own = Buffer.from(cap === '' || rest.length === END.length ? cap : `${cap},`);
  return Buffer.concat([START, ...joined([...kept.slice(0, -1), Buffer.concat([head, own, rest])]), END]);
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

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENS_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSES_LIST = 0x5d;
const OPENS = 0x7b;
const CLOSES = 0x7d;

/** Where each top-level member of an object starts and ends, in bytes that are known to be valid JSON. */
function membersOf(bytes: Buffer): Member[] {
  const members: Member[] = [];
  let at = afterSpace(bytes, bytes.indexOf(OPENS) + 1);
  while (bytes[at] !== CLOSES) {
    const from = at;
    const keyEnd = stringEnd(bytes, from);
    const key: unknown = JSON.parse(bytes.toString('utf8', from, keyEnd));
    const to = valueEnd(bytes, bytes.indexOf(COLON, keyEnd) + 1);
    members.push({ key: String(key), from, to });
    at = afterSpace(bytes, to);
    if (bytes[at] === COMMA) at = afterSpace(bytes, at + 1);
  }
  return members;
}

/** The end of a value at the top level: the comma or brace after it. Strings, nearly all of a prompt, are jumped over. */
function valueEnd(bytes: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; ; at += 1) {
    const code = bytes[at];
    if (code === QUOTE) at = stringEnd(bytes, at) - 1;
    else if (code === OPENS || code === OPENS_LIST) depth += 1;
    else if (code === CLOSES || code === CLOSES_LIST) depth -= 1;
    if (depth < 0 || (depth === 0 && code === COMMA)) return at;
    if (depth > MAX_DEPTH) throw invalid('The body is nested too deeply.');
  }
}

/** Bytes that are looked at one by one before `indexOf` is called, which costs as much as they do. */
const NEAR = 32;

/** The position after a string's closing quote. */
function stringEnd(bytes: Buffer, open: number): number {
  let at = open + 1;
  for (let far = at + NEAR; ; ) {
    const code = bytes[at];
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at += 2;
    else if (at < far) at += 1;
    else {
      const quote = bytes.indexOf(QUOTE, at);
      at = quote + 1;
      if (!isEscaped(bytes, quote)) return at;
      far = at + NEAR;
    }
  }
}

function isEscaped(bytes: Buffer, at: number): boolean {
  let before = at - 1;
  while (bytes[before] === BACKSLASH) before -= 1;
  return (at - before) % 2 === 0;
}

function afterSpace(bytes: Buffer, start: number): number {
  let at = start;
  while ((bytes[at] ?? COMMA) <= 0x20) at += 1;
  return at;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('The body is not valid JSON.');
  }
}

function capOf({ caps }: Dialect, body: Record<string, unknown>): number | undefined {
  const set = caps.map((field) => count(body, field));
  return set.find((tokens) => tokens !== undefined);
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
