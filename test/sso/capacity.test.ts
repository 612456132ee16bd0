import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { type AccountId, systemRandom } from '#platform/kernel';
import { createMembersGauging, gaugeRefusal } from '#platform/limits';
import { createSso } from '#platform/sso';
import { makeGrant } from '@plinth/testkit/factories';
import { openLimits } from '@plinth/testkit/fixtures/limits';
import { createPeople, ORIGIN } from '@plinth/testkit/people';
import { testDatabase } from '@plinth/testkit/services';
import { openProvider } from '@plinth/testkit/services/provider';

const RETURN_TO = 'http://localhost:4000/signed-in';

const { db } = await testDatabase();
const fixture = await openLimits(db, {
  limits: { members: { kind: 'gauge', by: 'account', unit: 'members' } },
  plans: { small: { members: 2 }, big: { members: 3 } },
  features: { use: [] },
});
const { catalogue } = fixture;
const world = createPeople(
  db,
  { returnTo: [RETURN_TO] },
  { check: createMembersGauging([catalogue]), refusal: (error) => gaugeRefusal(error, 'demo.big') },
);
const provider = await openProvider();
const { signIn, connections } = createSso({
  ...world,
  db,
  random: systemRandom,
  baseUrl: 'http://plinth.test',
  dnsServers: [],
  allowLoopback: true,
  log: { warn: () => {} },
});

/** An organization that makes members of all who come from its domain. */
async function company(plan: string): Promise<AccountId> {
  const owner = await world.person({ emailVerified: true });
  const organization = await world.organization(owner);
  await makeGrant(db, organization, { catalogue, plan });
  await connections.put(
    { caller: owner.caller, organization, origin: ORIGIN },
    {
      issuer: provider.url,
      client_id: provider.clientId,
      client_secret: provider.clientSecret,
      enforced: false,
      provisions: true,
      default_role: 'member',
    },
  );
  const proven = `insert into sso.domains (account_id, domain, challenge, verified_at) values ($1, $2, '', app.now())`;
  await db.asMigrator(statement(proven, [organization, domainOf(organization)]));
  return organization;
}
const domainOf = (organization: AccountId) => `${organization}.test`;

/** What a newcomer's browser is sent on with. */
async function come(organization: AccountId, name: string): Promise<string> {
  const asked = { returnTo: RETURN_TO, codeChallenge: 'c', cookie: undefined };
  const { location, setCookie: cookie } = await signIn.redirect(organization, asked);
  const back = await provider.decide(location, `${name}@${domainOf(organization)}`);
  const query = { state: '', ...Object.fromEntries(back.searchParams) };
  const on = await signIn.finish(organization, { query, cookie }, ORIGIN);
  return new URL(on).search.replace(/code=plo_.*/, 'code');
}

test('a plan lets in as many as it sells: of two newcomers at once for one place one, and of the other nothing is left', async () => {
  const organization = await company('small');
  const told = await Promise.all([come(organization, 'ada'), come(organization, 'grace')]);
  expect(told.toSorted()).toEqual(['?code', '?error=limit_exceeded']);
  const left = told.indexOf('?error=limit_exceeded') === 0 ? 'ada' : 'grace';
  const known = statement('select from identity.users where email = $1', [
    `${left}@${domainOf(organization)}`,
  ]);
  expect(await db.asMigrator(known)).toEqual([]);
  await makeGrant(db, organization, { catalogue, plan: 'big' });
  expect(await come(organization, left)).toBe('?code');
});
