import { describe, expect, test } from 'vitest';
import { commitPoint } from '#platform/db';
import { isBelieved, openReceiver } from './receiver.ts';
import { failedPayment, openWebhooksApp } from './fixture.ts';

const fixture = await openWebhooksApp();
const { operator } = fixture;
const customer = await fixture.customer();
const { accountId } = customer;
const TOLD = commitPoint('test.webhooks.told', 'an event of a test');

/** After each failed attempt: as long as its pause may be. */
const PAUSES = [
  '6 seconds',
  '6 minutes',
  '36 minutes',
  '144 minutes',
  '6 hours',
  '12 hours',
  '17 hours',
  '24 hours',
  '29 hours',
];

describe('an event', () => {
  test('is told to each endpoint that asks for its type, signed so that the official package believes it', async () => {
    const receiver = await openReceiver();
    const [mine, other] = [
      await fixture.endpoint(receiver.url),
      await fixture.endpoint(`${receiver.url}2`, ['plan.changed']),
    ];
    await fixture.happens(accountId, 'first');
    await receiver.until(1);
    expect(await fixture.deliveries(mine)).toEqual([
      expect.objectContaining({
        type: 'payment.failed',
        status: 'delivered',
        attempts: 1,
        answered: 204,
        error: null,
      }),
    ]);
    expect(await fixture.deliveries(other)).toEqual([]);
    const [message] = receiver.received;
    if (message === undefined) throw new Error('nothing arrived');
    expect(isBelieved(message, mine.secret)).toBe(true);
    expect(isBelieved({ ...message, body: message.body.replace('first', 'other') }, mine.secret)).toBe(false);
    expect(isBelieved(message, other.secret)).toBe(false);
    expect(message.event).toEqual({
      id: message.id,
      type: 'payment.failed',
      version: 1,
      timestamp: expect.any(String),
      account_id: accountId,
      customer: null,
      data: failedPayment('first'),
    });
  });

  test('that is told twice is one, and of another account it is another', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url);
    const another = await fixture.customer();
    await fixture.happens(accountId, 'twice');
    await fixture.happens(accountId, 'twice');
    await fixture.happens(another.accountId, 'twice');
    await receiver.until(2);
    expect(await fixture.deliveries(endpoint)).toHaveLength(2);
    expect(new Set(receiver.received.map(({ event }) => event.account_id))).toEqual(
      new Set([accountId, another.accountId]),
    );
  });

  test('is told by an account’s transaction about that account alone', async () => {
    const another = await fixture.customer();
    await expect(fixture.happens(accountId, 'foreign', another.accountId)).rejects.toMatchObject({
      code: '42501',
    });
  });

  test('is told by a member’s transaction about their account, and by a user’s about none', async () => {
    const { userId } = customer;
    const { db, app } = fixture;
    const emit = (id: string, about = accountId) =>
      app.modules.webhooks.emitting({
        type: 'payment.failed',
        accountId: about,
        id,
        data: failedPayment(id),
      });
    const member = { account: accountId, user: userId };
    const emitting = db.member(member, TOLD, async (tx) => {
      await tx.runAll(emit('of a member'));
      throw new Error('told, and undone');
    });
    await expect(emitting).rejects.toThrow('told, and undone');
    const another = await fixture.customer();
    for (const attempt of [
      () => db.member(member, TOLD, emit('foreign', another.accountId)),
      () => db.user(userId, TOLD, emit('of a user')),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: '42501' });
  });
});

