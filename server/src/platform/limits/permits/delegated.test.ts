import { describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import type { Backend } from '#platform/entitlements';
import {
  advance,
  advanceTo,
  type Member,
  revokeKey,
  makeKey,
  suspendAccount,
} from '@plinth/testkit/factories';
import {
  denialOf,
  figures,
  permitOf,
  holdMeters,
  ledgerLines,
  openLimits,
  permits,
  request,
  type AdmissionInput,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase } from '@plinth/testkit/services';
import type { DelegatedPermit, Permit } from '../index.ts';

const { db, url } = await testDatabase();
const delegating = commitPoint('test.limits.delegating', 'a permit that a test delegates');
const fixture = await openLimits(db, {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    hourly: { kind: 'burst', per: 'hour', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
    cost: { kind: 'budget', per: 'month', by: 'account' },
    credits: { kind: 'credits', per: 'month', by: 'account' },
  },
  features: { pay: ['credits'] },
  plans: { only: { monthly: 50, hourly: 50, at_once: 1, cost: 1_000, credits: 20 } },
  longestSeconds: 600,
});
const { delegated } = fixture.limits;

/** Delegates a permit that was admitted for a job which never came to own it. */
async function delegate(
  permit: Permit,
  { seconds = 60, to = 'account' }: { readonly seconds?: number; readonly to?: Backend } = {},
): Promise<Date> {
  const [[row]] = await db.tenant(permit.accountId, delegating, [permit.delegating(to, seconds)]);
  if (row === undefined) throw new Error('nothing was delegated');
  return row.expires_at;
}

async function find(accountId: Permit['accountId'], id: string, backend: Backend = 'account') {
  const found = await delegated.find({ accountId, id, backend });
  if (found === undefined) throw new Error('there is no such permit');
  return found;
}

/** A member with a permit for 60 seconds, of 100 micro-dollars. */
async function delegatedTo(
  wanted: AdmissionInput = {},
): Promise<{ member: Member; permit: DelegatedPermit }> {
  const member = await fixture.member();
  const permit = permitOf(await fixture.admit(member, { as: 'job', reserve: 100, ...wanted }));
  await delegate(permit);
  return { member, permit: await find(member.accountId, permit.id) };
}

const held = (monthly: number, cost: number, hourly = monthly) => ({
  'demo monthly': monthly,
  'demo hourly': hourly,
  'demo cost': cost,
});
const again = ({ accountId, id }: DelegatedPermit) => find(accountId, id);

describe('a permit that is delegated', () => {
  test('runs without a process, whatever becomes of the one that gave it', async () => {
    const node = await fixture.another();
    const member = await fixture.member();
    const permit = permitOf(await node.limits.admit(request(member, { as: 'job', reserve: 100 })));
    await delegate(permit);
    await node.holder.end();
    await fixture.limits.sweep();
    expect(await again(await find(member.accountId, permit.id))).toMatchObject({ status: 'running' });
    denialOf(await fixture.admit(member));
    expect(
      await delegated.settle(await find(member.accountId, permit.id), { units: 1, usage: figures(30) }),
    ).toBe(30);
    permitOf(await fixture.admit(member));
  });

  test('expires at its instant, not before: its place is free then, without any sweep', async () => {
    await advanceTo(db, '2027-02-01T10:00:00Z');
    const { member, permit } = await delegatedTo();
    await advanceTo(db, new Date(permit.expiresAt.getTime() - 30_000).toISOString());
    denialOf(await fixture.admit(member));
    await advanceTo(db, new Date(permit.expiresAt.getTime() + 1).toISOString());
    expect(await again(permit)).toMatchObject({ status: 'expired', cost: 100, estimated: true });
    permitOf(await fixture.admit(member));
  });

  test('never lasts longer than its feature allows, delegated or extended', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { as: 'job' }));
    await delegate(permit, { seconds: 3_600 });
    const { expiresAt, createdAt } = await find(member.accountId, permit.id);
    expect(expiresAt.getTime() - createdAt.getTime()).toBe(600_000);
    const more = await delegated.extend(await find(member.accountId, permit.id), {
      seconds: 900,
      longest: 600,
    });
    expect(more).toMatchObject({ kind: 'extended', expiresAt });
  });

  test('is delegated once, by its holder: nothing else is changed', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member, { as: 'job' }));
    const stranger = await fixture.member();
    const stolen = db.tenant(stranger.accountId, delegating, [permit.delegating('account', 60)]);
    await expect(stolen).rejects.toMatchObject({ code: 'PL010' });
    await delegate(permit);
    await expect(delegate(permit)).rejects.toMatchObject({ code: 'PL010' });
    await expect(permit.settle()).rejects.toMatchObject({ code: 'permit_stale' });
    await expect(permit.release('no')).rejects.toMatchObject({ code: 'permit_stale' });
    expect(await find(member.accountId, permit.id)).toMatchObject({ status: 'running' });
  });

  test('does not exist for another account, nor for the other kind of backend', async () => {
    const { member, permit } = await delegatedTo();
    const stranger = await fixture.member();
    const at = { accountId: member.accountId, id: permit.id };
    expect(
      await delegated.find({ ...at, accountId: stranger.accountId, backend: 'account' }),
    ).toBeUndefined();
    expect(await delegated.find({ ...at, backend: 'operator' })).toBeUndefined();
    // Not even by a backend that has seen it.
    expect(await delegated.settle({ ...permit, backend: 'operator' }, { units: 1, usage: figures(1) })).toBe(
      undefined,
    );
    expect(await again(permit)).toMatchObject({ status: 'running' });
  });

  test('is none of the permits that a process or a job runs', async () => {
    const member = await fixture.member();
    const permit = permitOf(await fixture.admit(member));
    expect(await delegated.find({ accountId: member.accountId, id: permit.id, backend: 'account' })).toBe(
      undefined,
    );
  });
});

