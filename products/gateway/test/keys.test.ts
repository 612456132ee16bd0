import { expect, test } from 'vitest';
import { type Customer, type Reply, testApp } from '@plinth/testkit/services/app';

const { call, customer, sandbox } = await testApp();

/** A key that a customer hands out. */
async function teamKey(who: Customer, bounds: object): Promise<{ key: string; id: string }> {
  const body = { name: 'a team', scopes: ['ai:call'], ...bounds };
  const made = await call(who.key, 'POST /v1/api-keys', { body });
  expect(made.status).toBe(201);
  return { key: String(made.body['key']), id: String(made.body['id']) };
}

const messages = [{ role: 'user', content: 'Say something.' }];
let nth = 0;
/** Under a key of its own its answer comes when it is settled. */
const ask = (key: string, more: object = {}): Promise<Reply> =>
  call(key, 'POST /v1/ai/chat/completions', {
    headers: { 'idempotency-key': `ask-${(nth += 1)}` },
    body: { model: 'sandbox-large', messages, max_tokens: 20, ...more },
  });
const codeOf = ({ status, body }: Reply) => ({ status, ...(body['error'] as object) });

test('its holder sees calls, tokens, spending, and of each bound what is left and when it resets', async () => {
  const who = await customer();
  const { key, id } = await teamKey(who, {
    daily_calls: 2,
    monthly_tokens: 5_000,
    labels: { team: 'search' },
  });
  expect((await ask(key)).status).toBe(200);
  const { prompt_tokens: input = 0, completion_tokens: output = 0 } = sandbox.bill().at(-1) ?? {};
  const { body } = await call(key, 'GET /v1/usage/mine');
  const spent = { calls: 1, tokens: input + output, spent_micros: expect.any(Number) as number };
  const bound = { key_id: id, resets_at: expect.stringContaining('T00:00:00.000Z') as string };
  expect(body).toMatchObject({
    key: { id, labels: { team: 'search' } },
    today: spent,
    month: spent,
    limits: [
      { ...bound, limit: 'key_daily_calls', kind: 'calls', per: 'day', used: 1, max: 2, left: 1 },
      { ...bound, limit: 'key_monthly_tokens', used: input + output, left: 5_000 - input - output },
    ],
  });
  expect((await call(who.key, 'GET /v1/usage/mine')).body).toMatchObject({ month: { calls: 0 }, limits: [] });
});

test('a bound that is used up is 429 and named; a larger one is in force for the next call', async () => {
  const who = await customer();
  const { key, id } = await teamKey(who, { daily_calls: 1 });
  expect((await ask(key)).status).toBe(200);
  expect(codeOf(await ask(key))).toMatchObject({
    status: 429,
    code: 'limit_exceeded',
    details: { limit: 'key_daily_calls', used: 1, max: 1, resets_at: expect.any(String) as string },
  });
  const change = { body: { daily_calls: 2 } };
  expect((await call(who.key, `PATCH /v1/api-keys/${id}`, change)).status).toBe(200);
  expect((await ask(key, { temperature: 0 })).status).toBe(200);
});

test('tokens that are left cap an answer whose length is not said; what they do not hold is refused', async () => {
  const who = await customer();
  const { key } = await teamKey(who, { daily_tokens: 3_000 });
  const answer = await ask(key, { max_tokens: undefined });
  expect(answer.status).toBe(200);
  expect(Number(answer.headers.get('x-plinth-max-tokens'))).toBeLessThan(3_000);
  expect(codeOf(await ask(key, { max_tokens: 3_000 }))).toMatchObject({
    code: 'limit_exceeded',
    message: expect.stringMatching(/^This call may take \d+ tokens, /) as string,
    details: { limit: 'key_daily_tokens', max: 3_000 },
  });
});

test('it asks for the models that it may, by name, alias or provider, and sees no other', async () => {
  const who = await customer();
  const { key } = await teamKey(who, { models: ['sandbox-large'] });
  expect((await ask(key)).status).toBe(200);
  expect(codeOf(await ask(key, { model: 'sandbox-small' }))).toMatchObject({
    status: 403,
    code: 'model_not_allowed',
  });
  const listed = (await call(key, 'GET /v1/ai/models')).body['data'] as { readonly id: string }[];
  expect(listed.map(({ id }) => id)).toEqual(['sandbox-large']);
  expect((await call(key, 'GET /v1/ai/models/sandbox-small')).status).toBe(403);
  const ofProvider = await teamKey(who, { models: ['sandbox/*'] });
  expect((await ask(ofProvider.key, { model: 'sandbox-small' })).status).toBe(200);
});

test('each end user has what its bounds give, told by their name; a call that names none is refused', async () => {
  const who = await customer();
  const { key, id } = await teamKey(who, { end_user: { daily_calls: 1, monthly_tokens: 5_000 } });
  expect((await ask(key, { user: 'ada' })).status).toBe(200);
  expect(codeOf(await ask(key, { metadata: { user_id: 'ada' } }))).toMatchObject({
    status: 429,
    details: { limit: 'key_user_daily_calls', used: 1, max: 1 },
  });
  expect((await ask(key, { user: 'bob' })).status).toBe(200);
  expect(codeOf(await ask(key))).toMatchObject({ status: 400, code: 'end_user_required' });
  const left = async (query: string) => {
    const { body } = await call(key, `GET /v1/usage/mine${query}`);
    const limits = body['limits'] as { readonly limit: string; readonly left: number }[];
    return Object.fromEntries(limits.map((one) => [one.limit, one.left]));
  };
  expect(await left('?user=ada')).toMatchObject({ key_user_daily_calls: 0, key_users: 99_998 });
  expect(await left('?user=eve')).toMatchObject({ key_user_daily_calls: 1, key_user_monthly_tokens: 5_000 });
  expect(await left('')).toEqual({ key_users: 99_998 });
  expect((await call(who.key, 'GET /v1/usage/keys')).body['data']).toContainEqual({
    id,
    limits: [expect.objectContaining({ limit: 'key_users', used: 2, left: 99_998 })],
  });
  const { body } = await call(who.key, `PATCH /v1/api-keys/${id}`, {
    body: { end_user: { daily_calls: null } },
  });
  expect(body).toMatchObject({ end_user: { daily_calls: null, monthly_tokens: 5_000 } });
  expect((await ask(key, { user: 'ada' })).status).toBe(200);
  const without = await call(who.key, `PATCH /v1/api-keys/${id}`, { body: { end_user: null } });
  expect(without.body).toMatchObject({ end_user: null });
  expect((await ask(key)).status).toBe(200);
});
