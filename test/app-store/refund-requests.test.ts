import { beforeEach, describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { LISTED, openSellingApp } from './fixture.ts';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';

const death = plannedDeath();
const app = await openSellingApp({
  settings: { APP_STORE_CUSTOMERS_CONSENT: 'true', APP_STORE_REFUND_PREFERENCE: 'grant_prorated' },
  crashHook: death.crashHook,
});
const { live, trial, db } = app;
const { answering, inbox } = app.app.modules;
const other = await app.beside();
const PRO = 'reel.pro.monthly';

beforeEach(() => {
  live.faults.length = 0;
});

/** What Apple was told of a purchase. */
const consumptionOf = (id: string, store = live) =>
  store.consumption.flatMap(({ transactionId, ...said }) => (transactionId === id ? [said] : []));

/** A purchase whose buyer wants the money back, and which was read since. */
async function askRefund(product = PRO, how: { readonly family?: boolean } = {}): Promise<string> {
  const { accountId } = await app.customer();
  const { id } = live.world.buy({ product, appAccountToken: accountId, ...how });
  live.world.askRefund(id);
  await app.settled();
  return id;
}

/** Later than a run that died is gone on with. */
const passSixMinutes = () => advance(db, '6 minutes');

describe('Apple is answered that asks how a purchase was used:', () => {
  test('a plan was delivered, and what is left of it Apple counts itself', async () => {
    const id = await askRefund();
    expect(await answering.run()).toBe(1);
    const answer = {
      customerConsented: true,
      deliveryStatus: 'DELIVERED',
      sampleContentProvided: false,
      refundPreference: 'GRANT_PRORATED',
    };
    expect(consumptionOf(id)).toEqual([answer]);
    expect(await answering.run()).toBe(0);
    expect(consumptionOf(id)).toHaveLength(1);
  });

  test('a pack of credits was delivered, and the part of it that was used; a refund takes what is left', async () => {
    const { accountId } = await app.customer();
    const { id } = live.world.buy({ product: 'gateway.image_pack', appAccountToken: accountId });
    await app.settled();
    const left = () =>
      db.asMigrator(
        statement<{ left: number }>('select remaining as left from limits.credits where account_id = $1', [
          accountId,
        ]),
      );
    expect(await left()).toEqual([{ left: 500 }]);
    const use = 'update limits.credits set remaining = 375 where account_id = $1';
    await db.asMigrator(statement(use, [accountId]));
    live.world.askRefund(id);
    await app.settled();
    await answering.run();
    expect(consumptionOf(id)).toMatchObject([
      { deliveryStatus: 'DELIVERED', consumptionPercentage: 25_000, refundPreference: 'GRANT_PRORATED' },
    ]);
    live.world.refund(id);
    await app.settled();
    expect(await left()).toEqual([{ left: -125 }]);
  });

  test('what is nobody’s here was not delivered, and should be given back', async () => {
    const { id } = live.world.buy({ product: 'reel.pro_boost' });
    live.world.askRefund(id);
    await app.settled();
    await answering.run();
    expect(consumptionOf(id)).toMatchObject([
      { deliveryStatus: 'UNDELIVERED_OTHER', consumptionPercentage: 0, refundPreference: 'GRANT_FULL' },
    ]);
  });

  test('nor was what a tester bought who is not listed; each world of Apple’s is answered in its own', async () => {
    const { accountId } = await app.customer();
    const ids = [LISTED, accountId].map(
      (appAccountToken) => trial.world.buy({ product: PRO, appAccountToken }).id,
    );
    for (const id of ids) trial.world.askRefund(id);
    await app.settled();
    await answering.run();
    expect(ids.map((id) => consumptionOf(id, trial)[0]?.deliveryStatus)).toEqual([
      'DELIVERED',
      'UNDELIVERED_OTHER',
    ]);
    expect(ids.flatMap((id) => consumptionOf(id))).toEqual([]);
  });

  test('of what a family shares it takes no answer, and gets none', async () => {
    const id = await askRefund(PRO, { family: true });
    await answering.run();
    await passSixMinutes();
    await answering.run();
    expect([consumptionOf(id), live.calls.filter((call) => call.endsWith(`consumption/${id}`))]).toEqual([
      [],
      [],
    ]);
  });

  test('by one process of two, however often it has asked', async () => {
    const id = await askRefund();
    const { uuid } = live.notifications.at(-1) ?? { uuid: '' };
    for (const _ of [1, 2]) await live.deliver(uuid);
    const done = await Promise.all([answering.run(), other.app.modules.answering.run()]);
    expect(done.toSorted()).toEqual([0, 1]);
    expect(consumptionOf(id)).toHaveLength(1);
  });

  test('a question that never came is found and answered', async () => {
    const { accountId } = await app.customer();
    const { id } = live.world.buy({ product: PRO, appAccountToken: accountId });
    await app.settled();
    live.notifyAt(undefined);
    live.world.askRefund(id);
    live.notifyAt(`${app.url}/v1/webhooks/app-store`);
    await inbox.reconcile();
    await app.settled();
    await answering.run();
    expect(consumptionOf(id)).toHaveLength(1);
  });

  test('not after its twelve hours', async () => {
    const id = await askRefund();
    await advance(db, '12 hours');
    expect(await answering.run()).toBe(0);
    expect(consumptionOf(id)).toEqual([]);
    await advance(db, '-12 hours');
    expect(await answering.run()).toBe(0);
  });

  // The last one: it moves the store's clock on.
  test('of an add-on so many of its days are over, and of one that has not begun none', async () => {
    const { accountId } = await app.customer();
    const buy = () => live.world.buy({ product: 'reel.pro_boost', appAccountToken: accountId }).id;
    const first = buy();
    await app.settled();
    const second = buy();
    await app.settled();
    for (const { world } of [live, trial]) world.advance(15);
    await advance(db, '15 days');
    for (const id of [first, second]) live.world.askRefund(id);
    await app.settled();
    expect(await answering.run()).toBe(2);
    const [share] = consumptionOf(first).map(({ consumptionPercentage: part }) => part);
    expect(Math.round((share ?? 0) / 1_000)).toBe(50);
    expect(consumptionOf(second)).toMatchObject([{ deliveryStatus: 'DELIVERED', consumptionPercentage: 0 }]);
  });
});

describe('an answer that', () => {
  test('Apple does not hear is given again minutes later', async () => {
    const id = await askRefund();
    live.faults.push(503);
    expect(await answering.run()).toBe(0);
    expect(await answering.run()).toBe(0);
    await passSixMinutes();
    expect(await answering.run()).toBe(1);
    expect(consumptionOf(id)).toHaveLength(1);
  });

  test('Apple refuses is not given again', async () => {
    const id = await askRefund();
    live.faults.push(400);
    expect(await answering.run()).toBe(0);
    await passSixMinutes();
    expect(await answering.run()).toBe(0);
    expect(consumptionOf(id)).toEqual([]);
  });

  test.each([
    ['before billing.question-taken', 1],
    ['after billing.question-taken', 1],
    ['before billing.app-store-change', 1],
    ['after billing.app-store-change', 2],
    ['before billing.question-answered', 2],
    ['after billing.question-answered', 1],
  ])('was cut short %s comes all the same, and does no harm twice', async (point, times) => {
    const id = await askRefund();
    death.plan(point);
    await answering.run().catch(() => 0);
    await passSixMinutes();
    await answering.run();
    expect(consumptionOf(id)).toHaveLength(times);
    await passSixMinutes();
    expect(await answering.run()).toBe(0);
  });
});
