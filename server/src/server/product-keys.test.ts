import { expect, onTestFinished, test, vi } from 'vitest';
import { type ProductKey, type Route, routesFor } from '#platform/http';
import { AppError } from '#platform/kernel';
import { MINE, serve, THEIRS } from '@plinth/testkit/shop';
import { z } from 'zod';

/** Whose each key is. */
const KEYS: Readonly<Record<string, Licence>> = {
  'KEY-MINE': { accountId: MINE, id: 'licence-1', seats: 3 },
  'KEY-THEIRS': { accountId: THEIRS, id: 'licence-2', seats: 1 },
};
interface Licence extends ProductKey {
  readonly seats: number;
}

const route = routesFor<object, never, Licence>();
const body = z.strictObject({ license_key: z.string(), machine: z.string().optional() });
const told = { 200: z.strictObject({ who: z.array(z.unknown()) }) };
const example = { body: { license_key: 'KEY-NONE' }, reply: { who: [] } };
const parts = { summary: 'Takes a seat', tag: 'Licences', body, reply: told, example } as const;

const byKey = route(
  'POST /v1/seats',
  {
    ...parts,
    auth: 'product_key',
    productKey: (call) => call.body.license_key,
    rate: [
      { perMinute: 4, by: 'ip' },
      { perMinute: 2, by: 'key' },
    ],
    rateOf: { name: 'machine', perMinute: 1, of: (call) => call.body.machine },
  },
  async ({ accountId, productKey, caller, role }) => ({
    who: [accountId, productKey.seats, caller ?? null, role ?? null],
  }),
);

const byEither = route(
  'GET /v1/licences/:key/status',
  {
    summary: 'Reads a licence',
    tag: 'Licences',
    auth: 'account_or_product_key',
    may: 'viewer',
    scope: 'shop:read',
    params: { key: 'text' },
    productKey: ({ params }) => params.key,
    rate: { perMinute: 1_000, by: 'ip' },
    reply: told,
    example: { params: { key: 'KEY-NONE' }, reply: { who: [] } },
  },
  async ({ accountId, productKey, caller, role }) => ({
    who: [accountId, productKey?.id ?? null, caller?.userId ?? null, role ?? null],
  }),
);

async function serveLicences(routes: readonly Route[] = [byKey, byEither]) {
  const resolveKey = vi.fn<(service: unknown, secret: string) => Promise<Licence | undefined>>(
    async (_service, secret) => {
      if (secret === 'KEY-TYPO') throw new AppError('validation_failed', { message: 'A typing error.' });
      return KEYS[secret];
    },
  );
  const module = { module: 'shop', routes, service: {}, resolveKey };
  const { call, server, lines } = await serve({}, { mounted: [module] });
  onTestFinished(() => server.stop(0));
  const seat = (license_key: string, more: object = {}, headers: Record<string, string> = {}) =>
    call('/v1/seats', { method: 'POST', headers, body: JSON.stringify({ license_key, ...more }) });
  return { call, seat, resolveKey, lines };
}

test('a call with a secret of the product is made for the account that the product finds by it, whatever else it says', async () => {
  const { seat, lines } = await serveLicences();
  expect((await seat('KEY-MINE')).json).toEqual({ who: [MINE, 3, null, null] });
  const more = { authorization: 'Bearer token', 'x-account-id': MINE, 'x-request-id': 'theirs' };
  expect((await seat('KEY-THEIRS', {}, more)).json).toEqual({ who: [THEIRS, 1, null, null] });
  const line = lines.find((one) => one.includes('"theirs"')) ?? '{}';
  expect(JSON.parse(line)).toMatchObject({ account_id: THEIRS, route: 'POST /v1/seats' });
});

test('a secret that is nobody’s is 401, and what the product throws is answered in its place', async () => {
  const { seat } = await serveLicences();
  const unknown = await seat('KEY-NONE', {}, { authorization: 'Bearer token' });
  expect([unknown.status, unknown.json.error?.code]).toEqual([401, 'unauthenticated']);
  expect((await seat('KEY-TYPO')).json.error).toMatchObject({ message: 'A typing error.' });
});

test('guesses are counted by IP before they are looked up, and calls by key and machine after', async () => {
  const { seat, resolveKey } = await serveLicences();
  const guesses = [];
  for (let n = 0; n < 6; n += 1) guesses.push((await seat('KEY-NONE')).status);
  expect(guesses).toEqual([401, 401, 401, 401, 429, 429]);
  expect(resolveKey).toHaveBeenCalledTimes(4);
  expect((await seat('KEY-MINE')).status).toBe(429);
});

test('rates of a key and of a machine are each their own', async () => {
  const generous = {
    ...byKey,
    shape: {
      ...byKey.shape,
      rate: [
        { perMinute: 1_000, by: 'ip' },
        { perMinute: 2, by: 'key' },
      ] as const,
    },
  };
  const { seat } = await serveLicences([generous, byEither]);
  const statuses = [];
  for (const [key, machine] of [
    ['KEY-MINE', 'one'],
    ['KEY-MINE', 'one'],
    ['KEY-MINE', 'two'],
    ['KEY-MINE', 'three'],
    ['KEY-THEIRS', 'four'],
  ] as const)
    statuses.push((await seat(key, { machine })).status);
  // The second was counted by nothing, because its machine had no more.
  expect(statuses).toEqual([200, 429, 200, 429, 200]);
});

test('either: a token counts as ever where there is one, and the secret where there is none', async () => {
  const { call } = await serveLicences();
  const read = async (key: string, init = {}) => (await call(`/v1/licences/${key}/status/`, init)).json;
  expect(await read('KEY-THEIRS')).toEqual({ who: [THEIRS, 'licence-2', null, null] });
  expect(await read('KEY-THEIRS', { as: 'token' })).toMatchObject({
    who: [MINE, null, expect.any(String), 'owner'],
  });
  expect(await read('KEY-MINE', { as: 'stranger' })).toMatchObject({ error: { code: 'unauthenticated' } });
  expect(await read('KEY-MINE', { as: 'token', headers: { 'x-account-id': THEIRS } })).toMatchObject({
    error: { code: 'not_found' },
  });
  expect(await read('KEY-NONE')).toMatchObject({ error: { code: 'unauthenticated' } });
});
