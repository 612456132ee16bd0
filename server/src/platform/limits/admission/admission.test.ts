import { describe, expect, test } from 'vitest';
import { openDatabase, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { makeAccount, makeGrant, makeKey, makeMember, revokeGrant } from '@plinth/testkit/factories';
import {
  denialOf,
  permitOf,
  holdMeters,
  kill,
  ledger,
  openLimits,
  permits,
  request,
  tally,
  waitsForLocks,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase } from '@plinth/testkit/services';
import { refusalError } from '../index.ts';

const { db, url } = await testDatabase();

const all = {
  limits: {
    monthly: { kind: 'quota', per: 'month', by: 'account' },
    hourly: { kind: 'burst', per: 'hour', by: 'account' },
    pause: { kind: 'cooldown', by: 'subject' },
    cost: { kind: 'budget', per: 'day', by: 'account' },
    at_once: { kind: 'concurrency', by: 'account' },
  },
} as const;
const plenty = { monthly: 100, hourly: 100, pause: 20, cost: 1_000, at_once: 100 };

/** Everything that an account's admissions leave in the database. */
async function traces(accountId: AccountId) {
  const [keys] = await db
    .asMigrator(
      statement<{ n: number }>('select count(*)::int as n from idempotency.keys where account_id = $1', [
        accountId,
      ]),
    )
    .then((rows) => rows.map(({ n }) => n));
  return {
    windows: await windows(db, accountId),
    permits: (await permits(db, accountId)).length,
    events: (await ledger(db, accountId)).length,
    keys,
    credits: await db.asMigrator(
      statement('select source, remaining from limits.credits where account_id = $1', [accountId]),
    ),
  };
}

describe('a crowd', () => {
  test('of 50 at once on a concurrency of 1 has one admitted', async () => {
    const fixture = await openLimits(db, { ...all, plans: { only: { ...plenty, at_once: 1, pause: 0 } } });
    const member = await fixture.member();
    const crowd = await Promise.all(
      Array.from({ length: 50 }, (_, i) => fixture.admit(member, { subject: `draft ${i}` })),
    );
    expect(tally(crowd)).toEqual({ permit: 1, denied: 49 });
    expect(await traces(member.accountId)).toMatchObject({ permits: 1, events: 1 });
  });

  test('of 50 through two processes on a quota of 20 has 20 admitted', async () => {
    const fixture = await openLimits(db, { ...all, plans: { only: { ...plenty, monthly: 20 } } });
    const other = await fixture.another();
    const member = await fixture.member();
    const crowd = await Promise.all(
      Array.from({ length: 50 }, (_, i) => {
        const wanted = { subject: `draft ${i}` };
        return i % 2 === 0 ? fixture.admit(member, wanted) : other.limits.admit(request(member, wanted));
      }),
    );
    expect(tally(crowd)).toEqual({ permit: 20, denied: 30 });
    expect((await windows(db, member.accountId))['demo monthly']).toBe(20);
  });

  test('of many accounts shares batches, and each gets its own answer', async () => {
    const fixture = await openLimits(db, { ...all, plans: { only: { ...plenty, monthly: 2 } } });
    const members = await Promise.all(Array.from({ length: 30 }, () => fixture.member()));
    const asked = members.flatMap((member) => [member, member, member]);
    const answers = await Promise.all(
      asked.map(async (member, i) => ({ member, answer: await fixture.admit(member, { subject: `${i}` }) })),
    );
    for (const member of members) {
      const own = answers.filter((one) => one.member === member).map((one) => one.answer);
      expect(tally(own)).toEqual({ permit: 2, denied: 1 });
      for (const permit of own.flatMap((one) => (one.kind === 'permit' ? [one.permit] : []))) {
        expect(permit).toMatchObject({ ...member, product: 'demo', feature: 'use', fence: 1 });
      }
    }
  });
});

describe('a denial', () => {
  /** Which plan closes which limit after one use. */
  const closing = [
    ['monthly', { ...plenty, monthly: 1, pause: 0 }],
    ['hourly', { ...plenty, hourly: 1, pause: 0 }],
    ['pause', plenty],
    ['cost', { ...plenty, cost: 10, pause: 0 }],
    ['at_once', { ...plenty, at_once: 1, pause: 0 }],
  ] as const;

  test.each(closing)('by %s charges nothing: no window, no row, no key', async (limit, sizes) => {
    const fixture = await openLimits(db, { ...all, plans: { only: sizes } });
    const member = await fixture.member();
    const one = { subject: 'draft', reserve: 10 };
    permitOf(await fixture.admit(member, { ...one, key: 'first' }));
    const before = await traces(member.accountId);
    const again = await Promise.all(
      Array.from({ length: 20 }, (_, i) => fixture.admit(member, { ...one, key: `again ${i}` })),
    );
    expect(new Set(again.map((answer) => denialOf(answer).limit))).toEqual(new Set([limit]));
    expect(await traces(member.accountId)).toEqual(before);
  });

  /** Which plan, of a feature with limits of all kinds, closes which of them after one use. */
  const kinds = {
    weekly: { kind: 'quota', per: 'week', by: 'member', zone: 'account' },
    period: { kind: 'quota', per: 'billing_period', by: 'account' },
    credits: { kind: 'credits', per: 'month', by: 'account' },
    sliding: { kind: 'burst', per: 'minute', by: 'account', sliding: true },
    cost: { kind: 'budget', per: 'day', by: 'key', zone: 'account' },
    at_once: { kind: 'concurrency', by: 'member' },
  } as const;
  const roomy = { weekly: 9, period: 9, credits: 9, sliding: 9, cost: 1_000, at_once: 9 };

  test.each([
    ['weekly', { ...roomy, weekly: 1 }],
    ['period', { ...roomy, period: 1 }],
    ['credits', { ...roomy, credits: 1 }],
    ['sliding', { ...roomy, sliding: 1 }],
    ['cost', { ...roomy, cost: 10 }],
    ['at_once', { ...roomy, at_once: 1 }],
    ['key_budget', roomy],
  ] as const)('by %s, beside limits of all other kinds, charges none of them', async (limit, sizes) => {
    const fixture = await openLimits(db, { limits: kinds, plans: { only: sizes } });
    const member = await fixture.member();
    const keyId = await makeKey(db, member);
    await db.asMigrator(
      statement('update identity.api_keys set monthly_budget_micros = $2 where id = $1', [
        keyId,
        limit === 'key_budget' ? 10 : 1_000,
      ]),
    );
    permitOf(await fixture.admit(member, { keyId, reserve: 10 }));
    const before = await traces(member.accountId);
    const crowd = await Promise.all(
      Array.from({ length: 20 }, () => fixture.admit(member, { keyId, reserve: 10 })),
    );
    expect(new Set(crowd.map((answer) => denialOf(answer).limit))).toEqual(new Set([limit]));
    expect(await traces(member.accountId)).toEqual(before);
  });

  test('is not remembered: the same key is admitted as soon as there is room', async () => {
    const fixture = await openLimits(db, { ...all, plans: { only: { ...plenty, at_once: 1, pause: 0 } } });
    const member = await fixture.member();
    const first = permitOf(await fixture.admit(member, { subject: 'a' }));
    denialOf(await fixture.admit(member, { subject: 'b', key: 'mine' }));
    await first.settle();
    permitOf(await fixture.admit(member, { subject: 'b', key: 'mine' }));
  });

  test('names the first limit in the order of the product, whatever else is closed too', async () => {
    const fixture = await openLimits(db, {
      ...all,
      plans: { only: { ...plenty, monthly: 1, hourly: 1, at_once: 1 } },
    });
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { subject: 'a' }));
    expect(denialOf(await fixture.admit(member, { subject: 'a' })).limit).toBe('monthly');
  });
});

