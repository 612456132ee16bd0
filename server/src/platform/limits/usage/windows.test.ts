import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { LimitDeclaration } from '#platform/entitlements';
import type { AccountId } from '#platform/kernel';
import { advanceTo, makeAccount, makeGrant, type Member, setTimeZone } from '@plinth/testkit/factories';
import {
  denialOf,
  permitOf,
  type LimitsFixture,
  openLimits,
  plannedCall,
  tally,
} from '@plinth/testkit/fixtures/limits';
import { assertWithin } from '@plinth/testkit/property';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const HOUR = 3_600_000;

/** A product whose one limit has room for so many uses. */
const withLimit = (limit: LimitDeclaration, size = 2, product = 'demo'): Promise<LimitsFixture> =>
  openLimits(db, { limits: { limit }, plans: { only: { limit: size }, more: { limit: size + 1 } }, product });

const daily = await withLimit({ kind: 'quota', per: 'day', zone: 'account', by: 'account' });
const weekly = await withLimit({ kind: 'quota', per: 'week', zone: 'account', by: 'account' });
const monthly = await withLimit({ kind: 'quota', per: 'month', zone: 'account', by: 'account' });
const PER = { day: daily, week: weekly, month: monthly } as const;
const period = await withLimit({ kind: 'quota', per: 'billing_period', by: 'account' });

/** A new account in a zone, at a time. */
async function memberIn(fixture: LimitsFixture, zone: string, time: string | number): Promise<Member> {
  await at(time);
  const member = await fixture.member();
  await setTimeZone(db, member.accountId, zone);
  return member;
}

/** Uses up what the window has left, and answers when it is new. */
async function exhaust(fixture: LimitsFixture, member: Member): Promise<string | null> {
  for (;;) {
    const answer = await fixture.admit(member);
    if (answer.kind !== 'permit') return denialOf(answer).resetsAt;
  }
}

const at = (time: string | number) => advanceTo(db, new Date(time).toISOString());

describe('a day in the account’s time zone', () => {
  /** Days that are no 24 hours long, and zones that are no whole hour off: from the first instant to the next day's. */
  test.each([
    ['Europe/Berlin', 'has 23 hours in spring', '2027-03-27T23:00:00Z', '2027-03-28T22:00:00Z'],
    ['Europe/Berlin', 'has 25 hours in autumn', '2027-10-30T22:00:00Z', '2027-10-31T23:00:00Z'],
    ['America/New_York', 'has 23 hours in spring', '2027-03-14T05:00:00Z', '2027-03-15T04:00:00Z'],
    ['Australia/Lord_Howe', 'is half an hour longer', '2027-04-03T13:00:00Z', '2027-04-04T13:30:00Z'],
    ['Asia/Kolkata', 'begins at half past', '2027-06-01T18:30:00Z', '2027-06-02T18:30:00Z'],
    ['Asia/Kathmandu', 'begins at a quarter past', '2027-06-01T18:15:00Z', '2027-06-02T18:15:00Z'],
    ['Africa/Cairo', 'without a midnight begins at one', '2027-04-29T22:00:00Z', '2027-04-30T21:00:00Z'],
    [
      'America/Havana',
      'with two midnights begins at the second',
      '2027-11-07T05:00:00Z',
      '2027-11-08T05:00:00Z',
    ],
    ['Pacific/Kiritimati', 'is ahead of all others', '2027-06-01T10:00:00Z', '2027-06-02T10:00:00Z'],
  ])('in %s %s: %s to %s', async (...[zone, , first, next]) => {
    const member = await memberIn(daily, zone, Date.parse(first) - 5_000);
    expect(await exhaust(daily, member)).toBe(new Date(first).toISOString());
    await at(first);
    expect(await exhaust(daily, member)).toBe(new Date(next).toISOString());
    await at(Date.parse(next) - 5_000);
    expect(tally([await daily.admit(member)])).toEqual({ denied: 1 });
    await at(next);
    permitOf(await daily.admit(member));
  });

  test('is the day of a budget too, also when a later call extends the reserve', async () => {
    const fixture = await withLimit({ kind: 'budget', per: 'day', zone: 'account', by: 'account' }, 300);
    const member = await memberIn(fixture, 'Asia/Tokyo', '2027-06-01T14:59:50Z');
    const permit = permitOf(await fixture.admit(member, { reserve: 300 }));
    expect(denialOf(await fixture.admit(member, { reserve: 1 })).resetsAt).toBe('2027-06-01T15:00:00.000Z');
    await permit.send(plannedCall(300));
    permit.unknown();
    await at('2027-06-01T15:00:00Z');
    await permit.send(plannedCall(200));
    const [used] = await fixture.limits.usage(member.accountId);
    expect(used).toMatchObject({ used: 200, resetsAt: '2027-06-02T15:00:00.000Z' });
    permitOf(await fixture.admit(member, { reserve: 100 }));
    expect(tally([await fixture.admit(member, { reserve: 1 })])).toEqual({ denied: 1 });
  });
});

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Los_Angeles',
  'Asia/Kolkata',
  'Asia/Tokyo',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
];