describe('an endpoint that does not take a message', () => {
  test('gets it again under the same id until it does; events after it don’t wait for it', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url);
    receiver.answers.push(
      { status: 500, body: 'Oh no\u0000!', headers: { 'retry-after': '60' } },
      { status: 200, body: 'fine' },
    );
    await fixture.happens(accountId, 'stubborn');
    await receiver.until(1);
    expect(await fixture.deliveries(endpoint)).toEqual([
      expect.objectContaining({ status: 'waiting', attempts: 1, answered: 500, answer: 'Oh no!' }),
    ]);
    await fixture.happens(accountId, 'quick');
    await receiver.until(2);
    await fixture.deliveries(endpoint);
    await fixture.later('61 seconds');
    await receiver.until(3);
    expect((await fixture.deliveries(endpoint)).map(({ status }) => status)).toEqual([
      'delivered',
      'delivered',
    ]);
    const [first, second, third] = receiver.received;
    expect([first?.event.data, second?.event.data, third?.event.data]).toEqual([
      failedPayment('stubborn'),
      failedPayment('quick'),
      failedPayment('stubborn'),
    ]);
    expect(third?.id).toBe(first?.id);
    expect(third?.body).toBe(first?.body);
  });

  test.each([
    [
      { status: 302, headers: { location: 'http://169.254.169.254/', 'retry-after': '60' } },
      { answered: 302, error: null },
    ],
    [
      { status: 404, headers: { 'retry-after': '60' } },
      { answered: 404, error: null },
    ],
    ['reset', { answered: null, error: 'unreachable' }],
  ] as const)('fails with %j, and follows nothing', async (behaviour, line) => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url);
    receiver.otherwise = behaviour;
    await fixture.happens(accountId, JSON.stringify(behaviour));
    await receiver.until(1);
    expect(await fixture.deliveries(endpoint)).toEqual([
      expect.objectContaining({ status: 'waiting', attempts: 1, ...line }),
    ]);
    expect(receiver.received).toHaveLength(1);
  });

  test('is left alone as long as it asks to be', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url);
    receiver.answers.push({ status: 429, headers: { 'retry-after': '600' } });
    await fixture.happens(accountId, 'busy');
    await receiver.until(1);
    await fixture.deliveries(endpoint);
    await fixture.later('540 seconds');
    expect(await fixture.deliveries(endpoint)).toEqual([expect.objectContaining({ status: 'waiting' })]);
    await fixture.later('61 seconds');
    expect(await fixture.deliveries(endpoint)).toEqual([expect.objectContaining({ status: 'delivered' })]);
  });

  test('that is down for a day gets everything when it is back', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url);
    receiver.otherwise = { status: 503 };
    await fixture.happens(accountId, 'before');
    await fixture.deliveries(endpoint);
    for (const pause of PAUSES.slice(0, 6)) {
      await fixture.later(pause);
      await fixture.deliveries(endpoint);
    }
    await fixture.happens(accountId, 'meanwhile');
    await fixture.deliveries(endpoint);
    expect((await fixture.deliveries(endpoint)).map(({ attempts }) => attempts)).toEqual([7, 1]);
    receiver.otherwise = { status: 204 };
    await fixture.later('17 hours');
    expect((await fixture.deliveries(endpoint)).map(({ status }) => status)).toEqual([
      'delivered',
      'delivered',
    ]);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(2);
  });

  test('for three days leaves a dead delivery, which a replay begins anew under its id', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url);
    receiver.otherwise = { status: 500 };
    await fixture.happens(accountId, 'dead');
    for (const [failed, pause] of PAUSES.entries()) {
      expect(await fixture.deliveries(endpoint)).toEqual([expect.objectContaining({ attempts: failed + 1 })]);
      await fixture.later(pause);
    }
    expect(await fixture.deliveries(endpoint)).toEqual([
      expect.objectContaining({ status: 'dead', attempts: 10, next_attempt_at: null }),
    ]);
    receiver.otherwise = { status: 204 };
    const [lost] = receiver.received;
    const listed = async (query: string) =>
      (await fixture.call(operator.key, `GET /v1/admin/webhooks/deliveries?${query}`)).body['data'];
    const line = { webhook_id: endpoint.id, url: receiver.url, event_id: lost?.id };
    expect(await listed('status=dead')).toContainEqual(
      expect.objectContaining({ ...line, status: 'dead', attempts: 10 }),
    );
    expect(await listed(`event_id=${lost?.id}`)).toContainEqual(expect.objectContaining(line));
    expect(await listed(`event_id=${endpoint.id}`)).toEqual([]);
    const body = { since: lost?.event.timestamp };
    const replayed = await fixture.call(operator.key, `POST /v1/admin/webhooks/${endpoint.id}/replay`, {
      body,
    });
    expect(replayed).toMatchObject({ status: 202, body: { deliveries: 1, next_since: null } });
    expect((await fixture.deliveries(endpoint)).every(({ status }) => status === 'delivered')).toBe(true);
    expect(receiver.received.filter(({ id }) => id === lost?.id)).toHaveLength(11);
    expect(await listed('status=dead')).not.toContainEqual(expect.objectContaining(line));
    expect((await fixture.call(customer.key, 'GET /v1/admin/webhooks/deliveries')).status).toBe(403);
  });
});
