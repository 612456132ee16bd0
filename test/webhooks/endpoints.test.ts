import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { eventTypes } from '#platform/webhooks';
import { isBelieved, openReceiver } from './receiver.ts';
import { type Endpoint, openWebhooksApp } from './fixture.ts';

const fixture = await openWebhooksApp();
const { operator } = fixture;
const { accountId, key } = await fixture.customer();
const endpointPath = ({ id }: Endpoint, more = '') => `/v1/admin/webhooks/${id}${more}`;

async function auditLines(endpoint: Endpoint): Promise<string[]> {
  const rows = await fixture.db.asMigrator(
    statement<{ line: string }>(
      `select actor_kind || ' ' || action as line from audit.events where target_kind = 'webhook' and target_id = $1 order by id`,
      [endpoint.id],
    ),
  );
  return rows.map(({ line }) => line);
}

describe('an endpoint', () => {
  test('is made, read, changed and deleted by platform admins, and each is audited', async () => {
    const endpoint = await fixture.endpoint('https://hooks.example.com/a');
    const { secret, ...view } = endpoint;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(view).toMatchObject({
      status: 'enabled',
      types: [...eventTypes().keys()],
      ordered: false,
    });
    expect((await fixture.call(operator.key, `GET ${endpointPath(endpoint)}`)).body).toEqual(view);
    const body = {
      url: 'https://hooks.example.com/b',
      types: ['limit.alert'],
      ordered: true,
      description: 'Ours',
    };
    expect(
      (await fixture.call(operator.key, `PATCH ${endpointPath(endpoint)}`, { body })).body,
    ).toMatchObject(body);
    const { body: list } = await fixture.call(operator.key, 'GET /v1/admin/webhooks');
    expect(JSON.stringify(list)).not.toContain('whsec_');
    expect((await fixture.call(operator.key, `DELETE ${endpointPath(endpoint)}`)).body).toEqual({ ok: true });
    expect((await fixture.call(operator.key, `GET ${endpointPath(endpoint)}`)).status).toBe(404);
    expect(await auditLines(endpoint)).toEqual([
      'key webhook.created',
      'key webhook.changed',
      'key webhook.deleted',
    ]);
  });

  test('is made once under an Idempotency-Key, and its secret shown once: a repeat has none, nor has what is kept', async () => {
    const asked = {
      body: { url: 'https://hooks.example.com/once' },
      headers: { 'idempotency-key': 'webhook-once' },
    };
    const [first, second] = [
      await fixture.call(operator.key, 'POST /v1/admin/webhooks', asked),
      await fixture.call(operator.key, 'POST /v1/admin/webhooks', asked),
    ];
    expect(second.body).toEqual({ ...first.body, secret: null });
    const [kept] = await fixture.db.asMigrator(
      statement<{ kept: string }>(
        'select to_jsonb(k)::text as kept from idempotency.user_keys k where route = $1',
        ['POST /v1/admin/webhooks'],
      ),
    );
    expect(first.body['secret']).toMatch(/^whsec_/);
    expect(kept?.kept).not.toContain(String(first.body['secret']));
  });

  test.each(['http://hooks.example.com/', 'https://10.0.0.1/', 'https://169.254.169.254/latest/', 'nowhere'])(
    'is not made at %s',
    async (url) => {
      const refused = await fixture.call(operator.key, 'POST /v1/admin/webhooks', { body: { url } });
      expect(refused).toMatchObject({ status: 400, body: { error: { code: 'validation_failed' } } });
    },
  );

  test('is nobody’s business but the operator’s: a customer sees, makes and tests none', async () => {
    const endpoint = await fixture.endpoint('https://hooks.example.com/secret');
    for (const call of [
      'GET /v1/admin/webhooks',
      `GET ${endpointPath(endpoint)}`,
      `GET ${endpointPath(endpoint, '/deliveries')}`,
      `DELETE ${endpointPath(endpoint)}`,
    ])
      expect((await fixture.call(key, call)).status).toBe(403);
    const read = statement('select secret from webhooks.endpoints');
    await expect(fixture.db.tenant(accountId, [read])).rejects.toMatchObject({ code: '42501' });
  });
});

describe('a secret that is rotated', () => {
  test('signs beside the new one while they overlap, and not after', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url);
    const body = { overlap_hours: 2 };
    const rotated = await fixture.call(operator.key, `POST ${endpointPath(endpoint, '/rotate')}`, { body });
    const secret = String(rotated.body['secret']);
    expect(secret).not.toBe(endpoint.secret);
    await fixture.happens(accountId, 'during');
    await fixture.deliveries(endpoint);
    await fixture.later('3 hours');
    await fixture.happens(accountId, 'after');
    await fixture.deliveries(endpoint);
    const believed = receiver.received.map((message) => [
      isBelieved(message, endpoint.secret),
      isBelieved(message, secret),
    ]);
    expect(believed).toEqual([
      [true, true],
      [false, true],
    ]);
  });

  test('can be gone at once', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url);
    await fixture.call(operator.key, `POST ${endpointPath(endpoint, '/rotate')}`, {
      body: { overlap_hours: 0 },
    });
    await fixture.happens(accountId, 'at once');
    await fixture.deliveries(endpoint);
    expect(receiver.received.map((message) => isBelieved(message, endpoint.secret))).toEqual([false]);
  });
});

