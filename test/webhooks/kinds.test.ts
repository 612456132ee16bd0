import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { statement } from '#platform/db';
import { eventSchemas } from '#platform/webhooks';
import { type Endpoint, openWebhooksApp } from './fixture.ts';
import { openReceiver, type Receiver } from './receiver.ts';

const fixture = await openWebhooksApp();
const { operator } = fixture;

const received = async (receiver: Receiver, endpoint: Endpoint) => {
  await fixture.deliveries(endpoint);
  return receiver.received.map(({ event }) => event);
};

describe('each kind of event', () => {
  test.each(eventSchemas().map((kind) => [kind.type, kind] as const))(
    '%s has an example that its schema takes, and that says no more',
    (_type, { schema, example }) => {
      expect(schema.parse(example)).toEqual(example);
      expect(schema.safeParse({ ...example, more: 1 }).success).toBe(false);
    },
  );

  test('is in the OpenAPI document, with its schema under a name of its own', async () => {
    const { body } = await fixture.call(operator.key, 'GET /openapi.json');
    const webhooks = z.record(z.string(), z.unknown()).parse(body['webhooks']);
    expect(Object.keys(webhooks)).toEqual(eventSchemas().map(({ type }) => type));
    expect(webhooks['limit.alert']).toMatchObject({
      post: {
        requestBody: {
          content: { 'application/json': { schema: { $ref: '#/components/schemas/LimitAlertEvent' } } },
        },
      },
    });
  });
});

test('an account that is erased is told by its id, after all its other events are gone', async () => {
  const receiver = await openReceiver();
  const endpoint = await fixture.endpoint(receiver.url, ['account.erased']);
  const { accountId, userId } = await fixture.person();
  await fixture.happens(accountId, 'before');
  await fixture.db.asMigrator(
    statement(
      "update identity.users set status = 'closed', closed_at = app.now() - interval '15 days' where user_id = $1",
      [userId],
    ),
  );
  await fixture.app.modules.erasure.eraser.run();
  expect(await received(receiver, endpoint)).toEqual([
    expect.objectContaining({
      type: 'account.erased',
      account_id: accountId,
      data: { erased_at: expect.any(String) },
    }),
  ]);
  const rows = await fixture.db.asMigrator(
    statement<{ type: string }>('select type from webhooks.events where account_id = $1', [accountId]),
  );
  expect(rows).toEqual([{ type: 'account.erased' }]);
});
