import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Customer } from '@plinth/testkit/services/app';
import { openStores } from '../stores.ts';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';

const death = plannedDeath();
const app = await openStores(death.crashHook);
const { play, db, heard, passes, plan } = app;
const { acknowledging, inbox } = app.app.modules;
const [BOOST, NONE] = [
  ['reel.pro', 'google_play'],
  [null, null],
];

const buys = (account: AccountId | undefined, how: { isTest?: boolean; isPending?: boolean } = {}) =>
  play.world.buy({ productId: 'reel.pro_boost', account, ...how });
const bring = ({ key }: Customer, purchase_token: string) =>
  app.call(key, 'POST /v1/billing/purchases', { body: { purchase_token } });
const rows = <Row>(sql: string, accountId: AccountId) => db.asMigrator(statement<Row>(sql, [accountId]));
/** What a customer is shown of add-ons, page by page. */
async function listAddOns(key: string): Promise<readonly unknown[]> {
  const seen: Readonly<Record<string, string | null>>[] = [];
  for (let cursor: unknown = null, pages = 0; pages === 0 || cursor !== null; pages += 1) {
    const after = typeof cursor === 'string' ? `&cursor=${cursor}` : '';
    const { body } = await app.call(key, `GET /v1/billing/add-ons?limit=1${after}`);
    seen.push(...(body['data'] as typeof seen));
    cursor = body['next_cursor'];
  }
  return seen.map(({ add_on, source, starts_at, ends_at, taken_back_at }) => [
    add_on,
    source,
    starts_at,
    ends_at,
    taken_back_at,
  ]);
}
const orderOf = (token: string) => play.world.ordersOf(token)[0]?.orderId ?? '';

