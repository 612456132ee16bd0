import { describe, expect, test } from 'vitest';
import { type CrashHook, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { testApp } from '@plinth/testkit/services/app';
import { type Endpoint, openWebhooksApp, type WebhooksApp } from './fixture.ts';
import { openReceiver, type Receiver } from './receiver.ts';

let failures = 0;
/** Where a test says so, a worker goes no further once an endpoint has answered: nothing is written down. */
const crashHook: CrashHook = (point, phase) => {
  if (point !== 'webhooks.dispatch' || phase !== 'after' || failures === 0) return;
  failures -= 1;
  throw new Error('the process is gone before it could write that down');
};
const fixture: WebhooksApp = await openWebhooksApp({ crashHook });
const [ada, ben] = [await fixture.customer(), await fixture.customer()];

/** The only endpoint from now on. */
async function openOrdered(): Promise<{ receiver: Receiver; endpoint: Endpoint }> {
  await fixture.db.asMigrator(statement('delete from webhooks.endpoints'));
  const receiver = await openReceiver();
  return { receiver, endpoint: await fixture.endpoint(receiver.url, ['payment.failed'], true) };
}

/** Subjects of an account's messages, in the order in which they came. */
const told = ({ received }: Receiver, accountId: AccountId) =>
  received.filter(({ event }) => event.account_id === accountId).map(({ event }) => event.data['invoice_id']);

async function happen(accountId: AccountId, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) await fixture.happens(accountId, id);
}

describe('an endpoint that asks for order', () => {
  test('gets the events of an account one after the other: one that fails holds its own account’s, and no other’s', async () => {
    const { receiver, endpoint } = await openOrdered();
    receiver.answers.push({ status: 500 });
    await happen(ada.accountId, 'a1');
    await receiver.until(1);
    await fixture.deliveries(endpoint);
    await happen(ada.accountId, 'a2', 'a3');
    await happen(ben.accountId, 'b1', 'b2');
    await receiver.until(3);
    await expect.poll(() => told(receiver, ben.accountId)).toEqual(['b1', 'b2']);
    expect(told(receiver, ada.accountId)).toEqual(['a1']);
    await fixture.later('7 seconds');
    await receiver.until(6);
    expect(told(receiver, ada.accountId)).toEqual(['a1', 'a1', 'a2', 'a3']);
    expect(told(receiver, ben.accountId)).toEqual(['b1', 'b2']);
  });

  test('goes on with the next event when one is dead, and gets a replayed one before later ones that wait', async () => {
    const { receiver, endpoint } = await openOrdered();
    receiver.answers.push({ status: 410 });
    await happen(ada.accountId, 'dead', 'next');
    await receiver.until(1);
    await expect.poll(() => deadOf(endpoint)).toBe(1);
    await fixture.call(fixture.operator.key, `PATCH /v1/admin/webhooks/${endpoint.id}`, {
      body: { status: 'enabled' },
    });
    await receiver.until(2);
    expect(told(receiver, ada.accountId)).toEqual(['dead', 'next']);

    receiver.answers.push({ status: 500 });
    await happen(ada.accountId, 'late');
    await receiver.until(3);
    await fixture.deliveries(endpoint);
    const eventId = receiver.received[0]?.id;
    await fixture.call(fixture.operator.key, `POST /v1/admin/webhooks/${endpoint.id}/replay`, {
      body: { event_id: eventId },
    });
    await receiver.until(4);
    await fixture.deliveries(endpoint);
    await fixture.later('7 seconds');
    await receiver.until(5);
    expect(told(receiver, ada.accountId)).toEqual(['dead', 'next', 'late', 'dead', 'late']);
  });

  test('gets them in order by several workers that die on the way: each comes again, and none before its turn', async () => {
    const { receiver, endpoint } = await openOrdered();
    await testApp({ beside: fixture, crashHook });
    failures = 4;
    const ids = Array.from({ length: 8 }, (_, n) => `e${n}`);
    await Promise.all([happen(ada.accountId, ...ids), happen(ben.accountId, ...ids)]);
    await expect.poll(() => waiting(endpoint), { timeout: 60_000 }).toBe(0);
    for (const { accountId } of [ada, ben]) {
      const order = told(receiver, accountId);
      // A repeat follows its first try at once.
      expect(order.filter((id, place) => id !== order[place - 1])).toEqual(ids);
    }
    expect(failures).toBe(0);
    expect(receiver.received).toHaveLength(20);
  });
});

const countOf = async (endpoint: Endpoint, condition: string) => {
  await fixture.app.modules.dispatcher.runNow();
  const [row] = await fixture.db.asMigrator(
    statement<{ count: number }>(
      `select ((select count(*) from webhooks.events where dispatched_at is null)
         + (select count(*) from webhooks.deliveries where endpoint_id = $1 and ${condition}))::int as count`,
      [endpoint.id],
    ),
  );
  return row?.count;
};
const deadOf = (endpoint: Endpoint) => countOf(endpoint, "state = 'dead'");
const waiting = (endpoint: Endpoint) => countOf(endpoint, "state in ('waiting', 'sending')");
