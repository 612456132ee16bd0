import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '#platform/kernel';

/** A body as it came, and what it says; `value` is undefined when there was none. */
export interface ReadBody {
  readonly raw: Buffer;
  readonly value: unknown;
}

/** Deeper JSON than this has no use here. */
const DEEPEST = 32;
const NO_BODY = Buffer.alloc(0);
export const NOTHING: ReadBody = { raw: NO_BODY, value: undefined };

/** Bytes of a body that is worked on in steps: one of 16 KiB takes a millisecond or two in each, at its worst. */
const LARGE = 16_384;

export const isLarge = ({ length }: Buffer): boolean => length > LARGE;

/** Reads a JSON body strictly: UTF-8, well formed, of bounded depth, without strings that a database refuses. */
export function readJson(raw: Buffer, headers: IncomingHttpHeaders): ReadBody {
  return inspectBody(parseJson(raw, headers));
}

/** The same of a large one, in steps. */
export async function readLargeJson(
  raw: Buffer,
  headers: IncomingHttpHeaders,
  inStep: <T>(step: () => T) => Promise<T>,
): Promise<ReadBody> {
  const parsed = await inStep(() => parseJson(raw, headers));
  return inStep(() => inspectBody(parsed));
}

interface ParsedBody extends ReadBody {
  readonly mayHide: boolean;
}

function parseJson(raw: Buffer, headers: IncomingHttpHeaders): ParsedBody {
  refuseEncodings(headers);
  if (raw.length === 0) return { ...NOTHING, mayHide: false };
  if (!isUtf8(raw)) throw unreadable('The body is not valid UTF-8.');
  const text = raw.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Its message quotes the body, so it is not even kept as a cause.
    throw unreadable('The body is not valid JSON.');
  }
  return { raw, value, mayHide: text.includes('\\u') };
}

function inspectBody({ raw, value, mayHide }: ParsedBody): ReadBody {
  inspect(value, { path: 'body', depth: 0, mayHide });
  return { raw, value };
}

/** The fields of a form (application/x-www-form-urlencoded), as strictly. */
export function readFields(raw: Buffer, headers: IncomingHttpHeaders): ReadBody {
  refuseEncodings(headers);
  if (!isUtf8(raw)) throw unreadable('The body is not valid UTF-8.');
  const value = Object.fromEntries(new URLSearchParams(raw.toString('utf8')));
  return inspectBody({ raw, value, mayHide: true });
}

/** The bytes of a body that its route reads itself. */
export function readRaw(raw: Buffer, headers: IncomingHttpHeaders): ReadBody {
  refuseEncodings(headers);
  return { raw, value: undefined };
}

function refuseEncodings(headers: IncomingHttpHeaders): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new AppError('unsupported_media_type');
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8')
    throw new AppError('unsupported_media_type');
}

interface Place {
  readonly path: string;
  readonly depth: number;
  /** Whether the text has \u escapes: only those can write NUL, lone surrogates or disguised names. */
  readonly mayHide: boolean;
}

function inspect(value: unknown, place: Place): void {
  if (typeof value === 'string') {
    if (place.mayHide) refuseHostile(value, place.path);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const depth = place.depth + 1;
  if (depth > DEEPEST) throw unreadable(`The body is nested more than ${DEEPEST} levels deep.`);
  const inner = { ...place, depth };
  if (Array.isArray(value)) {
    for (const item of value) inspect(item, inner);
    return;
  }
  // Plain objects, fresh from the parser: all that is enumerable is their own.
  for (const name in value) {
    if (name === '__proto__') throw unreadable('The body has a field that is not allowed.');
    if (place.mayHide) refuseHostile(name, place.path);
    inspect((value as Record<string, unknown>)[name], inner);
  }
}

/** Refuses what PostgreSQL can't store, or what has no place in Unicode text: NUL and lone surrogates. */
export function refuseHostile(text: string, where: string): void {
  if (text.includes('\u0000')) throw unreadable(`There is a NUL character in the ${where}.`);
  if (!text.isWellFormed()) throw unreadable(`There is a lone surrogate in the ${where}.`);
}

function unreadable(message: string): AppError {
  return new AppError('validation_failed', { message });
}
