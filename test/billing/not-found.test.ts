import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { openStores } from './stores.ts';

const { app: program, play, db, heard, passes, plan, customer } = await openStores();
const { inbox } = program.modules;
const PLAN = ['reel.basic', 'google_play'];

async function createBuyer() {
  const { accountId } = await customer();
  const token = play.world.buy({ productId: 'reel.basic', basePlanId: 'monthly', account: accountId });
  play.world.acknowledge(token);
  await heard();
  const rows = <Row>(sql: string) => db.asMigrator(statement<Row>(sql, [accountId]));
  return { accountId, token, rows };
}

describe('a purchase that Google does not find', () => {
  test.each([
    [404, 'purchaseTokenNotFound', false],
    [404, 'applicationNotFound', true],
    [400, 'invalid', false],
    [403, 'permissionDenied', false],
    [410, 'subscriptionPurchaseNoLongerAvailable', false],
  ])('(%i %s, empty: %s) once keeps its plan, and is asked again', async (status, reason, empty) => {
    const { accountId, token, rows } = await createBuyer();
    play.faults.push({ status, reason, empty, of: token });
    play.world.cancel(token);
    await heard();
    expect(await plan(accountId)).toEqual(PLAN);
    await passes(1 / 24);
    expect(
      await rows('select cancels_at is null as goes_on from billing.subscriptions where account_id = $1'),
    ).toEqual([{ goes_on: false }]);
  });

  test.each([404, 401, 503])(
    'or does not tell of (%i) for two weeks keeps its plan past its period, and is known again when everything is read',
    async (status) => {
      const { accountId, token } = await createBuyer();
      await passes(25);
      play.faults.push({ status, of: token, always: true });
      play.world.cancel(token);
      play.world.restore(token);
      for (let day = 0; day < 14; day += 1) await passes(1);
      expect(await plan(accountId)).toEqual(PLAN);
      play.faults.length = 0;
      play.world.revoke(token);
      await inbox.reconcile({ all: true });
      await heard();
      expect(await plan(accountId)).toEqual([null, null]);
    },
  );

  test('for longer has no plan without end', async () => {
    const { accountId, token } = await createBuyer();
    await passes(25);
    play.faults.push({ status: 404, of: token, always: true });
    play.world.cancel(token);
    play.world.restore(token);
    for (let day = 0; day < 16; day += 1) await passes(1);
    expect(await plan(accountId)).toEqual([null, null]);
    play.faults.length = 0;
    await inbox.reconcile({ all: true });
    await heard();
    expect(await plan(accountId)).toEqual(PLAN);
  });

  test('and was taken for gone once is found where everything is read', async () => {
    const { accountId, rows } = await createBuyer();
    // As a version before this one left it.
    await rows(`update billing.objects set state = 'gone' where account_id = $1`);
    await rows('delete from billing.subscriptions where account_id = $1');
    await inbox.reconcile({ all: true });
    await heard();
    expect(await rows('select state from billing.subscriptions where account_id = $1')).toEqual([
      { state: 'active' },
    ]);
    expect(await plan(accountId)).toEqual(PLAN);
  });
});
