import { expect, test } from 'vitest';
import { objectionsTo, routeAlias, routesFor } from '#platform/http';
import { serve } from '@plinth/testkit/shop';
import { z } from 'zod';
import { openApiOf } from './openapi/openapi.ts';

const ID = '0193a000-0000-7000-8000-000000000009';
const route = routesFor<object>();
const shape = {
  summary: 'Keeps a seat',
  tag: 'Licences',
  auth: 'none',
  rate: { perMinute: 3, by: 'ip' },
  body: z.strictObject({ token: z.string().min(3) }),
  reply: { 200: z.strictObject({ id: z.string(), token: z.string() }) },
  example: { params: { id: ID }, body: { token: 'abc' }, reply: { id: ID, token: 'abc' } },
} as const;
const beat = route(
  'PATCH /v1/sessions/:id/heartbeat',
  {
    ...shape,
    aliases: [
      'POST /v1/sessions/:id/beat',
      routeAlias('POST /v1/heartbeat', {
        body: z.strictObject({ session_id: z.string(), signed_token: z.string() }),
        becomes: ({ body }) => ({ params: { id: body.session_id }, body: { token: body.signed_token } }),
        example: { body: { session_id: ID, signed_token: 'abc' } },
      }),
    ],
  },
  async ({ params, body }) => ({ id: params.id, token: body.token }),
);
const keys = route(
  'GET /.well-known/keys.json',
  {
    summary: 'Reads the public keys',
    tag: 'Licences',
    auth: 'none',
    rate: { perMinute: 100, by: 'ip' },
    reply: { 200: z.strictObject({ keys: z.array(z.string()) }) },
    example: { reply: { keys: [] } },
  },
  async () => ({ keys: [] }),
);

const { call, lines, server } = await serve(
  {},
  { mounted: [{ module: 'shop', routes: [beat, keys], service: {} }] },
);
const send = (name: string, body: object, headers = {}) => {
  const [method = '', path = ''] = name.split(' ', 2);
  return call(path, { method, headers, body: JSON.stringify(body) });
};

test('a call answers the same by its other names, in their form, with a trailing slash and under /api', async () => {
  const own = await send(`PATCH /v1/sessions/${ID}/heartbeat`, { token: 'abc' });
  expect([own.status, own.json]).toEqual([200, { id: ID, token: 'abc' }]);
  expect((await send(`POST /v1/sessions/${ID}/beat/`, { token: 'abc' })).json).toEqual(own.json);
  const said = { session_id: ID, signed_token: 'abc' };
  const other = await send('POST /api/v1/heartbeat/', said, { 'x-request-id': 'by-alias' });
  expect(other.json).toEqual(own.json);
  const line = lines.find((one) => one.includes('by-alias')) ?? '{}';
  expect(JSON.parse(line)).toMatchObject({ route: 'PATCH /v1/sessions/:id/heartbeat', status: 200 });
  // All names have one rate.
  expect((await send(`PATCH /v1/sessions/${ID}/heartbeat`, { token: 'abc' })).status).toBe(429);
});

test('what an alias says is checked in its own form, and then in the route’s', async () => {
  const expectRefusal = async (body: object) => {
    const { status, json } = await send('POST /v1/heartbeat', body);
    return [status, json.error?.code];
  };
  expect(await expectRefusal({ token: 'abc' })).toEqual([400, 'validation_failed']);
  expect(await expectRefusal({ session_id: ID, signed_token: 'a' })).toEqual([400, 'validation_failed']);
  expect(await expectRefusal({ session_id: 'x', signed_token: 'abc' })).toEqual([404, 'not_found']);
  expect((await send('PATCH /v1/heartbeat', {})).status).toBe(405);
});

test('a route of a product may be at a well-known address', async () => {
  expect((await call('/.well-known/keys.json')).json).toEqual({ keys: [] });
  expect((await call('/.well-known/keys.json/')).json).toEqual({ keys: [] });
  await server.stop(0);
});

test('the document has it once, and mentions the others', () => {
  const { paths } = openApiOf([{ routes: [beat] }], { version: '0' }) as {
    readonly paths: Record<string, Record<string, { readonly description: string }>>;
  };
  expect(Object.keys(paths)).toEqual(['/v1/sessions/{id}/heartbeat']);
  expect(paths['/v1/sessions/{id}/heartbeat']?.['patch']?.description).toContain(
    `Also answers at POST /v1/sessions/:id/beat, POST /v1/heartbeat, with {"session_id":"${ID}","signed_token":"abc"}.`,
  );
});

test('an alias with other parameters must say what they become', () => {
  const faulty = { ...beat, shape: { ...beat.shape, aliases: ['POST /v1/heartbeat'] as const } };
  expect(objectionsTo(faulty)).toEqual([
    'PATCH /v1/sessions/:id/heartbeat: an alias has other parameters in its path, and does not say what they become',
  ]);
});