describe('a settlement', () => {
  test('charges what the call cost and frees the rest', async () => {
    const { member, permit } = await delegatedTo({ units: 3 });
    expect(await delegated.settle(permit, { units: 3, usage: figures(30) })).toBe(30);
    expect(await windows(db, member.accountId)).toEqual(held(3, 30));
    expect(await again(permit)).toMatchObject({ status: 'settled', cost: 30, estimated: false });
  });

  test('with fewer units gives the others back, but not to the burst', async () => {
    const { member, permit } = await delegatedTo({ units: 5 });
    await delegated.settle(permit, { units: 2, usage: figures(30) });
    expect(await windows(db, member.accountId)).toEqual(held(2, 30, 5));
    expect(await again(permit)).toMatchObject({ units: 2 });
  });

  test('with no units gives them all back, and what was spent stays', async () => {
    const { member, permit } = await delegatedTo({ units: 5 });
    await delegated.settle(permit, { units: 0, usage: figures(30) });
    expect(await windows(db, member.accountId)).toEqual(held(0, 30, 5));
  });

  test('gives credits back to where they were drawn last', async () => {
    const { member, permit } = await delegatedTo({ feature: 'pay', units: 12 });
    await delegated.settle(permit, { units: 5, usage: undefined });
    const credits = (await fixture.limits.usage(member.accountId)).find(({ limit }) => limit === 'credits');
    expect(credits).toMatchObject({ used: 5, balance: 15 });
  });

  test('without figures posts the reserve as an estimate, which later figures make exact, once', async () => {
    const { member, permit } = await delegatedTo();
    expect(await delegated.settle(permit, { units: 1, usage: undefined })).toBe(100);
    expect(await again(permit)).toMatchObject({ status: 'settled', estimated: true, cost: 100 });
    for (const cost of [30, 30, 55]) {
      expect(await delegated.settle(permit, { units: 1, usage: figures(cost) })).toBeUndefined();
      expect(await again(permit)).toMatchObject({ status: 'settled', estimated: false, cost: 30 });
    }
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated', 'correction -70']);
    expect(await windows(db, member.accountId)).toEqual(held(1, 30));
  });

  test('that comes ten times at once charges once', async () => {
    const { member, permit } = await delegatedTo();
    const usage = figures(30);
    const costs = await Promise.all(
      Array.from({ length: 10 }, () => delegated.settle(permit, { units: 1, usage })),
    );
    expect(costs.filter((cost) => cost !== undefined)).toEqual([30]);
    expect(await ledgerLines(db, member.accountId)).toEqual(['posted 30']);
  });

  test('and a release at once: one of them ends it, and the money is posted in any case', async () => {
    const { member, permit } = await delegatedTo();
    await Promise.all([
      delegated.release(permit, 'no'),
      delegated.settle(permit, { units: 1, usage: figures(30) }),
    ]);
    expect((await windows(db, member.accountId))['demo cost']).toBe(30);
  });

  test.runIf(engine === 'postgres')('of one that expires while it waits comes too late', async () => {
    const { member, permit } = await delegatedTo();
    const goOn = await holdMeters(url, member.accountId);
    const settling = delegated.settle(permit, { units: 1, usage: figures(30) });
    await advance(db, '61 seconds');
    await goOn();
    expect(await settling).toBeUndefined();
    expect(await again(permit)).toMatchObject({ status: 'expired', cost: 30, estimated: false });
  });
});