describe('an endpoint that is no more', () => {
  test('says so by 410, and is disabled at once; nothing is lost that a replay could not bring', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url);
    receiver.answers.push({ status: 410 });
    await fixture.happens(accountId, 'gone');
    expect(await fixture.deliveries(endpoint)).toEqual([
      expect.objectContaining({ status: 'dead', answered: 410 }),
    ]);
    expect((await fixture.call(operator.key, `GET ${endpointPath(endpoint)}`)).body).toMatchObject({
      status: 'disabled',
      disabled_because: 'gone',
    });
    expect(await auditLines(endpoint)).toEqual(['key webhook.created', 'system webhook.disabled']);
    await fixture.happens(accountId, 'while it is disabled');
    expect(await fixture.deliveries(endpoint)).toHaveLength(1);

    const since = { since: receiver.received[0]?.event.timestamp };
    const early = await fixture.call(operator.key, `POST ${endpointPath(endpoint, '/replay')}`, {
      body: since,
    });
    expect(early).toMatchObject({ status: 409, body: { error: { code: 'webhook_disabled' } } });
    await fixture.call(operator.key, `PATCH ${endpointPath(endpoint)}`, { body: { status: 'enabled' } });
    await fixture.call(operator.key, `POST ${endpointPath(endpoint, '/replay')}`, { body: since });
    expect((await fixture.deliveries(endpoint)).map(({ status }) => status)).toEqual([
      'delivered',
      'delivered',
    ]);
  });

  test('is disabled after five days in which nothing reached it, and takes up what waits when it is enabled', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url);
    receiver.otherwise = { status: 500 };
    await fixture.happens(accountId, 'the first failure');
    await fixture.deliveries(endpoint);
    await fixture.later('119 hours');
    await fixture.happens(accountId, 'the last chance');
    await fixture.deliveries(endpoint);
    expect((await fixture.call(operator.key, `GET ${endpointPath(endpoint)}`)).body).toMatchObject({
      status: 'enabled',
    });
    await fixture.later('2 hours');
    await fixture.deliveries(endpoint);
    expect((await fixture.call(operator.key, `GET ${endpointPath(endpoint)}`)).body).toMatchObject({
      status: 'disabled',
      disabled_because: 'failing',
    });
    expect(await auditLines(endpoint)).toContain('system webhook.disabled');
    receiver.otherwise = { status: 204 };
    await fixture.call(operator.key, `PATCH ${endpointPath(endpoint)}`, { body: { status: 'enabled' } });
    await fixture.later('40 minutes');
    expect((await fixture.deliveries(endpoint)).map(({ status }) => status)).toEqual([
      'delivered',
      'delivered',
    ]);
  });

  test('is not disabled where one delivery in five days got through', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url);
    for (const status of [500, 204, 500]) {
      receiver.otherwise = { status };
      await fixture.happens(accountId, `${status} at ${receiver.received.length}`);
      await fixture.deliveries(endpoint);
      receiver.otherwise = { status: 204 };
      await fixture.later('61 hours');
    }
    await fixture.deliveries(endpoint);
    expect((await fixture.call(operator.key, `GET ${endpointPath(endpoint)}`)).body).toMatchObject({
      status: 'enabled',
      failing_since: null,
    });
  });
});

describe('what an admin sends', () => {
  test('as a test goes to that endpoint alone, even if it did not subscribe to the type', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url, ['plan.changed']);
    const other = await fixture.endpoint(`${receiver.url}2`);
    const { status, body } = await fixture.call(operator.key, `POST ${endpointPath(endpoint, '/test')}`);
    expect(status).toBe(202);
    expect(await fixture.deliveries(endpoint)).toEqual([
      expect.objectContaining({ type: 'webhook.test', event_id: body['event_id'], status: 'delivered' }),
    ]);
    expect(await fixture.deliveries(other)).toEqual([]);
    expect(receiver.received.map(({ event }) => event.account_id)).toEqual([null]);
  });

  test('again, by its id, is delivered again under that id', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url);
    await fixture.happens(accountId, 'again');
    const [line] = await fixture.deliveries(endpoint);
    const body = { event_id: line?.event_id };
    const replayed = await fixture.call(operator.key, `POST ${endpointPath(endpoint, '/replay')}`, { body });
    expect(replayed.body).toEqual({ deliveries: 1, next_since: null });
    await fixture.deliveries(endpoint);
    expect(receiver.received.map(({ id }) => id)).toEqual([line?.event_id, line?.event_id]);
  });

  test('again of a time brings what the endpoint never got, and what it has only if that is asked for', async () => {
    const receiver = await openReceiver();
    const first = await fixture.endpoint(receiver.url);
    await fixture.happens(accountId, 'before it was there');
    await fixture.deliveries(first);
    const late = await fixture.endpoint(`${receiver.url}/late`);
    const since = receiver.received[0]?.event.timestamp;
    const requestReplay = (endpoint: Endpoint, more: object = {}) =>
      fixture.call(operator.key, `POST ${endpointPath(endpoint, '/replay')}`, { body: { since, ...more } });
    expect((await requestReplay(first)).body).toMatchObject({ deliveries: 0 });
    expect((await requestReplay(first, { include_delivered: true })).body).toMatchObject({ deliveries: 1 });
    expect((await requestReplay(late)).body).toMatchObject({ deliveries: 1 });
    expect((await requestReplay(late, { until: since })).body).toMatchObject({ deliveries: 0 });
    expect(await fixture.deliveries(late)).toEqual([expect.objectContaining({ status: 'delivered' })]);
  });
});

test('events and their deliveries are kept for thirty days', async () => {
  const receiver = await openReceiver();
  const endpoint = await fixture.endpoint(receiver.url);
  await fixture.happens(accountId, 'old');
  await fixture.deliveries(endpoint);
  await fixture.later('29 days');
  await fixture.happens(accountId, 'new');
  await fixture.deliveries(endpoint);
  await fixture.later('2 days');
  await fixture.app.modules.dispatcher.prune();
  expect(await fixture.deliveries(endpoint)).toHaveLength(1);
});
