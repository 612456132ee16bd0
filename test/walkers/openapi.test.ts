import { describe, expect, test } from 'vitest';
import { namedObject, type Route, routesFor } from '#platform/http';
import { errorsOf, inlineSchema, openApiOf } from '#server';
import { dereference } from '@plinth/testkit/openapi';
import { z } from 'zod';
import { allRoutes } from '../../server/src/app.ts';
import { bodyOf, type OpenApi, type Operation, operationOf } from '@plinth/testkit/walkers/rules/rule';

const routes = allRoutes();
interface Whole extends OpenApi {
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}
const typesOf = (name: string) =>
  Object.entries(operationFor(routeNamed(name)).responses[200]?.content ?? {}).map(([type, media]) => [
    type,
    media?.schema,
  ]);
const documentOf = (some: readonly Route[]) =>
  openApiOf([{ routes: some }], { version: '1.2.3' }) as unknown as Whole;
const written = documentOf(routes);
const document = dereference(written);

function operationFor(route: Route): Operation {
  const operation = operationOf(document, route);
  if (operation === undefined) throw new Error(`${route.name} is not in the document`);
  return operation;
}

describe('the OpenAPI document', () => {
  test('says of every body and answer what its route declares, once names are written out', () => {
    for (const route of routes) {
      const { shape, name } = route;
      const operation = operationFor(route);
      const { responses } = operation;
      const body = shape.body === undefined ? undefined : inlineSchema(shape.body, 'input');
      expect([name, bodyOf(operation)?.schema]).toEqual([name, body]);
      const type = shape.page === true ? 'text/html' : 'application/json';
      const isFile = shape.produces?.includes(type) === false;
      for (const [status, reply] of Object.entries(shape.reply)) {
        const { content } = responses[status] ?? {};
        if (content !== undefined && !isFile)
          expect([name, content[type]?.schema]).toEqual([name, inlineSchema(reply, 'output')]);
      }
    }
  });

  test('says of a file what type it has, and never that it is JSON', () => {
    expect(typesOf('GET /v1/me/exports/:id/archive')).toEqual([
      ['application/zip', { type: 'string', format: 'binary' }],
    ]);
    expect(typesOf('GET /v1/account/audit/export')).toEqual([
      ['application/jsonl', { type: 'string' }],
      ['text/csv', { type: 'string' }],
    ]);
  });

  test('names each call once, by a verb, and says what each group of calls is', () => {
    const names = routes.map((route) => operationFor(route).operationId);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.filter((name) => !/^[a-z]+(?:[A-Z][A-Za-z0-9]*)?$/.test(name))).toEqual([]);
    expect(names).toEqual(
      expect.arrayContaining([
        'createPermit',
        'settlePermit',
        'listCustomers',
        'getPermit',
        'deleteApiKey',
        'updateMe',
      ]),
    );
    expect(written.tags.filter(({ description }) => description === undefined)).toEqual([]);
  });

  test('has calls by their paths, and of one path reading first and deleting last', () => {
    const paths = Object.keys(written.paths).map((path) => path.replace(/\{(\w+)\}/g, ':$1'));
    expect(paths).toEqual(paths.toSorted());
    const methods = Object.values(written.paths).map((calls) => Object.keys(calls));
    const order = ['get', 'post', 'put', 'patch', 'delete'];
    for (const some of methods)
      expect(some).toEqual(some.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)));
  });

  test('has CSV for each call that takes format=csv', () => {
    const offering = routes.filter((route) =>
      operationFor(route).parameters.some(
        ({ name, schema }) => name === 'format' && JSON.stringify(schema).includes('"csv"'),
      ),
    );
    expect(offering.length).toBeGreaterThan(5);
    const silent = offering.filter(
      (route) => operationFor(route).responses[200]?.content?.['text/csv'] === undefined,
    );
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  test('has an answer for each error of a route, with an example, wherever that is written', () => {
    for (const route of routes) {
      const { responses } = operationFor(route);
      const examples = Object.values(responses).flatMap((response) => {
        const { examples: some = {} } = response?.content?.['application/json'] ?? {};
        return Object.entries(some).map(([code, { value }]) => `${code} ${value.error.code}`);
      });
      const codes = errorsOf(route).map((code) => `${code} ${code}`);
      expect([route.name, examples.toSorted()]).toEqual([route.name, codes]);
    }
  });

  test('names what a client holds in its hand', () => {
    const names = Object.keys(written.components.schemas);
    expect(names).toEqual(
      expect.arrayContaining(['ApiKey', 'Error', 'Generation', 'Job', 'JobPage', 'Permit', 'UsageEvent']),
    );
    expect(names.filter((name) => !/^[A-Z][A-Za-z0-9]+$/.test(name))).toEqual([]);
    expect(operationOf(written, routeNamed('GET /v1/jobs'))?.responses[200]?.content).toMatchObject({
      'application/json': { schema: { $ref: '#/components/schemas/JobPage' } },
    });
  });

  const route = routesFor<undefined>();
  const get = (name: `GET /${string}`, reply: z.ZodType) =>
    route(name, { ...PLAIN, reply: { 200: reply } }, async () => undefined);

  test('is not made where two different schemas have one name, or one is not in PascalCase', () => {
    const twice = [
      get('GET /v1/a', namedObject('Twin', { a: z.string() })),
      get('GET /v1/b', namedObject('Twin', { b: z.string() })),
    ];
    expect(() => documentOf(twice)).toThrow('two different schemas have the name Twin');
    expect(() => documentOf([get('GET /v1/a', namedObject('Error', { a: z.string() }))])).toThrow('Error');
    const odd = namedObject('odd_name', { a: z.string() });
    expect(() => documentOf([get('GET /v1/a', odd)])).toThrow('PascalCase');
  });
});

const PLAIN = {
  summary: '',
  tag: '',
  auth: 'none',
  rate: { perMinute: 1, by: 'ip' },
  example: { reply: {} },
} as const;

function routeNamed(name: string): Route {
  const found = routes.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}
