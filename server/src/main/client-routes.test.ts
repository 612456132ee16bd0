import { expect, test } from 'vitest';
import { clientTypes } from './client-routes.ts';

const okReply = (schema: object) => ({ 200: { content: { 'application/json': { schema } } } });
const nothing = { schemas: {}, examples: {} };
const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const text = { type: 'string' };

/** The client of one operation, white space apart. */
function generateClient(name: string, operation: object, components: object = nothing): string {
  const [method = '', path = ''] = name.split(' ');
  const whole = { summary: 'Do it', parameters: [], 'x-plinth': { idempotency: 'none' }, ...operation };
  return clientTypes({ paths: { [path]: { [method]: whole } }, components }).replace(/\s+/g, ' ');
}

test('a route’s parameters, body and answer are typed as the document says', () => {
  const parameters = [
    { name: 'id', in: 'path', required: true, schema: text },
    { name: 'limit', in: 'query', required: false, description: 'How many.', schema: { type: 'integer' } },
    { name: 'If-Match', in: 'header', required: false, schema: text },
  ];
  const schema = {
    type: 'object',
    required: ['kind'],
    additionalProperties: false,
    properties: {
      kind: { enum: ['a', 'b'] },
      note: { anyOf: [text, { type: 'null' }] },
      tags: { type: 'array', items: text },
      more: { type: 'object', additionalProperties: { type: 'number' } },
    },
  };
  const requestBody = { content: { 'application/json': { schema } } };
  const said = generateClient('post /v1/things/{id}', {
    parameters,
    requestBody,
    responses: okReply(schema),
  });
  expect(said).toContain(
    `/** Do it */ 'POST /v1/things/{id}': { readonly params: { readonly id: string; };` +
      ` readonly query: { /** How many. */ readonly limit?: number | undefined; };` +
      ` readonly body: { readonly kind: 'a' | 'b'; readonly note?: string | null | undefined;` +
      ` readonly tags?: readonly string[] | undefined; readonly more?: Readonly<Record<string, number>> | undefined; };` +
      ` readonly reply: { readonly kind: 'a' | 'b'; readonly note?: string | null;` +
      ` readonly tags?: readonly string[]; readonly more?: Readonly<Record<string, number>>; };`,
  );
});

test('the client knows which routes take a key, and every code that there is', () => {
  const components = { ...nothing, examples: { busy: {}, conflict: {} } };
  const keyed = { responses: okReply(text), 'x-plinth': { idempotency: 'optional' } };
  const said = generateClient('post /v1/things', keyed, components);
  expect(said).toContain(`KEYED: ReadonlySet<string> = new Set([ 'POST /v1/things', ]);`);
  expect(said).toContain(`export type ErrorCode = | 'busy' | 'conflict';`);
});

test('the client knows which routes have a socket, and where', () => {
  const spoken = { responses: okReply(text), 'x-socket': '/v1/things/{id}/stream' };
  expect(generateClient('post /v1/things/{id}', spoken)).toContain(
    `export const SOCKETS = { 'POST /v1/things/{id}': '/v1/things/{id}/stream', } as const;`,
  );
  expect(generateClient('post /v1/things', { responses: okReply(text) })).toContain(
    'SOCKETS = { } as const;',
  );
});

test('what has a name in the document has it in the client, as it is sent or as it is answered', () => {
  const parts = { type: 'array', items: refTo('Part') };
  const schemas = {
    Part: { type: 'object', properties: { id: text } },
    Thing: { type: 'object', description: 'A thing.', required: ['parts'], properties: { parts } },
    MakeThing: { type: 'object', properties: { name: text } },
    Unused: { type: 'object', properties: { id: text } },
  };
  const requestBody = { content: { 'application/json': { schema: refTo('MakeThing') } } };
  const operation = { requestBody, responses: okReply(refTo('Thing')) };
  const said = generateClient('post /v1/things', operation, { ...nothing, schemas });
  expect(said).toContain(
    `export interface KnownSchemas { readonly MakeThing: { readonly name?: string | undefined; };` +
      ` readonly Part: { readonly id?: string; };` +
      ` /** A thing. */ readonly Thing: { readonly parts: readonly Schemas['Part'][]; }; }`,
  );
  expect(said).toContain(`readonly body: Schemas['MakeThing']; readonly reply: Schemas['Thing'];`);
  const both = { requestBody, responses: okReply(refTo('MakeThing')) };
  expect(() => generateClient('post /v1/things', both, { ...nothing, schemas })).toThrow(
    'make it two schemas',
  );
});

test('no body is null, and the end of a stream is no answer', () => {
  expect(generateClient('delete /v1/things', { responses: { 204: {} } })).toContain('readonly reply: null;');
  const stream = { 'application/json': { schema: text }, 'text/event-stream': {} };
  const responses = { 200: { content: stream }, 204: {} };
  expect(generateClient('get /v1/things', { responses })).toContain('readonly reply: string;');
});

test('pages for people, and what is no client’s, are left out', () => {
  const page = { 200: { content: { 'text/html': {} } } };
  expect(generateClient('get /v1/page', { responses: page })).toContain('export interface KnownRoutes { }');
  expect(generateClient('post /worker/run', { responses: okReply(text) })).toContain(
    'export interface KnownRoutes { }',
  );
});
