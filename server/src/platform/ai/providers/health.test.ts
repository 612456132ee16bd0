import { statement } from '#platform/db';
import { testApp, upstreamOf } from '@plinth/testkit/services/app';
import { expect, test } from 'vitest';

const app = await testApp();
const admin = await app.admin();
const ada = await app.customer('gateway.scale');

const chat = (model: string) =>
  app.call(ada.key, 'POST /v1/ai/chat/completions', {
    body: { model, messages: [{ role: 'user', content: 'Hello' }] },
  });
async function healthOf(model: string) {
  const { status, body } = await app.call(admin.key, 'GET /v1/admin/providers');
  expect(status).toBe(200);
  const data = body['data'] as readonly Readonly<Record<string, unknown>>[];
  return { process: body['process'], ...data.find((one) => one['model'] === model) };
}

test('each model is told with its breaker, what this process saw of it, and what the ledger has of the last hour', async () => {
  expect(await healthOf('sandbox-large')).toMatchObject({
    process: app.app.modules.holder.id,
    provider: 'sandbox',
    breaker: 'closed',
    throttled_ms: 0,
    outcomes: {},
    last_failure: null,
    ledger: { calls: 0, median_run_us: null, last_at: null },
  });
  for (let n = 0; n < 3; n += 1) expect((await chat('sandbox-large')).status).toBe(200);
  // Rows of the ledger follow the answers.
  await expect
    .poll(() => healthOf('sandbox-large'))
    .toMatchObject({
      outcomes: { served: 3 },
      last_failure: null,
      ledger: {
        calls: 3,
        posted: 3,
        voided: 0,
        fallbacks: 0,
        median_run_us: expect.any(Number),
        last_at: expect.any(String),
      },
    });
});

test('a provider that fails is seen: by its outcomes, its breaker, and calls that another model took over', async () => {
  app.sandbox.faults.always({ kind: 'status', status: 500 });
  for (let n = 0; n < 4; n += 1) expect((await chat('sandbox-small')).status).toBe(503);
  app.sandbox.faults.always(null);
  await expect
    .poll(() => healthOf('sandbox-small'))
    .toMatchObject({
      breaker: 'open',
      outcomes: { failed: expect.any(Number) },
      last_failure: { outcome: 'failed' },
      ledger: { posted: 0, voided: expect.any(Number) },
    });
});

const copyCall = (columns: string, values: string) =>
  app.db.asMigrator(
    statement(
      `insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, product, feature, provider, model, reserve, price_version, state, request_id${columns})
       select account_id, gen_random_uuid(), permit_id, attempt + 100, fence, user_id, product, feature, provider, 'sandbox-large', reserve, price_version, 'posted', request_id${values}
       from limits.usage_events where state = 'voided' order by id limit 1`,
      [],
    ),
  );
const largeCalls = async () =>
  (await healthOf('sandbox-large')) as unknown as { ledger: { calls: number; fallbacks: number } };

test('a call that another model took over, and one that somebody’s own backend made', async () => {
  const { ledger: before } = await largeCalls();
  await copyCall(', reported_by, reported_id', ', gen_random_uuid(), gen_random_uuid()');
  expect((await largeCalls()).ledger).toEqual(before);
  await copyCall('', '');
  expect((await largeCalls()).ledger).toMatchObject({
    calls: before.calls + 1,
    fallbacks: before.fallbacks + 1,
  });
});

test('each key of an upstream is told by its name: how long it cools, and that the provider refuses it', async () => {
  const keys = ['one', 'two', 'three'].map((name) => ({ name, key: `sk-${name}` }));
  const { api_key: _, ...upstream } = upstreamOf(app.sandbox);
  const settings = { AI_UPSTREAMS: JSON.stringify([{ ...upstream, keys }]) };
  const keyed = await testApp({ beside: app, work: false, settings });
  app.sandbox.faults.next(
    { kind: 'status', status: 429, retry_after: 60, key: 'sk-one' },
    { kind: 'status', status: 401, key: 'sk-two' },
  );
  const body = { model: 'sandbox-large', messages: [{ role: 'user', content: 'Hello' }] };
  expect((await keyed.call(ada.key, 'POST /v1/ai/chat/completions', { body })).status).toBe(200);
  const { body: health } = await keyed.call(admin.key, 'GET /v1/admin/providers');
  expect(health['data']).toContainEqual(
    expect.objectContaining({
      model: 'sandbox-large',
      breaker: 'closed',
      throttled_ms: 0,
      keys: [
        { name: 'one', throttled_ms: expect.any(Number), refused: null, refused_ms: 0 },
        { name: 'two', throttled_ms: 0, refused: 401, refused_ms: expect.any(Number) },
        { name: 'three', throttled_ms: 0, refused: null, refused_ms: 0 },
      ],
    }),
  );
  expect(JSON.stringify(health)).not.toContain('sk-');
});

test('is for platform admins', async () => {
  expect((await app.call(ada.key, 'GET /v1/admin/providers')).status).toBe(403);
});