describe('a limit counts by', () => {
  test('member: each has a share of their own', async () => {
    const fixture = await openLimits(db, {
      limits: { uses: { kind: 'quota', per: 'day', by: 'member' } },
      plans: { only: { uses: 2 } },
    });
    const owner = await fixture.member();
    const other = await makeMember(db, owner.accountId);
    for (const member of [owner, other]) {
      const answers = await Promise.all(Array.from({ length: 3 }, () => fixture.admit(member)));
      expect(tally(answers)).toEqual({ permit: 2, denied: 1 });
    }
    expect(await windows(db, owner.accountId)).toEqual({
      [`demo/member:${owner.userId} uses`]: 2,
      [`demo/member:${other.userId} uses`]: 2,
    });
  });

  test('key: each key has a budget of its own, and calls without one share another', async () => {
    const fixture = await openLimits(db, {
      limits: { cost: { kind: 'budget', per: 'day', by: 'key' } },
      plans: { only: { cost: 100 } },
    });
    const member = await fixture.member();
    const keys = [await makeKey(db, member), await makeKey(db, member), undefined];
    for (const keyId of keys) {
      const answers = [];
      for (let use = 0; use < 3; use += 1) answers.push(await fixture.admit(member, { keyId, reserve: 50 }));
      expect(tally(answers)).toEqual({ permit: 2, denied: 1 });
    }
  });

  test('subject, member and account together: all must have room, or nothing is charged', async () => {
    const fixture = await openLimits(db, {
      limits: {
        whole: { kind: 'quota', per: 'month', by: 'account' },
        mine: { kind: 'quota', per: 'month', by: 'member' },
        draft: { kind: 'burst', per: 'hour', by: 'subject' },
      },
      plans: { only: { whole: 5, mine: 3, draft: 2 } },
    });
    const owner = await fixture.member();
    const other = await makeMember(db, owner.accountId);
    const limitOf = async (...asked: Parameters<typeof fixture.admit>) => {
      const answer = await fixture.admit(...asked);
      return answer.kind === 'denied' ? answer.denial.limit : answer.kind;
    };
    expect(await limitOf(owner, { subject: 'a' })).toBe('permit');
    expect(await limitOf(owner, { subject: 'a' })).toBe('permit');
    expect(await limitOf(owner, { subject: 'a' })).toBe('draft');
    expect(await limitOf(owner, { subject: 'b' })).toBe('permit');
    expect(await limitOf(owner, { subject: 'b' })).toBe('mine');
    expect(await limitOf(other, { subject: 'b' })).toBe('permit');
    expect(await limitOf(other, { subject: 'c' })).toBe('permit');
    expect(await limitOf(other, { subject: 'c' })).toBe('whole');
    expect(await windows(db, owner.accountId)).toEqual({
      'demo whole': 5,
      [`demo/member:${owner.userId} mine`]: 3,
      [`demo/member:${other.userId} mine`]: 2,
      'demo/subject:a draft': 2,
      'demo/subject:b draft': 2,
      'demo/subject:c draft': 1,
    });
  });
});

