import { randomUUID } from 'node:crypto';
import { wrongValues } from '../shapes.ts';
import { enormous, everyBody, type HostileBody, hostileBody } from './bodies.ts';
import type { Chance } from './chance.ts';
import type { Operation } from './operations.ts';
import { BAD_CURSORS, BAD_SEGMENTS, NASTY } from './values.ts';

/** A request as it goes out; its path may be no path at all. */
export interface HostileRequest {
  readonly label: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** It goes by a socket: these are its frames, of text or of bytes. */
  readonly frames?: readonly (string | Buffer)[];
  /** A caller with access: the faults lie behind the sign-in. */
  readonly as: 'owner' | 'key' | 'admin';
}

/** One in so many is enormous. */
const ENORMOUS = 400;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'M-SEARCH'];

/** A request that is wrong in at least one way, and that may change nothing. */
export function hostileRequest(operations: readonly Operation[], chance: Chance): HostileRequest {
  const operation = chance.of(operations);
  const kinds: readonly (() => HostileRequest)[] =
    operation.method === 'GET'
      ? [
          () => withQuery(operation, chance),
          () => withPath(operation, chance),
          () => withHeaders(operation, chance),
          () => withMethod(operation, chance),
        ]
      : [
          () => withBody(operation, chance),
          () => withBody(operation, chance),
          () => withBody(operation, chance),
          () => withPath(operation, chance),
          () => withMethod(operation, chance),
        ];
  return chance.of(kinds)();
}

/** So many requests and more: everything that is too rare to be left to chance, once, and what chance makes. */
export function hostileRequests(
  operations: readonly Operation[],
  chance: Chance,
  many: number,
): HostileRequest[] {
  const each = operations.flatMap((operation) =>
    operation.method === 'GET' ? everyQuery(operation, chance) : everyBodied(operation, chance),
  );
  const rest = Math.max(many - each.length, many / 2);
  return [...each, ...Array.from({ length: rest }, () => hostileRequest(operations, chance))];
}

function everyBodied(operation: Operation, chance: Chance): HostileRequest[] {
  return everyBody(operation, chance).map((body) => addBody(plainRequest(operation, chance), body));
}

/** Each bad value of each parameter, alone: beside others it might not be looked at. */
function everyQuery(operation: Operation, chance: Chance): HostileRequest[] {
  return operation.query.flatMap((parameter) =>
    badValues(parameter).map((value) => addQuery(operation, chance, `${parameter.name}=${encode(value)}`)),
  );
}

function badValues({ name, schema }: Operation['query'][number]): readonly string[] {
  return name === 'cursor' ? BAD_CURSORS : wrongValues(schema).map(String);
}

function plainRequest(operation: Operation, chance: Chance): HostileRequest {
  // Ids of nothing: what would be a good call otherwise is 404.
  const path = operation.path.replaceAll(/\{\w+\}/g, () => randomUUID());
  const as = operation.isAdmin
    ? 'admin'
    : operation.isForSessions
      ? 'owner'
      : chance.of(['owner', 'key'] as const);
  const headers: Record<string, string> = operation.needsKey ? { 'idempotency-key': randomUUID() } : {};
  return { label: operation.name, method: operation.method, path, headers, as };
}

function withBody(operation: Operation, chance: Chance): HostileRequest {
  const maker = chance.below(ENORMOUS) === 0 ? enormous : hostileBody;
  const body = maker(operation, chance);
  const request = addBody(plainRequest(operation, chance), body);
  // Bad headers on top, now and then: what is refused twice must still be refused once.
  return chance.below(4) === 0
    ? { ...request, headers: { ...badHeaders(chance), ...request.headers } }
    : request;
}

function addBody(request: HostileRequest, { label, bytes, headers }: HostileBody): HostileRequest {
  return {
    ...request,
    label: `${request.label}: ${label}`,
    headers: { 'content-type': 'application/json', ...request.headers, ...headers },
    body: bytes,
  };
}

