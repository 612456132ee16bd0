import fc from 'fast-check';
import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { advance, advanceTo, databaseTime } from '@plinth/testkit/factories';
import { denialOf, permitOf, openLimits, request, tally, windows } from '@plinth/testkit/fixtures/limits';
import { assertWithin } from '@plinth/testkit/property';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const MAX = 7;
const fixtures = {
  minute: await openLimits(db, {
    limits: { burst: { kind: 'burst', per: 'minute', by: 'account', sliding: true } },
    plans: { only: { burst: MAX } },
  }),
  hour: await openLimits(db, {
    limits: { burst: { kind: 'burst', per: 'hour', by: 'account', sliding: true } },
    plans: { only: { burst: MAX } },
  }),
};
const LENGTH = { minute: 60_000, hour: 3_600_000 } as const;

interface Use {
  readonly at: number;
  readonly units: number;
}

/** When each use was admitted, by the database. */
async function usesOf(accountId: AccountId): Promise<Use[]> {
  const rows = await db.asMigrator(
    statement<{ created_at: Date; units: number }>(
      'select created_at, units from limits.permits where account_id = $1 order by id',
      [accountId],
    ),
  );
  return rows.map(({ created_at, units }) => ({ at: created_at.getTime(), units }));
}

const within = (uses: readonly Use[], from: number) =>
  uses.filter(({ at }) => at > from).reduce((sum, { units }) => sum + units, 0);

const steps = fc.array(
  fc.record({
    /** In hundredths of a sixtieth of the window. */
    pause: fc.oneof(fc.constant(0), fc.nat(800), fc.integer({ min: 4_000, max: 7_000 })),
    units: fc.integer({ min: 1, max: 4 }),
    crowd: fc.integer({ min: 1, max: 4 }),
  }),
  { minLength: 5, maxLength: 25 },
);

test('a burst that slides never admits more than its size in any window of its length, and frees what is older', async () => {
  let start = Date.parse('2031-01-01T00:00:07Z');
  await assertWithin(
    fc.asyncProperty(fc.constantFrom('minute', 'hour' as const), steps, async (per, plan) => {
      const fixture = fixtures[per];
      const [length, sixtieth] = [LENGTH[per], LENGTH[per] / 60];
      await advanceTo(db, new Date((start += 86_400_000)).toISOString());
      const member = await fixture.member();
      for (const { pause, units, crowd } of plan) {
        if (pause > 0) await advance(db, `${(pause * sixtieth) / 100} milliseconds`);
        const before = await usesOf(member.accountId);
        const now = (await databaseTime(db)).getTime();
        const answers = await Promise.all(
          Array.from({ length: crowd }, () => fixture.admit(member, { units })),
        );
        const uses = await usesOf(member.accountId);
        for (const use of uses) {
          const inWindow = uses.filter(({ at }) => at <= use.at);
          expect(within(inWindow, use.at - length)).toBeLessThanOrEqual(MAX);
        }
        // It is stricter than a count of every instant by a sixtieth at most.
        const fits = Math.floor((MAX - within(before, now - length - sixtieth)) / units);
        expect(tally(answers)['permit'] ?? 0).toBeGreaterThanOrEqual(Math.min(crowd, fits));
        const refused = answers.find(({ kind }) => kind === 'denied');
        if (refused !== undefined) {
          const { resetsAt, max } = denialOf(refused);
          expect(max).toBe(MAX);
          const [usage] = await fixture.limits.usage(member.accountId);
          // Uses that are in the window now were in it when we asked.
          const later = (await databaseTime(db)).getTime();
          expect(usage?.used).toBeGreaterThanOrEqual(within(uses, later - length));
          await advanceTo(db, resetsAt ?? '');
          permitOf(await fixture.admit(member, { units }));
        }
      }
    }),
    { numRuns: 20, within: 40_000 },
  );
}, 90_000);

test('a full burst opens where Retry-After says, and not before', async () => {
  const fixture = fixtures.minute;
  await advanceTo(db, '2033-01-01T00:00:00.500Z');
  const member = await fixture.member();
  permitOf(await fixture.admit(member, { units: 5 }));
  await advanceTo(db, '2033-01-01T00:00:30.500Z');
  permitOf(await fixture.admit(member, { units: 2 }));
  const { resetsAt, used } = denialOf(await fixture.admit(member));
  expect({ resetsAt, used }).toEqual({ resetsAt: '2033-01-01T00:01:01.000Z', used: 7 });
  await advanceTo(db, '2033-01-01T00:00:58Z');
  expect(tally([await fixture.admit(member)])).toEqual({ denied: 1 });
  await advanceTo(db, resetsAt ?? '');
  permitOf(await fixture.admit(member, { units: 5 }));
  expect(denialOf(await fixture.admit(member)).resetsAt).toBe('2033-01-01T00:01:31.000Z');
});

test('what fails keeps its place in a burst that slides', async () => {
  const fixture = fixtures.hour;
  const member = await fixture.member();
  await permitOf(await fixture.admit(member, { units: MAX })).release('broken');
  expect(tally([await fixture.admit(member)])).toEqual({ denied: 1 });
});

test('of 40 at once through two processes as many are admitted as have room', async () => {
  const fixture = fixtures.hour;
  const other = await fixture.another();
  const member = await fixture.member();
  const crowd = await Promise.all(
    Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? fixture : other).limits.admit(request(member))),
  );
  expect(tally(crowd)).toEqual({ permit: MAX, denied: 40 - MAX });
});

test('each member has a burst of their own where it counts by member', async () => {
  const fixture = await openLimits(db, {
    limits: { burst: { kind: 'burst', per: 'hour', by: 'member', sliding: true } },
    plans: { only: { burst: 1 } },
  });
  const member = await fixture.member();
  permitOf(await fixture.admit(member));
  denialOf(await fixture.admit(member));
  expect(await windows(db, member.accountId)).toEqual({ [`demo/member:${member.userId}/burst burst`]: 1 });
});
