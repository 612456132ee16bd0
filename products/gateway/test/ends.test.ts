import { afterEach, expect, test, vi } from 'vitest';
import { type SettlingGate, settlingGate } from '@plinth/testkit/fixtures/limits';
import { type Customer, testApp } from '@plinth/testkit/services/app';

const CHAT = 'POST /v1/ai/chat/completions';
const MESSAGES = [{ role: 'user', content: 'Hello' }];

let gate: SettlingGate | undefined;
const app = await testApp({
  over(db) {
    gate = settlingGate(db);
    return gate.db;
  },
});
const another = await testApp({ beside: app, over: () => openedGate().db });

function openedGate(): SettlingGate {
  if (gate === undefined) throw new Error('the app was not opened over its gate');
  return gate;
}

// After each test, failed or not, nothing waits.
afterEach(() => openedGate().open());

const chat = ({ key }: Customer, more: object = {}, at = app) =>
  at.call(key, CHAT, { body: { model: 'sandbox-small', messages: MESSAGES, max_tokens: 20, ...more } });

async function streamChat({ key }: Customer, at = app): Promise<number> {
  const response = await fetch(`${at.url}/v1/ai/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sandbox-small', messages: MESSAGES, stream: true }),
  });
  expect(await response.text()).toContain('[DONE]');
  return response.status;
}

/** A call that does not wait is over long before others have done all this. */
async function makeOtherCalls({ key }: Customer): Promise<undefined> {
  for (let nth = 0; nth < 50; nth += 1) await app.call(key, 'GET /v1/me');
  return undefined;
}

test('an answer, plain or streamed, is there before its end is', async () => {
  const customer = await app.customer('gateway.developer');
  openedGate().shut();
  for (const ask of [async () => (await chat(customer)).status, () => streamChat(customer)]) {
    const billed = app.sandbox.bill().length;
    const status = ask();
    await vi.waitFor(() => expect(app.sandbox.bill()).toHaveLength(billed + 1), { timeout: 120_000 });
    expect(await Promise.race([status, makeOtherCalls(customer)])).toBe(200);
  }
  expect(app.app.modules.limits.ends.size).toBe(2);
  openedGate().open();
  const { body } = await app.call(customer.key, 'GET /v1/usage');
  expect(body['events']).toMatchObject([{ status: 'posted' }, { status: 'posted' }]);
});

test('one call after another at one place is never denied, on whichever process, though each is settled behind its answer', async () => {
  const customer = await app.customer('gateway.developer');
  // One of the plan's two places is taken for good.
  const body = { product: 'gateway', feature: 'external', ttl_seconds: 600 };
  const headers = { 'idempotency-key': 'place-1' };
  expect((await app.call(customer.key, 'POST /v1/permits', { body, headers })).status).toBe(201);
  // The end of each call arrives when the next one has been decided without it.
  openedGate().openAtDecisions();
  for (let nth = 0; nth < 4; nth += 1) {
    for (const at of [app, another]) {
      expect((await chat(customer, {}, at)).status).toBe(200);
      expect(await streamChat(customer, at)).toBe(200);
    }
  }
  openedGate().open();
  const { body: usage } = await app.call(customer.key, 'GET /v1/usage');
  expect(usage['events']).toHaveLength(17);
});

test('a process that stops ends what it has answered', async () => {
  const stopping = await testApp({ beside: app, over: () => openedGate().db });
  const { ends } = stopping.app.modules.limits;
  const customer = await app.customer('gateway.developer');
  openedGate().shut();
  expect((await chat(customer, {}, stopping)).status).toBe(200);
  expect(ends.size).toBe(1);
  let isStopped = false;
  const closing = stopping.close().then(() => {
    isStopped = true;
  });
  await vi.waitFor(() => expect(fetch(stopping.url)).rejects.toThrow(), { timeout: 120_000 });
  await makeOtherCalls(customer);
  expect(isStopped).toBe(false);
  openedGate().open();
  await closing;
  expect(ends.size).toBe(0);
  const { body } = await app.call(customer.key, 'GET /v1/usage');
  expect(body['events']).toMatchObject([{ status: 'posted', estimated: false }]);
});