test('two products of one account have windows of their own', async () => {
  const rules = { ...all, plans: { only: { ...plenty, monthly: 1 } } };
  const fixture = await openLimits(db, rules);
  const sample = await openLimits(db, { ...rules, product: 'sample' });
  const member = await fixture.member();
  await makeGrant(db, member.accountId, { catalogue: sample.catalogue, plan: 'only' });
  permitOf(await fixture.admit(member, { subject: 'a' }));
  permitOf(await sample.admit(member, { subject: 'a' }));
  denialOf(await fixture.admit(member, { subject: 'b' }));
  denialOf(await sample.admit(member, { subject: 'b' }));
});

test('a feature that no product has is a mistake of ours, not of the caller', async () => {
  const fixture = await openLimits(db, { ...all, plans: { only: plenty } });
  await expect(fixture.admit(await makeAccount(db), { feature: 'flying' })).rejects.toThrow(
    'no such feature',
  );
});

test('a process whose lease has run out admits nobody, and says that another one will', async () => {
  const fixture = await openLimits(db, { ...all, plans: { only: plenty } });
  const member = await fixture.member();
  await kill(fixture.node);
  const answer = await fixture.admit(member, { subject: 'a', key: 'mine' });
  expect(answer).toEqual({ kind: 'refused', reason: 'holder_dead' });
  expect(refusalError('holder_dead')).toMatchObject({ code: 'server_stopping', status: 503, retryAfter: 1 });
  expect(await traces(member.accountId)).toMatchObject({ windows: {}, permits: 0, keys: 0 });
});