/** The date in a zone as JavaScript knows it, and not PostgreSQL. */
function localDate(time: number, zone: string): string {
  return new Intl.DateTimeFormat('sv', { timeZone: zone, dateStyle: 'short' }).format(time);
}

function localWindow(per: keyof typeof PER, time: number, zone: string): string {
  const date = localDate(time, zone);
  if (per === 'day') return date;
  if (per === 'month') return date.slice(0, 7);
  const day = Date.parse(`${date}T00:00:00Z`);
  // Monday of that week.
  return new Date(day - ((new Date(day).getUTCDay() + 6) % 7) * 24 * HOUR).toISOString().slice(0, 10);
}

const perArb = fc.constantFrom('day', 'week', 'month' as const);
const START = Date.parse('2026-12-20T00:30:10Z');

test('in any zone, through all the year, a window has its size once, by the local calendar', async () => {
  const steps = fc.array(
    fc.record({ hours: fc.oneof(fc.nat(30), fc.nat(24 * 20)), uses: fc.integer({ min: 1, max: 3 }) }),
    {
      minLength: 10,
      maxLength: 25,
    },
  );
  await assertWithin(
    fc.asyncProperty(fc.constantFrom(...ZONES), perArb, steps, async (zone, per, plan) => {
      const member = await memberIn(PER[per], zone, START);
      const used = new Map<string, number>();
      let time = START + HOUR / 4;
      for (const { hours, uses } of plan) {
        time += hours * HOUR;
        await at(time);
        const window = localWindow(per, time, zone);
        for (let use = 0; use < uses; use += 1) {
          const before = used.get(window) ?? 0;
          const { kind } = await PER[per].admit(member);
          expect(`${window} ${before} ${kind}`).toBe(
            `${window} ${before} ${before < 2 ? 'permit' : 'denied'}`,
          );
          if (kind === 'permit') used.set(window, before + 1);
        }
      }
    }),
    { numRuns: 20, within: 40_000 },
  );
}, 90_000);

describe('a change of the zone', () => {
  test.each([
    ['day', 'Asia/Tokyo', 'America/Los_Angeles', '2027-06-02T15:00:00Z', '2027-06-04T07:00:00Z'],
    ['day', 'America/Los_Angeles', 'Asia/Tokyo', '2027-06-02T07:00:00Z', '2027-06-03T15:00:00Z'],
    ['week', 'Asia/Tokyo', 'America/Los_Angeles', '2027-06-06T15:00:00Z', '2027-06-14T07:00:00Z'],
    ['month', 'America/Los_Angeles', 'Asia/Tokyo', '2027-07-01T07:00:00Z', '2027-07-31T15:00:00Z'],
  ] as const)(
    'leaves the %s of %s as it is, and the next one, of %s, is not too short: %s, then %s',
    async (...[per, from, to, end, next]) => {
      const fixture = PER[per];
      const member = await memberIn(fixture, from, '2027-06-02T03:00:00Z');
      await exhaust(fixture, member);
      await setTimeZone(db, member.accountId, to);
      for (const reset of [end, next].map((time) => new Date(time).toISOString())) {
        expect(denialOf(await fixture.admit(member)).resetsAt).toBe(reset);
        expect((await fixture.limits.usage(member.accountId)).at(0)).toMatchObject({
          used: 2,
          resetsAt: reset,
        });
        await at(Date.parse(reset) - 5_000);
        expect(tally([await fixture.admit(member)])).toEqual({ denied: 1 });
        await at(reset);
        await exhaust(fixture, member);
      }
    },
  );

  test('however often and whereto: what is used up stays used up at that instant, and no window comes too soon', async () => {
    const shortest = { day: 23 * HOUR, week: 5 * 24 * HOUR, month: 26 * 24 * HOUR };
    const steps = fc.array(
      fc.record({ hours: fc.oneof(fc.nat(30), fc.nat(24 * 40)), zone: fc.constantFrom(...ZONES) }),
      {
        minLength: 5,
        maxLength: 20,
      },
    );
    await assertWithin(
      fc.asyncProperty(perArb, steps, async (per, plan) => {
        const fixture = PER[per];
        const member = await memberIn(fixture, 'UTC', START);
        const ends = new Set<number>();
        let time = START + HOUR / 4;
        for (const { hours, zone } of plan) {
          time += hours * HOUR;
          await at(time);
          await exhaust(fixture, member);
          ends.add(await windowEnd(member.accountId));
          await setTimeZone(db, member.accountId, zone);
          expect(tally([await fixture.admit(member)])).toEqual({ denied: 1 });
        }
        const ordered = [...ends].sort((a, b) => a - b);
        for (const [i, end] of ordered.slice(1).entries()) {
          expect(end - (ordered[i] ?? 0)).toBeGreaterThanOrEqual(shortest[per]);
        }
      }),
      { numRuns: 20, within: 40_000 },
    );
  }, 90_000);
});