describe('after it has expired', () => {
  // The sweep may have been there before the call, or not: it makes no difference.
  test.each([true, false])(
    'it counts at its reserve, as an estimate, until figures come (swept first: %s)',
    async (swept) => {
      const { member, permit } = await delegatedTo({ units: 2 });
      await advance(db, '61 seconds');
      if (swept) await fixture.limits.sweep();
      expect(await again(permit)).toMatchObject({ status: 'expired', cost: 100, estimated: true });
      expect(await delegated.settle(permit, { units: 1, usage: figures(30) })).toBeUndefined();
      await fixture.limits.sweep();
      expect(await again(permit)).toMatchObject({ status: 'expired', cost: 30, estimated: false });
      expect(await ledgerLines(db, member.accountId)).toEqual(['posted 100 estimated', 'correction -70']);
      expect(await windows(db, member.accountId)).toEqual(held(2, 30));
      expect((await permits(db, member.accountId)).map(({ state, reason }) => `${state}: ${reason}`)).toEqual(
        ['settled: expired'],
      );
    },
  );

  test('a release takes the estimate away, and keeps the units', async () => {
    const { member, permit } = await delegatedTo();
    await advance(db, '61 seconds');
    expect(await delegated.release(permit, 'too late')).toBe(false);
    expect(await windows(db, member.accountId)).toEqual(held(1, 0));
    expect(await again(permit)).toMatchObject({ status: 'expired', cost: 0 });
  });

  test('it can not be extended any more', async () => {
    const { permit } = await delegatedTo();
    await advance(db, '61 seconds');
    expect(await delegated.extend(permit, { seconds: 60, longest: 600 })).toEqual({ kind: 'closed' });
  });
});

describe('a release', () => {
  test('gives quota and reserve back, never the burst, and is done once', async () => {
    const { member, permit } = await delegatedTo({ units: 2 });
    expect(await delegated.release(permit, 'no answer')).toBe(true);
    expect(await delegated.release(permit, 'no answer')).toBe(false);
    expect(await windows(db, member.accountId)).toEqual(held(0, 0, 2));
    expect(await ledgerLines(db, member.accountId)).toEqual(['voided']);
  });

  test('stays, when figures come after it: they are posted all the same, once', async () => {
    const { member, permit } = await delegatedTo();
    await delegated.release(permit, 'no answer');
    for (let time = 0; time < 2; time += 1) {
      expect(await delegated.settle(permit, { units: 1, usage: figures(30) })).toBeUndefined();
    }
    expect(await again(permit)).toMatchObject({ status: 'voided', cost: 30 });
    expect(await ledgerLines(db, member.accountId)).toEqual(['voided', 'correction 30']);
    expect(await windows(db, member.accountId)).toEqual(held(0, 30, 1));
  });

  test('after a settlement changes nothing', async () => {
    const { member, permit } = await delegatedTo();
    await delegated.settle(permit, { units: 1, usage: figures(30) });
    expect(await delegated.release(permit, 'no')).toBe(false);
    expect(await windows(db, member.accountId)).toEqual(held(1, 30));
  });
});

