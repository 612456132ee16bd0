import { type Statement, statement, type Transaction } from '#platform/db';
import { type Books, booksOf, type SubscriptionRow } from './billing-records.ts';
import type { Customer, FoldingParts } from './projection.ts';
import { grantedBy } from './grants.ts';
import { type Standing, standingOf } from './dunning-state.ts';

/** Writes what follows from the rows of an account: how its subscriptions stand, and what it is granted. Answers the rows. */
export async function deriveIn(
  { entitlements }: Pick<FoldingParts, 'entitlements'>,
  tx: Transaction,
  customer: Customer,
): Promise<Books> {
  const books = await booksOf(tx, customer);
  const standings = new Map(books.subscriptions.map((one) => [one.id, standingOf(one, books)]));
  await tx.runAll(books.subscriptions.flatMap((one) => writeStanding(customer, one, standings.get(one.id))));
  await entitlements.storeGrantsIn(tx, {
    accountId: customer.accountId,
    source: customer.store,
    grants: grantedBy(books, standings),
  });
  return books;
}

function writeStanding(
  { accountId }: Customer,
  { id }: SubscriptionRow,
  standing: Standing | undefined,
): Statement[] {
  if (standing === undefined) return [];
  const { failures, graceEndsAt, suspendsAt, suspendedBy } = standing;
  return [
    statement(
      `update billing.subscriptions set failures = $3, grace_ends_at = $4, suspends_at = $5, suspended_by = $6, updated_at = app.now()
       where account_id = $1 and id = $2
         and (failures, grace_ends_at, suspends_at, suspended_by) is distinct from ($3::integer, $4::timestamptz, $5::timestamptz, $6::text)`,
      [accountId, id, failures, graceEndsAt, suspendsAt, suspendedBy],
    ),
  ];
}
