import { describe, expect, test, vi } from 'vitest';
import { type Customer, testApp } from '@plinth/testkit/services/app';

const app = await testApp({ settings: { AI_FAILURES_PER_DAY: '0.50' } });
const { sandbox, call } = app;
const SOON = { timeout: 120_000, interval: 20 };
const CHAT = 'POST /v1/ai/chat/completions';
const MESSAGES = [{ role: 'user', content: 'Hello' }];

const chat = ({ key }: Customer, more: object = {}, headers: Readonly<Record<string, string>> = {}) =>
  call(key, CHAT, { body: { model: 'sandbox-small', messages: MESSAGES, ...more }, headers });

interface ChatRequest {
  readonly more?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

function ask({ key }: Customer, { more = {}, headers = {}, signal }: ChatRequest): Promise<Response> {
  return fetch(`${app.url}/v1/ai/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'sandbox-small', messages: MESSAGES, ...more }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The same, given up as soon as the provider has it. */
async function abandonCall(customer: Customer, asked: ChatRequest = {}) {
  sandbox.faults.next({ kind: 'latency', ms: 2_000 });
  const stop = new AbortController();
  const gone = expect(ask(customer, { ...asked, signal: stop.signal })).rejects.toThrow('aborted');
  await vi.waitFor(async () => expect(await readFaults()).toEqual([]), SOON);
  stop.abort();
  await gone;
}

/** The faults that the provider has not taken yet. */
async function readFaults(): Promise<unknown> {
  const response = await fetch(new URL('/sandbox/faults', sandbox.url), { method: 'POST', body: '{}' });
  return ((await response.json()) as { next: unknown }).next;
}

/** An account's use of the gateway's limits, and its ledger, the oldest call first. */
async function readUsage({ key }: Customer, of = app) {
  const { body } = await of.call(key, 'GET /v1/usage');
  const limits = body['data'] as { product: string; limit: string; used: number }[];
  const ofGateway = limits.filter(({ product }) => product === 'gateway');
  return {
    ...Object.fromEntries(ofGateway.map(({ limit, used: n }) => [limit, n])),
    events: (body['events'] as Readonly<Record<string, unknown>>[]).toReversed(),
  };
}

describe('a call that the provider broke', () => {
  test('uses up nothing of a free plan: two of them leave its day as it was', async () => {
    // A provider of its own: no other test shares its breaker.
    const alone = await testApp();
    const ada = await alone.customer('gateway.developer');
    const askAlone = () =>
      alone.call(ada.key, CHAT, { body: { model: 'sandbox-large', messages: MESSAGES, max_tokens: 16_384 } });
    for (let n = 0; n < 2; n += 1) {
      alone.sandbox.faults.next(
        ...Array.from({ length: 3 }, () => ({ kind: 'reset', billed: true }) as const),
      );
      expect((await askAlone()).status).toBe(503);
    }
    const { events, ...limits } = await readUsage(ada, alone);
    expect(limits).toMatchObject({ calls: 0, daily_cost: 0, concurrent: 0 });
    expect(events).toHaveLength(6);
    for (const event of events) expect(event).toMatchObject({ charged_micros: 0, estimated: true });
    expect((await askAlone()).status).toBe(200);
    expect(await readUsage(ada, alone)).toMatchObject({ calls: 1 });
  });

  test('is borne by the operator up to so much a day; then the account is told so', async () => {
    const ada = await app.customer('gateway.developer');
    const bob = await app.customer('gateway.developer');
    sandbox.faults.always({ kind: 'reset', billed: true });
    let denied = await chat(ada, { model: 'sandbox-large', max_tokens: 16_384 });
    for (let n = 0; n < 30 && denied.status !== 429; n += 1)
      denied = await chat(ada, { model: 'sandbox-large', max_tokens: 16_384 });
    expect(denied).toMatchObject({
      status: 429,
      body: { error: { code: 'limit_exceeded', details: { limit: 'failures', max: 500_000 } } },
    });
    expect(Number(denied.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await readUsage(ada)).toMatchObject({ calls: 0, daily_cost: 0 });
    sandbox.faults.clear();
    expect((await chat(bob)).status).toBe(200);
  });

  test('after something was shown counts, and is charged for that', async () => {
    const ada = await app.customer('gateway.developer');
    sandbox.faults.next({ kind: 'cut_stream', after: 3, abrupt: true });
    const response = await ask(ada, { more: { stream: true } });
    await response.text();
    await vi.waitFor(
      async () => expect((await readUsage(ada)).events).toMatchObject([{ status: 'posted' }]),
      SOON,
    );
    const { events, ...limits } = await readUsage(ada);
    const [{ cost_micros: cost, charged_micros: charged } = {}] = events;
    expect(Number(charged)).toBeGreaterThan(0);
    expect(Number(charged)).toBeLessThan(Number(cost));
    expect(limits).toMatchObject({ calls: 1, daily_cost: charged });
  });
});

describe('a call that its client gives up', () => {
  test('counts, and is charged what the provider bills for it', async () => {
    const ada = await app.customer('gateway.developer');
    const before = sandbox.bill().length;
    await abandonCall(ada);
    await vi.waitFor(async () => expect((await readUsage(ada)).events).toHaveLength(2), SOON);
    const { events, ...limits } = await readUsage(ada);
    expect(events).toMatchObject([{ estimated: true }, { estimated: false, corrects: events[0]?.['id'] }]);
    const [billed] = sandbox.bill().slice(before);
    expect(events.reduce((sum, { completion_tokens: tokens }) => sum + Number(tokens), 0)).toBe(
      billed?.completion_tokens,
    );
    const charged = events.reduce((sum, { charged_micros: micros }) => sum + Number(micros), 0);
    expect(limits).toMatchObject({ calls: 1, daily_cost: charged, concurrent: 0 });
  });

  test('under an Idempotency-Key goes on: the provider is paid once, and the repeat gets its answer', async () => {
    const ada = await app.customer('gateway.developer');
    const before = sandbox.bill().length;
    const headers = { 'idempotency-key': 'given-up' };
    await abandonCall(ada, { headers });
    const askAgain = () => chat(ada, {}, headers);
    expect(await askAgain()).toMatchObject({
      status: 409,
      body: { error: { code: 'idempotency_in_progress' } },
    });
    await vi.waitFor(async () => expect((await askAgain()).status).toBe(200), SOON);
    expect(await askAgain()).toMatchObject({ body: { choices: [{ finish_reason: 'stop' }] } });
    expect(sandbox.bill().slice(before)).toHaveLength(1);
    expect(await readUsage(ada)).toMatchObject({ calls: 1, events: [{ estimated: false }] });
  });
});

test('a request that can only fail costs nothing, and counts', async () => {
  const ada = await app.customer('gateway.developer');
  expect((await chat(ada, { temperature: 99 })).status).toBe(400);
  expect(await readUsage(ada)).toMatchObject({ calls: 1, daily_cost: 0, concurrent: 0 });
});
