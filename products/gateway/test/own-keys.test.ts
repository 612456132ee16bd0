import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { type Customer, type Reply, testApp } from '@plinth/testkit/services/app';

const AI_CONFIG = JSON.stringify({
  version: '2026-11-28',
  prices: { 'sandbox/sandbox-large': { input: 100_000_000, output: 100_000_000, source: 'a test' } },
  own_keys: { sandbox: { fee: 5 } },
});
const app = await testApp({ settings: { AI_CONFIG } });
const { call, customer, sandbox } = app;
const beside = await testApp({ settings: { AI_CONFIG }, beside: app, work: false });

const THEIRS = 'sk-their-own-key-0001';
const OTHERS = 'sk-their-own-key-0002';
const PLAN = 'gateway.developer';
const operators = sandbox.apiKey.slice(-4);

const put = ({ key }: Customer, own: string, provider = 'sandbox'): Promise<Reply> =>
  call(key, `PUT /v1/provider-keys/${provider}`, { body: { key: own } });
const list = async ({ key }: Customer) => (await call(key, 'GET /v1/provider-keys')).body['data'];
const remove = ({ key }: Customer): Promise<Reply> => call(key, 'DELETE /v1/provider-keys/sandbox');

let nth = 0;
/** Under a key of its own its answer comes when it is settled. */
const ask = (who: Customer, at: Pick<typeof app, 'call'> = app, path = 'chat/completions'): Promise<Reply> =>
  at.call(who.key, `POST /v1/ai/${path}`, {
    headers: { 'idempotency-key': `own-${(nth += 1)}` },
    body: { model: 'sandbox-large', messages: [{ role: 'user', content: 'Say something.' }], max_tokens: 20 },
  });
const usedKey = () => sandbox.bill().at(-1)?.key_ending;
const events = async ({ key }: Customer) =>
  (await call(key, 'GET /v1/usage')).body['events'] as readonly Record<string, unknown>[];
const codeOf = ({ status, body }: Reply) => ({ status, ...(body['error'] as object) });

test('a call goes out with the key of its own account, and with the operator’s where there is none', async () => {
  const [one, other, third] = [await customer(PLAN), await customer(PLAN), await customer(PLAN)];
  expect((await put(one, THEIRS)).status).toBe(200);
  expect((await put(other, OTHERS)).status).toBe(200);
  const used: unknown[] = [];
  for (const who of [one, other, third, one]) {
    expect((await ask(who)).status).toBe(200);
    used.push(usedKey());
  }
  expect(used).toEqual(['0001', '0002', operators, '0001']);
});

test('in another process it is in effect with its signal, and a deleted one is used no more', async () => {
  const who = await customer(PLAN);
  expect((await ask(who, beside)).status).toBe(200);
  const known = async () => (await beside.app.modules.ai.accountKeys?.of(who.accountId))?.size;
  await put(who, THEIRS);
  await expect.poll(known).toBe(1);
  expect([(await ask(who, beside)).status, usedKey()]).toEqual([200, '0001']);
  expect((await remove(who)).status).toBe(200);
  expect([(await ask(who)).status, usedKey()]).toEqual([200, operators]);
  await expect.poll(known).toBe(undefined);
  expect([(await ask(who, beside)).status, usedKey()]).toEqual([200, operators]);
});

test('it costs the fee alone, which is all that a budget holds and pays; its row says so', async () => {
  const [own, usual] = [await customer(PLAN), await customer(PLAN)];
  await put(own, THEIRS);
  await ask(usual);
  await ask(own);
  const [whole] = await events(usual);
  const [fee] = await events(own);
  const cost = Math.ceil(Number(whole?.['cost_micros']) / 20);
  expect(whole).toMatchObject({ own_key: false });
  expect(fee).toMatchObject({
    own_key: true,
    cost_micros: cost,
    charged_micros: cost,
    prompt_tokens: whole?.['prompt_tokens'],
    completion_tokens: whole?.['completion_tokens'],
    price_version: expect.stringMatching(/\+own-key-5$/) as string,
  });
  const made = await call(own.key, 'POST /v1/api-keys', {
    body: { name: 'small', scopes: ['ai:call'], monthly_budget_micros: 3 * cost },
  });
  expect((await ask({ ...own, key: String(made.body['key']) })).status).toBe(200);
});

test.each(['messages', 'responses'])(
  'at the door of %s it goes in the header of that protocol',
  async (door) => {
    const who = await customer(PLAN);
    await put(who, THEIRS);
    const path = door === 'messages' ? 'messages' : door;
    const body =
      door === 'messages'
        ? undefined
        : { model: 'sandbox-large', input: 'Say something.', max_output_tokens: 20 };
    const answer =
      body === undefined ? await ask(who, app, path) : await call(who.key, `POST /v1/ai/${path}`, { body });
    expect([answer.status, usedKey()]).toEqual([200, '0001']);
  },
);

test('a key that its provider refuses is told as theirs; the operator’s is not used, nor is its provider closed', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => customer(PLAN)));
  for (const who of all) await put(who, THEIRS);
  sandbox.faults.always({ kind: 'status', status: 401, key: THEIRS });
  const before = sandbox.bill().length;
  const refused = { status: 403, code: 'provider_key_refused' };
  // As many accounts as open a breaker otherwise.
  for (const who of [...all, ...all, ...all]) expect(codeOf(await ask(who))).toMatchObject(refused);
  const [who] = all;
  if (who === undefined) throw new Error('there are eight');
  sandbox.faults.always({ kind: 'status', status: 429, retry_after: 7, key: THEIRS });
  const throttled = await ask(who);
  expect(codeOf(throttled)).toMatchObject({ status: 429, code: 'provider_key_throttled' });
  expect(throttled.headers.get('retry-after')).toBe('7');
  expect(sandbox.bill()).toHaveLength(before);
  expect((await ask(await customer(PLAN))).status).toBe(200);
  expect(usedKey()).toBe(operators);
  sandbox.faults.clear();
});

test('it is checked when it is saved: one that is refused is not kept, nor one where none is allowed', async () => {
  const who = await customer(PLAN);
  expect(codeOf(await put(who, 'sk-a-wrong-key-refused'))).toMatchObject({
    status: 400,
    code: 'provider_key_invalid',
  });
  expect((await put(who, THEIRS, 'openai')).status).toBe(404);
  const malformed = await put(who, 'sk-with a space in it');
  expect(malformed.status).toBe(400);
  expect(JSON.stringify(malformed.body)).not.toContain('a space');
  expect(await list(who)).toEqual([{ provider: 'sandbox', fee_percent: 5, key: null }]);
  expect((await remove(who)).status).toBe(404);
});

test('it is told to no one again: not in an answer, nor in the audit, nor in the clear at rest', async () => {
  const who = await customer(PLAN);
  const saved = await put(who, THEIRS);
  const key = { ending: '0001', checked: true, set_by: who.userId, set_at: expect.any(String) as string };
  expect(saved.body).toEqual({ provider: 'sandbox', fee_percent: 5, key });
  expect(await list(who)).toEqual([saved.body]);
  const trail = await call(who.key, 'GET /v1/account/audit?action=provider_key.set');
  expect(trail.body['data']).toMatchObject([{ target: { kind: 'provider', id: 'sandbox' }, changes: {} }]);
  const rows = await app.db.asMigrator(
    statement<{ row: string }>('select k::text as row from ai.provider_keys k where account_id = $1', [
      who.accountId,
    ]),
  );
  expect(rows).toHaveLength(1);
  for (const text of [JSON.stringify(saved), JSON.stringify(trail), JSON.stringify(rows)])
    expect(text).not.toContain(THEIRS);
});
