import { beforeAll, describe, expect, test } from 'vitest';
import { limitExceeded } from '#platform/limits';
import { advance, advanceTo, databaseTime, makeMember } from '@plinth/testkit/factories';
import {
  denialOf,
  type LimitsFixture,
  permitOf,
  openLimits,
  tally,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();

/** Each window at its last seconds, and the instant at which it is new. A week begins on Monday. */
const WINDOWS = [
  { kind: 'quota', per: 'day', before: '2027-03-09T23:59:40Z', reset: '2027-03-10T00:00:00Z' },
  { kind: 'quota', per: 'week', before: '2027-03-14T23:59:40Z', reset: '2027-03-15T00:00:00Z' },
  { kind: 'quota', per: 'week', before: '2027-12-31T23:59:40Z', reset: '2028-01-03T00:00:00Z' },
  { kind: 'quota', per: 'month', before: '2027-04-30T23:59:40Z', reset: '2027-05-01T00:00:00Z' },
  { kind: 'quota', per: 'month', before: '2027-12-31T23:59:40Z', reset: '2028-01-01T00:00:00Z' },
  { kind: 'quota', per: 'month', before: '2028-02-28T23:59:40Z', reset: '2028-03-01T00:00:00Z' },
  { kind: 'quota', per: 'month', before: '2027-02-28T23:59:40Z', reset: '2027-03-01T00:00:00Z' },
  { kind: 'burst', per: 'minute', before: '2027-06-01T10:15:40Z', reset: '2027-06-01T10:16:00Z' },
  { kind: 'burst', per: 'hour', before: '2027-06-01T10:59:40Z', reset: '2027-06-01T11:00:00Z' },
  { kind: 'budget', per: 'day', before: '2028-02-29T23:59:40Z', reset: '2028-03-01T00:00:00Z' },
  { kind: 'budget', per: 'month', before: '2027-01-31T23:59:40Z', reset: '2027-02-01T00:00:00Z' },
] as const;

describe.each(WINDOWS)('a $kind per $per', ({ kind, per, before, reset }) => {
  const size = kind === 'budget' ? 300 : 3;
  const one = kind === 'budget' ? { reserve: 100 } : {};
  let fixture: LimitsFixture;
  beforeAll(async () => {
    fixture = await openLimits(db, {
      limits: { limit: { kind, per, by: 'account' } as never },
      plans: { only: { limit: size } },
    });
  });

  test(`admits up to its size, and says when it is new: ${before} to ${reset}`, async () => {
    await advanceTo(db, before);
    const member = await fixture.member();
    for (let use = 0; use < 3; use += 1) permitOf(await fixture.admit(member, one));
    const denial = denialOf(await fixture.admit(member, one));
    expect(denial).toMatchObject({ limit: 'limit', of: kind, used: size, max: size, plan: 'demo.only' });
    expect(denial.resetsAt).toBe(new Date(reset).toISOString());
    const left = (Date.parse(reset) - (await databaseTime(db)).getTime()) / 1_000;
    expect(Math.abs((denial.retryAfter ?? 0) - left)).toBeLessThan(3);
  });

  test(`is empty again at ${reset}, not a moment before`, async () => {
    await advanceTo(db, before);
    const member = await fixture.member();
    for (let use = 0; use < 3; use += 1) permitOf(await fixture.admit(member, one));
    await advanceTo(db, new Date(Date.parse(reset) - 5_000).toISOString());
    expect(tally([await fixture.admit(member, one)])).toEqual({ denied: 1 });
    await advanceTo(db, reset);
    const again = [];
    for (let use = 0; use < 4; use += 1) again.push(await fixture.admit(member, one));
    expect(tally(again)).toEqual({ permit: 3, denied: 1 });
  });
});

test('the leap day lies in February', async () => {
  const fixture = await openLimits(db, {
    limits: { uses: { kind: 'quota', per: 'month', by: 'account' } },
    plans: { only: { uses: 1 } },
  });
  await advanceTo(db, '2028-02-28T12:00:00Z');
  const member = await fixture.member();
  permitOf(await fixture.admit(member));
  await advanceTo(db, '2028-02-29T12:00:00Z');
  expect(denialOf(await fixture.admit(member)).resetsAt).toBe('2028-03-01T00:00:00.000Z');
});

test('several units are taken together or not at all', async () => {
  const fixture = await openLimits(db, {
    limits: { uses: { kind: 'quota', per: 'month', by: 'account' } },
    plans: { only: { uses: 10 } },
  });
  const member = await fixture.member();
  permitOf(await fixture.admit(member, { units: 8 }));
  expect(denialOf(await fixture.admit(member, { units: 3 }))).toMatchObject({ used: 8, max: 10 });
  expect(permitOf(await fixture.admit(member, { units: 2 })).units).toBe(2);
  expect(await windows(db, member.accountId)).toEqual({ 'demo uses': 10 });
});

test('what a plan never has room for is not a matter of waiting: it takes a bigger plan', async () => {
  const fixture = await openLimits(db, {
    limits: {
      uses: { kind: 'quota', per: 'month', by: 'account' },
      cost: { kind: 'budget', per: 'day', by: 'account' },
      at_once: { kind: 'concurrency', by: 'account' },
    },
    plans: {
      small: { uses: 2, cost: 100, at_once: 1 },
      none: { uses: 2, cost: 100, at_once: 0 },
    },
  });
  const member = await fixture.member('small');
  const plan = { kind: 'plan_required', plan: 'demo.small' };
  expect(await fixture.admit(member, { units: 3 })).toEqual({
    ...plan,
    grant: 'uses',
    needed: 3,
    max: 2,
    per: 'month',
  });
  expect(await fixture.admit(await fixture.member('none'))).toMatchObject({ grant: 'at_once', needed: 1 });
  expect(await windows(db, member.accountId)).toEqual({});
});

test('a call that costs more than a whole budget is denied by that budget, which says how much it needs', async () => {
  const fixture = await openLimits(db, {
    limits: { cost: { kind: 'budget', per: 'day', by: 'account' } },
    plans: { small: { cost: 100 }, none: { cost: 0 } },
  });
  const member = await fixture.member('small');
  const denial = denialOf(await fixture.admit(member, { reserve: 101 }));
  expect(denial).toMatchObject({ limit: 'cost', of: 'budget', used: 0, max: 100, needed: 101 });
  expect(denial.resetsAt).not.toBeNull();
  // No reset helps: official clients would sleep until then, and ask again.
  expect(denial.retryAfter).toBeUndefined();
  expect(limitExceeded(denial, null)).toMatchObject({
    code: 'limit_exceeded',
    withCost: {
      message: expect.stringContaining('more than the whole limit cost of $0.0001') as string,
      details: { needed: 101, max: 100 },
    },
  });
  expect(await windows(db, member.accountId)).toEqual({});
  // A plan without any money includes no such call.
  expect(await fixture.admit(await fixture.member('none'), { reserve: 1 })).toMatchObject({
    kind: 'plan_required',
    grant: 'cost',
  });
});

describe('a cooldown', () => {
  let fixture: LimitsFixture;
  beforeAll(async () => {
    fixture = await openLimits(db, {
      limits: { pause: { kind: 'cooldown', by: 'subject' } },
      plans: { only: { pause: 20 } },
    });
  });

  test('keeps one subject closed for its seconds, and leaves others open', async () => {
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { subject: 'draft a' }));
    const denial = denialOf(await fixture.admit(member, { subject: 'draft a' }));
    expect(denial).toMatchObject({ limit: 'pause', of: 'cooldown', used: 1, max: 1, retryAfter: 20 });
    permitOf(await fixture.admit(member, { subject: 'draft b' }));
    permitOf(await fixture.admit(await fixture.member(), { subject: 'draft a' }));
  });

  test('ends after its seconds, and begins anew with each use', async () => {
    const member = await fixture.member();
    for (let use = 0; use < 3; use += 1) {
      permitOf(await fixture.admit(member, { subject: 'draft' }));
      await advance(db, '19 seconds');
      expect(tally([await fixture.admit(member, { subject: 'draft' })])).toEqual({ denied: 1 });
      await advance(db, '1 second');
    }
  });

  test('is not prolonged by those whom it keeps out', async () => {
    const member = await fixture.member();
    permitOf(await fixture.admit(member, { subject: 'draft' }));
    for (let second = 0; second < 20; second += 5) {
      denialOf(await fixture.admit(member, { subject: 'draft' }));
      await advance(db, '5 seconds');
    }
    permitOf(await fixture.admit(member, { subject: 'draft' }));
  });

  test('lets one of many at once through', async () => {
    const member = await fixture.member();
    const all = await Promise.all(
      Array.from({ length: 30 }, () => fixture.admit(member, { subject: 'draft' })),
    );
    expect(tally(all)).toEqual({ permit: 1, denied: 29 });
  });

  test('that counts by subject needs one to be named', async () => {
    await expect(fixture.admit(await fixture.member())).rejects.toThrow('none is named');
  });
});

