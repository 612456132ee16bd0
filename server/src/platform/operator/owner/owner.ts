import { commitPoint, type Database, installationOf, statement, type Transaction } from '#platform/db';
import { bestPlan, type Entitlements } from '#platform/entitlements';
import type { Identity } from '#platform/identity';
import type { AccountId, UserId } from '#platform/kernel';
import { writeOwnerFile } from './owner-file.ts';

const OWNER = commitPoint(
  'owner.made',
  'the local owner, their organization, its plans and the key of owner.json',
);
const ADDED = commitPoint('owner.products-added', 'the local owner’s plans of products that came later');

const EMAIL = 'owner@plinth.local';

export interface OwnerParts {
  readonly db: Database;
  readonly identity: Identity;
  readonly entitlements: Entitlements;
}

/**
 * Makes the local owner at the very first start: a platform admin with an organization that holds the best plan of each
 * product that is for organizations, and with those of the others for themselves. The file is written before the commit: a process
 * killed between the two leaves a file that no database knows, and the next start makes both anew. A later start gives the owner
 * the best plan of each product that was not there before, so that its author can call it.
 */
export async function ensureOwner(parts: OwnerParts, dataDir: string): Promise<void> {
  const { db, identity, entitlements } = parts;
  const [[someone]] = await db.system('owner.first-start', [
    statement('select 1 from identity.users limit 1'),
  ]);
  if (someone !== undefined) return addProducts(parts);
  const { id } = await installationOf(db);
  await db.system('owner.first-start', OWNER, async (tx) => {
    await takeTurns(tx);
    const [made] = await tx.run(statement('select 1 from identity.users limit 1'));
    if (made !== undefined) return;
    const owner = await identity.createUser(tx, {
      email: EMAIL,
      fullName: 'Local owner',
      companyName: 'Local organization',
      role: 'admin',
      emailVerified: true,
    });
    const [found] = await tx.run(personalAccount(owner.userId));
    const personal = found?.account_id ?? owner.accountId;
    await grantBestPlans(tx, entitlements, { organization: owner.accountId, personal, products: [] });
    const keyOf = async (accountId: AccountId) => {
      const order = { accountId, userId: owner.userId, name: 'owner.json', scopes: ['*'] } as const;
      return (await identity.createKey(tx, { ...order, actor: { kind: 'system' } })).key;
    };
    writeOwnerFile(dataDir, id, {
      email: EMAIL,
      password: owner.password,
      api_key: await keyOf(owner.accountId),
      personal_api_key: await keyOf(personal),
    });
  });
}

/** Two processes that start at once: the second waits here, and finds done what the first has done. */
const takeTurns = (tx: Transaction) =>
  tx.run(statement("select pg_advisory_xact_lock(hashtextextended('plinth owner', 0))"));

/** The accounts of the local owner, and the products of which they were ever given a plan. */
interface OwnerAccounts {
  readonly organization: AccountId;
  readonly personal: AccountId | null;
  readonly products: readonly string[];
}

/** The best plan of each product that the owner was never given one of. */
async function grantBestPlans(
  tx: Transaction,
  entitlements: Entitlements,
  { organization, personal, products }: OwnerAccounts,
): Promise<void> {
  for (const [product, catalogue] of entitlements.catalogues) {
    if (products.includes(product)) continue;
    await entitlements.grantIn(tx, {
      accountId: catalogue.holds === 'personal' && personal !== null ? personal : organization,
      product,
      plan: bestPlan(catalogue),
      source: 'owner',
      cause: 'first start',
      by: { kind: 'system' },
    });
  }
}

/** A grant that an admin has ended since stays ended: it was given. Without a local owner, as where people were imported, no user is given anything. */
async function addProducts({ db, entitlements }: OwnerParts): Promise<void> {
  const [[owned]] = await db.system('owner.first-start', [ownedOnes()]);
  if (owned === undefined || hasAll(owned, entitlements)) return;
  await db.system('owner.first-start', ADDED, async (tx) => {
    await takeTurns(tx);
    const [now] = await tx.run(ownedOnes());
    if (now !== undefined) await grantBestPlans(tx, entitlements, now);
  });
}

const hasAll = ({ products }: OwnerAccounts, { catalogues }: Entitlements) =>
  [...catalogues.keys()].every((product) => products.includes(product));

const ownedOnes = () =>
  statement<OwnerAccounts>(
    `select o.account_id as organization, p.account_id as personal,
            to_jsonb(array(select distinct product from entitlements.grants where source = 'owner')) as products
       from accounts.accounts o left join accounts.accounts p on p.created_by = o.created_by and p.kind = 'personal'
      where o.kind = 'organization' and o.deleted_at is null
        and exists (select from entitlements.grants g where g.account_id = o.account_id and g.source = 'owner')
      order by o.account_id limit 1`,
  );

const personalAccount = (userId: UserId) =>
  statement<{ account_id: AccountId }>(
    `select account_id from accounts.accounts where created_by = $1 and kind = 'personal'`,
    [userId],
  );
