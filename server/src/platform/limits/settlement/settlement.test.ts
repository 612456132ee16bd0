import { describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import type { AccountId, JobId } from '#platform/kernel';
import { advance, advanceTo, ids } from '@plinth/testkit/factories';
import {
  denialOf,
  figures,
  permitOf,
  kill,
  ledger,
  ledgerLines,
  openLimits,
  permits,
  plannedCall,
  request,
  usedOf,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const effect = commitPoint('test.limits.settling', 'what a permit was for');
const fixture = await openLimits(db, {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    hourly: { kind: 'burst', per: 'hour', by: 'account' },
    pause: { kind: 'cooldown', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
  },
  plans: { only: { monthly: 50, hourly: 50, pause: 0, at_once: 5, cost: 1_000 } },
});

/** Sums of an account's windows, without the cooldown, whose window is an end. */
const held = (accountId: AccountId) => usedOf(db, accountId, { limits: ['monthly', 'hourly', 'cost'] });

describe('work that is done', () => {
  test('keeps its quota and is charged what the provider billed; the rest of the reserve returns', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
    expect(await held(member.accountId)).toEqual({ monthly: 1, hourly: 1, cost: 100 });
    await permit.send(plannedCall(100));
    permit.served(figures(37));
    await permit.settle();
    expect(await held(member.accountId)).toEqual({ monthly: 1, hourly: 1, cost: 37 });
    expect(await ledger(db, member.accountId)).toMatchObject([
      {
        state: 'posted',
        cost: 37,
        estimated: false,
        prompt_tokens: 10,
        completion_tokens: 20,
        model: 'small',
      },
    ]);
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'settled', reason: null }]);
  });

  test('settled twice, at once or later, is charged once', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
    await permit.send(plannedCall(100));
    permit.served(figures(37));
    await Promise.all([permit.settle(), permit.settle(), permit.settle()]);
    await permit.settle();
    await db.tenant(member.accountId, effect, [permit.settlement()]);
    await permit.release('a mistake');
    expect(await held(member.accountId)).toEqual({ monthly: 1, hourly: 1, cost: 37 });
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 37']);
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'settled' }]);
  });

  test('settles with the transaction that stores its result, or not at all', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
    await permit.send(plannedCall(100));
    permit.served(figures(37));
    const broken = db.tenant(member.accountId, effect, async (tx) => {
      await permit.settleIn(tx);
      throw new Error('the result could not be stored');
    });
    await expect(broken).rejects.toThrow('could not be stored');
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'running' }]);
    expect(await held(member.accountId)).toMatchObject({ cost: 100 });
    await db.tenant(member.accountId, effect, (tx) => permit.settleIn(tx));
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'settled' }]);
    expect(await held(member.accountId)).toMatchObject({ cost: 37 });
  });

  test('that never called a provider costs nothing', async () => {
    const member = await fixture.member();
    await permitOf(await fixture.admit(member, { reserve: 100 })).settle();
    expect(await ledgerLines(db, member.accountId)).toEqual(['voided']);
    expect(await held(member.accountId)).toEqual({ monthly: 1, hourly: 1, cost: 0 });
  });

  test('of a hundred callers at once is settled in batches, each by its own figures', async () => {
    const members = await Promise.all(Array.from({ length: 10 }, () => fixture.member()));
    const work = members.flatMap((member) => [1, 2, 3, 4, 5].map((cost) => ({ member, cost })));
    await Promise.all(
      work.map(async ({ member, cost }) => {
        const permit = permitOf(await fixture.admit(member, { reserve: 50 }));
        await permit.send(plannedCall(50));
        permit.served(figures(cost));
        await (cost === 5 ? permit.release('failed') : permit.settle());
      }),
    );
    for (const { accountId } of members) {
      expect(await held(accountId)).toEqual({ monthly: 4, hourly: 5, cost: 15 });
    }
  });
});

test('a permit that its job owns is settled by nobody but the job’s worker', async () => {
  const member = await fixture.member();
  const permit = permitOf(await fixture.admit(member, { reserve: 100, as: 'job' }));
  await db.tenant(member.accountId, effect, [permit.attaching(ids.next<JobId>())]);
  await expect(permit.settle()).rejects.toMatchObject({ code: 'permit_stale' });
  await expect(permit.release('a handler that failed after its commit')).rejects.toMatchObject({
    code: 'permit_stale',
  });
  expect(await permits(db, member.accountId)).toMatchObject([{ state: 'queued' }]);
});

