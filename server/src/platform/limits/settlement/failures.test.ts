import { describe, expect, test } from 'vitest';
import { micros } from '#platform/kernel';
import { statement } from '#platform/db';
import { advance, type Member } from '@plinth/testkit/factories';
import {
  denialOf,
  figures,
  permitOf,
  kill,
  ledgerLines,
  openLimits,
  permits,
  plannedCall,
  request,
  usedOf,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const rules = {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
  },
  plans: { only: { monthly: 50, cost: 1_000 } },
} as const;
const fixture = await openLimits(db, rules);

/** The bill of a call that a provider broke. */
const broken = (cost: number, charged = 0) => figures(cost, { charged: micros(charged), estimated: true });

const held = (member: Member) => usedOf(db, member.accountId, { limits: ['monthly', 'cost', 'failures'] });

async function charges(member: Member) {
  const rows = await db.asMigrator(
    statement<{ cost: number; charged: number }>(
      'select cost, charged from limits.usage_events where account_id = $1 order by id',
      [member.accountId],
    ),
  );
  return rows.map(({ cost, charged }) => [cost, charged]);
}

describe('a call that the provider broke', () => {
  test('costs the operator its estimate, and the account nothing: quota and budget are as before', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 400 }));
    await permit.send(plannedCall(400));
    permit.unknown(broken(390));
    await permit.release('provider_unavailable');
    expect(await charges(member)).toEqual([[390, 0]]);
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 390 estimated']);
    expect(await held(member)).toEqual({ monthly: 0, cost: 0, failures: 390 });
  });

  test('is charged for what was shown of it', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 400 }));
    await permit.send(plannedCall(400));
    permit.unknown(broken(390, 25));
    await permit.settle();
    expect(await charges(member)).toEqual([[390, 25]]);
    expect(await held(member)).toEqual({ monthly: 1, cost: 25, failures: 365 });
  });

  test('leaves the whole reserve to the next try: no budget is asked for more', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 900 }));
    await permit.send(plannedCall(900));
    permit.unknown(broken(900));
    await permit.send(plannedCall(900));
    permit.unknown(broken(900));
    await permit.send(plannedCall(900));
    permit.served(figures(40));
    expect(permit.reserve).toBe(900);
    await permit.settle();
    expect(await charges(member)).toEqual([
      [900, 0],
      [900, 0],
      [40, 40],
    ]);
    expect(await held(member)).toEqual({ monthly: 1, cost: 40, failures: 1_800 });
  });
});

describe('what the operator bears for failures', () => {
  /** An account of which the operator bears 500 a day. */
  const strict = fixture.limitsWith({ failures: 500 });

  async function failCall(member: Member, cost: number) {
    const permit = permitOf(await strict.admit(request(member, { reserve: 600 })));
    await permit.send(plannedCall(600));
    permit.unknown(broken(cost));
    await permit.release('provider_unavailable');
  }

  test('has a limit for each account and day, past which it is denied until the day is over', async () => {
    const [member, other] = [await fixture.member(), await fixture.member()];
    await failCall(member, 499);
    await failCall(member, 300);
    expect(denialOf(await strict.admit(request(member)))).toMatchObject({
      limit: 'failures',
      of: 'failures',
      used: 799,
      max: 500,
    });
    permitOf(await strict.admit(request(other)));
    await advance(db, '1 day');
    permitOf(await strict.admit(request(member)));
  });

  test('is reserved while calls run: those that would pass it together wait for one another', async () => {
    const member = await fixture.member();
    const asked = Array.from({ length: 5 }, () => strict.admit(request(member, { reserve: 200 })));
    const admitted = await Promise.all(asked);
    const running = admitted.filter(({ kind }) => kind !== 'denied');
    expect(running).toHaveLength(2);
    const [refused] = admitted.filter(({ kind }) => kind === 'denied');
    expect(refused && denialOf(refused)).toMatchObject({ limit: 'failures', used: 400, max: 500 });
    expect((await strict.admit(request(member, { reserve: 101 }))).kind).toBe('denied');
    for (const one of running) {
      const permit = permitOf(one);
      await permit.send(plannedCall(200));
      permit.served(figures(10));
      await permit.settle();
    }
    // One alone may cost more than all of it: a day has room for a call at least.
    const permit = permitOf(await strict.admit(request(member, { reserve: 600 })));
    expect((await strict.admit(request(member, { reserve: 1 }))).kind).toBe('denied');
    await permit.release('tested');
  });

  test('bounds the tries of a call too', async () => {
    const member = await fixture.member();
    const permit = permitOf(await strict.admit(request(member, { reserve: 200 })));
    await permit.send(plannedCall(200));
    permit.unknown(broken(200));
    await permit.send(plannedCall(200));
    permit.unknown(broken(200));
    await expect(permit.send(plannedCall(200))).rejects.toMatchObject({
      code: 'limit_exceeded',
      details: { limit: 'failures' },
      withCost: { details: { limit: 'failures', used: 600, max: 500 } },
    });
    await permit.release('provider_unavailable');
    expect(await held(member)).toMatchObject({ failures: 400 });
  });

  test('is one sum over all products', async () => {
    const member = await fixture.member();
    await failCall(member, 10);
    await db.asMigrator(
      statement(
        `insert into limits.meters (account_id, scope, names, starts, used)
         select account_id, 'sample', names, starts, array_fill(490, array[cardinality(names)]) from limits.meters where account_id = $1 and scope = 'demo'`,
        [member.accountId],
      ),
    );
    expect(denialOf(await strict.admit(request(member)))).toMatchObject({ limit: 'failures', used: 500 });
  });

  test('is less again when a call turns out to have cost less', async () => {
    const member = await fixture.member();
    const permit = permitOf(await strict.admit(request(member, { reserve: 600 })));
    const event = await permit.send(plannedCall(600));
    permit.unknown(broken(600));
    await permit.release('provider_unavailable');
    expect((await strict.admit(request(member))).kind).toBe('denied');
    await permit.amend(event, figures(20, { charged: micros(0) }));
    expect(await held(member)).toEqual({ monthly: 0, cost: 0, failures: 20 });
    permitOf(await strict.admit(request(member)));
  });
});

