import { expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import type { Clock } from '#platform/kernel';
import { plainAnswer, scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';
import { atEndOfFile } from '@plinth/testkit/closing';
import { engine } from '@plinth/testkit/services';
import { type Customer, testApp } from '@plinth/testkit/services/app';

const CHAT = 'POST /v1/ai/chat/completions';
const PLACES = 20;
const END = commitPoint('test.gateway.away', 'the lease of a process that is away');

let ahead = 0;
const lost: string[] = [];
const clock: Clock = { monotonic: () => performance.now() + ahead, now: () => Date.now() + ahead };
const other = await testApp();
const answering = Promise.withResolvers<void>();
const provider = await scriptedUpstream((response) => {
  const headers = { 'content-type': 'application/json' };
  void answering.promise.then(() => response.writeHead(200, headers).end(plainAnswer('Hello.')));
});
atEndOfFile(() => provider.close());
const upstream = {
  name: 'sandbox',
  base_url: provider.url,
  api_key: 'sk-test',
  models: ['sandbox-small', 'sandbox-large'],
};
// A call that waits for a place waits for the test.
const AI_CONFIG = JSON.stringify({
  version: '2026-11-23',
  policies: { 'gateway.chat': { patience: 600_000 } },
});
/** The process that is stopped: one of its calls is at the provider, and the others wait for its place there. */
const stopped = await testApp({
  beside: other,
  clock,
  settings: { AI_UPSTREAMS: JSON.stringify([upstream]), AI_SLOTS: 'sandbox/*=1', AI_CONFIG },
  onLost: (reason) => lost.push(reason),
});

const chat = ({ key }: Customer, at: typeof other, name: string) =>
  at.call(key, CHAT, {
    body: { model: 'sandbox-small', messages: [{ role: 'user', content: name }], max_tokens: 20 },
    headers: { 'idempotency-key': name },
  });

// The embedded database has one process.
test.runIf(engine === 'postgres')(
  'a process that was stopped between admission and dispatch, for longer than its lease, sends nothing: 20 places are 20 calls',
  async () => {
    const customer = await other.customer('gateway.scale');
    const names = Array.from({ length: PLACES }, (_, n) => `call-${n}`);
    const calls = names.map((name) => chat(customer, stopped, name));
    await expect.poll(() => readUsage(customer), { interval: 500 }).toMatchObject({ concurrent: PLACES });
    await provider.received(1);
    ahead += 40_000;
    await other.db.system('limits.holders', END, [
      statement('select limits.end_holders($1, false)', [stopped.app.modules.holder.id]),
    ]);
    await other.app.modules.limits.sweep();
    const others = await Promise.all(names.map((name) => chat(customer, other, `other-${name}`)));
    expect(others.map(({ status }) => status)).toEqual(names.map(() => 200));
    answering.resolve();
    const answers = await Promise.all(calls);
    expect(provider.requests).toHaveLength(1);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(PLACES - 1);
    for (const { status, headers, body } of refused) {
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
      expect(body).toMatchObject({ error: { code: 'server_stopping' } });
    }
    expect(lost).toEqual(['the lease could not be renewed in time']);
    // They are charged nothing, and their keys are free.
    expect(await readUsage(customer)).toMatchObject({ calls: PLACES + 1, concurrent: 0 });
    const again = await Promise.all(names.map((name) => chat(customer, other, name)));
    expect(again.filter(({ status }) => status === 200)).toHaveLength(PLACES - 1);
    expect(await readUsage(customer)).toMatchObject({ calls: 2 * PLACES, concurrent: 0 });
  },
);

async function readUsage({ key }: Customer): Promise<Record<string, number>> {
  const { body } = await other.call(key, 'GET /v1/usage');
  const limits = body['data'] as { product: string; limit: string; used: number }[];
  const ofGateway = limits.filter(({ product }) => product === 'gateway');
  return Object.fromEntries(ofGateway.map(({ limit, used: n }) => [limit, n]));
}
