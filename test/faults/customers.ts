import { join } from 'node:path';
import { openApp } from '../../server/src/app.ts';
import { readConfig } from '#platform/config';
import { commitPoint } from '#platform/db';

const PREPARE = commitPoint('test.faults', 'customers of the history checker');

/** Who calls: an account with its plans, and how many callers share its key. */
export interface Customer {
  readonly accountId: string;
  readonly key: string;
  readonly callers: number;
}

/** A crowd on the largest plans, where limits are met by many at once; small ones, where they are met at once; one without. */
const CUSTOMERS: readonly { readonly plans: readonly string[]; readonly callers: number }[] = [
  { plans: ['reel.pro', 'gateway.scale', 'adiuva.power'], callers: 4 },
  { plans: ['reel.pro', 'gateway.developer'], callers: 3 },
  { plans: ['reel.standard', 'gateway.scale'], callers: 2 },
  { plans: ['reel.standard', 'gateway.developer'], callers: 2 },
  { plans: ['reel.basic', 'gateway.developer', 'adiuva.pro'], callers: 2 },
  { plans: [], callers: 1 },
];

/** Migrates the database and makes the customers on it. */
export async function makeCustomers(url: string, folder: string): Promise<Customer[]> {
  const app = await openApp({
    config: readConfig({
      NODE_ENV: 'test',
      DATABASE_URL: url,
      // Where the nodes have theirs: all find one master key.
      DATA_DIR: join(folder, 'data'),
      LOG_LEVEL: 'silent',
    }),
    version: 'faults',
    serve: false,
    work: false,
    migrate: true,
    onLost(reason) {
      throw new Error(reason);
    },
  });
  const { db, identity, entitlements } = app.modules;
  const made = await db.system('owner.first-start', PREPARE, async (tx) => {
    const customers: Customer[] = [];
    for (const [n, { plans, callers }] of CUSTOMERS.entries()) {
      const email = `customer-${n}@example.com`;
      const user = await identity.createUser(tx, { email, companyName: `Company ${n}`, emailVerified: true });
      const by = { kind: 'system' } as const;
      const { key } = await identity.createKey(tx, { ...user, name: 'faults', scopes: ['*'], actor: by });
      for (const id of plans) {
        const [product = '', plan = ''] = id.split('.');
        await entitlements.grantIn(tx, {
          accountId: user.accountId,
          product,
          plan,
          source: 'admin',
          cause: 'test',
          by,
        });
      }
      customers.push({ accountId: user.accountId, key, callers });
    }
    return customers;
  });
  await app.stop();
  return made;
}
