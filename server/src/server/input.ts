import { boundaryOf, type Route, type RouteAlias } from '#platform/http';
import { AppError, isUuid, sha256 } from '#platform/kernel';
import { z } from 'zod';
import { isLarge, NOTHING, type ReadBody, refuseHostile } from './bodies.ts';
import type { CallRequest } from './in-flight.ts';

/** Input of a call, checked. */
export interface Input {
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
  readonly body: unknown;
}

const MOST_ISSUES = 20;
const LONGEST_MESSAGE = 300;
/** Characters of a word in a path; a client's own ids are as long. */
export const LONGEST_PARAM = 200;
/** Parameters of a query: no route takes a tenth as many, and 16 KiB has room for thousands. */
const MOST_PAIRS = 200;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** The body that the parser read; nothing where there was none. */
export function bodyOf(request: CallRequest): ReadBody {
  return (request.body as ReadBody | undefined) ?? NOTHING;
}

/** Checks path, query and body against what the route declares; everything that it doesn't is refused. */
export function readInput(route: Route, request: CallRequest): Input {
  const params = readParams(route, request.params as Record<string, string>);
  const query = readQuery(route, request.url);
  const body = route.shape.rawBody === true ? undefined : readBody(route, bodyOf(request));
  return { params, query, body };
}

/** The same of a call by another name: what it says is checked in its own form, and what that becomes in the route's. */
export function readAliased(route: Route, { form }: RouteAlias, request: CallRequest): Input {
  if (form === undefined) return readInput(route, request);
  const { params, body, becomes } = form;
  const { params: _, body: __, ...shape } = route.shape;
  const own = {
    ...shape,
    ...(params === undefined ? {} : { params }),
    ...(body === undefined ? {} : { body }),
  };
  const given = readInput({ ...route, shape: own }, request);
  const said = becomes(given as never);
  return {
    params: readParams(route, said.params ?? {}),
    query: given.query,
    body: readBody(route, { raw: bodyOf(request).raw, value: said.body }),
  };
}

function readParams(
  route: Route,
  params: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const words: Readonly<Record<string, 'text' | undefined>> = route.shape.params ?? {};
  const entries = Object.entries(params).map(([name, value]) => {
    refuseHostile(value, 'path');
    const isWord = words[name] === 'text';
    if (isWord && value.length > LONGEST_PARAM)
      throw invalid([{ path: `path.${name}`, message: `It may have ${LONGEST_PARAM} characters at most.` }]);
    if (value === '' || !(isWord || isUuid(value))) throw new AppError('not_found');
    // As the database writes it: ids are compared as text in caches and signals.
    return [name, isWord ? value : value.toLowerCase()];
  });
  return Object.fromEntries(entries) as Readonly<Record<string, string>>;
}

function readQuery(route: Route, url: string): unknown {
  const start = url.indexOf('?');
  const said = start === -1 ? {} : parseQuery(url.slice(start + 1));
  const given = route.shape.page === true && route.method === 'GET' ? knownIn(route, said) : said;
  if (route.shape.query !== undefined) return validate(route.shape.query, given, 'query');
  const [unknown] = Object.keys(given);
  if (unknown !== undefined)
    throw invalid([{ path: `query.${unknown}`, message: 'This call takes no such parameter.' }]);
  return undefined;
}

/** Links to a page for people carry parameters of newsletters and advertisers, such as `utm_source`: those are not read. */
function knownIn({ shape: { query } }: Route, given: Record<string, unknown>): Record<string, unknown> {
  const known = query instanceof z.ZodObject ? Object.keys(query.shape) : [];
  return Object.fromEntries(Object.entries(given).filter(([name]) => known.includes(name)));
}

/** Percent-decodes strictly; a name that comes twice has a list as its value, which only a list's schema takes. */
function parseQuery(text: string): Record<string, unknown> {
  const found = new Map<string, string | string[]>();
  const pairs = text.split('&', MOST_PAIRS + 1);
  if (pairs.length > MOST_PAIRS)
    throw invalid([{ path: 'query', message: `There are more than ${MOST_PAIRS} parameters.` }]);
  for (const pair of pairs) {
    if (pair === '') continue;
    const [name, value] = splitOnce(pair).map(decode) as [string, string];
    const before = found.get(name);
    if (Array.isArray(before)) before.push(value);
    else found.set(name, before === undefined ? value : [before, value]);
  }
  return Object.fromEntries(found);
}

function splitOnce(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
}

