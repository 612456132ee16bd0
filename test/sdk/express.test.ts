import type { AddressInfo } from 'node:net';
import { createClient } from '@plinth/sdk';
import type { Express } from 'express';
import { afterAll, describe, expect, it } from 'vitest';
import { createServer } from '../../docs/examples/express/after.ts';
import { createServer as createBefore } from '../../docs/examples/express/before.ts';
import type { Customer } from '@plinth/testkit/services/app';
import { sdkFixture } from './fixture.ts';

const { admin, customer, clientOf, sandbox } = await sdkFixture();
const model = { url: sandbox.url, apiKey: sandbox.apiKey, name: 'sandbox-small' };
// One try each: the customer is told at once.
const plinth = clientOf(await admin(), { retries: { max: 0 } });
const shop = await listen(
  createServer({ model, plinth, accountOf: (request) => request.get('x-customer') ?? '' }),
);
const TEXT = 'The harbour froze over in January, and the ferry did not sail for three weeks.';

async function listen(app: Express): Promise<string> {
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ask(url: string, by?: Customer) {
  const response = await fetch(`${url}/summaries`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(by === undefined ? {} : { 'x-customer': by.accountId }),
    },
    body: JSON.stringify({ text: TEXT }),
  });
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const body: unknown = isJson ? await response.json() : await response.text();
  return { status: response.status, headers: response.headers, body };
}

/** What a customer's account has used of the product, and the calls that it went into. */
async function spentBy(by: Customer) {
  const { data, events } = await clientOf(by).usage();
  const calls = data.find(({ product, limit }) => product === 'gateway' && limit === 'calls')?.used;
  return { calls, posted: events.filter(({ status }) => status === 'posted') };
}

describe('an Express handler with permits around it', () => {
  it('serves a customer as it did before, and each call is in the ledger at its price', async () => {
    const by = await customer();
    const before = await ask(await listen(createBefore(model)));
    const after = await ask(shop, by);
    expect([before.status, after.status]).toEqual([200, 200]);
    expect(after.body).toEqual(before.body);
    const { calls, posted } = await spentBy(by);
    expect(calls).toBe(1);
    expect(posted).toMatchObject([{ feature: 'external', model: 'sandbox-small' }]);
    expect(posted[0]?.cost_micros).toBeGreaterThan(0);
  });

  it('tells a customer whose limit is reached which, and when to come back, and asks no model', async () => {
    const by = await customer();
    const own = plinth.forAccount(by.accountId);
    const chat = { product: 'gateway', feature: 'external' };
    const held = await Promise.all([own.permits.take(chat), own.permits.take(chat)]);
    const served = sandbox.bill().length;
    const { status, headers, body } = await ask(shop, by);
    expect([status, headers.get('retry-after')]).toEqual([429, '1']);
    expect(body).toMatchObject({ error: 'limit_exceeded', limit: 'concurrent', upgrade: 'gateway.scale' });
    expect(sandbox.bill().length).toBe(served);
    for (const { permit_id: id } of held) await own.permits.release(id);
  });

  it('that crashes charges nothing, and the next call is served', async () => {
    const by = await customer();
    sandbox.faults.next({ kind: 'status', status: 500 });
    expect((await ask(shop, by)).status).toBe(500);
    expect(await spentBy(by)).toEqual({ calls: 0, posted: [] });
    expect((await ask(shop, by)).status).toBe(200);
    expect((await spentBy(by)).calls).toBe(1);
  });

  it('answers 503 when Plinth can’t be reached, and asks no model', async () => {
    const nowhere = createClient({ baseUrl: 'http://127.0.0.1:9', apiKey: 'k', retries: { max: 0 } });
    const url = await listen(createServer({ model, plinth: nowhere, accountOf: () => '' }));
    const served = sandbox.bill().length;
    expect((await ask(url)).status).toBe(503);
    expect(sandbox.bill().length).toBe(served);
  });
});
