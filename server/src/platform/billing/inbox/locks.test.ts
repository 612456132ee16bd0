import { describe, expect, test } from 'vitest';
import { commitPoint, type Statement, statement } from '#platform/db';
import { makeAccount } from '@plinth/testkit/factories';
import { waitsForLocks } from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase } from '@plinth/testkit/services';
import { openSeller, openPaymentProvider, seatsOf } from '@plinth/testkit/fixtures/payment-provider';
import { lockCustomer, lockObject } from './store/objects.ts';

const OTHER = commitPoint('test.inbox.other', 'what somebody else does meanwhile');
const SHOP = { provider: 'stripe', mode: 'test' } as const;
const SUBSCRIPTION = { kind: 'subscription', id: 'sub_ada' } as const;

/** A customer whose subscription is known. */
async function openShop() {
  const { db } = await testDatabase();
  const fixture = openPaymentProvider(SHOP.mode);
  const { inbox } = await openSeller(db, fixture);
  const { accountId } = await makeAccount(db);
  fixture.notes.set('cus_ada', accountId);
  const has = (seats: number) => void fixture.things.set(SUBSCRIPTION.id, { customer: 'cus_ada', seats });
  const tell = () => inbox.receive('stripe', fixture.tell(SUBSCRIPTION.id));
  has(1);
  await tell();
  await inbox.drain();
  return {
    inbox,
    accountId,
    has,
    tell,
    seats: async () => (await seatsOf(db, accountId))[SUBSCRIPTION.id],
    rows: <Row>(sql: string) => db.asMigrator(statement<Row>(sql)),
    /** Another's commit: the first statements, then ours begins and comes to wait for them, then the others. */
    async whileWaitedFor(first: Statement, ours: () => Promise<unknown>, others: readonly Statement[]) {
      const [begun, waits] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const theirs = db.system('erasure.run', OTHER, async (tx) => {
        await tx.run(first);
        begun.resolve();
        await waits.promise;
        for (const other of others) await tx.run(other);
      });
      await begun.promise;
      const done = ours();
      await expect.poll(() => waitsForLocks(db), { timeout: 120_000 }).toBe(1);
      waits.resolve();
      await Promise.all([theirs, done]);
    },
  };
}

describe.runIf(engine === 'postgres')('nobody waits for somebody who waits for them', () => {
  test('where an account is erased while something of it is applied: nothing of it is kept', async () => {
    const { inbox, accountId, has, tell, rows, whileWaitedFor } = await openShop();
    has(2);
    await tell();
    const lock = statement('select from accounts.accounts where account_id = $1 for update', [accountId]);
    await whileWaitedFor(lock, () => inbox.drain(), [
      statement(`delete from billing.bodies where object_id in ('cus_ada', 'sub_ada')`),
      statement(`delete from billing.wants where object_id in ('cus_ada', 'sub_ada')`),
      statement('delete from billing.objects where account_id = $1', [accountId]),
      statement('update billing.customers set erased_at = app.now() where account_id = $1', [accountId]),
    ]);
    expect(await rows('select object_id from billing.bodies')).toEqual([]);
    expect(await rows('select state from billing.inbox order by number desc limit 1')).toEqual([
      { state: 'ignored' },
    ]);
  });

  test('where an account is told again while something of it is applied', async () => {
    const { inbox, seats, whileWaitedFor } = await openShop();
    const lock = lockCustomer(SHOP, 'cus_ada');
    await whileWaitedFor(lock, () => inbox.rebuild(), [lockObject(SHOP, SUBSCRIPTION)]);
    expect(await seats()).toBe(1);
  });
});
