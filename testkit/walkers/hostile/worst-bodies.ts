import { DEFAULT_MAX_BODY, type Route } from '#platform/http';
import { bodyTypeOf, worstForms } from '../forms.ts';
import type { HostileRequest } from './requests.ts';

const ID = '0193a000-0000-7000-8000-000000000009';
/** Larger ones say nothing new, and 400 routes are sent each of them. */
const LARGE = 1_024 * 1_024;

/** A first frame has room for a token and a key. */
const MORE = 8_192;

const fillTo = (begin: string, part: string, end: string) => (bytes: number) =>
  begin + part.repeat(Math.max(0, Math.floor((bytes - begin.length - end.length) / part.length))) + end;

/** What costs a parser, a check or a log the most for its bytes. */
const WORST: readonly (readonly [string, (bytes: number) => string])[] = [
  ['elements', fillTo('{"a":[', '[],', '[]]}')],
  ['keys', fillTo('{', '"a":0,', '"z":0}')],
  ['names that differ', (bytes) => JSON.stringify(Object.fromEntries(numbers(bytes / 12)))],
  ['depth', fillTo('', '[', '')],
  ['figures', fillTo('{"a":', '9', '}')],
  ['one string', fillTo('{"a":"', 'a', '"}')],
  ['escapes', fillTo('{"a":"', String.raw`\u0041`, '"}')],
  ['more than it takes', (bytes) => fillTo('{"a":"', 'a', '"}')(bytes + 100)],
];

/** Some 250 routes take bodies of four sizes: made for each route they were 300 MB and four seconds of CPU. */
function worstOf(bytes: number): (readonly [string, Buffer])[] {
  return WORST.map(([what, made]) => [what, Buffer.from(made(bytes))] as const);
}

const numbers = (count: number) =>
  Array.from({ length: Math.floor(count) }, (_, at) => [`k${at * 7}`, 0] as const);

/** Each route that takes a body, with the worst that fits into what it takes. */
export function worstBodies(routes: readonly Pick<Route, 'name' | 'shape'>[]): HostileRequest[] {
  const ofSize = new Map<number, (readonly [string, Buffer])[]>();
  return routes.flatMap(({ name, shape }) => {
    const [method = '', path = ''] = name.split(' ');
    if (!['POST', 'PUT', 'PATCH', 'DELETE'].includes(method)) return [];
    const bytes = Math.min(shape.maxBody ?? DEFAULT_MAX_BODY, LARGE);
    const values = ofSize.get(bytes) ?? worstOf(bytes);
    ofSize.set(bytes, values);
    const forms = shape.multipart === true ? worstForms(bytes) : [];
    return [...values, ...forms.map(([what, form]) => [what, Buffer.from(form)] as const)].map(
      ([what, body]): HostileRequest => ({
        label: `${name}, ${what}`,
        method,
        path: path.replaceAll(/:\w+/g, ID),
        headers: { 'content-type': bodyTypeOf(shape), 'idempotency-key': 'worst' },
        body,
        as: path.startsWith('/v1/admin') ? 'admin' : 'owner',
      }),
    );
  });
}

/** Each route that has a socket, with the same as its first frame, and with frames that no socket takes. */
export function worstFrames(routes: readonly Pick<Route, 'shape'>[]): HostileRequest[] {
  return routes.flatMap(({ shape: { socket, maxBody = DEFAULT_MAX_BODY } }) => {
    if (socket === undefined) return [];
    const bytes = Math.min(maxBody, LARGE);
    const speeches: readonly (readonly [string, readonly (string | Buffer)[]])[] = [
      ...WORST.map(([what, made]) => [what, [made(bytes)]] as const),
      ['more than it reads', [fillTo('{"a":"', 'a', '"}')(3 * (maxBody + MORE))]],
      ['bytes', [Buffer.from('{}')]],
      ['bytes that are no text', [Buffer.from([0, 255, 254, 253])]],
      ['nothing', ['']],
      ['two frames', ['{"unheard_of":1}', '{}']],
      ['a frame and bytes', ['{"unheard_of":1}', Buffer.alloc(10)]],
      ['a hundred frames', Array.from({ length: 100 }, () => '{"unheard_of":1}')],
      ['a token that is none', ['{"access_token":{"a":[]},"account_id":7}']],
      ['a header in a token', [String.raw`{"access_token":"a\r\nx-account-id: b"}`]],
      ['another prototype', ['{"__proto__":{"access_token":"a"},"constructor":1}']],
    ];
    return speeches.map(
      ([what, frames]): HostileRequest => ({
        label: `${socket}, ${what}`,
        method: 'GET',
        path: socket.replaceAll(/:\w+/g, ID),
        headers: { 'idempotency-key': 'worst' },
        frames,
        as: 'owner',
      }),
    );
  });
}
