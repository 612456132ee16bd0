import { beforeAll, describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { Once } from '#platform/http';
import { createMembersGauging, gaugeRefusal } from '#platform/limits';
import { makeGrant, revokeGrant } from '@plinth/testkit/factories';
import { openLimits } from '@plinth/testkit/fixtures/limits';
import { createPeople, type Person, ORIGIN } from '@plinth/testkit/people';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const fixture = await openLimits(db, {
  limits: { members: { kind: 'gauge', by: 'account', unit: 'members' } },
  plans: { small: { members: 2 }, big: { members: 3 } },
  features: { use: [] },
});
const { catalogue } = fixture;
const world = createPeople(
  db,
  {},
  { check: createMembersGauging([catalogue]), refusal: (error) => gaugeRefusal(error, 'demo.big') },
);
const { accounts } = world;
const FULL = { code: 'limit_exceeded', status: 429, details: { limit: 'members', upgrade: 'demo.big' } };

let owner: Person;
beforeAll(async () => {
  owner = await world.person({ emailVerified: true });
});

async function team(plan?: string) {
  const organization = await world.organization(owner);
  const grant = plan === undefined ? '' : await makeGrant(db, organization, { catalogue, plan });
  // Without an Idempotency-Key.
  const inviteOnce: Once = (point, effect) => db.tenant(organization, point, effect);
  return {
    organization,
    grant,
    request: { caller: owner.caller, organization, origin: ORIGIN, once: inviteOnce },
  };
}
type Team = Awaited<ReturnType<typeof team>>;

/** Invites a person, and gives their invitation a token that the test knows: the one that was sent is in the mail alone. */
async function createInvited({ request }: Team, token: string): Promise<Person> {
  const person = await world.person({ emailVerified: true });
  const { body } = await accounts.invitations.invite(request, { email: person.email, role: 'viewer' });
  const known = `update accounts.invitations set token_hash = encode(sha256(convert_to($2, 'UTF8')), 'hex') where invitation_id = $1`;
  await db.asMigrator(statement(known, [body.id, token]));
  return person;
}
const readUsed = async ({ organization }: Team) => (await fixture.limits.usage(organization))[0];

describe('a plan that sells members', () => {
  test('counts all who are there, and lets in no more; of two at once for one place, one', async () => {
    const small = await team('small');
    const guests = [await createInvited(small, 'token one'), await createInvited(small, 'token two')];
    const outcomes = await Promise.allSettled(
      guests.map(({ caller }, n) => accounts.accept(caller, n === 0 ? 'token one' : 'token two', ORIGIN)),
    );
    expect(outcomes.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: FULL }]);
    expect(await readUsed(small)).toMatchObject({ limit: 'members', kind: 'gauge', used: 2, max: 2 });
    const left = outcomes.findIndex(({ status }) => status === 'rejected');
    const caller = guests[left]?.caller;
    if (caller === undefined) throw new Error('nobody was left outside');
    await makeGrant(db, small.organization, { catalogue, plan: 'big' });
    await accounts.accept(caller, left === 0 ? 'token one' : 'token two', ORIGIN);
    expect(await readUsed(small)).toMatchObject({ used: 3, max: 3 });
  });

  test('tells the inviter that there is no room', async () => {
    const small = await team('small');
    await world.join(small.organization, await world.person(), 'viewer');
    const invitee = { email: 'new@example.com', role: 'viewer' } as const;
    await expect(accounts.invitations.invite(small.request, invitee)).rejects.toMatchObject(FULL);
    const list = await accounts.invitations.list(small.request, { after: undefined, limit: 10 });
    expect(list.data).toEqual([]);
  });

  test('that gives way to a smaller one keeps who is there, and says nothing where there is none', async () => {
    const big = await team('big');
    await world.join(big.organization, await world.person(), 'viewer');
    const invitee = await createInvited(big, 'token three');
    await revokeGrant(db, big.grant, catalogue);
    await accounts.accept(invitee.caller, 'token three', ORIGIN);
    await makeGrant(db, big.organization, { catalogue, plan: 'small' });
    expect(await readUsed(big)).toMatchObject({ used: 3, max: 2 });
    const more = accounts.invitations.invite(big.request, { email: 'one@example.com', role: 'viewer' });
    await expect(more).rejects.toMatchObject(FULL);
    await accounts.members.remove(big.request, invitee.userId);
    expect(await readUsed(big)).toMatchObject({ used: 2, max: 2 });
  });

  test('is no gauge that anybody moves', () => {
    expect(() => fixture.limits.gauging('demo', 'members', 1)).toThrow('members are counted');
  });
});

test('a customer of the operator seats as many members as its plan says; the owner it is made with takes no seat', async () => {
  const by = { caller: owner.caller, origin: ORIGIN as never };
  const { customer } = await accounts.customers.put(by, 'seated', {});
  await makeGrant(db, customer.account_id, { catalogue, plan: 'small' });
  const put = (externalUserId: string) =>
    accounts.customers.members.put(by, { externalId: 'seated', externalUserId }, { role: 'member' });
  const outcomes = await Promise.allSettled(['one', 'two', 'three'].map(put));
  expect(outcomes.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: FULL }]);
  expect((await fixture.limits.usage(customer.account_id))[0]).toMatchObject({ used: 2, max: 2 });
});
