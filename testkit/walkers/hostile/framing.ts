/** Requests that only a socket can send: framing on which two servers in a row may disagree. `{bearer}` is replaced. */
const HEAD = 'host: plinth\r\nauthorization: Bearer {bearer}\r\n';
const JSON_TYPE = 'content-type: application/json\r\n';
/** What must never be carried out: it would make an organization. */
const HIDDEN = `POST /v1/organizations HTTP/1.1\r\n${HEAD}${JSON_TYPE}content-length: 20\r\n\r\n{"name":"smuggled!"}`;

export const FRAMINGS: readonly (readonly [what: string, text: string])[] = [
  [
    'a length and chunks',
    `POST /v1/me HTTP/1.1\r\n${HEAD}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  ],
  [
    'two lengths',
    `POST /v1/me HTTP/1.1\r\n${HEAD}content-length: 0\r\ncontent-length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  ],
  [
    'lengths in a list',
    `POST /v1/me HTTP/1.1\r\n${HEAD}content-length: 0, ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  ],
  ['a negative length', `POST /v1/me HTTP/1.1\r\n${HEAD}content-length: -1\r\n\r\n${HIDDEN}`],
  ['a length with a sign', `POST /v1/me HTTP/1.1\r\n${HEAD}content-length: +0\r\n\r\n${HIDDEN}`],
  [
    'a length beyond all numbers',
    `POST /v1/me HTTP/1.1\r\n${HEAD}content-length: 99999999999999999999\r\n\r\n${HIDDEN}`,
  ],
  [
    'an unknown coding',
    `POST /v1/me HTTP/1.1\r\n${HEAD}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  ],
  [
    'chunks that are none',
    `POST /v1/me HTTP/1.1\r\n${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n${HIDDEN}`,
  ],
  [
    'a space before the colon',
    `POST /v1/me HTTP/1.1\r\n${HEAD}transfer-encoding : chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  ],
  [
    'a folded header',
    `POST /v1/me HTTP/1.1\r\n${HEAD}transfer-encoding:\r\n chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n${HIDDEN}`,
  ],
  ['a NUL in a header', `GET /v1/me HTTP/1.1\r\n${HEAD}x-a: \u0000\r\n\r\n`],
  ['a header without a colon', `GET /v1/me HTTP/1.1\r\n${HEAD}nonsense\r\n\r\n`],
  ['lines that end in LF', `GET /v1/me HTTP/1.1\n${HEAD.replaceAll('\r', '')}\n`],
  [
    'a body on a GET, with a request in it',
    `GET /v1/me HTTP/1.1\r\n${HEAD}${JSON_TYPE}content-length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  ],
  [
    'half a body',
    `POST /v1/organizations HTTP/1.1\r\n${HEAD}${JSON_TYPE}content-length: 100\r\n\r\n{"name":"half`,
  ],
  ['no host', 'GET /v1/me HTTP/1.1\r\n\r\n'],
  ['two hosts', `GET /v1/me HTTP/1.1\r\n${HEAD}host: another\r\nconnection: close\r\n\r\n`],
  ['another site as its target', `GET http://another/v1/me HTTP/1.1\r\n${HEAD}connection: close\r\n\r\n`],
  ['a star as its target', `OPTIONS * HTTP/1.1\r\n${HEAD}connection: close\r\n\r\n`],
  ['a tunnel', `CONNECT another:443 HTTP/1.1\r\n${HEAD}\r\n`],
  ['a version of tomorrow', `GET /v1/me HTTP/3.0\r\n${HEAD}\r\n`],
  ['no version', 'GET /v1/me\r\n\r\n'],
  ['a made-up method', `GIMME /v1/me HTTP/1.1\r\n${HEAD}\r\n`],
  ['a raw NUL in the path', `GET /v1/\u0000 HTTP/1.1\r\n${HEAD}\r\n`],
  ['raw bytes in the path', `GET /v1/\u00ff\u00fe HTTP/1.1\r\n${HEAD}connection: close\r\n\r\n`],
  ['a space in the path', `GET /v1/me /v1/x HTTP/1.1\r\n${HEAD}\r\n`],
  ['a header of 40,000 bytes', `GET /v1/me HTTP/1.1\r\n${HEAD}x-a: ${'a'.repeat(40_000)}\r\n\r\n`],
  ['3,000 headers', `GET /v1/me HTTP/1.1\r\n${HEAD}${'a: b\r\n'.repeat(3_000)}connection: close\r\n\r\n`],
  ['an expectation', `GET /v1/me HTTP/1.1\r\n${HEAD}expect: the-impossible\r\nconnection: close\r\n\r\n`],
  ['an upgrade', `GET /v1/me HTTP/1.1\r\n${HEAD}connection: upgrade\r\nupgrade: websocket\r\n\r\n`],
  ['no HTTP at all', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000'],
];

/** The bytes of a framing for a signed-in user. */
export function bytesOf(text: string, bearer: string): Buffer {
  return Buffer.from(text.replaceAll('{bearer}', bearer), 'latin1');
}