async function brokenOff() {
  const member = await fixture.member();
  const permit = permitOf(await fixture.admit(member, { reserve: 400 }));
  const event = await permit.send(plannedCall(400));
  permit.unknown(broken(400, 400));
  await permit.settle();
  expect(await held(member)).toEqual({ monthly: 1, cost: 400, failures: undefined });
  return { member, permit, event };
}

describe('a call that its caller broke off', () => {
  test('is charged its estimate at once, and what it really used when that is known, once', async () => {
    const { member, permit, event } = await brokenOff();
    await Promise.all([permit.amend(event, figures(70)), permit.amend(event, figures(70))]);
    expect(await charges(member)).toEqual([
      [400, 400],
      [-330, -330],
    ]);
    expect(await held(member)).toEqual({ monthly: 1, cost: 70, failures: undefined });
  });

  test('may be known more closely first, and exactly later', async () => {
    const { member, permit, event } = await brokenOff();
    await permit.amend(event, broken(90, 90));
    await permit.amend(event, broken(90, 90));
    await permit.amend(event, figures(70));
    await permit.amend(event, broken(100, 100));
    expect(await charges(member)).toEqual([
      [400, 400],
      [-310, -310],
      [-20, -20],
    ]);
    expect(await held(member)).toMatchObject({ cost: 70 });
  });

  test('is known before its end is told: the row itself becomes exact', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 400 }));
    const event = await permit.send(plannedCall(400));
    permit.unknown(broken(400, 400));
    await permit.amend(event, figures(70));
    await permit.settle();
    expect(await charges(member)).toEqual([[70, 70]]);
    expect(await held(member)).toMatchObject({ cost: 70 });
  });
});

test('a request that could only fail gives back its reserve, and keeps its quota', async () => {
  const member = await fixture.member();
  const permit = permitOf(await fixture.admit(member, { reserve: 400, key: 'same' }));
  await permit.send(plannedCall(400));
  permit.notServed();
  await permit.release('provider_rejected', { quota: 'kept' });
  expect(await permits(db, member.accountId)).toMatchObject([
    { state: 'voided', reason: 'provider_rejected' },
  ]);
  expect(await held(member)).toEqual({ monthly: 1, cost: 0, failures: undefined });
  // Its key is free: the same request may be sent again once it is mended.
  permitOf(await fixture.admit(member, { reserve: 400, key: 'same' }));
});

test('a process that died is charged as long as nobody knows better, for a limit must hold until then', async () => {
  const node = await fixture.another();
  const member = await fixture.member();
  const permit = permitOf(await node.limits.admit(request(member, { reserve: 400 })));
  await permit.send(plannedCall(400));
  await kill(node);
  await fixture.limits.sweep();
  expect(await held(member)).toMatchObject({ cost: 400 });
  permit.unknown(broken(390));
  await permit.reportLate();
  expect(await charges(member)).toEqual([
    [400, 400],
    [-10, -400],
  ]);
  expect(await held(member)).toEqual({ monthly: 1, cost: 0, failures: 390 });
});
