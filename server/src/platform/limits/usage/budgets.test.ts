import { describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { advanceTo, ids, makeGrant, makeKey, revokeGrant } from '@plinth/testkit/factories';
import {
  denialOf,
  figures,
  permitOf,
  ledgerLines,
  openLimits,
  plannedCall,
  tally,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const effect = commitPoint('test.limits.budgets', 'a job that owns a permit');
const fixture = await openLimits(db, {
  limits: {
    daily: { kind: 'budget', per: 'day', by: 'account' },
    monthly: { kind: 'budget', per: 'month', by: 'account' },
    key_cost: { kind: 'budget', per: 'day', by: 'key' },
  },
  features: { cheap: ['daily'] },
  plans: { only: { daily: 1_000, monthly: 3_000, key_cost: 600 } },
});

async function held(accountId: Parameters<typeof windows>[1]) {
  const all = await windows(db, accountId);
  return {
    daily: all['demo daily'] ?? 0,
    monthly: all['demo monthly'] ?? 0,
    key: all['demo/key: key_cost'] ?? 0,
  };
}
const each = (amount: number) => ({ daily: amount, monthly: amount, key: amount });

describe('a reserve', () => {
  test('is held in every budget until the call has ended, then what it cost', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 400 }));
    expect(await held(member.accountId)).toEqual(each(400));
    expect(denialOf(await fixture.admit(member, { reserve: 300 }))).toMatchObject({
      limit: 'key_cost',
      used: 400,
      max: 600,
    });
    await permit.send(plannedCall(400));
    permit.served(figures(150));
    await permit.settle();
    expect(await held(member.accountId)).toEqual(each(150));
    permitOf(await fixture.admit(member, { reserve: 300 }));
  });

  test('of which too little is left shrinks to what is left, down to what makes sense', async () => {
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { feature: 'cheap', reserve: 700 }));
    const rest = permitOf(await fixture.admit(member, { feature: 'cheap', reserve: 500, leastReserve: 100 }));
    expect(rest.reserve).toBe(300);
    expect(await held(member.accountId)).toMatchObject({ daily: 1_000 });
    expect(
      denialOf(await fixture.admit(member, { feature: 'cheap', reserve: 500, leastReserve: 1 })).used,
    ).toBe(1_000);
  });

  test('that would be left smaller than what makes sense is denied', async () => {
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { feature: 'cheap', reserve: 700 }));
    const denial = denialOf(
      await fixture.admit(member, { feature: 'cheap', reserve: 500, leastReserve: 301 }),
    );
    expect(denial).toMatchObject({ limit: 'daily', used: 700, max: 1_000 });
    expect(await held(member.accountId)).toMatchObject({ daily: 700 });
  });

  test('fits the tightest of several budgets, and is the same in all of them', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 900, leastReserve: 50 }));
    expect(permit.reserve).toBe(600);
    expect(await held(member.accountId)).toEqual(each(600));
    await permit.release('no');
    expect(await held(member.accountId)).toEqual(each(0));
  });

  test('that shrank covers only a call that fits it: a larger one must find room', async () => {
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { feature: 'cheap', reserve: 700 }));
    const rest = permitOf(await fixture.admit(member, { feature: 'cheap', reserve: 500, leastReserve: 100 }));
    await expect(rest.send(plannedCall(500))).rejects.toMatchObject({ code: 'limit_exceeded' });
    await rest.send(plannedCall(300));
    rest.served(figures(300));
    await rest.settle();
    expect(await held(member.accountId)).toMatchObject({ daily: 1_000 });
  });

  test('of many at once never passes the cap', async () => {
    const member = await fixture.member();
    const crowd = await Promise.all(
      Array.from({ length: 40 }, () =>
        fixture.admit(member, { feature: 'cheap', reserve: 90, leastReserve: 10 }),
      ),
    );
    expect(tally(crowd)).toEqual({ permit: 12, denied: 28 });
    const reserves = crowd.flatMap((one) => (one.kind === 'permit' ? [Number(one.permit.reserve)] : []));
    expect(reserves.reduce((sum, one) => sum + one, 0)).toBe(1_000);
    expect(await held(member.accountId)).toMatchObject({ daily: 1_000 });
  });

  test('of one key leaves the other keys their own', async () => {
    const member = await fixture.member();
    const [one, two] = [await makeKey(db, member), await makeKey(db, member)];
    permitOf(await fixture.admit(member, { keyId: one, reserve: 450 }));
    expect(denialOf(await fixture.admit(member, { keyId: one, reserve: 200 })).limit).toBe('key_cost');
    permitOf(await fixture.admit(member, { keyId: two, reserve: 450 }));
    expect(denialOf(await fixture.admit(member, { keyId: two, reserve: 150 })).limit).toBe('daily');
  });
});

describe('a provider that bills more than was reserved', () => {
  test('is recorded as it is, and closes the budget', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { feature: 'cheap', reserve: 400 }));
    await permit.send(plannedCall(400));
    permit.served(figures(1_200));
    await permit.settle();
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 1200']);
    expect(await held(member.accountId)).toMatchObject({ daily: 1_200 });
    expect(denialOf(await fixture.admit(member, { feature: 'cheap', reserve: 0 }))).toMatchObject({
      used: 1_200,
      max: 1_000,
    });
  });
});