test('one request that the database cannot decide fails alone, not the batch that it came with', async () => {
  const fixture = await openLimits(db, { ...all, plans: { only: plenty } });
  const members = await Promise.all(Array.from({ length: 20 }, () => fixture.member()));
  const answers = await Promise.allSettled(
    members.map((member, i) => fixture.admit(member, { subject: i === 7 ? 'a\0b' : 'a' })),
  );
  expect(answers.map(({ status }) => status)).toEqual(
    members.map((_, i) => (i === 7 ? 'rejected' : 'fulfilled')),
  );
  for (const [i, { accountId }] of members.entries()) {
    expect(await permits(db, accountId)).toHaveLength(i === 7 ? 0 : 1);
  }
});

describe.runIf(engine === 'postgres')('a meter that another transaction holds', () => {
  test('does not hold up other accounts of the same batch, and is decided once it is free', async () => {
    const fixture = await openLimits(db, { ...all, plans: { only: plenty } });
    const [busy, free] = [await fixture.member(), await fixture.member()];
    permitOf(await fixture.admit(busy, { subject: 'before' }));
    const release = await holdMeters(url, busy.accountId);
    let isDecided = false;
    const waiting = fixture.admit(busy, { subject: 'a' }).then((answer) => {
      isDecided = true;
      return answer;
    });
    for (let use = 0; use < 20; use += 1) permitOf(await fixture.admit(free, { subject: `${use}` }));
    expect(isDecided).toBe(false);
    await release();
    permitOf(await waiting);
  });

  test('is decided by the time after the wait: a plan that ended meanwhile admits nobody', async () => {
    const fixture = await openLimits(db, { ...all, plans: { only: plenty } });
    const member = await makeAccount(db);
    const { catalogue } = fixture;
    const grant = await makeGrant(db, member.accountId, { catalogue, plan: 'only' });
    permitOf(await fixture.admit(member, { subject: 'before' }));
    const release = await holdMeters(url, member.accountId);
    const waiting = fixture.admit(member, { subject: 'a' });
    await expect.poll(() => waitsForLocks(db)).toBe(1);
    await revokeGrant(db, grant, catalogue);
    await release();
    expect(tally([await waiting])).toEqual({ plan_required: 1 });
  });

  test('is waited for after three tries, so that a busy account is never put off for ever', async () => {
    const tries: boolean[] = [];
    const watched = await openDatabase({ engine: 'postgres', url });
    const { system } = watched;
    const counted = Object.assign(Object.create(watched), {
      system: (...call: Parameters<typeof system>) => {
        const [, , statements] = call as unknown as [string, string, { text: string; values: unknown[] }[]];
        for (const { text, values } of Array.isArray(statements) ? statements : [])
          if (text.includes('limits.admit(')) tries.push(values[7] === true);
        return system(...call);
      },
    });
    const fixture = await openLimits(counted, { ...all, plans: { only: plenty } });
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { subject: 'before' }));
    tries.length = 0;
    const release = await holdMeters(url, member.accountId);
    const waiting = fixture.admit(member, { subject: 'a' });
    await expect.poll(() => tries.length).toBe(4);
    await release();
    permitOf(await waiting);
    expect(tries).toEqual([false, false, false, true]);
    await watched.close();
  });
});