async function windowEnd(accountId: AccountId): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ end: number }>(
      `select starts[1] as end from limits.meters where account_id = $1 and scope = 'demo'`,
      [accountId],
    ),
  );
  return (row?.end ?? 0) / 1_000;
}

async function begun(fixture: LimitsFixture, startsAt: string) {
  const member = await makeAccount(db);
  await makeGrant(db, member.accountId, {
    catalogue: fixture.catalogue,
    plan: 'only',
    startsAt: new Date(startsAt),
  });
  return member;
}

describe('a billing period', () => {
  test.each([
    ['2027-01-31T10:00:00Z', '2027-02-20T00:00:00Z', '2027-02-28T10:00:00.000Z'],
    ['2027-01-31T10:00:00Z', '2027-03-01T00:00:00Z', '2027-03-31T10:00:00.000Z'],
    ['2027-01-31T10:00:00Z', '2027-04-05T00:00:00Z', '2027-04-30T10:00:00.000Z'],
    ['2027-01-29T10:00:00Z', '2028-02-20T00:00:00Z', '2028-02-29T10:00:00.000Z'],
    ['2027-01-30T10:00:00Z', '2028-02-20T00:00:00Z', '2028-02-29T10:00:00.000Z'],
    ['2027-12-15T10:00:00Z', '2027-12-20T00:00:00Z', '2028-01-15T10:00:00.000Z'],
    ['2027-12-15T10:00:00Z', '2029-12-15T09:59:50Z', '2029-12-15T10:00:00.000Z'],
  ])('of a plan from %s, at %s, ends at %s', async (startsAt, now, end) => {
    const member = await begun(period, startsAt);
    await at(now);
    expect(await exhaust(period, member)).toBe(end);
    await at(end);
    permitOf(await period.admit(member));
  });

  test('goes on when the plan changes, ends or comes back: what is used stays used', async () => {
    const { catalogue } = period;
    const member = await begun(period, '2027-01-31T10:00:00Z');
    await at('2027-05-10T00:00:00Z');
    await exhaust(period, member);
    const startsAt = new Date('2027-05-12T00:00:00Z');
    await makeGrant(db, member.accountId, { catalogue, plan: 'more', startsAt });
    await at('2027-05-13T00:00:00Z');
    expect(await exhaust(period, member)).toBe('2027-05-31T10:00:00.000Z');
    // The first plan turns out to have been given back before the second began: the day stays.
    await db.asMigrator(
      statement(
        `update entitlements.grants set revoked_at = starts_at where account_id = $1 and plan = 'only'`,
        [member.accountId],
      ),
    );
    await makeGrant(db, member.accountId, { catalogue, plan: 'more', startsAt });
    expect(denialOf(await period.admit(member)).resetsAt).toBe('2027-05-31T10:00:00.000Z');
  });

  test('before any plan was bought is counted from the account’s own day, and then from the plan’s', async () => {
    await at('2027-03-07T08:00:00Z');
    const fixture = await openLimits(db, {
      product: 'club',
      limits: { limit: { kind: 'quota', per: 'billing_period', by: 'account' } },
      plans: { free: { limit: 1 }, only: { limit: 2 } },
      defaultPlan: 'free',
    });
    await fixture.limits.usage((await makeAccount(db)).accountId);
    await db.asMigrator(
      statement(
        `insert into entitlements.defaults (product, timeline, digest) values ('club', $1::text::jsonb, 'test')`,
        [
          JSON.stringify([
            {
              from: '1970-01-01T00:00:00.000Z',
              until: null,
              plan: 'club.free',
              add_ons: [],
              source: 'default',
              grants: { limit: 1 },
            },
          ]),
        ],
      ),
    );
    const member = await makeAccount(db);
    await at('2027-03-20T08:00:00Z');
    const reset = Date.parse((await exhaust(fixture, member)) ?? '');
    expect(Math.abs(reset - Date.parse('2027-04-07T08:00:00Z'))).toBeLessThan(5_000);
    await makeGrant(db, member.accountId, {
      catalogue: fixture.catalogue,
      plan: 'only',
      startsAt: new Date('2027-03-20T08:00:00Z'),
    });
    expect(await exhaust(fixture, member)).toBe('2027-04-20T08:00:00.000Z');
  });
});
