import type { Transaction } from '#platform/db';
import { type AccountId, isUuid } from '#platform/kernel';
import {
  bindCustomer,
  lockCustomer,
  lockOwners,
  moveCustomer,
  type NewOwner,
  ownerOf,
} from '../store/objects.ts';
import { requestWaiting } from '../store/fetch-tasks.ts';
import type { ProviderMode } from '../../payment-provider.ts';

/** A customer of a payment provider, and the account that they are said to be. */
export interface ClaimedCustomer {
  readonly customer: string;
  readonly accountId: AccountId | undefined;
  /** The provider has signed it, and it may be another account than before. */
  readonly takesOver?: Omit<NewOwner, 'accountId'> | undefined;
}

/** erased: nothing of that customer is kept any more. */
export interface Owner {
  readonly accountId: AccountId | undefined;
  readonly isErased: boolean;
  /** The former account, if the customer has just moved. */
  readonly movedFrom?: AccountId | undefined;
}

/**
 * Finds the account of a customer, in a transaction of the system role. A claim is accepted if the customer has no account, or if the
 * provider signed it; objects that waited for the customer are fetched again.
 */
export async function resolveOwnerIn(
  tx: Transaction,
  providerMode: ProviderMode,
  { customer, accountId, takesOver }: ClaimedCustomer,
): Promise<Owner> {
  await tx.run(lockCustomer(providerMode, customer));
  let movedFrom: AccountId | undefined;
  if (accountId !== undefined && isUuid(accountId)) {
    const isNew = (await tx.run(bindCustomer(providerMode, customer, accountId))).length > 0;
    if (isNew) await tx.run(requestWaiting(providerMode, customer));
    if (!isNew && takesOver !== undefined)
      movedFrom = (await tx.run(moveCustomer(providerMode, customer, { ...takesOver, accountId })))[0]
        ?.former;
  }
  await tx.run(lockOwners(providerMode, customer, movedFrom));
  const [owner] = await tx.run(ownerOf(providerMode, customer));
  const isErased = owner?.is_erased ?? false;
  return { accountId: isErased ? undefined : owner?.account_id, isErased, movedFrom };
}
