import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { micros } from '#platform/kernel';
import { type Admission, createDenialEvents } from '#platform/limits';
import type { Customer } from '@plinth/testkit/services/app';
import { openReceiver } from './receiver.ts';
import { openWebhooksApp, type WebhooksApp } from './fixture.ts';

let failures = 0;
/** Where a test says so, it goes no further once an endpoint has answered: nothing is written down. */
const fixture: WebhooksApp = await openWebhooksApp({
  crashHook(point, phase) {
    if (point !== 'webhooks.dispatch' || phase !== 'after' || failures === 0) return;
    failures -= 1;
    throw new Error('the process is gone before it could write that down');
  },
});
const { operator } = fixture;
// The monthly counts of this file stay within one month.
const [today] = await fixture.db.asMigrator(
  statement<{ day: number }>("select extract(day from app.now() at time zone 'UTC')::int as day"),
);
if ((today?.day ?? 0) > 25) await fixture.later('7 days');

/** A use of Reel: its customer has 60 a month. */
function use(customer: Customer, units: number): Promise<Admission> {
  return fixture.app.modules.limits.admit({
    accountId: customer.accountId,
    userId: customer.userId,
    product: 'reel',
    feature: 'generation',
    units,
    call: { provider: 'sandbox', model: 'small', priceVersion: '2026-11-20', reserve: micros(0) },
    as: 'job',
    requestId: 'request',
  });
}

/** Ends what a customer has open, so that one place is enough. */
async function usedUp(customer: Customer, ...amounts: readonly number[]): Promise<string[]> {
  const answers: string[] = [];
  for (const units of amounts) {
    const admission = await use(customer, units);
    answers.push(admission.kind);
    if (admission.kind === 'permit') await admission.permit.settle();
    // The hour has ten uses, the month sixty.
    await fixture.later('61 minutes');
  }
  return answers;
}

describe('a limit that fills up', () => {
  test('is told by an event at 80 and at 100 percent, and by mail to those who manage the account, each once', async () => {
    const customer = await fixture.customer('reel.basic');
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url, ['limit.alert']);
    expect(await usedUp(customer, 10, 10, 10, 10, 8, 10)).toEqual(Array.from({ length: 6 }, () => 'permit'));
    await fixture.deliveries(endpoint);
    const { data: monthly } =
      receiver.received.find(({ event }) => event.data['limit'] === 'generations')?.event ?? {};
    expect(monthly).toMatchObject({
      product: 'reel',
      kind: 'quota',
      threshold: 80,
      used: 48,
      max: 60,
      key_id: null,
    });
    await usedUp(customer, 2);
    await Promise.all([fixture.app.modules.dispatcher.runNow(), fixture.app.modules.dispatcher.runNow()]);
    await fixture.deliveries(endpoint);
    // One event each. An attempt that an hour passes over is made again: a receiver knows the event by its id.
    const events = new Map(receiver.received.map(({ id, event }) => [id, event]));
    const told = [...events.values()].map(({ account_id, data }) => [
      account_id,
      data['limit'],
      data['threshold'],
    ]);
    expect(told).toEqual([
      [customer.accountId, 'generations', 80],
      [customer.accountId, 'generations', 100],
    ]);
    const mails = (await fixture.outbox()).filter(({ to }) => to === customer.email);
    expect(mails.map(({ subject }) => subject)).toEqual([
      'Reel: 80 % of generations used',
      'Reel: 100 % of generations used',
    ]);
    expect(mails[0]?.text).toContain('48 of 60');
    expect(mails[0]?.text).toContain('counted anew at');
  });
});

describe('a limit that is closed', () => {
  test('is told once in its window, however often and in however many processes it is hammered at', async () => {
    const customer = await fixture.customer('reel.basic');
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url, ['permit.denied']);
    await usedUp(customer, 10, 10, 10, 10, 10, 10);
    for (let n = 0; n < 20; n += 1) expect((await use(customer, 1)).kind).toBe('denied');
    const another = createDenialEvents({
      ...fixture.app.modules,
      onFailure: (error) => expect(error).toBeUndefined(),
    });
    const denied = await use(customer, 1);
    if (denied.kind !== 'denied') throw new Error('it was not denied');
    another.note({ accountId: customer.accountId, product: 'reel', feature: 'generation' }, denied.denial);
    await another.close();
    await expect.poll(async () => (await fixture.deliveries(endpoint)).length).toBe(1);
    expect(receiver.received[0]?.event).toMatchObject({
      account_id: customer.accountId,
      data: {
        product: 'reel',
        feature: 'generation',
        limit: 'generations',
        kind: 'quota',
        used: 60,
        max: 60,
      },
    });
  });
});

describe('a plan', () => {
  test('that is given and taken back is told with the change; what changes nothing is not', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url, ['plan.changed']);
    const { accountId } = await fixture.customer();
    const give = (plan: string) =>
      fixture.call(operator.key, 'POST /v1/admin/grants', {
        body: { account_id: accountId, product: 'reel', plan },
      });
    await give('reel.pro');
    const { body: lesser } = await give('reel.basic');
    await fixture.call(operator.key, `DELETE /v1/admin/grants/${String(lesser['id'])}`);
    await fixture.deliveries(endpoint);
    expect(receiver.received.map(({ event }) => event)).toEqual([
      expect.objectContaining({
        type: 'plan.changed',
        account_id: accountId,
        data: {
          product: 'reel',
          plan: 'reel.pro',
          former_plan: null,
          add_ons: [],
          source: 'admin',
          until: null,
          cause: 'granted',
        },
      }),
    ]);
  });
});

describe('a process that dies between an answer and its note of it', () => {
  test('leaves a delivery that is made again, under the same id: at least once', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url, ['payment.failed']);
    const { accountId } = await fixture.customer();
    failures = 2;
    await fixture.happens(accountId, 'noted late');
    await receiver.until(3);
    expect(await fixture.deliveries(endpoint)).toEqual([
      expect.objectContaining({ status: 'delivered', attempts: 1 }),
    ]);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
  });

  test('writes nothing when it comes back late: another job has the delivery by then', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url, ['payment.failed']);
    const { accountId } = await fixture.customer();
    receiver.answers.push('hang');
    await fixture.happens(accountId, 'taken over');
    await receiver.until(1);
    await fixture.db.asMigrator(
      statement(
        `update webhooks.deliveries set updated_at = app.now() - interval '2 hours' where endpoint_id = $1`,
        [endpoint.id],
      ),
    );
    await fixture.app.modules.dispatcher.prune();
    expect(await fixture.deliveries(endpoint)).toEqual([
      expect.objectContaining({ status: 'delivered', attempts: 1 }),
    ]);
    receiver.letGo();
    await expect.poll(async () => (await openJobs()).length).toBe(0);
    expect(await fixture.deliveries(endpoint)).toEqual([
      expect.objectContaining({ status: 'delivered', attempts: 1 }),
    ]);
  });
});

const openJobs = () =>
  fixture.db.asMigrator(
    statement<{ id: string }>(
      `select id from jobs.jobs where kind = 'webhooks.deliver' and state in ('ready', 'delayed', 'running')`,
    ),
  );