describe('work that failed', () => {
  test('gives back quota, never burst or cooldown; what the provider served stays posted and charged', async () => {
    const paused = await openLimits(db, {
      product: 'paused',
      limits: {
        monthly: { kind: 'quota', per: 'month', by: 'member' },
        hourly: { kind: 'burst', per: 'hour', by: 'subject' },
        pause: { kind: 'cooldown', by: 'subject' },
        cost: { kind: 'budget', per: 'day', by: 'account' },
      },
      plans: { only: { monthly: 9, hourly: 9, pause: 60, cost: 1_000 } },
    });
    const member = await paused.member();
    const permit = permitOf(await paused.admit(member, { reserve: 100, subject: 'draft' }));
    await permit.send(plannedCall(100));
    permit.served(figures(60));
    await permit.release('unusable');
    const { 'paused/subject:draft pause': _end, ...rest } = await windows(db, member.accountId);
    expect(rest).toEqual({
      [`paused/member:${member.userId} monthly`]: 0,
      'paused/subject:draft hourly': 1,
      'paused cost': 60,
    });
    expect(denialOf(await paused.admit(member, { subject: 'draft' })).limit).toBe('pause');
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 60']);
    expect(await permits(db, member.accountId)).toMatchObject([{ state: 'voided', reason: 'unusable' }]);
  });

  test('of several units gives all of them back', async () => {
    const member = await fixture.member();
    await permitOf(await fixture.admit(member, { units: 7 })).release('no');
    expect(await held(member.accountId)).toMatchObject({ monthly: 0, hourly: 7 });
  });

  test('gives nothing to a window that has begun since: it belonged to the one before', async () => {
    await advanceTo(db, '2027-07-31T23:59:40Z');
    const member = await fixture.member();
    const old = permitOf(await fixture.admit(member, { reserve: 100 }));
    await advanceTo(db, '2027-08-01T00:00:00Z');
    permitOf(await fixture.admit(member, { reserve: 30 }));
    await old.send(plannedCall(100));
    old.served(figures(10));
    await old.release('failed');
    expect(await held(member.accountId)).toEqual({ monthly: 1, hourly: 1, cost: 30 });
  });

  test('after its window has passed, and nothing was charged since, changes nothing that counts', async () => {
    await advanceTo(db, '2027-08-31T23:59:40Z');
    const member = await fixture.member();
    const old = permitOf(await fixture.admit(member, { reserve: 100 }));
    await advanceTo(db, '2027-09-01T00:00:00Z');
    await old.release('failed');
    const used = await fixture.limits.usage(member.accountId);
    expect(used.map((one) => one.used)).toEqual([0, 0, 0, 0]);
  });
});

describe('provider calls', () => {
  test('of one permit are a row each: tries, fallbacks, repairs; and all of them are charged', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
    await permit.send(plannedCall(100));
    permit.notServed();
    await permit.send(plannedCall(100));
    permit.unknown();
    await permit.send(plannedCall(50, 'large'));
    permit.served(figures(20, { model: 'large-0613', providerRequestId: undefined }));
    expect(permit.calls).toBe(3);
    await permit.settle();
    expect(await ledgerLines(db, member.accountId)).toEqual(['voided', 'posted 100 estimated', 'posted 20']);
    expect((await ledger(db, member.accountId)).map(({ attempt, model }) => [attempt, model])).toEqual([
      [1, 'small'],
      [2, 'small'],
      [3, 'large-0613'],
    ]);
    expect(await held(member.accountId)).toMatchObject({ cost: 120 });
  });

  test('that goes out is durable before a byte leaves; a first one as planned costs no further trip', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
    expect(await ledgerLines(db, member.accountId)).toEqual(['sent']);
    const first = await permit.send(plannedCall(90));
    expect((await ledger(db, member.accountId)).map(({ id }) => id)).toEqual([first]);
    permit.notServed();
    await permit.send(plannedCall(90));
    expect(await ledgerLines(db, member.accountId)).toEqual(['voided', 'sent']);
  });

  test('that goes elsewhere than planned keeps its row, which then says where', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
    await permit.send(plannedCall(100, 'large'));
    expect(permit.calls).toBe(1);
    permit.unknown();
    await permit.settle();
    expect(await ledger(db, member.accountId)).toMatchObject([
      { attempt: 1, model: 'large', state: 'posted', cost: 100, estimated: true },
    ]);
  });

  test('are made one after the other, and each ends once', async () => {
    const permit = permitOf(await fixture.admit(await fixture.member(), { reserve: 100 }));
    expect(() => permit.served(figures(1))).toThrow('no provider call is under way');
    await permit.send(plannedCall(100));
    await expect(permit.send(plannedCall(100))).rejects.toThrow('under way');
    permit.notServed();
    expect(() => permit.unknown()).toThrow('no provider call is under way');
  });

  test('whose figures are our own are marked as estimates', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
    await permit.send(plannedCall(100));
    permit.served(figures(12, { estimated: true }));
    await permit.settle();
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 12 estimated']);
  });

  test('without an outcome are posted at their reserve: they may have been served', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
    await permit.send(plannedCall(100));
    await permit.release('cut short');
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated']);
  });
});

