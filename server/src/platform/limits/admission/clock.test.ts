import { expect, describe, test } from 'vitest';
import type { LimitDeclaration } from '#platform/entitlements';
import { advance, advanceTo, setTimeZone } from '@plinth/testkit/factories';
import { permitOf, type LimitsFixture, openLimits, windows } from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();

const withLimit = (limit: LimitDeclaration, size: number): Promise<LimitsFixture> =>
  openLimits(db, { limits: { limit }, plans: { only: { limit: size } } });

const kinds = {
  'a quota of a day': await withLimit({ kind: 'quota', per: 'day', by: 'account' }, 2),
  'a quota of a day in the account’s zone': await withLimit(
    { kind: 'quota', per: 'day', zone: 'account', by: 'account' },
    2,
  ),
  'a quota of a week in the zone': await withLimit(
    { kind: 'quota', per: 'week', zone: 'account', by: 'account' },
    2,
  ),
  'a quota of a month, by member': await withLimit({ kind: 'quota', per: 'month', by: 'member' }, 2),
  'a quota of a billing period': await withLimit({ kind: 'quota', per: 'billing_period', by: 'account' }, 2),
  'a burst of a minute': await withLimit({ kind: 'burst', per: 'minute', by: 'account' }, 2),
  'a burst that slides': await withLimit({ kind: 'burst', per: 'hour', by: 'account', sliding: true }, 2),
  'a cooldown': await withLimit({ kind: 'cooldown', by: 'account' }, 30),
} as const;
type Kind = keyof typeof kinds;

/** How many uses are admitted until one is denied. */
async function uses(fixture: LimitsFixture, member: Parameters<LimitsFixture['admit']>[0]): Promise<number> {
  for (let count = 0; ; count += 1) if ((await fixture.admit(member)).kind !== 'permit') return count;
}

describe('a clock that jumps forward and is set back', () => {
  test.each(Object.keys(kinds) as Kind[])(
    'does not freeze %s: what there is of it can be used',
    async (kind) => {
      const fixture = kinds[kind];
      // Past the window's own end: within it, what was used counts.
      const jumps = /week|month|period/.test(kind)
        ? ['40 days', '400 days']
        : ['1 day', '40 days', '400 days'];
      for (const jump of jumps) {
        await advanceTo(db, '2027-03-17T12:00:00Z');
        const member = await fixture.member();
        await setTimeZone(db, member.accountId, 'Asia/Tokyo');
        const size = kind === 'a cooldown' ? 1 : 2;
        await advance(db, jump);
        expect(await uses(fixture, member), jump).toBe(size);
        await advance(db, `-${jump}`);
        expect(await uses(fixture, member), jump).toBe(size);
        // And it is bound by it then, as ever.
        expect(await uses(fixture, member), jump).toBe(0);
      }
    },
  );

  test('forgets nothing of a window that the jump stayed within', async () => {
    const fixture = await openLimits(db, {
      limits: {
        month: { kind: 'quota', per: 'month', by: 'account' },
        zoned: { kind: 'quota', per: 'month', zone: 'account', by: 'account' },
      },
      plans: { only: { month: 5, zoned: 5 } },
    });
    await advanceTo(db, '2027-03-17T12:00:00Z');
    const member = await fixture.member();
    permitOf(await fixture.admit(member));
    await advance(db, '1 day');
    permitOf(await fixture.admit(member));
    await advance(db, '-1 day');
    permitOf(await fixture.admit(member));
    expect(await windows(db, member.accountId)).toEqual({ 'demo month': 3, 'demo zoned': 3 });
  });

  test('by seconds, as of two servers, is waited for: nobody is judged behind a row’s last', async () => {
    const fixture = kinds['a burst of a minute'];
    await advanceTo(db, '2027-03-17T12:00:30Z');
    const member = await fixture.member();
    await advance(db, '2 minutes');
    expect(await uses(fixture, member)).toBe(2);
    await advance(db, '-2 minutes');
    expect(await uses(fixture, member)).toBe(0);
  });

  test('by seconds, over the end of a window that only members have, begins none anew', async () => {
    const fixture = await withLimit({ kind: 'quota', per: 'day', by: 'member' }, 2);
    await advanceTo(db, '2027-03-17T23:59:30Z');
    const member = await fixture.member();
    await advance(db, '1 minute');
    expect(await uses(fixture, member)).toBe(2);
    await advance(db, '-1 minute');
    expect(await uses(fixture, member)).toBe(0);
  });
});
