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
const LONGEST_PATH = 200;
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
  inspect(value, { depth: 0, mayHide, name: 'body' });
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
  /** The value that has it, and under which name or number: of the value that is looked at now. */
  readonly parent?: Place;
  name: string | number;
  readonly depth: number;
  /** Whether the text has \u escapes: only those can write NUL, lone surrogates or disguised names. */
  readonly mayHide: boolean;
}

function inspect(value: unknown, place: Place): void {
  if (typeof value === 'string') {
    if (place.mayHide) refuseHostile(value, place);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const depth = place.depth + 1;
  if (depth > DEEPEST) throw unreadable(`The body is nested more than ${DEEPEST} levels deep.`);
  const inner: Place = { parent: place, name: 0, depth, mayHide: place.mayHide };
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      inner.name = index;
      inspect(value[index], inner);
    }
    return;
  }
  // Plain objects, fresh from the parser: all that is enumerable is their own.
  for (const name in value) {
    if (name === '__proto__') throw unreadable(`A field __proto__ is not allowed in ${pathOf(place)}.`);
    if (place.mayHide) refuseHostile(name, place);
    inner.name = name;
    inspect((value as Record<string, unknown>)[name], inner);
  }
}

/** Refuses what PostgreSQL can't store, or what has no place in Unicode text: NUL and lone surrogates. */
export function refuseHostile(text: string, where: string | Place): void {
  if (text.includes('\u0000')) throw unreadable(`There is a NUL character in ${pathOf(where)}.`);
  if (!text.isWellFormed()) throw unreadable(`There is a lone surrogate in ${pathOf(where)}.`);
}

/** `the body`, or where in it: `body.customers.7.name`. */
function pathOf(where: string | Place): string {
  if (typeof where === 'string') return `the ${where}`;
  const names = [];
  for (let at: Place | undefined = where; at !== undefined; at = at.parent) names.unshift(at.name);
  return names.length === 1 ? 'the body' : names.join('.').slice(0, LONGEST_PATH);
}

function unreadable(message: string): AppError {
  return new AppError('validation_failed', { message });
}
