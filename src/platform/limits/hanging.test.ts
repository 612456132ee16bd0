import { expect, test } from 'vitest';
import { commitPoint, openDatabase, statement } from '#platform/db';
import type { AccountId, KeyId } from '#platform/kernel';
import { makeKey, type Member } from '#test/factories';
import { figures, granted, openLimits, openNode, planned, request, waitsForLocks } from '#test/limits';
import { engine, testDatabase } from '#test/services';
import type { Permit } from './index.ts';

const { db, url } = await testDatabase();
const demo = await openLimits(db, {
  limits: { cost: { kind: 'budget', per: 'month', by: 'account' } },
  plans: { only: { cost: 10_000 } },
});
const POINT = commitPoint('test.limits.hanging', 'a row that a process holds while it hangs');

async function cappedKey(member: Member): Promise<KeyId> {
  const keyId = await makeKey(db, member);
  await db.asMigrator(
    statement('update identity.api_keys set monthly_budget_micros = 5000 where id = $1', [keyId]),
  );
  return keyId;
}

/** Another process has the budgets of keys, and hangs with them until it is let go. */
async function hangsWith(keys: readonly (readonly [AccountId, KeyId])[]): Promise<() => Promise<void>> {
  const other = await openDatabase({ engine: 'postgres', url, poolSize: 1 });
  const [locked, goes] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const held = other.system('limits.settlement', POINT, async (tx) => {
    for (const [accountId, keyId] of keys) {
      const key = [accountId, `key:${keyId}`];
      await tx.run(
        statement('select from limits.meters where account_id = $1 and scope = $2 for update nowait', key),
      );
    }
    locked.resolve();
    await goes.promise;
  });
  await locked.promise;
  return async () => {
    goes.resolve();
    await held;
    await other.close();
  };
}

test.runIf(engine === 'postgres')(
  'a process that hangs with the budgets of keys keeps nobody waiting in another but who needs them',
  async () => {
    const node = await openNode(db, [demo.catalogue]);
    const admit = async (member: Member, more: object = {}) =>
      granted(await node.limits.admit(request(member, { reserve: 100, ...more })));
    const served = async (permit: Permit, cost: number) => {
      await permit.send(planned(100));
      permit.served(figures(cost));
    };
    const open = async () => {
      const member = await demo.member();
      const keyId = await cappedKey(member);
      const permit = await admit(member, { keyId });
      // More than was reserved: the key is needed for its end.
      await served(permit, 120);
      return { member, keyId, permit };
    };
    const stuck = [await open(), await open()];
    const bob = await demo.member();

    const letGo = await hangsWith(stuck.map(({ member, keyId }) => [member.accountId, keyId]));
    const waits: Promise<unknown>[] = [];
    for (const { member, keyId, permit } of stuck) {
      waits.push(permit.settle());
      await expect.poll(() => waitsForLocks(db)).toBe(waits.length);
      waits.push(admit(member, { keyId }).then((again) => again.abandon('tested')));
      await expect.poll(() => waitsForLocks(db)).toBe(waits.length);
    }

    // Four transactions wait for keys, two of admissions and two of ends: they are answered when the keys are let go.
    const permit = await admit(bob);
    await served(permit, 40);
    await permit.settle();
    expect(await waitsForLocks(db)).toBe(4);

    await letGo();
    await Promise.all(waits);
  },
);
