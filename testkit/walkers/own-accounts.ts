import { statement, type Transaction } from '#platform/db';
import type { Route } from '#platform/http';
import type { AccountId, UserId } from '#platform/kernel';

/** The account of their own of everybody whom the walkers know. */
const owned = new Map<string, AccountId>();

/** Remembers whose account it is. */
export function owns(userId: UserId, account: AccountId): void {
  owned.set(userId, account);
}

/**
 * The account for a call that names none: the caller's own, where its product holds people’s data alone. A key is bound to
 * the account that it was made for.
 */
export function accountFor({ shape }: Route, as: string | undefined): AccountId | undefined {
  if (shape.holds !== 'personal' || as === undefined) return undefined;
  const [, claims] = as.split('.');
  if (claims === undefined) return undefined;
  try {
    const { sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub?: unknown };
    return owned.get(String(sub));
  } catch {
    return undefined;
  }
}

/** A user's personal account. */
export async function ownAccountOf(tx: Transaction, userId: UserId): Promise<AccountId> {
  const sql = `select account_id from accounts.accounts where created_by = $1 and kind = 'personal'`;
  const [row] = await tx.run(statement<{ account_id: AccountId }>(sql, [userId]));
  if (row === undefined) throw new Error('they have no account of their own');
  return row.account_id;
}
