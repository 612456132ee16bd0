import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { KeyId } from '#platform/kernel';
import { advanceTo, makeGrant, type Member } from '@plinth/testkit/factories';
import {
  type AdmissionInput,
  boundedKeys,
  denialOf,
  figures,
  kill,
  openLimits,
  permitOf,
  plannedCall,
  request,
  tally,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { endUserTag, LONGEST_TAG, pruneEndUsers } from './end-users.ts';

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

const by = (user: string, keyId: KeyId, more: AdmissionInput = {}) => ({
  keyId,
  tags: { user_id: user },
  ...more,
});

/** Amounts used of a limit in the meters of end users, the least first. */
async function usedBy({ accountId }: Member, limit: string): Promise<number[]> {
  const all = Object.entries(await windows(db, accountId));
  return all
    .flatMap(([name, used]) => (name.includes('/user:') && name.endsWith(` ${limit}`) ? [used] : []))
    .toSorted((a, b) => a - b);
}

describe('an end user with room for 4', () => {
  test.each([
    ['user_daily_calls', 4],
    ['user_monthly_calls', 4],
    ['user_daily_tokens', 40],
    ['user_monthly_tokens', 40],
    ['user_daily_budget', 400],
    ['user_monthly_budget', 400],
  ])(
    'in %s has 4 of 20 calls through, of two keys, two products and four processes at once, and others of the key have theirs',
    async (name, most) => {
      await advanceTo(db, '2031-05-10T12:34:56Z');
      const nodes = [fixture, sample, await fixture.another(), await sample.another()];
      const member = await memberOfBoth();
      const maker = await boundedKey(member, { [name]: most });
      const keys = [maker, await boundedKey(member, {}, [maker])];
      const crowd = await Promise.all(
        Array.from({ length: 40 }, async (_, i) => {
          const node = nodes[i % 4] ?? fixture;
          const user = i < 20 ? 'ada' : 'bob';
          const asked = by(user, keys[Math.floor(i / 4) % 2] ?? maker, { reserve: 100, tokens: 10 });
          return {
            user,
            got: await node.limits.admit(request(member, asked, i % 2 === 0 ? 'demo' : 'sample')),
          };
        }),
      );
      for (const user of ['ada', 'bob']) {
        const theirs = crowd.filter((one) => one.user === user).map(({ got }) => got);
        expect(tally(theirs)).toEqual({ permit: 4, denied: 16 });
        const denied = theirs.find(({ kind }) => kind === 'denied');
        expect(denied && denialOf(denied)).toMatchObject({ limit: `key_${name}`, max: most });
      }
      expect((await windows(db, member.accountId))[`key:${maker} key_users`]).toBe(2);
    },
  );
});

test('what a call of theirs did not take comes back to them, also where its process died', async () => {
  await advanceTo(db, '2031-06-10T12:34:56Z');
  const member = await fixture.member();
  const bounds = { user_daily_calls: 9, user_daily_tokens: 100, user_monthly_budget: 100 };
  const keyId = await boundedKey(member, bounds);
  const asked = by('ada', keyId, { reserve: 50, tokens: 50 });
  const permit = permitOf(await fixture.admit(member, asked));
  await permit.send({ ...plannedCall(50), tokens: 50 });
  permit.served(figures(5));
  await permit.settle();
  await permitOf(await fixture.admit(member, asked)).release('failed');
  const node = await fixture.another();
  permitOf(await node.limits.admit(request(member, { ...asked, as: 'job' })));
  await kill(node);
  await advanceTo(db, '2031-06-10T12:44:56Z');
  await fixture.limits.sweep();
  expect(await usedBy(member, 'key_user_daily_calls')).toEqual([1]);
  expect(await usedBy(member, 'key_user_daily_tokens')).toEqual([30]);
  expect(await usedBy(member, 'key_user_monthly_budget')).toEqual([5]);
});

test('further calls of a permit are bounded too, and a denial says when there is room again', async () => {
  await advanceTo(db, '2031-07-10T12:00:00Z');
  const member = await fixture.member();
  const keyId = await boundedKey(member, { user_daily_tokens: 100 });
  const permit = permitOf(await fixture.admit(member, by('ada', keyId, { reserve: 50, tokens: 90 })));
  await permit.send({ ...plannedCall(50), tokens: 90 });
  permit.served(figures(5, { promptTokens: 60, completionTokens: 20 }));
  await expect(permit.send({ ...plannedCall(1), tokens: 21 })).rejects.toMatchObject({
    code: 'limit_exceeded',
    details: { limit: 'key_user_daily_tokens', used: 90, max: 100, resets_at: '2031-07-11T00:00:00.000Z' },
  });
  await permit.settle();
  const more = by('ada', keyId, { reserve: 1, tokens: 21 });
  expect(denialOf(await fixture.admit(member, more))).toMatchObject({
    limit: 'key_user_daily_tokens',
    of: 'quota',
    used: 80,
    max: 100,
    needed: 21,
    resetsAt: '2031-07-11T00:00:00.000Z',
  });
  await advanceTo(db, '2031-07-11T00:00:00Z');
  permitOf(await fixture.admit(member, more));
});

test.each([undefined, {}, { user_id: '' }, { team: 'search' }])(
  'a call that names no end user (%o) is refused by such a key, and by a key that it made, and charges nothing',
  async (tags) => {
    const member = await fixture.member();
    const maker = await boundedKey(member, { user_daily_calls: 4, daily_calls: 4 });
    for (const keyId of [maker, await boundedKey(member, {}, [maker])])
      expect(await fixture.admit(member, { keyId, tags })).toEqual({
        kind: 'refused',
        reason: 'end_user_required',
      });
    expect(await windows(db, member.accountId)).toEqual({});
  },
);

test('a key has so many end users in a window: a further one is denied, one who has called is not', async () => {
  await advanceTo(db, '2031-08-10T12:00:00Z');
  const member = await memberOfBoth();
  const keyId = await boundedKey(member, { user_daily_calls: 5, user_monthly_calls: 50 });
  permitOf(await fixture.admit(member, by('ada', keyId)));
  await db.asMigrator(
    statement(
      `update limits.meters set used[array_position(names, 'key_users')] = 99999 where account_id = $1 and scope = $2`,
      [member.accountId, `key:${keyId}`],
    ),
  );
  const crowd = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      (i % 2 === 0 ? fixture : sample).limits.admit(
        request(member, by(`new ${i}`, keyId), i % 2 === 0 ? 'demo' : 'sample'),
      ),
    ),
  );
  expect(tally(crowd)).toEqual({ permit: 1, denied: 19 });
  const denied = crowd.find(({ kind }) => kind === 'denied');
  expect(denied && denialOf(denied)).toMatchObject({
    limit: 'key_users',
    of: 'quota',
    used: 100_000,
    max: 100_000,
    resetsAt: '2031-09-01T00:00:00.000Z',
  });
  permitOf(await sample.admit(member, by('ada', keyId)));
  await advanceTo(db, '2031-09-01T00:00:00Z');
  permitOf(await fixture.admit(member, by('new 1', keyId)));
  expect((await windows(db, member.accountId))[`key:${keyId} key_users`]).toBe(1);
});

