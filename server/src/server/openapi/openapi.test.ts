import { expect, test } from 'vitest';
import { objectionsTo, type Route, routesFor } from '#platform/http';
import { dereference } from '@plinth/testkit/openapi';
import { serve, shopRoutes } from '@plinth/testkit/shop';
import { z } from 'zod';
import { errorsOf, openApiOf } from '../index.ts';

interface Operation {
  readonly summary: string;
  readonly description: string;
  readonly security: readonly object[];
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly example?: unknown;
  }[];
  readonly requestBody?: {
    readonly content: Record<
      string,
      { readonly schema: Record<string, unknown>; readonly example?: unknown }
    >;
  };
  readonly 'x-socket'?: string;
  readonly responses: Record<
    string,
    {
      readonly description: string;
      readonly content?: Record<
        string,
        { readonly schema: object; readonly example?: unknown; readonly examples?: object }
      >;
    }
  >;
}

const served = openApiOf([{ routes: shopRoutes }], { version: '1.2.3' });
const document = dereference(served) as {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
};
const operationOf = (path: string, method: string) => {
  const operation = document.paths[path]?.[method];
  if (operation === undefined) throw new Error(`no ${method} ${path}`);
  return operation;
};

test('every route is there, with summary, who may call it, its errors and an example', () => {
  expect(document.openapi).toBe('3.1.0');
  for (const route of shopRoutes) {
    const operation = operationOf(route.path.replace(/:(\w+)/g, '{$1}'), route.method.toLowerCase());
    expect(operation.summary).toBe(route.shape.summary);
    expect(operation.security).toHaveLength(route.shape.auth === 'none' ? 0 : 1);
    const described = Object.values(operation.responses)
      .map(({ description }) => description)
      .join();
    for (const code of errorsOf(route)) expect(described).toContain(`\`${code}\``);
  }
});

test('schemas are those that check: bodies as they are sent, replies as they are answered', () => {
  const make = operationOf('/v1/items', 'post');
  const body = make.requestBody?.content['application/json'];
  expect(body?.schema).toMatchObject({ type: 'object', required: ['name'], additionalProperties: false });
  expect(body?.example).toEqual({ name: 'pen' });
  expect(make.responses['201']?.content?.['application/json']?.example).toEqual({ name: 'pen' });
  const spends = operationOf('/v1/generate', 'post').requestBody?.content['application/json'];
  expect(spends?.schema['required']).toEqual(['topic']);
});

test('parameters of path and query, and the headers that a route takes, are declared', () => {
  const list = operationOf('/v1/items', 'get').parameters;
  expect(list.map(({ name, in: place }) => `${place} ${name}`)).toEqual([
    'query limit',
    'query cursor',
    'query sort',
  ]);
  expect(list.every(({ required }) => !required)).toBe(true);
  const read = operationOf('/v1/items/{id}', 'get').parameters;
  expect(read).toContainEqual(
    expect.objectContaining({
      name: 'id',
      in: 'path',
      required: true,
      schema: { type: 'string', format: 'uuid' },
    }),
  );
  expect(read.map(({ name }) => name)).toContain('X-Account-Id');
  const spends = operationOf('/v1/generate', 'post').parameters;
  expect(spends).toContainEqual(expect.objectContaining({ name: 'Idempotency-Key', required: true }));
});

test('a call that is made by a WebSocket too says where, and what only a socket is refused with', () => {
  const say = operationOf('/v1/talks/{id}', 'post');
  expect(say['x-socket']).toBe('/v1/talks/{id}/stream');
  expect(say.description).toContain('The same call by WebSocket: /v1/talks/{id}/stream, docs/sockets.md.');
  expect(say.responses['429']?.description).toContain('`too_many_sockets`');
  expect(operationOf('/v1/items', 'post')).not.toHaveProperty('x-socket');
});

test('the server serves this document', async () => {
  const { call } = await serve();
  const { json } = await call('/openapi.json');
  expect(json['paths']).toEqual(JSON.parse(JSON.stringify(served['paths'])));
});

const route = routesFor<undefined>();
const plain = {
  summary: '',
  tag: '',
  rate: { perMinute: 1, by: 'ip' },
  reply: { 200: z.unknown() },
  example: { reply: {} },
} as const;
const handle = async () => undefined;
const FAULTY: readonly (readonly [string, Route])[] = [
  ['`may` needs auth `account`', route('GET /v1/a', { ...plain, auth: 'none', may: 'owner' }, handle)],
  ['auth `account` needs `may`', route('GET /v1/a', { ...plain, auth: 'account', scope: 'a' }, handle)],
  ['needs a `scope`', route('GET /v1/a', { ...plain, auth: 'user' }, handle)],
  [
    'only be rated by `ip`',
    route('GET /v1/a', { ...plain, auth: 'none', rate: { perMinute: 1, by: 'user' } }, handle),
  ],
  ['needs a caller', route('POST /v1/a', { ...plain, auth: 'none', idempotency: 'required' }, handle)],
  ['has no body', route('GET /v1/a', { ...plain, auth: 'none', body: z.strictObject({}) }, handle)],
  ['is not declared', route('GET /v1/a', { ...plain, auth: 'none', errors: ['no_such_code'] }, handle)],
  [
    'looks at `text`',
    route('GET /v1/a', { ...plain, auth: 'none', precheck: { crisis: () => ({}) } }, handle),
  ],
  [
    'a crisis is answered before anything is spent',
    route(
      'POST /v1/a',
      {
        ...plain,
        auth: 'account',
        may: 'member',
        scope: 'a',
        spends: { feature: 'a', as: 'inline' },
        precheck: { text: () => 'a' },
      },
      handle,
    ),
  ],
  ['has no reply', route('GET /v1/a', { ...plain, auth: 'none', reply: {} }, handle)],
];

test.each(FAULTY)('a route of which one must say that it %s stops the start', async (says, faulty) => {
  expect(objectionsTo(faulty).join()).toContain(says);
  await expect(
    serve({}, { mounted: [{ module: 'a', routes: [faulty], service: undefined }] }),
  ).rejects.toThrow(says);
});