describe('an add-on that is bought once at Google Play', () => {
  test('is had by the notification alone, in the books, consumed, and kept', async () => {
    const { accountId } = await app.customer();
    const token = buys(accountId);
    await heard();
    expect(await plan(accountId)).toEqual(BOOST);
    expect(
      await rows('select amount, fee, currency from billing.payments where account_id = $1', accountId),
    ).toEqual([{ amount: 1_995, fee: 299, currency: 'usd' }]);
    expect(play.world.purchase(token).isAcknowledged).toBe(false);
    expect(await acknowledging.run()).toBe(1);
    expect(play.world.purchase(token).isAcknowledged).toBe(true);
    expect(await acknowledging.run()).toBe(0);
    await passes(4);
    expect(await plan(accountId)).toEqual(BOOST);
    await passes(27);
    expect(await plan(accountId)).toEqual(NONE);
  });

  test('is had twice as long where it is bought twice', async () => {
    const { accountId, key } = await app.customer();
    for (const _ of [1, 2]) buys(accountId);
    await heard();
    expect(await acknowledging.run()).toBe(2);
    const begins = play.now().getTime();
    const day = (n: number) => new Date(begins + n * 86_400_000).toISOString();
    expect(await listAddOns(key)).toEqual([
      ['reel.pro_boost', 'google_play', day(30), day(60), null],
      ['reel.pro_boost', 'google_play', day(0), day(30), null],
    ]);
    await passes(59);
    expect(await plan(accountId)).toEqual(BOOST);
    await passes(2);
    expect(await plan(accountId)).toEqual(NONE);
  });

  test('is gone with its money, and only then; a refund that was never told is found', async () => {
    const [ada, bob] = [await app.customer(), await app.customer()];
    const [one, two] = [buys(ada.accountId), buys(bob.accountId)];
    await heard();
    await acknowledging.run();
    play.world.refund(orderOf(one), { micros: 1_000_000 });
    await inbox.refresh({ provider: 'google_play', mode: 'sandbox' }, [{ kind: 'payment', id: one }]);
    expect(await plan(ada.accountId)).toEqual(BOOST);
    play.world.refund(orderOf(two));
    // Nothing was heard of it: both lists of Google's are read, each purchase in one of them.
    await inbox.reconcile();
    await inbox.drain();
    expect([await plan(ada.accountId), await plan(bob.accountId)]).toEqual([BOOST, NONE]);
    const back = 'select amount, fee_returned from billing.refunds where account_id = $1';
    expect(await rows(back, bob.accountId)).toEqual([{ amount: 1_995, fee_returned: 299 }]);
    const now = play.now().toISOString();
    expect(await listAddOns(bob.key)).toEqual([['reel.pro_boost', 'google_play', null, null, now]]);
    const ends = new Date(play.now().getTime() + 30 * 86_400_000).toISOString();
    expect(await listAddOns(ada.key)).toEqual([['reel.pro_boost', 'google_play', now, ends, null]]);
    await heard();
    expect(await plan(bob.accountId)).toEqual(NONE);
  });

  test('a pack of credits is there once, consumed, can be bought again at once, and goes back as far as its money', async () => {
    const { accountId } = await app.customer();
    const buysPack = () => play.world.buy({ productId: 'gateway.image_pack', account: accountId });
    const packs = async () =>
      (
        await rows<{ pack: number[] }>(
          `select array[amount, taken, remaining]::integer[] as pack from limits.credits where account_id = $1 order by external_id`,
          accountId,
        )
      ).map(({ pack }) => pack);
    const one = buysPack();
    await heard();
    await inbox.refresh({ provider: 'google_play', mode: 'sandbox' }, [{ kind: 'payment', id: one }]);
    expect(await packs()).toEqual([[500, 0, 500]]);
    expect([await acknowledging.run(), play.world.purchase(one).isAcknowledged]).toEqual([1, true]);
    const two = buysPack();
    await heard();
    expect(await acknowledging.run()).toBe(1);
    expect(await packs()).toEqual([
      [500, 0, 500],
      [500, 0, 500],
    ]);
    await db.asMigrator(
      statement('update limits.credits set remaining = 375 where account_id = $1', [accountId]),
    );
    play.world.refund(orderOf(two), { micros: 5_000_000 });
    await inbox.refresh({ provider: 'google_play', mode: 'sandbox' }, [{ kind: 'payment', id: two }]);
    // Nothing is heard of the first one: the list of voided purchases names it.
    play.world.refund(orderOf(one));
    await inbox.reconcile();
    await inbox.drain();
    expect((await packs()).toSorted(([, a = 0], [, b = 0]) => a - b)).toEqual([
      // It has paid for what was used of the other one.
      [500, 125, 125],
      [500, 500, 0],
    ]);
    await heard();
    await passes(4);
    expect(await rows('select 1 from limits.credits where account_id = $1', accountId)).toHaveLength(2);
  });

  test('that nobody was told of goes back after three days, and is had no more', async () => {
    const { accountId } = await app.customer();
    const token = buys(accountId);
    await heard();
    await passes(4);
    expect(play.world.purchase(token).state).toBe('CANCELED');
    expect(await plan(accountId)).toEqual(NONE);
    expect(await acknowledging.run()).toBe(0);
  });

  test('is had once it is paid, where it is paid in cash', async () => {
    const { accountId } = await app.customer();
    const [paid, never] = [buys(accountId, { isPending: true }), buys(accountId, { isPending: true })];
    play.world.cancelPending(never);
    await heard();
    expect(await plan(accountId)).toEqual(NONE);
    play.world.complete(paid);
    await heard();
    expect(await plan(accountId)).toEqual(BOOST);
    expect(await rows('select 1 from billing.invoices where account_id = $1', accountId)).toHaveLength(1);
  });

  test('that names nobody is had by who brings it first; nobody has one that went back', async () => {
    const [ada, eve] = [await app.customer(), await app.customer()];
    const token = buys(undefined);
    await heard();
    expect(await bring(ada, token)).toMatchObject({
      status: 200,
      body: { store: 'google_play', add_on: 'reel.pro_boost', plan: null, state: 'paid', ends_at: null },
    });
    expect(await plan(ada.accountId)).toEqual(BOOST);
    expect(await bring(eve, token)).toMatchObject({
      status: 409,
      body: { error: { code: 'purchase_bound' } },
    });
    expect((await bring(ada, token)).status).toBe(200);
    const other = buys(undefined);
    play.world.refund(orderOf(other));
    expect(await bring(eve, other)).toMatchObject({
      status: 409,
      body: { error: { code: 'purchase_over' } },
    });
    expect(await plan(eve.accountId)).toEqual(NONE);
  });

  test('costs a tester nothing, and is in no revenue', async () => {
    const { accountId } = await app.customer();
    const token = buys(accountId, { isTest: true });
    await heard();
    expect(await plan(accountId)).toEqual(BOOST);
    expect(
      await rows('select total, in_sandbox from billing.invoices where account_id = $1', accountId),
    ).toEqual([{ total: 0, in_sandbox: true }]);
    expect(await rows('select 1 from billing.payments where account_id = $1', accountId)).toEqual([]);
    await acknowledging.run();
    expect(play.world.purchase(token).isAcknowledged).toBe(true);
  });

  test('is had where orders are not shown to us, without its money in the books', async () => {
    const { accountId } = await app.customer();
    buys(accountId);
    play.faults.push({ status: 403, reason: 'permissionDenied', of: 'orders:batchGet' });
    await heard();
    expect(await plan(accountId)).toEqual(BOOST);
    expect(
      await rows('select total, in_sandbox from billing.invoices where account_id = $1', accountId),
    ).toEqual([{ total: 0, in_sandbox: false }]);
    await acknowledging.run();
  });

  test.each(['before', 'after'])(
    'is consumed by the next run of one that died %s Google was told',
    async (phase) => {
      const { accountId } = await app.customer();
      const token = buys(accountId);
      await heard();
      death.plan(`${phase} billing.google-change`);
      await acknowledging.run();
      expect(play.world.purchase(token).isAcknowledged).toBe(phase === 'after');
      await acknowledging.run();
      expect(play.world.purchase(token).isAcknowledged).toBe(true);
      expect(await acknowledging.run()).toBe(0);
    },
  );
});
