import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { KeyId } from '#platform/kernel';
import { advanceTo, makeGrant, makeKey, type Member, revokeKey } from '@plinth/testkit/factories';
import {
  denialOf,
  figures,
  permitOf,
  openLimits,
  plannedCall,
  request,
  tally,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { assertWithin } from '@plinth/testkit/property';
import { testDatabase } from '@plinth/testkit/services';
import type { Permit } from '../index.ts';

const { db } = await testDatabase();
const rules = {
  limits: {
    uses: { kind: 'quota', per: 'month', by: 'account' },
    cost: { kind: 'budget', per: 'month', by: 'account' },
  },
  plans: { only: { uses: 1_000, cost: 1_000 } },
} as const;
const fixture = await openLimits(db, rules);
const sample = await openLimits(db, { ...rules, product: 'sample' });

/** A key whose customer lets it cost so much a month; made by the last of other keys. */
async function cappedKey(member: Member, cap: number | null, makers: readonly KeyId[] = []): Promise<KeyId> {
  const keyId = await makeKey(db, member);
  await db.asMigrator(
    statement('update identity.api_keys set monthly_budget_micros = $2, makers = $3 where id = $1', [
      keyId,
      cap,
      makers,
    ]),
  );
  return keyId;
}

/** A key of 100, two keys that it made, and one that the second of these made, without budgets of their own. */
async function family(member: Member): Promise<readonly [KeyId, KeyId, KeyId, KeyId]> {
  const maker = await cappedKey(member, 100);
  const [one, other] = [await cappedKey(member, 100, [maker]), await cappedKey(member, null, [maker])];
  return [maker, one, other, await cappedKey(member, null, [maker, other])];
}

const spentOf = async ({ accountId }: Member, keyId: KeyId): Promise<number> =>
  (await windows(db, accountId))[`key:${keyId} key_budget`] ?? 0;

async function memberOfBoth(): Promise<Member> {
  const member = await fixture.member();
  await makeGrant(db, member.accountId, { catalogue: sample.catalogue, plan: 'only' });
  return member;
}

describe('a budget of a key’s own', () => {
  test('bounds what the key costs in all products together, and no other key', async () => {
    await advanceTo(db, '2031-05-10T00:00:00Z');
    const member = await memberOfBoth();
    const keyId = await cappedKey(member, 100);
    const first = permitOf(await fixture.admit(member, { keyId, reserve: 60 }));
    permitOf(await sample.admit(member, { keyId, reserve: 30 }));
    const denial = denialOf(await sample.admit(member, { keyId, reserve: 20 }));
    expect(denial).toMatchObject({ limit: 'key_budget', of: 'budget', used: 90, max: 100 });
    expect(denial.resetsAt).toBe('2031-06-01T00:00:00.000Z');
    permitOf(await sample.admit(member, { reserve: 20 }));
    permitOf(await sample.admit(member, { keyId: await makeKey(db, member), reserve: 20 }));
    await first.send(plannedCall(60));
    first.served(figures(10));
    await first.settle();
    permitOf(await sample.admit(member, { keyId, reserve: 60 }));
    expect(await windows(db, member.accountId)).toMatchObject({ [`key:${keyId} key_budget`]: 100 });
    await advanceTo(db, '2031-06-01T00:00:00Z');
    permitOf(await fixture.admit(member, { keyId, reserve: 100 }));
  });

  test('that is smaller than one call denies it, and charges nothing', async () => {
    const member = await fixture.member();
    const keyId = await cappedKey(member, 5);
    expect(denialOf(await fixture.admit(member, { keyId, reserve: 20 }))).toMatchObject({
      limit: 'key_budget',
      max: 5,
    });
    expect(permitOf(await fixture.admit(member, { keyId, reserve: 20, leastReserve: 2 })).reserve).toBe(5);
    expect(await windows(db, member.accountId)).toMatchObject({ 'demo uses': 1, 'demo cost': 5 });
  });

  test('bounds further calls of one permit too', async () => {
    const member = await fixture.member();
    const keyId = await cappedKey(member, 100);
    const permit = permitOf(await fixture.admit(member, { keyId, reserve: 60 }));
    await permit.send(plannedCall(60));
    permit.served(figures(60));
    await permit.send(plannedCall(40));
    permit.served(figures(40));
    await expect(permit.send(plannedCall(1))).rejects.toMatchObject({
      code: 'limit_exceeded',
      details: { limit: 'key_budget', used: 100, max: 100 },
    });
    await permit.settle();
  });

  test('of 100 lets 10 of 40 through, asked by two processes for two products at once', async () => {
    const [other, beside] = [await fixture.another(), await sample.another()];
    const nodes = [fixture, sample, other, beside];
    const member = await memberOfBoth();
    const keyId = await cappedKey(member, 100);
    const crowd = await Promise.all(
      Array.from({ length: 40 }, (_, i) => {
        const node = nodes[i % 4] ?? fixture;
        return node.limits.admit(request(member, { keyId, reserve: 10 }, i % 2 === 0 ? 'demo' : 'sample'));
      }),
    );
    expect(tally(crowd)).toEqual({ permit: 10, denied: 30 });
  });
});

describe('a budget of a key that makes keys', () => {
  test('bounds what it and all that come from it spend together', async () => {
    const member = await memberOfBoth();
    const [maker, one, other, last] = await family(member);
    permitOf(await fixture.admit(member, { keyId: maker, reserve: 10 }));
    permitOf(await sample.admit(member, { keyId: one, reserve: 30 }));
    permitOf(await fixture.admit(member, { keyId: last, reserve: 40 }));
    for (const keyId of [maker, one, other, last]) {
      expect(denialOf(await fixture.admit(member, { keyId, reserve: 21 }))).toMatchObject({
        limit: 'key_budget',
        used: 80,
        max: 100,
      });
    }
    permitOf(await fixture.admit(member, { keyId: other, reserve: 20 }));
    expect(await spentOf(member, maker)).toBe(100);
    expect(await spentOf(member, one)).toBe(30);
    permitOf(await fixture.admit(member, { keyId: await makeKey(db, member), reserve: 20 }));
  });

  test('is not passed by its keys at once, in two products and two processes', async () => {
    const nodes = [fixture, sample, await fixture.another(), await sample.another()];
    const member = await memberOfBoth();
    const keys = await family(member);
    const crowd = await Promise.all(
      Array.from({ length: 64 }, (_, i) => {
        const [node, keyId] = [nodes[i % 4] ?? fixture, keys[Math.floor(i / 4) % 4]];
        return node.limits.admit(request(member, { keyId, reserve: 10 }, i % 2 === 0 ? 'demo' : 'sample'));
      }),
    );
    expect(tally(crowd)).toEqual({ permit: 10, denied: 54 });
    expect(await spentOf(member, keys[0])).toBe(100);
  });

  test('gets back what a permit of theirs did not use, and takes what a further call of it needs', async () => {
    const member = await fixture.member();
    const [maker, , , last] = await family(member);
    const permit = permitOf(await fixture.admit(member, { keyId: last, reserve: 60 }));
    await permit.send(plannedCall(60));
    permit.served(figures(60));
    await permit.send(plannedCall(40));
    expect(await spentOf(member, maker)).toBe(100);
    permit.served(figures(5));
    await expect(permit.send(plannedCall(36))).rejects.toMatchObject({
      code: 'limit_exceeded',
      details: { limit: 'key_budget', used: 100, max: 100 },
    });
    await permit.settle();
    expect(await spentOf(member, maker)).toBe(65);
  });

  test('ends with it: a key whose maker’s maker was revoked spends nothing', async () => {
    const member = await fixture.member();
    const [maker, , other, last] = await family(member);
    await revokeKey(db, maker);
    for (const keyId of [other, last])
      expect(await fixture.admit(member, { keyId, reserve: 1 })).toEqual({
        kind: 'refused',
        reason: 'key_revoked',
      });
  });
});

interface TreeKey {
  readonly id: KeyId;
  readonly cap: number | null;
  /** Itself and those that it comes from. */
  readonly line: readonly KeyId[];
}

/** Keys of which each comes from one before it, or from none. */
async function treeOf(
  member: Member,
  shapes: readonly { readonly from: number; readonly cap: number | null }[],
): Promise<TreeKey[]> {
  const keys: TreeKey[] = [];
  for (const { from, cap } of shapes) {
    const makers = keys[from % (keys.length + 1)]?.line ?? [];
    const id = await cappedKey(member, cap, makers);
    keys.push({ id, cap, line: [...makers, id] });
  }
  return keys;
}

/** A permit whose call took all of it asks for more, and ends; what it cost at last. */
async function endOf(
  permit: Permit,
  { share, more, settles }: { readonly share: number; readonly more: number; readonly settles: boolean },
): Promise<number> {
  const first = more > 0 ? permit.reserve : Math.floor((permit.reserve * share) / 100);
  await permit.send(plannedCall(permit.reserve));
  permit.served(figures(first));
  const second = await permit.send(plannedCall(more)).then(
    () => more,
    () => 0,
  );
  if (second > 0 || more === 0) permit.served(figures(second));
  await (settles ? permit.settle() : permit.release('failed'));
  return first + second;
}

test('whatever keys that come from each other spend: none passes its budget, and each holds what all below it cost', async () => {
  const spending = fc.record({
    key: fc.nat(),
    reserve: fc.integer({ min: 0, max: 60 }),
    fixture: fc.boolean(),
  });
  const ending = fc.record({
    end: fc.nat(),
    share: fc.integer({ min: 0, max: 100 }),
    more: fc.integer({ min: 0, max: 30 }),
    settles: fc.boolean(),
  });
  const shape = fc.record({ from: fc.nat(), cap: fc.option(fc.integer({ min: 20, max: 150 })) });
  const op = fc.oneof(fc.array(spending, { minLength: 1, maxLength: 6 }), ending);
  const trees = fc.array(shape, { minLength: 2, maxLength: 6 });
  await assertWithin(
    fc.asyncProperty(trees, fc.array(op, { minLength: 5, maxLength: 20 }), async (shapes, plan) => {
      const member = await memberOfBoth();
      const keys = await treeOf(member, shapes);
      const open: { readonly permit: Permit; readonly key: TreeKey | undefined }[] = [];
      const used = new Map(keys.map(({ id }) => [id, 0]));
      const move = (key: TreeKey | undefined, amount: number) => {
        for (const id of key?.line ?? []) used.set(id, (used.get(id) ?? 0) + amount);
      };
      for (const one of plan) {
        if ('end' in one) {
          const [ended] = open.length === 0 ? [] : open.splice(one.end % open.length, 1);
          if (ended === undefined) continue;
          const { reserve } = ended.permit;
          move(ended.key, (await endOf(ended.permit, one)) - reserve);
        } else {
          const asked = one.map((ask) => ({ ...ask, key: keys[ask.key % keys.length] }));
          const answers = await Promise.all(
            asked.map(({ reserve, key, fixture: here }) =>
              (here ? fixture : sample).admit(member, { keyId: key?.id, reserve }),
            ),
          );
          for (const [i, answer] of answers.entries()) {
            if (answer.kind !== 'permit') continue;
            open.push({ permit: answer.permit, key: asked[i]?.key });
            move(asked[i]?.key, answer.permit.reserve);
          }
        }
        const held = await windows(db, member.accountId);
        for (const { id, cap } of keys) {
          if (cap === null) continue;
          expect(held[`key:${id} key_budget`] ?? 0).toBe(used.get(id));
          expect(used.get(id)).toBeLessThanOrEqual(cap);
        }
      }
    }),
    { numRuns: 20, within: 40_000 },
  );
}, 90_000);

test('whatever two products admit and settle with one key: never over, and its window holds what it costs', async () => {
  const CAP = 150;
  const op = fc.oneof(
    fc.array(fc.record({ reserve: fc.integer({ min: 0, max: 60 }), fixture: fc.boolean() }), {
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
          await permit.send(plannedCall(permit.reserve));
          permit.served(figures(cost));
          await (one.settles ? permit.settle() : permit.release('failed'));
          used += cost - permit.reserve;
        } else {
          const answers = await Promise.all(
            one.map(({ reserve, fixture: here }) =>
              (here ? fixture : sample).admit(member, { keyId, reserve }),
            ),
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
        expect((held['demo cost'] ?? 0) + (held['sample cost'] ?? 0)).toBe(used);
      }
    }),
    { numRuns: 20, within: 40_000 },
  );
}, 90_000);