function decode(part: string): string {
  let text: string;
  try {
    text = decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    throw new AppError('validation_failed', { message: 'The query is not percent-encoded UTF-8.' });
  }
  refuseHostile(text, 'query');
  return text;
}

function readBody(route: Route, { raw, value }: ReadBody): unknown {
  const { body: schema } = route.shape;
  if (schema !== undefined) {
    // A call without a body says nothing in it: it is taken where each field may be left out.
    const isLeftOut = value === undefined && !schema.safeParse(undefined).success;
    return validate(schema, isLeftOut ? {} : value, 'body', isLarge(raw) ? FIRST_ALONE : undefined);
  }
  // Clients that always send JSON send an empty object.
  if (value !== undefined && JSON.stringify(value) !== '{}')
    throw invalid([{ path: 'body', message: 'This call takes no body.' }]);
  return undefined;
}

/** As zod's own `validate` has it: what is made of each of 100,000 faults holds the event loop for half a second. */
const FIRST_ALONE: z.core.ParseContextInternal<z.core.$ZodIssue> = { abortEarly: true };

function validate(
  ...[schema, value, root, options]: [
    z.ZodType,
    unknown,
    'query' | 'body',
    z.core.ParseContext<z.core.$ZodIssue>?,
  ]
): unknown {
  const parsed = schema.safeParse(value, options);
  if (parsed.success) return parsed.data;
  throw invalid(
    parsed.error.issues
      .flatMap(placesOf)
      .slice(0, MOST_ISSUES)
      .map(({ path, message }) => ({
        path: [root, ...path.map(String)].join('.').slice(0, LONGEST_MESSAGE),
        message: message.slice(0, LONGEST_MESSAGE),
      })),
  );
}

/** A field that is not declared is named by its own path, and not by that of the object around it. */
function placesOf(issue: z.core.$ZodIssue): { path: readonly PropertyKey[]; message: string }[] {
  if (issue.code !== 'unrecognized_keys') return [issue];
  return issue.keys
    .slice(0, MOST_ISSUES)
    .map((key) => ({ path: [...issue.path, key], message: 'This call takes no such field.' }));
}

function invalid(issues: readonly { readonly path: string; readonly message: string }[]): AppError {
  return new AppError('validation_failed', { details: { issues } });
}

/** The request's Idempotency-Key, where the route takes one. */
export function idempotencyKeyOf(
  request: CallRequest,
  takes: 'required' | 'optional' | 'none',
): string | undefined {
  const key = request.headers['idempotency-key'];
  if (takes === 'none') return undefined;
  if (key === undefined) {
    if (takes === 'required') throw new AppError('idempotency_key_required');
    return undefined;
  }
  if (typeof key !== 'string' || !IDEMPOTENCY_KEY.test(key)) {
    throw new AppError('validation_failed', {
      message: 'An Idempotency-Key is 1 to 255 printable ASCII characters without spaces.',
    });
  }
  return key;
}

/** The version in an If-Match header; `*`, and no header at all, mean any. */
export function versionOf(request: CallRequest): number | undefined {
  const given = request.headers['if-match'];
  if (given === undefined || given.trim() === '*') return undefined;
  const version = /^"(\d{1,9})"$/.exec(given.trim())?.[1];
  // One that we have never given out matches nothing (RFC 9110, 13.1.1).
  if (version === undefined)
    throw new AppError('precondition_failed', {
      message: 'If-Match is not an ETag that was given out. Send one back as it came, with its quotes: "3".',
    });
  return Number(version);
}

/**
 * The request that a key is bound to: the path with its parameters and query, and the body's bytes as they came. A client that sends a form
 * again writes another boundary, which says nothing.
 */
export function requestHash(request: CallRequest): string {
  const head = Buffer.from(`${request.url}\n`);
  const { raw } = bodyOf(request);
  const boundary = boundaryOf(request.headers['content-type']);
  return sha256(Buffer.concat([head, ...(boundary === undefined ? [raw] : withoutBoundary(raw, boundary))]));
}

/** The pieces between the boundaries, each behind its length; a form that is read has fewer (`readForm`). */
function withoutBoundary(raw: Buffer, boundary: string): Buffer[] {
  const pieces: Buffer[] = [];
  for (let from = 0; from <= raw.length; ) {
    const found = pieces.length > 1_000 ? -1 : raw.indexOf(boundary, from);
    const end = found === -1 ? raw.length : found;
    pieces.push(Buffer.from(`${end - from}:`), raw.subarray(from, end));
    from = end + boundary.length;
  }
  return pieces;
}