describe('concurrency', () => {
  const limits = { at_once: { kind: 'concurrency', by: 'account' } } as const;

  test('is free again when the work ends, settled or released', async () => {
    const fixture = await openLimits(db, { limits, plans: { only: { at_once: 2 } } });
    const member = await fixture.member();
    const [first, second] = [permitOf(await fixture.admit(member)), permitOf(await fixture.admit(member))];
    expect(denialOf(await fixture.admit(member))).toMatchObject({
      limit: 'at_once',
      used: 2,
      max: 2,
      retryAfter: 1,
    });
    await first.settle();
    const third = permitOf(await fixture.admit(member));
    denialOf(await fixture.admit(member));
    await second.release('no');
    await third.settle();
    permitOf(await fixture.admit(member));
  });

  test('names the instant at which a place is free at the latest', async () => {
    const fixture = await openLimits(db, { limits, plans: { only: { at_once: 1 } }, longestSeconds: 120 });
    const member = await fixture.member();
    permitOf(await fixture.admit(member));
    const now = await databaseTime(db);
    const { resetsAt } = denialOf(await fixture.admit(member));
    const seconds = (Date.parse(resetsAt ?? '') - now.getTime()) / 1_000;
    expect(seconds).toBeGreaterThan(115);
    expect(seconds).toBeLessThanOrEqual(120);
  });

  test('of two kinds at once is counted in both: no user takes more than their share of the account', async () => {
    const fixture = await openLimits(db, {
      limits: { ...limits, each: { kind: 'concurrency', by: 'member' } },
      plans: { only: { at_once: 3, each: 2 } },
    });
    const { accountId, userId } = await fixture.member();
    const other = await makeMember(db, accountId);
    const mine = await Promise.all(Array.from({ length: 5 }, () => fixture.admit({ accountId, userId })));
    expect(tally(mine)).toEqual({ permit: 2, denied: 3 });
    const theirs = await Promise.all(Array.from({ length: 5 }, () => fixture.admit(other)));
    expect(tally(theirs)).toEqual({ permit: 1, denied: 4 });
    expect(theirs.flatMap((one) => (one.kind === 'denied' ? [one.denial.limit] : []))).toEqual(
      Array.from({ length: 4 }, () => 'at_once'),
    );
  });
});