describe('an extension', () => {
  test('gives time from now on, and is a sign of life that may be repeated', async () => {
    const { member, permit } = await delegatedTo();
    await advance(db, '50 seconds');
    await delegated.extend(permit, { seconds: 60, longest: 600 });
    await advance(db, '50 seconds');
    expect(await again(permit)).toMatchObject({ status: 'running' });
    denialOf(await fixture.admit(member));
    // A shorter extension does nothing.
    const { expiresAt } = await again(permit);
    expect(await delegated.extend(permit, { seconds: 1, longest: 600 })).toMatchObject({ expiresAt });
  });

  test('of money asks the budgets; without room the permit stays as it was', async () => {
    const { member, permit } = await delegatedTo();
    for (let time = 0; time < 2; time += 1) {
      const extended = await delegated.extend(permit, { reserve: 900, longest: 600 });
      expect(extended).toMatchObject({ kind: 'extended', reserve: 900 });
    }
    expect(await windows(db, member.accountId)).toEqual(held(1, 900));
    expect(await delegated.extend(permit, { reserve: 1_001, seconds: 500, longest: 600 })).toMatchObject({
      kind: 'denied',
      denial: { limit: 'cost', used: 900, max: 1_000, needed: 101, plan: 'demo.only' },
    });
    expect(await again(permit)).toMatchObject({ reserve: 900, expiresAt: permit.expiresAt });
    await advance(db, '61 seconds');
    await fixture.limits.sweep();
    expect(await again(permit)).toMatchObject({ cost: 900, estimated: true });
  });

  test('is refused to a member who may not spend any more', async () => {
    const { member, permit } = await delegatedTo();
    const keyed = await fixture.member();
    const keyId = await makeKey(db, keyed);
    const byKey = permitOf(await fixture.admit({ ...keyed }, { as: 'job', keyId }));
    await delegate(byKey);
    await suspendAccount(db, member.accountId);
    await revokeKey(db, keyId);
    const more = { seconds: 60, longest: 600 };
    expect(await delegated.extend(permit, more)).toEqual({ kind: 'refused', reason: 'account_suspended' });
    expect(await delegated.extend(await find(keyed.accountId, byKey.id), more)).toEqual({
      kind: 'refused',
      reason: 'key_revoked',
    });
  });
});

describe('budgets of the operator', () => {
  test('count what the operator’s backends say, and never what an account says of itself', async () => {
    await db.asMigrator(
      statement(
        `select limits.set_operator_budget(gen_random_uuid(), 'demo', null, null, null, 1000000, false)`,
      ),
    );
    const readSpent = async () => {
      const [row] = await db.asMigrator(
        statement<{ spent: number }>(
          'select coalesce(sum(spent), 0)::int as spent from limits.operator_spending',
        ),
      );
      return row?.spent;
    };
    const before = (await readSpent()) ?? 0;
    const { permit } = await delegatedTo();
    await delegated.settle(permit, { units: 1, usage: figures(900_000) });
    expect(await readSpent()).toBe(before);
    const member = await fixture.member();
    const theirs = permitOf(await fixture.admit(member, { as: 'job' }));
    await delegate(theirs, { to: 'operator' });
    await delegated.settle(await find(member.accountId, theirs.id, 'operator'), {
      units: 1,
      usage: figures(77),
    });
    expect(await readSpent()).toBe(before + 77);
    // One that is made later counts what was spent today, and that no more.
    await db.asMigrator(statement('delete from limits.operator_budgets'));
    await db.asMigrator(
      statement(
        `select limits.set_operator_budget(gen_random_uuid(), 'demo', null, null, null, 1000000, false)`,
      ),
    );
    expect(await readSpent()).toBeLessThan(900_000);
    await db.asMigrator(statement('delete from limits.operator_budgets'));
  });
});