test('meters of end users whose windows are over are deleted, and no others', async () => {
  await advanceTo(db, '2031-10-10T12:00:00Z');
  const member = await fixture.member();
  const [daily, monthly] = [
    await boundedKey(member, { user_daily_calls: 5 }),
    await boundedKey(member, { user_monthly_calls: 5 }),
  ];
  for (const user of ['ada', 'bob'])
    for (const keyId of [daily, monthly]) permitOf(await fixture.admit(member, by(user, keyId)));
  await advanceTo(db, '2031-10-11T00:00:00Z');
  permitOf(await fixture.admit(member, by('ada', daily)));
  await pruneEndUsers(db);
  expect(await usedBy(member, 'key_user_daily_calls')).toEqual([1]);
  expect(await usedBy(member, 'key_user_monthly_calls')).toEqual([1, 1]);
  await advanceTo(db, '2031-11-01T00:00:00Z');
  expect(await pruneEndUsers(db)).toBeGreaterThan(0);
  expect(await usedBy(member, 'key_user_monthly_calls')).toEqual([]);
  expect(await windows(db, member.accountId)).toHaveProperty('demo uses');
});

test('ids that are longer than a tag are told apart', () => {
  const [one, other] = [`${'x'.repeat(LONGEST_TAG)}1`, `${'x'.repeat(LONGEST_TAG)}2`].map(endUserTag);
  expect(one).not.toBe(other);
  expect(one).toHaveLength(LONGEST_TAG);
});
