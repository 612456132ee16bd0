import { openApp } from '../src/app.ts';
import { readConfig } from '#platform/config';
import { commitPoint } from '#platform/db';

const PREPARE = commitPoint('bench.prepare', 'organizations with a plan and a key');

/** Makes organizations with a plan and a key each, on the database of the settings, and closes it again. Answers the keys. */
export async function makeCustomers(
  settings: Readonly<Record<string, string>>,
  count: number,
  plan: string,
): Promise<string[]> {
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
  const { db, identity, accounts, entitlements } = app.modules;
  const [product = '', name = ''] = plan.split('.');
  const keys = await db.system('owner.first-start', PREPARE, async (tx) => {
    const made: string[] = [];
    for (let n = 0; n < count; n += 1) {
      // Nobody owns so many organizations.
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
      await entitlements.grantIn(tx, {
        accountId,
        product,
        plan: name,
        source: 'admin',
        cause: 'bench',
        by: { kind: 'system' },
      });
      made.push(key);
    }
    return made;
  });
  await app.stop();
  return keys;
}
