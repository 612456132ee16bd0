import { commitPoint, type Database, installationOf, statement } from '#platform/db';
import { bestPlan, type Entitlements } from '#platform/entitlements';
import type { Identity } from '#platform/identity';
import type { AccountId, UserId } from '#platform/kernel';
import { writeOwnerFile } from './owner-file.ts';

const OWNER = commitPoint(
  'owner.made',
  'the local owner, their organization, its plans and the key of owner.json',
);

const EMAIL = 'owner@plinth.local';

export interface OwnerParts {
  readonly db: Database;
  readonly identity: Identity;
  readonly entitlements: Entitlements;
}

/**
 * Makes the local owner at the very first start: a platform admin with an organization that holds the best plan of each
 * product that is for organizations, and with those of the others for themselves. The file is written before the commit: a process killed between the two leaves a file that nobody's database
 * knows, and the next start makes both anew.
 */
export async function ensureOwner(
  { db, identity, entitlements }: OwnerParts,
  dataDir: string,
): Promise<void> {
  const [[someone]] = await db.system('owner.first-start', [
    statement('select 1 from identity.users limit 1'),
  ]);
  if (someone !== undefined) return;
  const { id } = await installationOf(db);
  await db.system('owner.first-start', OWNER, async (tx) => {
    // Two processes at a first start: the second waits here, and finds the owner made.
    await tx.run(statement("select pg_advisory_xact_lock(hashtextextended('plinth owner', 0))"));
    const [made] = await tx.run(statement('select 1 from identity.users limit 1'));
    if (made !== undefined) return;
    const owner = await identity.createUser(tx, {
      email: EMAIL,
      fullName: 'Local owner',
      companyName: 'Local organization',
      role: 'admin',
      emailVerified: true,
    });
    const [personal] = await tx.run(personalAccount(owner.userId));
    for (const [product, catalogue] of entitlements.catalogues) {
      const isForPeople = catalogue.holds === 'personal' && personal !== undefined;
      await entitlements.grantIn(tx, {
        accountId: isForPeople ? personal.account_id : owner.accountId,
        product,
        plan: bestPlan(catalogue),
        source: 'owner',
        cause: 'first start',
        by: { kind: 'system' },
      });
    }
    const { key } = await identity.createKey(tx, {
      accountId: owner.accountId,
      userId: owner.userId,
      name: 'owner.json',
      scopes: ['*'],
      actor: { kind: 'system' },
    });
    writeOwnerFile(dataDir, id, { email: EMAIL, password: owner.password, api_key: key });
  });
}

const personalAccount = (userId: UserId) =>
  statement<{ account_id: AccountId }>(
    `select account_id from accounts.accounts where created_by = $1 and kind = 'personal'`,
    [userId],
  );
