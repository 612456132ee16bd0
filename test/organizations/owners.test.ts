import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { ROLES } from '#platform/http';
import { AppError } from '#platform/kernel';
import { createPeople, type Person, ORIGIN } from '@plinth/testkit/people';
import { assertWithin } from '@plinth/testkit/property';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const world = createPeople(db);
const { members, organizations } = world.accounts;

/** As they begin; the last one is no member. */
const BEGIN = ['owner', 'owner', 'admin', 'member', undefined] as const;
let people: Person[] = [];
beforeAll(async () => {
  people = await Promise.all(BEGIN.map(() => world.person()));
});

const someone = fc.nat({ max: BEGIN.length - 1 });
const deed = fc.record({
  who: someone,
  whom: someone,
  does: fc.constantFrom('remove', 'leave', 'transfer', 'close', 'restore', ...ROLES),
});
type Deed = typeof deed extends fc.Arbitrary<infer One> ? One : never;

async function attempt(organization: Person['accountId'], { who, whom, does }: Deed): Promise<unknown> {
  const [actor, target] = [people[who], people[whom]];
  if (actor === undefined || target === undefined) throw new Error('there is nobody');
  const request = { caller: actor.caller, organization, origin: ORIGIN };
  if (does === 'remove') return members.remove(request, target.userId);
  if (does === 'leave') return members.remove(request, actor.userId);
  if (does === 'transfer') return members.transfer(request, target.userId);
  if (does === 'close') return organizations.close(request);
  if (does === 'restore') return organizations.restore(request);
  return members.changeRole(request, target.userId, does);
}

test('an organization keeps an owner through any concurrent changes, and each call gets a clear answer', async () => {
  await assertWithin(
    fc.asyncProperty(fc.array(deed, { minLength: 2, maxLength: 8 }), async (deeds) => {
      const [first, ...others] = people;
      if (first === undefined) throw new Error('there is nobody');
      const organization = await world.organization(first);
      for (const [place, person] of others.entries()) {
        const role = BEGIN[place + 1];
        if (role !== undefined) await world.join(organization, person, role);
      }
      const outcomes = await Promise.allSettled(deeds.map((one) => attempt(organization, one)));
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(AppError);
      }
      const owners = statement(`select from accounts.members where account_id = $1 and role = 'owner'`, [
        organization,
      ]);
      expect((await db.asMigrator(owners)).length).toBeGreaterThan(0);
    }),
    { numRuns: 15, within: 30_000 },
  );
});
