import { OF_CUSTOMERS } from '@plinth/testkit/fixtures/passwords';
import { commitPoint, statement, type Transaction } from '#platform/db';
import { type Calls, callsOf } from '@plinth/testkit/fixtures/calls';
import { type Customer, type TestApp, testApp, type TestAppOptions } from '@plinth/testkit/services/app';

const COLLEAGUES = commitPoint('test.colleagues', 'members of a workspace, with a key each');

/** A member of a workspace, by the calls that they make in it. */
export interface Colleague extends Omit<Calls, 'used'> {
  /** Use of each limit of Orbit. */
  used(): Promise<Record<string, number>>;
}

/** A workspace and its people. */
export interface Workspace {
  readonly id: string;
  readonly owner: Colleague;
  readonly admin: Colleague;
  readonly member: Colleague;
  readonly viewer: Colleague;
  /** A scope with so many sections, made by the member; its id. */
  scope(sections?: number): Promise<string>;
  /** The same people at another process. */
  at(app: Pick<TestApp, 'call' | 'url'>): Workspace;
}

/** The whole app, and workspaces in it. */
export interface OrbitFixture extends TestApp {
  /** A workspace with one person for each role. `orbit.team` when no plan is said. */
  workspace(...plans: readonly string[]): Promise<Workspace>;
  /** A user with a workspace of their own. */
  stranger(): Promise<Colleague>;
}

export async function orbitFixture(options: TestAppOptions = {}): Promise<OrbitFixture> {
  return withWorkspaces(await testApp(options));
}

/** An app, and workspaces there. */
export function withWorkspaces<App extends TestApp>(app: App): App & OrbitFixture {
  return {
    ...app,
    workspace: (...plans) => makeWorkspace(app, plans.length === 0 ? ['orbit.team'] : plans),
    stranger: async () => colleagueOf(app, await app.customer('orbit.team')),
  };
}

interface People {
  readonly owner: Customer;
  readonly admin: Customer;
  readonly member: Customer;
  readonly viewer: Customer;
}

let colleagues = 0;

/** The others' users, memberships and keys are one commit: a file makes dozens of workspaces. */
async function makeWorkspace(app: TestApp, plans: readonly string[]): Promise<Workspace> {
  const owner = await app.customer(...plans);
  const { accountId } = owner;
  const { identity } = app.app.modules;
  const join = async (tx: Transaction, role: string): Promise<Customer> => {
    colleagues += 1;
    const email = `colleague-${process.pid}-${colleagues}@example.com`;
    const companyName = `Colleague ${colleagues}`;
    const user = await identity.createUser(tx, { ...OF_CUSTOMERS, email, companyName, emailVerified: true });
    const { userId } = user;
    await tx.run(
      statement('insert into accounts.members (account_id, user_id, role) values ($1, $2, $3)', [
        accountId,
        userId,
        role,
      ]),
    );
    const actor = { kind: 'system' } as const;
    const { key } = await identity.createKey(tx, { accountId, userId, name: 'test', scopes: ['*'], actor });
    return { ...user, email, accountId, key };
  };
  const others = await app.db.system('owner.first-start', COLLEAGUES, async (tx) => ({
    admin: await join(tx, 'admin'),
    member: await join(tx, 'member'),
    viewer: await join(tx, 'viewer'),
  }));
  app.db.signal('accounts.changed', accountId);
  return workspaceOf(app, { owner, ...others });
}

function workspaceOf(app: Pick<TestApp, 'call' | 'url'>, people: People): Workspace {
  const member = colleagueOf(app, people.member);
  return {
    id: people.owner.accountId,
    owner: colleagueOf(app, people.owner),
    admin: colleagueOf(app, people.admin),
    member,
    viewer: colleagueOf(app, people.viewer),
    scope: (sections = 2) => makeScope(member, sections),
    at: (other) => workspaceOf(other, people),
  };
}

async function makeScope(by: Colleague, sections: number): Promise<string> {
  const { status, body } = await by.post('/v1/scopes', { title: 'A new shop', client_name: 'Acme' });
  if (status !== 201) throw new Error(`no scope was made: ${JSON.stringify(body)}`);
  const id = String(body['id']);
  for (let at = 1; at <= sections; at += 1) {
    const section = { type: 'deliverables', title: `Section ${at}`, content: `What section ${at} says.` };
    await by.post(`/v1/scopes/${id}/sections`, section);
  }
  return id;
}

/** A member at a process. */
export function colleagueOf(app: Pick<TestApp, 'call' | 'url'>, by: Customer): Colleague {
  const calls = callsOf(app, by);
  return { ...calls, used: () => calls.used('orbit') };
}
