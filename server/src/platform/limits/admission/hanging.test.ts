import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId, KeyId } from '#platform/kernel';
import { ids, type Member } from '@plinth/testkit/factories';
import {
  cappedKey,
  figures,
  permitOf,
  holdRows,
  openLimits,
  openNode,
  plannedCall,
  request,
  waitsForLocks,
} from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase } from '@plinth/testkit/services';
import { createSeats, type Permit, type SeatsOf } from '../index.ts';

const { db, url } = await testDatabase();
const demo = await openLimits(db, {
  limits: {
    cost: { kind: 'budget', per: 'month', by: 'account' },
    machines: { kind: 'seats', by: 'account' },
  },
  plans: { only: { cost: 10_000, machines: 1 } },
  features: { use: ['cost'] },
});

const budgetOf = (accountId: AccountId, keyId: KeyId) =>
  statement('select from limits.meters where account_id = $1 and scope = $2 for update nowait', [
    accountId,
    `key:${keyId}`,
  ]);
const seatOf = ({ accountId }: SeatsOf) =>
  statement('select from limits.seats where account_id = $1 for update nowait', [accountId]);

async function serveCall(permit: Permit, cost: number): Promise<void> {
  await permit.send(plannedCall(100));
  permit.served(figures(cost));
}

test.runIf(engine === 'postgres')(
  'a process that hangs with the budgets of keys keeps nobody waiting in another but who needs them',
  async () => {
    const node = await openNode(db, [demo.catalogue]);
    const admit = async (member: Member, more: object = {}) =>
      permitOf(await node.limits.admit(request(member, { reserve: 100, ...more })));
    const open = async () => {
      const member = await demo.member();
      const keyId = await cappedKey(db, member);
      const permit = await admit(member, { keyId });
      // More than was reserved: the key is needed for its end.
      await serveCall(permit, 120);
      return { member, keyId, permit };
    };
    const stuck = [await open(), await open()];
    const bob = await demo.member();

    const letGo = await holdRows(
      url,
      stuck.map(({ member, keyId }) => budgetOf(member.accountId, keyId)),
    );
    const waits: Promise<unknown>[] = [];
    for (const { member, keyId, permit } of stuck) {
      waits.push(permit.settle());
      await expect.poll(() => waitsForLocks(db)).toBe(waits.length);
      waits.push(admit(member, { keyId }).then((again) => again.abandon('tested')));
      await expect.poll(() => waitsForLocks(db)).toBe(waits.length);
    }

    // Four transactions wait for keys, two of admissions and two of ends: they are answered when the keys are let go.
    const permit = await admit(bob);
    await serveCall(permit, 40);
    await permit.settle();
    expect(await waitsForLocks(db)).toBe(4);

    await letGo();
    await Promise.all(waits);
  },
);

test.runIf(engine === 'postgres')(
  'a process that hangs with seats keeps no other seat from being renewed in another process',
  async () => {
    const seats = createSeats({ db, ids });
    const open = async () => {
      const { accountId } = await demo.member();
      const of: SeatsOf = { accountId, product: 'demo', limit: 'machines' };
      const taken = await seats.take(of, 'a', { ttlSeconds: 360 });
      if (taken.kind !== 'seat') throw new Error('there is no seat');
      return { of, renew: () => seats.renew(of, taken.seat, { ttlSeconds: 360 }) };
    };
    const [stuck, other] = [[await open(), await open()], await open()];

    const letGo = await holdRows(
      url,
      stuck.map(({ of }) => seatOf(of)),
    );
    const waits: Promise<unknown>[] = [];
    for (const { renew } of stuck) {
      waits.push(renew());
      await expect.poll(() => waitsForLocks(db)).toBe(waits.length);
    }
    expect(await other.renew()).toMatchObject({ kind: 'renewed' });
    expect(await waitsForLocks(db)).toBe(2);

    await letGo();
    expect(await Promise.all(waits)).toMatchObject([{ kind: 'renewed' }, { kind: 'renewed' }]);
  },
);
