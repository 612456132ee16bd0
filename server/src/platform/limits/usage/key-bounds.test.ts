import { describe, expect, test } from 'vitest';
import type { KeyId } from '#platform/kernel';
import { advanceTo, makeGrant, type Member } from '@plinth/testkit/factories';
import {
  boundedKeys,
  denialOf,
  figures,
  openLimits,
  permitOf,
  plannedCall,
  request,
  tally,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const boundedKey = boundedKeys(db);
const rules = {
  limits: {
    uses: { kind: 'quota', per: 'month', by: 'account' },
    cost: { kind: 'budget', per: 'month', by: 'account' },
  },
  plans: { only: { uses: 1_000, cost: 10_000 } },
} as const;
const fixture = await openLimits(db, rules);
const sample = await openLimits(db, { ...rules, product: 'sample' });

async function memberOfBoth(): Promise<Member> {
  const member = await fixture.member();
  await makeGrant(db, member.accountId, { catalogue: sample.catalogue, plan: 'only' });
  return member;
}

const call = (reserve: number, tokens: number) => ({ ...plannedCall(reserve), tokens });
const heldBy = async ({ accountId }: Member, keyId: KeyId, limit: string) =>
  (await windows(db, accountId))[`key:${keyId} ${limit}`];

describe('a key with room for 4', () => {
  test.each([
    ['daily_calls', { daily_calls: 4 }],
    ['monthly_calls', { monthly_calls: 4 }],
    ['calls_per_minute', { calls_per_minute: 4 }],
    ['daily_tokens', { daily_tokens: 40 }],
    ['monthly_tokens', { monthly_tokens: 40 }],
    ['tokens_per_minute', { tokens_per_minute: 40 }],
    ['daily_budget', { daily_budget: 400 }],
  ])(
    'in %s lets 4 of 20 callers through, of two products and four processes at once',
    async (name, bounds) => {
      await advanceTo(db, '2031-05-10T12:34:56Z');
      const nodes = [fixture, sample, await fixture.another(), await sample.another()];
      const member = await memberOfBoth();
      const maker = await boundedKey(member, bounds);
      const keys = [maker, await boundedKey(member, {}, [maker])];
      const crowd = await Promise.all(
        Array.from({ length: 20 }, (_, i) => {
          const node = nodes[i % 4] ?? fixture;
          const asked = { keyId: keys[Math.floor(i / 4) % 2], reserve: 100, tokens: 10 };
          return node.limits.admit(request(member, asked, i % 2 === 0 ? 'demo' : 'sample'));
        }),
      );
      expect(tally(crowd)).toEqual({ permit: 4, denied: 16 });
      const denied = crowd.find(({ kind }) => kind === 'denied');
      expect(denied && denialOf(denied)).toMatchObject({ limit: `key_${name}` });
    },
  );
});

describe('calls of a key', () => {
  test('come back where the work failed, but those of a minute, and are counted anew when the window is over', async () => {
    await advanceTo(db, '2031-06-10T12:34:56Z');
    const member = await fixture.member();
    const keyId = await boundedKey(member, { daily_calls: 2, calls_per_minute: 3 });
    await permitOf(await fixture.admit(member, { keyId, units: 5 })).release('failed');
    permitOf(await fixture.admit(member, { keyId, units: 5 }));
    await permitOf(await fixture.admit(member, { keyId })).settle();
    expect(denialOf(await fixture.admit(member, { keyId }))).toMatchObject({
      limit: 'key_calls_per_minute',
      of: 'burst',
      used: 3,
      max: 3,
      resetsAt: '2031-06-10T12:35:00.000Z',
    });
    await advanceTo(db, '2031-06-10T12:35:00Z');
    expect(denialOf(await fixture.admit(member, { keyId }))).toMatchObject({
      limit: 'key_daily_calls',
      of: 'quota',
      used: 2,
      max: 2,
      resetsAt: '2031-06-11T00:00:00.000Z',
    });
    await advanceTo(db, '2031-06-11T00:00:00Z');
    permitOf(await fixture.admit(member, { keyId }));
  });
});

describe('tokens of a key', () => {
  test('are reserved as the call may take at most, and settled to those that it took', async () => {
    await advanceTo(db, '2031-07-10T00:00:00Z');
    const member = await fixture.member();
    const keyId = await boundedKey(member, { daily_tokens: 100 });
    const permit = permitOf(await fixture.admit(member, { keyId, reserve: 10, tokens: 80 }));
    expect(permit.tokens).toBe(80);
    expect(denialOf(await fixture.admit(member, { keyId, reserve: 10, tokens: 21 }))).toMatchObject({
      limit: 'key_daily_tokens',
      used: 80,
      max: 100,
      needed: 21,
    });
    await permit.send(call(10, 80));
    permit.served(figures(5));
    await permit.settle();
    expect(await heldBy(member, keyId, 'key_daily_tokens')).toBe(30);
  });

  test('that are left are what a call gets that can do with less', async () => {
    const member = await fixture.member();
    const keyId = await boundedKey(member, { daily_tokens: 100 });
    const asked = { keyId, reserve: 10, tokens: 1_000, leastTokens: 100 };
    expect(permitOf(await fixture.admit(member, asked)).tokens).toBe(100);
    expect(denialOf(await fixture.admit(member, { keyId, reserve: 10, tokens: 1 })).used).toBe(100);
  });

  test('bound further calls of a permit; a call that came to nothing takes none, one whose figures are unknown all, until they are known', async () => {
    const member = await fixture.member();
    const keyId = await boundedKey(member, { daily_tokens: 100 });
    const permit = permitOf(await fixture.admit(member, { keyId, reserve: 50, tokens: 50 }));
    const open = await permit.send(call(50, 50));
    permit.notServed();
    await permit.send(call(50, 50));
    permit.served(figures(5));
    const third = await permit.send(call(45, 70));
    expect(await heldBy(member, keyId, 'key_daily_tokens')).toBe(100);
    permit.unknown();
    expect(third).not.toBe(open);
    await expect(permit.send(call(1, 1))).rejects.toMatchObject({
      code: 'limit_exceeded',
      details: { limit: 'key_daily_tokens', used: 100, max: 100 },
    });
    await permit.settle();
    expect(await heldBy(member, keyId, 'key_daily_tokens')).toBe(100);
    await permit.amend(third, figures(5, { promptTokens: 1, completionTokens: 2 }));
    expect(await heldBy(member, keyId, 'key_daily_tokens')).toBe(33);
  });

  test('that the operator pays are not counted, and those past what was asked for are', async () => {
    const member = await fixture.member();
    const keyId = await boundedKey(member, { daily_tokens: 100 });
    for (const [cost, charged] of [
      [50, 0],
      [50, 50],
    ] as const) {
      const permit = permitOf(await fixture.admit(member, { keyId, reserve: 50, tokens: 20 }));
      await permit.send(call(50, 20));
      permit.served(figures(cost, { charged: charged as never, promptTokens: 60, completionTokens: 60 }));
      await permit.settle();
      expect(await heldBy(member, keyId, 'key_daily_tokens')).toBe(charged === 0 ? 0 : 120);
    }
    expect(
      denialOf(await fixture.admit(member, { keyId, reserve: 10, tokens: 0, leastTokens: 0 })),
    ).toMatchObject({
      limit: 'key_daily_tokens',
      used: 120,
      max: 100,
    });
  });
});
