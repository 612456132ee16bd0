import { createReadCache, type Database } from '#platform/db';
import { type AccountId, AppError, type Clock, NO_ACCOUNT, type UserId } from '#platform/kernel';
import { servedAccount, servedCustomer } from './customer-store.ts';

/** An account that an operator's backend calls for. */
export interface ServedAccount {
  readonly accountId: AccountId;
  /** The owner, in whose name it spends. */
  readonly userId: UserId;
  readonly kind: 'personal' | 'organization';
  readonly isArchived: boolean;
}

/** The account, or the external id of the customer, that a call names. */
export type ServedName = { readonly account: AccountId } | { readonly customer: string };

export interface ServedAccounts {
  /**
   * Kept for seconds, and until a signal says that it changed: one look-up for many calls. That there is none is not kept, so that a
   * customer is served by every process as soon as it is made. Throws `not_found`, and `customer_unknown` for a customer.
   */
  find(name: ServedName): Promise<ServedAccount>;
  close(): void;
}

/** `topic`: the signal of accounts, which names an account, and for a customer also its external id. */
export function createServedAccounts(parts: {
  readonly db: Database;
  readonly clock: Clock;
  readonly topic: string;
}): ServedAccounts {
  const { db } = parts;
  const kept = createReadCache<ServedAccount>(parts);
  return {
    find(name) {
      const isCustomer = 'customer' in name;
      const id = isCustomer ? name.customer : name.account;
      return kept.get(id, `${isCustomer ? 'customer' : 'account'} ${id}`, async () => {
        const query = isCustomer ? servedCustomer(name.customer) : servedAccount(name.account);
        const [[row]] = await db.system('accounts.membership', [query]);
        if (row === undefined || row.user_id === null)
          throw isCustomer
            ? new AppError('customer_unknown')
            : new AppError('not_found', { message: NO_ACCOUNT });
        const { account_id: accountId, user_id: userId, kind } = row;
        return { accountId, userId, kind, isArchived: row.is_archived || (isCustomer && row.is_closed) };
      });
    },
    close: kept.close,
  };
}
