import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { KeyId } from '#platform/kernel';
import { advanceTo, makeGrant, makeKey, type Member } from '#test/factories';
import { denied, figures, granted, openGym, planned, request, tally, windows } from '#test/gym';
import { assertWithin } from '#test/property';
import { testDatabase } from '#test/services';
import type { Permit } from './index.ts';

const { db } = await testDatabase();
const rules = {
  limits: {
    uses: { kind: 'quota', per: 'month', by: 'account' },
    cost: { kind: 'budget', per: 'month', by: 'account' },
  },
  plans: { only: { uses: 1_000, cost: 1_000 } },
} as const;
const gym = await openGym(db, rules);
const pool = await openGym(db, { ...rules, product: 'pool' });

/** A key whose customer lets it cost so much a month. */
async function cappedKey(member: Member, cap: number): Promise<KeyId> {
  const keyId = await makeKey(db, member);
  await db.asMigrator(
    statement('update identity.api_keys set monthly_budget_micros = $2 where id = $1', [keyId, cap]),
  );
  return keyId;
}

async function memberOfBoth(): Promise<Member> {
  const member = await gym.member();
  await makeGrant(db, member.accountId, { catalogue: pool.catalogue, plan: 'only' });
  return member;
}

describe('a budget of a key’s own', () => {
  test('bounds what the key costs in all products together, and no other key', async () => {
    await advanceTo(db, '2031-05-10T00:00:00Z');
    const member = await memberOfBoth();
    const keyId = await cappedKey(member, 100);
    const first = granted(await gym.admit(member, { keyId, reserve: 60 }));
    granted(await pool.admit(member, { keyId, reserve: 30 }));
    const denial = denied(await pool.admit(member, { keyId, reserve: 20 }));
    expect(denial).toMatchObject({ limit: 'key_budget', of: 'budget', used: 90, max: 100 });
    expect(denial.resetsAt).toBe('2031-06-01T00:00:00.000Z');
    granted(await pool.admit(member, { reserve: 20 }));
    granted(await pool.admit(member, { keyId: await makeKey(db, member), reserve: 20 }));
    await first.send(planned(60));
    first.served(figures(10));
    await first.settle();
    granted(await pool.admit(member, { keyId, reserve: 60 }));
    expect(await windows(db, member.accountId)).toMatchObject({ [`key:${keyId} key_budget`]: 100 });
    await advanceTo(db, '2031-06-01T00:00:00Z');
    granted(await gym.admit(member, { keyId, reserve: 100 }));
  });

  test('that is smaller than one call denies it, and charges nothing', async () => {
    const member = await gym.member();
    const keyId = await cappedKey(member, 5);
    expect(denied(await gym.admit(member, { keyId, reserve: 20 }))).toMatchObject({
      limit: 'key_budget',
      max: 5,
    });
    expect(granted(await gym.admit(member, { keyId, reserve: 20, leastReserve: 2 })).reserve).toBe(5);
    expect(await windows(db, member.accountId)).toMatchObject({ 'gym uses': 1, 'gym cost': 5 });
  });

  test('bounds further calls of one permit too', async () => {
    const member = await gym.member();
    const keyId = await cappedKey(member, 100);
    const permit = granted(await gym.admit(member, { keyId, reserve: 60 }));
    await permit.send(planned(60));
    permit.served(figures(60));
    await permit.send(planned(40));
    permit.served(figures(40));
    await expect(permit.send(planned(1))).rejects.toMatchObject({
      code: 'limit_exceeded',
      details: { limit: 'key_budget', used: 100, max: 100 },
    });
    await permit.settle();
  });

  test('of 100 lets 10 of 40 through, asked by two processes for two products at once', async () => {
    const [other, beside] = [await gym.another(), await pool.another()];
    const nodes = [gym, pool, other, beside];
    const member = await memberOfBoth();
    const keyId = await cappedKey(member, 100);
    const crowd = await Promise.all(
      Array.from({ length: 40 }, (_, i) => {
        const node = nodes[i % 4] ?? gym;
        return node.limits.admit(request(member, { keyId, reserve: 10 }, i % 2 === 0 ? 'gym' : 'pool'));
      }),
    );
    expect(tally(crowd)).toEqual({ permit: 10, denied: 30 });
  });
});

test('whatever two products admit and settle with one key: never over, and its window holds what it costs', async () => {
  const CAP = 150;
  const op = fc.oneof(
    fc.array(fc.record({ reserve: fc.integer({ min: 0, max: 60 }), gym: fc.boolean() }), {
      minLength: 1,
      maxLength: 6,
    }),
    fc.record({ end: fc.nat(), share: fc.integer({ min: 0, max: 100 }), settles: fc.boolean() }),
  );
  await assertWithin(
    fc.asyncProperty(fc.array(op, { minLength: 5, maxLength: 25 }), async (plan) => {
      const member = await memberOfBoth();
      const keyId = await cappedKey(member, CAP);
      const open: Permit[] = [];
      let used = 0;
      for (const one of plan) {
        if ('end' in one) {
          const [permit] = open.length === 0 ? [] : open.splice(one.end % open.length, 1);
          if (permit === undefined) continue;
          const cost = Math.floor((permit.reserve * one.share) / 100);
          await permit.send(planned(permit.reserve));
          permit.served(figures(cost));
          await (one.settles ? permit.settle() : permit.release('failed'));
          used += cost - permit.reserve;
        } else {
          const answers = await Promise.all(
            one.map(({ reserve, gym: here }) => (here ? gym : pool).admit(member, { keyId, reserve })),
          );
          const permits = answers.flatMap((answer) => (answer.kind === 'permit' ? [answer.permit] : []));
          for (const permit of permits) used += permit.reserve;
          open.push(...permits);
          for (const [i, answer] of answers.entries())
            if (answer.kind === 'denied') expect(used + (one[i]?.reserve ?? 0)).toBeGreaterThan(CAP);
        }
        expect(used).toBeLessThanOrEqual(CAP);
        const held = await windows(db, member.accountId);
        expect(held[`key:${keyId} key_budget`] ?? 0).toBe(used);
        expect((held['gym cost'] ?? 0) + (held['pool cost'] ?? 0)).toBe(used);
      }
    }),
    { numRuns: 20, within: 40_000 },
  );
}, 90_000);
