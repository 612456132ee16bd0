import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { commitPoint } from '#platform/db';
import {
  answer,
  type Mounted,
  namedObject,
  okReply,
  type ProductKey,
  type Route,
  routeAlias,
  routesFor,
} from '#platform/http';
import { type AccountId, AppError } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import { z } from 'zod';

/** Routes as an author in a hurry would write them, each with one mistake, and one without. */

const route = routesFor<undefined, Permit>();
const ID = '0193a000-0000-7000-8000-000000000001';
const MADE = commitPoint('test.walkers.fake', 'what a sound route makes');
const alwaysOk = async () => ({ ok: true });
const sound = {
  summary: 'Something for the walkers',
  tag: 'Fakes',
  auth: 'user',
  scope: 'fake:write',
  rate: { perMinute: 600, by: 'user' },
  reply: { 200: okReply },
  example: { reply: { ok: true } },
} as const;
const soundPost = {
  ...sound,
  body: namedObject('Fake', { name: z.string().min(1).max(9) }),
  idempotency: 'none',
  description: 'It takes no Idempotency-Key: a repeated call changes nothing.',
  example: { body: { name: 'a' }, reply: { ok: true } },
} as const;

const badExample = { ...soundPost, example: { body: { name: '' }, reply: { ok: false } } } as const;
const loose = z.object({ name: z.string().min(1).max(9) }).meta({ id: 'LooseFake' });
const nameless = z.strictObject({ name: z.string().min(1).max(9) });

/** By the rule that must object: a route that breaks it, mounted on a real server. */
export const MISTAKES: Readonly<Record<string, Route>> = {
  documented: route('GET /v1/fake/undocumented', { ...sound, summary: '' }, alwaysOk),
  exemplary: route('POST /v1/fake/example', badExample, alwaysOk),
  named: route('POST /v1/fake/nameless', { ...soundPost, body: nameless }, alwaysOk),
  spending: route(
    'POST /v1/fake/spends',
    {
      ...soundPost,
      auth: 'account',
      may: 'member',
      spends: { feature: 'flying', as: 'inline' },
    },
    alwaysOk,
  ),
  repeatable: route('POST /v1/fake/unsaid', { ...soundPost, description: 'Does it.' }, alwaysOk),
  rated: route('GET /v1/fake/rate', { ...sound, rate: { perMinute: 1e9, by: 'user' } }, alwaysOk),
  open: route('GET /v1/fake/open', { ...sound, auth: 'none', rate: { perMinute: 600, by: 'ip' } }, alwaysOk),
  admins: route('GET /v1/admin/fake', sound, alwaysOk),
  foreign: route(
    'GET /v1/fake/things/:id',
    { ...sound, example: { params: { id: ID }, reply: { ok: true } } },
    alwaysOk,
  ),
  declared: route(
    'GET /v1/organizations/:id/fake',
    { ...sound, example: { params: { id: ID }, reply: { ok: true } } },
    alwaysOk,
  ),
  readers: route('POST /v1/fake/reader', { ...soundPost, auth: 'account', may: 'viewer' }, alwaysOk),
  visitors: route(
    'DELETE /v1/fake/things/:id',
    { ...sound, errors: ['forbidden'], example: { params: { id: ID }, reply: { ok: true } } },
    alwaysOk,
  ),
  nowhere: route(
    'GET /v1/fake/words/:id',
    { ...sound, params: { id: 'text' }, example: { params: { id: 'a' }, reply: { ok: true } } },
    alwaysOk,
  ),
  bodies: route('POST /v1/fake/loose', { ...soundPost, body: loose }, alwaysOk),
  queries: route('GET /v1/fake/query', { ...sound, query: z.object({}) }, alwaysOk),
  bodiless: route('DELETE /v1/fake/raw', { ...sound, rawBody: true }, alwaysOk),
  answers: route('GET /v1/fake/undeclared', sound, async () => ({ ok: true, more: 1 })),
  repeated: route('POST /v1/fake/again', { ...soundPost, idempotency: 'optional' }, alwaysOk),
  keyed: route('POST /v1/fake/keyless', soundPost, alwaysOk),
  'shown-once': route(
    'POST /v1/fake/token',
    {
      ...soundPost,
      idempotency: 'optional',
      reply: { 200: namedObject('FakeToken', { token: z.string() }) },
      example: { body: { name: 'a' }, reply: { token: 'a' } },
    },
    async () => ({ token: 'a' }),
  ),
  aliased: route(
    'PATCH /v1/fake/seat',
    {
      ...soundPost,
      auth: 'none',
      rate: { perMinute: 600, by: 'ip' },
      aliases: [
        routeAlias('POST /v1/fake/other-seat', {
          body: namedObject('OtherFake', { called: z.string() }),
          becomes: ({ body }) => ({ body: { named: body.called } }),
          example: { body: { called: 'a' } },
        }),
      ],
    },
    alwaysOk,
  ),
  unshared: route('POST /v1/fake/shared', { ...soundPost, idempotency: 'optional' }, async () =>
    answer(200, { ok: true }, { 'Idempotent-Replayed': 'true' }),
  ),
};

/** A route that keeps every rule, but that `npm run generate` was not run for. */
export const SOUND = route(
  'POST /v1/fake/sound',
  { ...soundPost, description: 'Nothing comes of it.', idempotency: 'optional' },
  ({ once }) => once(MADE, async () => answer(200, { ok: true })),
);

/** The same of one that is called by a secret of its product. */
export const SOUND_BY_KEY = route(
  'POST /v1/fake/by-key/:id',
  {
    ...soundPost,
    auth: 'product_key',
    description: 'It takes no Idempotency-Key: a repeated call changes nothing.',
    body: namedObject('FakeByKey', { fake_key: z.string().max(200) }),
    productKey: ({ body }) => body.fake_key,
    rate: [
      { perMinute: 600, by: 'ip' },
      { perMinute: 600, by: 'key' },
    ],
    errors: ['not_found'],
    example: { params: { id: ID }, body: { fake_key: 'fake-key' }, reply: { ok: true } },
  },
  async ({ params, accountId }) => {
    if (!isOf(params.id, accountId)) throw new AppError('not_found');
    return { ok: true };
  },
);

/** What is whose, in this module: an account has itself. */
const isOf = (id: string, accountId: AccountId) => id === accountId;

/** Whose secrets of this module are: ./product-keys.ts. */
async function resolveKey(_service: unknown, secret: string): Promise<ProductKey | undefined> {
  const accountId = /^fake-key-of-(.+)$/.exec(secret)?.[1] as AccountId | undefined;
  return accountId === undefined ? undefined : { accountId, id: accountId };
}

export const fakeModule: Mounted = {
  module: 'fake',
  product: 'reel',
  routes: [...Object.values(MISTAKES), SOUND, SOUND_BY_KEY],
  service: undefined,
  resolveKey,
};

/** A server that answers every request with one status and body. */
export async function parrot(status: number, body: unknown): Promise<{ url: string; close: () => void }> {
  const text = JSON.stringify(body);
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end(text));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