function withQuery(operation: Operation, chance: Chance): HostileRequest {
  const query = Array.from({ length: 1 + chance.below(3) }, () => pair(operation, chance)).join('&');
  return addQuery(operation, chance, query);
}

function addQuery(operation: Operation, chance: Chance, query: string): HostileRequest {
  const request = plainRequest(operation, chance);
  return {
    ...request,
    label: `${request.label}: the query ${query.slice(0, 60)}`,
    path: `${request.path}?${query}`,
  };
}

function pair({ query }: Operation, chance: Chance): string {
  const known = chance.of([...query, { name: 'unheard_of', schema: {} }]);
  const value = chance.of([...badValues(known), ...NASTY]);
  return chance.of<() => string>([
    () => `${known.name}=${encode(value)}`,
    () => `${known.name}=${chance.of(BAD_SEGMENTS)}`,
    () => `${encode(chance.of(NASTY))}=${encode(value)}`,
    () => `${known.name}[]=1&${known.name}[a]=2&${known.name}=3`,
    () => chance.of(BAD_QUERIES),
  ])();
}

const BAD_QUERIES = [
  '&&&',
  '=',
  '==',
  '?',
  '#',
  '%',
  '&a&a&a',
  'a=%E0%A4%A',
  '+',
  'a'.repeat(4_000),
  'a=1&'.repeat(2_000),
];

/** Percent-encoded; what is no text at all (a lone surrogate) goes as the bytes that it would be. */
function encode(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%80';
}

function withPath(operation: Operation, chance: Chance): HostileRequest {
  const request = plainRequest(operation, chance);
  const bad = chance.of(BAD_SEGMENTS);
  const path = operation.path.includes('{')
    ? operation.path.replaceAll(/\{\w+\}/g, bad)
    : chance.of([
        `${operation.path}/${bad}`,
        `/${bad}${operation.path}`,
        operation.path.toUpperCase(),
        operation.path.replaceAll('/', '//'),
        `${operation.path}${'/'.repeat(50)}`,
        operation.path.replace('v1', bad),
        `/api/api${operation.path}`,
      ]);
  const spoiled = { ...request, label: `${request.label}: the path ${path.slice(0, 80)}`, path };
  // Some of these paths may yet lead to the call: its body must not be a good one.
  return operation.method === 'GET' ? spoiled : addBody(spoiled, hostileBody(operation, chance));
}

function withHeaders(operation: Operation, chance: Chance): HostileRequest {
  const request = plainRequest(operation, chance);
  const headers = badHeaders(chance);
  return {
    ...request,
    label: `${request.label}: ${JSON.stringify(headers).slice(0, 80)}`,
    headers: { ...request.headers, ...headers },
  };
}

const HEADERS = [
  'x-account-id',
  'x-request-id',
  'idempotency-key',
  'traceparent',
  'tracestate',
  'origin',
  'accept',
  'accept-encoding',
  'user-agent',
  'if-match',
  'cookie',
  'range',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-http-method-override',
  'x-original-url',
  'expect',
  'te',
  'upgrade',
  'content-type',
];

function badHeaders(chance: Chance): Record<string, string> {
  const name = chance.of(HEADERS);
  const value = chance.of([
    ...NASTY,
    'DELETE',
    '100-continue',
    'websocket',
    `${'a'.repeat(100)}\u00ff`,
    'a'.repeat(15_000),
  ]);
  // Node sends bytes up to 0xff, and no controls: the raw sockets do those.
  return { [name]: value.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '') };
}

function withMethod(operation: Operation, chance: Chance): HostileRequest {
  const request = plainRequest(operation, chance);
  const method = chance.of(METHODS.filter((one) => one !== operation.method));
  const other = { ...request, method, label: `${request.label} with ${method}` };
  const isBare = ['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method);
  return isBare ? other : addBody(other, hostileBody(operation, chance));
}
