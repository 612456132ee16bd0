import { describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import type { JobId } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import { ids, type Member, revokeKey, makeKey } from '@plinth/testkit/factories';
import {
  figures,
  permitOf,
  ledgerLines,
  type Node,
  openLimits,
  permits,
  plannedCall,
  request,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const effect = commitPoint('test.limits.take-up', 'a permit that is taken up');
const fixture = await openLimits(db, {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    daily: { kind: 'budget', per: 'day', by: 'account' },
  },
  plans: { only: { monthly: 50, daily: 1_000 } },
});
const readSpent = async ({ accountId }: Member) => (await windows(db, accountId))['demo daily'];

/** A permit whose first call was served, which its second holder does not know. */
async function takenOver() {
  const [old, next] = [await fixture.another(), await fixture.another()];
  const member = await fixture.member();
  const queued = permitOf(await fixture.admit(member, { reserve: 100, as: 'job' }));
  await db.tenant(member.accountId, effect, [queued.attaching(ids.next<JobId>())]);
  const first = await take(old, member, queued.id);
  await first.send(plannedCall(100));
  first.served(figures(30));
  const second = await take(next, member, queued.id);
  return { member, first, second };
}

/** A job's take-up, without the job. */
async function take(node: Node, member: { accountId: string }, permitId: string) {
  const [rows] = await db.system('jobs.queue', effect, [
    statement<{ taken: { fence: number; reserve: number; calls: number; event: string | null } }>(
      'select limits.take($1, $2, $3) as taken',
      [member.accountId, permitId, node.holder.id],
    ),
  ]);
  const taken = rows[0]?.taken;
  if (taken === undefined) throw new Error('not taken');
  return node.limits.permitOf({
    ...request(member as never),
    keyId: undefined,
    subject: undefined,
    units: 1,
    id: permitId as never,
    reserve: taken.reserve as never,
    fence: taken.fence,
    calls: taken.calls,
    openEvent: (taken.event ?? undefined) as never,
    planned: undefined,
    idempotency: undefined,
  });
}

describe('a permit that was taken over while its first call was out', () => {
  test('holds the estimate and the new reserve, and in the end what both calls cost', async () => {
    const { member, first, second } = await takenOver();
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated']);
    await second.send(plannedCall(100));
    expect(await readSpent(member)).toEqual(200);
    await first.reportLate();
    expect(await ledgerLines(db, member.accountId)).toEqual([
      'posted 100 estimated',
      'correction -70',
      'sent',
    ]);
    second.served(figures(40));
    await second.settle();
    expect(await readSpent(member)).toEqual(70);
  });

  test('counts the late figures once, also when they come after it was settled', async () => {
    const { member, first, second } = await takenOver();
    await second.send(plannedCall(100));
    second.served(figures(40));
    await second.settle();
    expect(await readSpent(member)).toEqual(140);
    await first.reportLate();
    await first.reportLate();
    expect(await readSpent(member)).toEqual(70);
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'settled' }]);
  });

  test('lets only the maker of a call correct its estimate', async () => {
    const { member, first, second } = await takenOver();
    const event = await second.send(plannedCall(100));
    second.unknown();
    await second.settle();
    const forged = [{ e: event, s: 'voided', c: ids.next() }];
    const item = {
      p: 'demo',
      id: first.id,
      h: first.holder,
      f: first.fence,
      op: 'report',
      calls: forged,
      a: member.accountId,
    };
    await db.system('limits.settlement', effect, [
      statement('select limits.resolve_batch($1::jsonb)', [JSON.stringify([{ ...item, i: 0 }])]),
    ]);
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated', 'posted 100 estimated']);
  });
});

/** A permit that waits with its job, and what its next attempt is told of the attempts before. */
async function waiting() {
  const member = await fixture.member();
  const queued = permitOf(await fixture.admit(member, { reserve: 100, as: 'job' }));
  await db.tenant(member.accountId, effect, [queued.attaching(ids.next<JobId>())]);
  const requeue = (permit: Permit) => db.tenant(member.accountId, effect, [permit.requeueing('later')]);
  return { member, requeue, again: () => take(fixture, member, queued.id) };
}

describe('the tries that a job has left', () => {
  test('are not touched by calls for which the provider had no room, and each is on the ledger as void', async () => {
    const { member, requeue, again } = await waiting();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const permit = await again();
      expect(permit.calls).toBe(0);
      await permit.send(plannedCall(100));
      expect(permit.calls).toBe(1);
      permit.notServed({ throttled: true });
      expect(permit.calls).toBe(0);
      await requeue(permit);
    }
    expect(await ledgerLines(db, member.accountId)).toEqual(['voided', 'voided', 'voided']);
    expect(await readSpent(member)).toEqual(100);
  });

  test('are not touched by a call that was planned and never went out', async () => {
    const { member, requeue, again } = await waiting();
    await requeue(await again());
    expect((await again()).calls).toBe(0);
    expect(await ledgerLines(db, member.accountId)).toEqual(['voided']);
  });

  test('are fewer by each call that was tried, whatever became of it', async () => {
    const { requeue, again } = await waiting();
    const first = await again();
    await first.send(plannedCall(30));
    first.notServed();
    await first.send(plannedCall(30));
    first.notServed({ throttled: true });
    await first.send(plannedCall(30));
    first.unknown();
    expect(first.calls).toBe(2);
    await requeue(first);
    const second = await again();
    expect(second.calls).toBe(2);
    await second.send(plannedCall(30));
    second.served(figures(10));
    await requeue(second);
    expect((await again()).calls).toBe(3);
  });
});

test('a permit whose key was revoked while it waited is taken up to be closed: no call is marked as sent', async () => {
  const member = await fixture.member();
  const keyId = await makeKey(db, member);
  const queued = permitOf(await fixture.admit(member, { keyId, reserve: 100, as: 'job' }));
  await db.tenant(member.accountId, effect, [queued.attaching(ids.next<JobId>())]);
  await revokeKey(db, keyId);
  const [rows] = await db.system('jobs.queue', effect, [
    statement<{ taken: object }>('select limits.take($1, $2, $3) as taken', [
      member.accountId,
      queued.id,
      fixture.holder.id,
    ]),
  ]);
  expect(rows[0]?.taken).toMatchObject({ refused: 'key_revoked', event: null, planned: null, fence: 2 });
  expect(await ledgerLines(db, member.accountId)).toEqual(['pending']);
});
