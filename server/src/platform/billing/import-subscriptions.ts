import { commitPoint, type Database, statement, type Transaction } from '#platform/db';
import { type Entitlements, type Grant, localName } from '#platform/entitlements';
import { externalIdSchema, importedByEmail, type ImportedRow, userByExternalId } from '#platform/identity';
import type { Importer, Outcome } from '#platform/imports';
import { type AccountId, AppError, type UserId } from '#platform/kernel';
import { z } from 'zod';

const IMPORTED = commitPoint(
  'billing.subscriptions-imported',
  'subscriptions of a file as grants, and their timelines',
);

const planId = z
  .string()
  .regex(/^[a-z0-9_-]+\.[a-z0-9_-]+$/, 'is not like reel.pro')
  .max(100);
const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const row = z.strictObject({
  external_id: externalIdSchema,
  account_id: z.uuid().optional(),
  user_external_id: externalIdSchema.optional(),
  email: z.string().max(254).optional(),
  plan: planId.optional(),
  add_on: planId.optional(),
  starts_at: instant.optional(),
  until: instant.optional(),
  source: z
    .string()
    .regex(/^[a-z0-9_-]{1,40}$/, 'is not a word like stripe')
    .default('elsewhere'),
});
type Row = z.infer<typeof row>;

export interface SubscriptionImporterParts {
  readonly db: Database;
  readonly entitlements: Entitlements;
}

/** Subscriptions of another system, as grants; each known by its `external_id` within its account, or within those of its user (docs/import.md). */
export function createSubscriptionImporter(parts: SubscriptionImporterParts): Importer<Row> {
  const { db, entitlements } = parts;
  const changed = new Set<AccountId>();
  return {
    row,
    transaction: (work) => db.system('billing.import', IMPORTED, work),
    async put(tx, one) {
      if (countOf(one.plan, one.add_on) !== 1) return invalid('plan', 'Name one of plan and add_on.');
      const found = await accountFor(tx, one);
      if ('code' in found) return found;
      const outcome = await grant(entitlements, tx, { ...one, ...found });
      if (outcome === 'added') changed.add(found.accountId);
      return outcome;
    },
    committed() {
      for (const accountId of changed) entitlements.announce(accountId);
      changed.clear();
    },
  };
}

/** The account that a subscription goes to, and those that may have got it already. */
interface SubscriptionAccounts {
  readonly accountId: AccountId;
  readonly accountIds: readonly AccountId[];
}

async function grant(
  entitlements: Entitlements,
  tx: Transaction,
  one: Row & SubscriptionAccounts,
): Promise<Outcome> {
  const { accountId, accountIds, external_id: externalId, until, starts_at: startsAt } = one;
  const before = await entitlements.importedIn(tx, accountIds, externalId);
  if (before !== undefined) return isSame(before, one) ? 'known' : DIFFERS;
  const [time] = await tx.run(statement<{ now: Date }>('select app.now() as now'));
  if (until !== undefined && time !== undefined && until <= time.now) return OVER;
  const [product = ''] = (one.plan ?? one.add_on ?? '').split('.');
  const nameOf = (named: string | undefined) => (named === undefined ? undefined : localName(product, named));
  try {
    await entitlements.grantIn(tx, {
      accountId,
      product,
      plan: nameOf(one.plan),
      addOn: nameOf(one.add_on),
      source: 'import',
      cause: `imported from ${one.source}`,
      externalId,
      startsAt,
      until,
      by: { kind: 'system' },
    });
    return 'added';
  } catch (error) {
    // An error in words is one from before the write.
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'wrong_account_kind') return { code: error.code, message: error.message };
    return invalid(one.plan === undefined ? 'add_on' : 'plan', error.message);
  }
}

const DIFFERS: Outcome = {
  code: 'subscription_differs',
  message: 'It was imported before, of another plan or with another end. Change the grant by hand.',
};
const OVER: Outcome = { code: 'subscription_over', field: 'until', message: 'It is over.' };

function isSame(before: Grant, { plan, add_on: addOn, until }: Row): boolean {
  const named = `${before.product}.${before.plan ?? before.addOn ?? ''}`;
  return named === (plan ?? addOn) && before.endsAt?.getTime() === until?.getTime();
}

/** Whose it is, by exactly one of three ways to say so. */
async function accountFor(
  tx: Transaction,
  one: Row,
): Promise<SubscriptionAccounts | Exclude<Outcome, string>> {
  const { account_id: id, user_external_id: externalId, email } = one;
  if (countOf(id, externalId, email) !== 1)
    return invalid('account_id', 'Name one of account_id, user_external_id and email.');
  if (id !== undefined) {
    const [account] = await tx.run(accountById(id));
    if (account === undefined) return nobody('account_id', 'There is no such account.');
    return { accountId: account.account_id, accountIds: [account.account_id] };
  }
  if (externalId !== undefined) {
    const [user] = await tx.run(userByExternalId(externalId));
    return user === undefined
      ? nobody('user_external_id', 'Nobody was imported by this name.')
      : ofUser(tx, user);
  }
  const [user] = await tx.run(importedByEmail(email ?? ''));
  if (user === undefined) return nobody('email', 'Nobody has this address.');
  // Else the first user to type in the address would get what its owner bought.
  if (user.email_verified || user.external_id !== null) return ofUser(tx, user);
  return {
    code: 'email_unverified',
    field: 'email',
    message: 'The user of this address has not verified it.',
  };
}

/** Their default account; they may have chosen another one since the subscription was imported. */
async function ofUser(tx: Transaction, user: ImportedRow): Promise<SubscriptionAccounts> {
  const rows = await tx.run(accountsOf(user.user_id));
  return { accountId: user.default_account_id, accountIds: rows.map(({ account_id }) => account_id) };
}

const accountsOf = (userId: UserId) =>
  statement<{ account_id: AccountId }>('select account_id from accounts.members where user_id = $1', [
    userId,
  ]);

const accountById = (id: string) =>
  statement<{ account_id: AccountId }>('select account_id from accounts.accounts where account_id = $1', [
    id,
  ]);

const nobody = (field: string, message: string) => ({ code: 'account_unknown', field, message });
const invalid = (field: string, message: string) => ({ code: 'field_invalid', field, message });
const countOf = (...values: readonly unknown[]) => values.filter((value) => value !== undefined).length;
