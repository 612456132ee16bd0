import { exampleOf, type Route } from '#platform/http';
import { isRecord } from '../calls.ts';
import { worstForms } from '../forms.ts';

/** As much as Node takes of a request's first line and headers. */
const BYTES = 16_000;
const HEAD_BYTES = 15_000;

/** Replaces parts of a plain request: its path with query, headers or body. */
export interface WorstRequest {
  readonly label: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const fill = (part: string, bytes: number) => part.repeat(Math.floor(bytes / part.length));

/** As many parts as fit, each of another number. */
function numbered(bytes: number, part: (n: string) => string): string {
  let text = '';
  for (let n = 0; text.length < bytes - 20; n += 1) text += part(n.toString(36));
  return text.slice(0, -1);
}

const QUERIES: readonly (readonly [string, string])[] = [
  ['one name', fill('a&', HEAD_BYTES)],
  ['one name with values', fill('a=1&', HEAD_BYTES)],
  ['no names', fill('=&', HEAD_BYTES)],
  ['nothing', fill('&', HEAD_BYTES)],
  ['names that differ', numbered(HEAD_BYTES, (n) => `${n}&`)],
  ['encoded names', fill('%61&', HEAD_BYTES)],
  ['one long value', `a=${fill('%20', HEAD_BYTES)}`],
];

/** Pieces of header values, which patterns read. */
const PIECES = ['a', ' ', ',', '-', '.', 'en;q=0.1,', '"a",', '0-1,', 'a=b; '];
const HEADERS = [
  'accept',
  'accept-language',
  'authorization',
  'content-type',
  'cookie',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'last-event-id',
  'range',
  'user-agent',
  'x-account-id',
  'x-api-key',
  'x-request-id',
];
/** How some of them begin, to come as far as to what follows. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  authorization: 'Bearer ',
  'content-type': 'application/json;',
  range: 'bytes=',
};

const BODIES: readonly (readonly [string, string])[] = [
  ['elements', `{"a":[${fill('[],', BYTES)}[]]}`],
  ['one key', `{${fill('"a":0,', BYTES)}"z":0}`],
  ['keys that differ', `{${numbered(BYTES, (n) => `"${n}":0,`)}}`],
  ['depth', fill('[', BYTES)],
  ['figures', `{"a":${fill('9', BYTES)}}`],
  ['escapes', `{"a":"${fill(String.raw`\u0041`, BYTES)}"}`],
];
/** Fillings of text fields, beside plain words: signs that patterns look for. */
const TEXTS = [
  'a',
  ' ',
  '\n',
  '-',
  '.',
  '"',
  '<',
  '[',
  '{{',
  '|',
  '#',
  '0',
  'a@',
  '1/',
  '://',
  '`',
  '*',
  'é',
];

/** Each part of a request filled with what costs the most for its bytes. */
export function worstRequests(route: Route, plainPath: string): WorstRequest[] {
  const [path = ''] = plainPath.split('?', 1);
  const isRead = route.method === 'GET';
  const queries = [...QUERIES, ...ownQueries(route)].map(([label, query]) => ({
    label: `the query: ${label}`,
    path: `${path}?${query}`,
  }));
  const headers = shareOf(HEADERS, route.name).map((name) => {
    const piece = PIECES[(route.name.length + name.length) % PIECES.length] ?? '';
    const value = `${BEGINNINGS[name] ?? ''}${fill(piece, HEAD_BYTES)}x`;
    return { label: `${name}: ${piece}`, headers: { [name]: value } };
  });
  const paths = [fill('/', HEAD_BYTES), fill('/a', HEAD_BYTES), `/${fill('%2F', HEAD_BYTES)}`].map(
    (more) => ({
      label: `the path: ${more.slice(0, 4)}`,
      path: path + more,
    }),
  );
  return [...queries, ...headers, ...paths, ...(isRead ? [] : worstFields(route))];
}

/** A third of what all routes read by the same functions: each of it is sent to many of them. */
const shareOf = (all: readonly string[], name: string) =>
  all.filter((_one, index) => (index + name.length) % 3 === 0);

/** The parameters that the route takes, with more than it takes. */
function ownQueries({ shape }: Route): (readonly [string, string])[] {
  const names =
    isRecord(shape.query) && isRecord(shape.query['shape']) ? Object.keys(shape.query['shape']) : [];
  return names.flatMap((name) => [
    [`${name}, often`, fill(`${name}=a&`, HEAD_BYTES)] as const,
    ...['a', ',', '%20', '-'].map(
      (piece) => [`${name}: ${piece}`, `${name}=${fill(piece, HEAD_BYTES)}`] as const,
    ),
  ]);
}

/** Bodies that are nothing, and the route's own with one field that is full. */
function worstFields(route: Route): WorstRequest[] {
  const { body } = exampleOf(route);
  const bodies = route.shape.multipart === true ? worstForms(BYTES) : BODIES;
  const bare = bodies.map(([label, text]) => ({ label: `the body: ${label}`, body: text }));
  if (route.shape.multipart === true) return bare;
  if (!isRecord(body)) return bare;
  const names = Object.keys(body);
  const withField = (name: string, value: unknown) => JSON.stringify({ ...body, [name]: value });
  const many = names.flatMap((name) => [
    {
      label: `${name}: elements`,
      body: withField(
        name,
        Array.from({ length: 5_000 }, () => []),
      ),
    },
    {
      label: `${name}: words`,
      body: withField(
        name,
        Array.from({ length: 2_000 }, (_, n) => `a${n}`),
      ),
    },
    {
      label: `${name}: names`,
      body: withField(name, Object.fromEntries(Array.from({ length: 1_500 }, (_, n) => [`k${n}`, 0]))),
    },
  ]);
  const texts = names
    .filter((name) => typeof body[name] === 'string')
    .flatMap((name) =>
      shareOf(TEXTS, route.name + name).map((piece) => ({
        label: `${name}: ${piece}`,
        body: withField(name, fill(piece, BYTES / 2)),
      })),
    );
  return [...bare, ...many, ...texts];
}
