import { type App, openApp } from '../server/src/app.ts';
import { readConfig } from '#platform/config';
import { commitPoint, statement, type Transaction } from '#platform/db';
import type { AccountId } from '#platform/kernel';

const PREPARE = commitPoint('bench.prepare', 'customers with a plan');

/** Makes organizations with plans and a key each, on the database of the settings, and closes it again. Answers the keys. */
export function makeCustomers(
  settings: Readonly<Record<string, string>>,
  count: number,
  ...plans: readonly string[]
): Promise<string[]> {
  return prepare(settings, count, async (n, tx, { modules: { identity, accounts, entitlements } }) => {
    // A real user does not own so many organizations.
    const email = `bench-${n}@example.com`;
    const owner = { ...(await identity.createUser(tx, { email })), email };
    const accountId = await accounts.makeOrganization(tx, owner, `Customer ${n}`);
    const { key } = await identity.createKey(tx, {
      accountId,
      userId: owner.userId,
      name: 'bench',
      scopes: ['*'],
      actor: { kind: 'system' },
    });
    for (const plan of plans) await entitlements.grantIn(tx, grantOf(accountId, plan));
    return key;
  });
}

/** Makes one organization with plans and so many members, each with a key of it. Answers the keys. */
export function makeColleagues(
  settings: Readonly<Record<string, string>>,
  count: number,
  ...plans: readonly string[]
): Promise<string[]> {
  let accountId: AccountId | undefined;
  return prepare(settings, count, async (n, tx, { modules: { identity, accounts, entitlements } }) => {
    const email = `colleague-${n}@example.com`;
    const user = { ...(await identity.createUser(tx, { email })), email };
    if (accountId === undefined) {
      accountId = await accounts.makeOrganization(tx, user, 'Colleagues');
      for (const plan of plans) await entitlements.grantIn(tx, grantOf(accountId, plan));
    } else {
      await tx.run(
        statement(`insert into accounts.members (account_id, user_id, role) values ($1, $2, 'member')`, [
          accountId,
          user.userId,
        ]),
      );
    }
    const { key } = await identity.createKey(tx, {
      accountId,
      userId: user.userId,
      name: 'load',
      scopes: ['*'],
      actor: { kind: 'system' },
    });
    return key;
  });
}

/** Who can sign in. */
export interface SignIn {
  readonly email: string;
  readonly password: string;
}

/** Makes people with a plan, each with an account of their own. */
export function makePeople(
  settings: Readonly<Record<string, string>>,
  count: number,
  plan: string,
): Promise<SignIn[]> {
  return prepare(settings, count, async (n, tx, { modules: { identity, entitlements } }) => {
    const email = `person-${n}@example.com`;
    const { accountId, password } = await identity.createUser(tx, { email, emailVerified: true });
    await entitlements.grantIn(tx, grantOf(accountId, plan));
    return { email, password };
  });
}

async function prepare<Made>(
  settings: Readonly<Record<string, string>>,
  count: number,
  make: (n: number, tx: Transaction, app: App) => Promise<Made>,
): Promise<Made[]> {
  const app = await openApp({
    config: readConfig({ ...settings, LOG_LEVEL: 'silent' }),
    version: 'bench',
    serve: false,
    work: false,
    migrate: true,
    onLost(reason) {
      throw new Error(reason);
    },
  });
  const made = await app.modules.db.system('owner.first-start', PREPARE, async (tx) => {
    const all: Made[] = [];
    for (let n = 0; n < count; n += 1) all.push(await make(n, tx, app));
    return all;
  });
  await app.stop();
  return made;
}

function grantOf(accountId: AccountId, id: string) {
  const [product = '', plan = ''] = id.split('.');
  return { accountId, product, plan, source: 'admin', cause: 'bench', by: { kind: 'system' } } as const;
}