describe('a posted row', () => {
  test('never changes, not even by the system’s own role', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
    await permit.send(plannedCall(100));
    permit.served(figures(37));
    await permit.settle();
    const change = statement('update limits.usage_events set cost = 1 where account_id = $1', [
      member.accountId,
    ]);
    await expect(db.system('limits.settlement', effect, [change])).rejects.toMatchObject({ code: 'PL011' });
    await expect(db.asMigrator(change)).rejects.toMatchObject({ code: 'PL011' });
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 37']);
  });
});

/** A call whose process died: the sweeper posted it, and what is known of it comes late. */
async function late(outcome: (permit: ReturnType<typeof permitOf>) => void) {
  const node = await fixture.another();
  const member = await fixture.member();
  const permit = permitOf(await node.limits.admit(request(member, { reserve: 100 })));
  await permit.send(plannedCall(100));
  await kill(node);
  await fixture.limits.sweep();
  expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated']);
  expect(await held(member.accountId)).toEqual({ monthly: 1, hourly: 1, cost: 100 });
  outcome(permit);
  return { member, permit };
}

describe('a settlement that comes after the permit was closed for its dead holder', () => {
  test('writes exactly one correction row, and the budget holds what it really cost', async () => {
    const { member, permit } = await late((one) => one.served(figures(37)));
    await Promise.allSettled([permit.settle(), permit.settle(), permit.reportLate()]);
    await permit.reportLate();
    await expect(permit.settle()).rejects.toMatchObject({ code: 'permit_stale' });
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated', 'correction -63']);
    expect(await held(member.accountId)).toEqual({ monthly: 1, hourly: 1, cost: 37 });
    const [, correction] = await ledger(db, member.accountId);
    expect(correction).toMatchObject({
      attempt: 1,
      prompt_tokens: 10,
      completion_tokens: 20,
      estimated: false,
    });
  });

  test('inside a transaction undoes it, and the figures are reported by themselves', async () => {
    const { member, permit } = await late((one) => one.served(figures(37)));
    const settling = db.tenant(member.accountId, effect, [permit.settlement()]);
    await expect(settling).rejects.toMatchObject({ code: 'PL010' });
    expect(await ledgerLines(db, member.accountId)).toHaveLength(1);
    await permit.reportLate();
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated', 'correction -63']);
  });

  test('of a call that was certainly not served takes its whole cost back', async () => {
    const { member, permit } = await late((one) => one.notServed());
    await permit.reportLate();
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated', 'correction -100']);
    expect(await held(member.accountId)).toMatchObject({ cost: 0 });
  });

  test('of a call that cost more than its reserve charges the rest', async () => {
    const { member, permit } = await late((one) => one.served(figures(140)));
    await permit.reportLate();
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated', 'correction 40']);
    expect(await held(member.accountId)).toMatchObject({ cost: 140 });
  });

  test('with no better figures than ours corrects nothing', async () => {
    const { member, permit } = await late((one) => one.unknown());
    await permit.reportLate();
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated']);
  });

  test('and after the day of its budget writes the correction, and leaves the new day alone', async () => {
    await advanceTo(db, '2027-10-10T23:59:40Z');
    const { member, permit } = await late((one) => one.served(figures(37)));
    await advance(db, '1 minute');
    permitOf(await fixture.admit(member, { reserve: 5 }));
    await permit.reportLate();
    expect(await ledgerLines(db, member.accountId)).toContain('correction -63');
    expect(await held(member.accountId)).toMatchObject({ cost: 5 });
  });

  test('that nothing went out for corrects the estimate of a call that was only planned', async () => {
    const node = await fixture.another();
    const member = await fixture.member();
    const permit = permitOf(await node.limits.admit(request(member, { reserve: 100 })));
    await kill(node);
    await fixture.limits.sweep();
    await expect(permit.release('refused by the handler')).rejects.toMatchObject({ code: 'permit_stale' });
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated', 'correction -100']);
  });
});