describe('further calls of a permit', () => {
  test('use what is left of its reserve before anything is extended', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 400 }));
    await permit.send(plannedCall(100));
    permit.served(figures(100));
    await permit.send(plannedCall(300));
    expect(permit.reserve).toBe(400);
    expect(await held(member.accountId)).toEqual(each(400));
    permit.served(figures(250));
    await permit.settle();
    expect(await held(member.accountId)).toEqual(each(350));
  });

  test('extend the reserve in all budgets when they have room', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
    await permit.send(plannedCall(100));
    permit.served(figures(100));
    await permit.send(plannedCall(250));
    expect(permit.reserve).toBe(350);
    expect(await held(member.accountId)).toEqual(each(350));
    permit.served(figures(200));
    await permit.settle();
    expect(await held(member.accountId)).toEqual(each(300));
  });

  test('are held to the budgets of the day on which they go out', async () => {
    const member = await fixture.member();
    await advanceTo(db, '2031-03-10T23:50:00Z');
    const permit = permitOf(await fixture.admit(member, { reserve: 500 }));
    await permit.send(plannedCall(500));
    permit.served(figures(500));
    await advanceTo(db, '2031-03-11T00:05:00Z');
    await permit.send(plannedCall(600));
    permit.served(figures(600));
    await expect(permit.send(plannedCall(1))).rejects.toMatchObject({
      code: 'limit_exceeded',
      withCost: { details: { limit: 'key_cost', used: 600, max: 600 } },
    });
  });

  test('are refused when one budget has no room, and then none of them is charged', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 500 }));
    await permit.send(plannedCall(500));
    permit.served(figures(500));
    const refused = permit.send(plannedCall(200));
    await expect(refused).rejects.toMatchObject({
      code: 'limit_exceeded',
      withCost: { details: { limit: 'key_cost', used: 500, max: 600 } },
    });
    expect(await held(member.accountId)).toEqual(each(500));
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 500']);
    await permit.settle();
    expect(await held(member.accountId)).toEqual(each(500));
  });

  test('find the room that others of the same batch give back', async () => {
    const member = await fixture.member();
    const [done, more] = [
      permitOf(await fixture.admit(member, { feature: 'cheap', reserve: 600 })),
      permitOf(await fixture.admit(member, { feature: 'cheap', reserve: 300 })),
    ];
    await Promise.all([more.send(plannedCall(900)), done.settle()]);
    expect(more.reserve).toBe(900);
    expect(await held(member.accountId)).toMatchObject({ daily: 900 });
  });

  test('that are still out keep their reserve, whatever else is sent beside them', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { feature: 'cheap', reserve: 400 }));
    const send = (reserve: number) => {
      const { id, holder: h, fence: f } = permit;
      const next = { e: ids.next(), pr: 'sandbox', m: 'small', v: '1', r: reserve };
      const item = { i: 0, a: member.accountId, p: 'demo', id, h, f, op: 'send', calls: [], next };
      const call = statement<{ answer: { kind: string; reserve?: number } }>(
        'select answer from limits.resolve_batch($1::jsonb)',
        [JSON.stringify([item])],
      );
      return db.system('limits.settlement', effect, [call]).then(([rows]) => rows[0]?.answer);
    };
    expect(await send(300)).toMatchObject({ kind: 'sent', reserve: 700 });
    expect(await send(300)).toMatchObject({ kind: 'sent', reserve: 1_000 });
    expect(await send(1)).toMatchObject({ kind: 'denied', limit: 'daily' });
  });

  test('are refused when the plan has ended meanwhile', async () => {
    const member = await fixture.member();
    const second = await makeGrant(db, member.accountId, { catalogue: fixture.catalogue, plan: 'only' });
    const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
    await permit.send(plannedCall(100));
    permit.notServed();
    await db.asMigrator(
      statement('update entitlements.grants set revoked_at = app.now() where account_id = $1', [
        member.accountId,
      ]),
    );
    await revokeGrant(db, second, fixture.catalogue);
    await permit.send(plannedCall(100));
    permit.served(figures(100));
    await expect(permit.send(plannedCall(100))).rejects.toMatchObject({
      code: 'limit_exceeded',
      withCost: { details: { max: 0 } },
    });
  });

  test('after midnight are charged to the new day, and each day gets back its own rest', async () => {
    await advanceTo(db, '2027-11-09T23:59:40Z');
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 100 }));
    await permit.send(plannedCall(100));
    permit.served(figures(100));
    await advanceTo(db, '2027-11-10T00:00:00Z');
    permitOf(await fixture.admit(member, { reserve: 50 }));
    await permit.send(plannedCall(200));
    expect(await held(member.accountId)).toEqual({ daily: 250, monthly: 350, key: 250 });
    permit.served(figures(30));
    // Again in the same new day: the charge of that day grows.
    await permit.send(plannedCall(300));
    expect(permit.reserve).toBe(430);
    expect(await held(member.accountId)).toEqual({ daily: 380, monthly: 480, key: 380 });
    permit.served(figures(10));
    await permit.settle();
    expect(await held(member.accountId)).toEqual({ daily: 90, monthly: 190, key: 90 });
  });

  test('before and after midnight that cost little give each day back no more than it holds', async () => {
    await advanceTo(db, '2027-11-11T23:59:40Z');
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { reserve: 300 }));
    await permit.send(plannedCall(300));
    permit.served(figures(290));
    await advanceTo(db, '2027-11-12T00:00:00Z');
    permitOf(await fixture.admit(member, { reserve: 70 }));
    await permit.send(plannedCall(60));
    permit.notServed();
    await permit.settle();
    expect(await held(member.accountId)).toEqual({ daily: 70, monthly: 360, key: 70 });
  });
});
