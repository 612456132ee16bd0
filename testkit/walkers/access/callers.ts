import { statement } from '#platform/db';
import { isForMembers, type Role, type Route } from '#platform/http';
import { CALLERS, type Caller } from '../../../server/src/main/access-matrix.ts';
import type { CallInput } from '../calls.ts';
import { type Household, makeKey, makePerson, makeTeam, PASSWORD, type Person, signIn } from '../people.ts';
import type { WalkerFixture } from '../rules/rule.ts';
import type { WalkedApp } from '../walked-app.ts';

/** A caller for each column of the access matrix. */
export interface Callers {
  /** How a caller makes a call: with which credential, for which account. */
  sendingOf(caller: Caller, route: Route): Promise<CallInput>;
  /** Whether everybody can still do what they could: some calls end sessions, memberships, organizations. */
  isIntact(): Promise<boolean>;
}

/** What `fixture.refused` calls them. */
const REFUSED: Partial<Readonly<Record<Caller, string>>> = {
  nonsense: 'no token at all',
  expired: 'a token of an hour ago',
  ended: 'a token of an ended session',
  revoked: 'a revoked key',
  suspended: 'a token of a suspended user',
};

export async function makeCallers(fixture: WalkerFixture): Promise<Callers> {
  const { app, refused } = fixture;
  const team = await makeTeam(app, ['viewer', 'member', 'admin']);
  const stranger = await makePerson(app, { company: true });
  const operator = await makePerson(app, { role: 'admin' });
  const { owner, others, organization } = team;
  const { own: personal } = owner;
  const stale = await staleTokenOf(app, owner);
  const narrowKeys = new Map<string, string>();

  /** The credential that proves who a caller is, where it does not hang on the route. */
  const credentials: Partial<Record<Caller, string>> = {
    stranger: stranger.token,
    viewer: others.viewer.token,
    member: others.member.token,
    admin: others.admin.token,
    owner: owner.token,
    personal: owner.token,
    stale,
    operator: operator.token,
    backend: operator.key,
    key: owner.key,
  };

  async function narrowKey(route: Route, of: Person): Promise<string> {
    const { scope = 'session' } = route.shape;
    const name = `${of.userId} ${scope}`;
    const held = fixture.mounted.flatMap(({ routes }) => routes.map(({ shape }) => shape.scope ?? 'session'));
    const all = [...new Set(held)].filter((one) => ![scope, 'session', 'any'].includes(one));
    const key = narrowKeys.get(name) ?? (await makeKey(app, of, all));
    narrowKeys.set(name, key);
    return key;
  }

  async function credentialOf(caller: Caller, route: Route): Promise<string | undefined> {
    if (caller === 'nobody') return undefined;
    const isForAdmins = route.shape.auth === 'admin';
    if (caller === 'narrow') return narrowKey(route, isForAdmins ? operator : owner);
    if (caller === 'key' && isForAdmins) return operator.key;
    const as = refused[REFUSED[caller] ?? ''] ?? credentials[caller];
    if (as === undefined) throw new Error(`there is no ${CALLERS[caller]}`);
    return as;
  }

  return {
    async sendingOf(caller, route) {
      const account = caller === 'personal' ? personal : organization;
      const { within } = route.shape;
      return {
        as: await credentialOf(caller, route),
        ...(isForMembers(route) ? { account } : {}),
        ...(within === undefined ? {} : { filling: { 'params.id': account } }),
      };
    },
    isIntact: () => isIntact(app, team, Object.values(credentials)),
  };
}

/** A second session of a user, proven an hour ago. */
async function staleTokenOf({ app, db }: WalkedApp, { email, userId }: Person): Promise<string> {
  const token = await signIn(app.modules.identity, { email, password: PASSWORD });
  const sql = `update identity.sessions set proven_at = app.now() - interval '1 hour'
    where id = (select id from identity.sessions where user_id = $1 order by id desc limit 1)`;
  await db.asMigrator(statement(sql, [userId]));
  return token;
}

async function isIntact(
  { app }: WalkedApp,
  team: Household,
  credentials: readonly string[],
): Promise<boolean> {
  const { accounts, identity } = app.modules;
  const roles = [['owner', team.owner], ...Object.entries<Person>(team.others)] as [Role, Person][];
  for (const [role, { userId }] of roles) {
    if ((await accounts.roleOf(userId, team.organization)) !== role) return false;
  }
  const callers = await Promise.all(credentials.map((one) => identity.identify(one, '127.0.0.1')));
  return callers.every((caller) => caller !== undefined);
}
