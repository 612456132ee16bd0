import type { Transaction } from '#platform/db';
import { type AccountId, isUuid } from '#platform/kernel';
import { bindCustomer, lockCustomer, lockOwner, ownerOf } from '../store/objects.ts';
import { requestWaiting } from '../store/fetch-tasks.ts';
import type { ProviderMode } from '../../payment-provider.ts';

/** A customer of a payment provider, and the account that they are said to be. */
export interface ClaimedCustomer {
  readonly customer: string;
  readonly accountId: AccountId | undefined;
}

/** erased: nothing of that customer is kept any more. */
export type Owner = { readonly accountId: AccountId | undefined; readonly isErased: boolean };

/**
 * Whose a customer is, in a transaction of the system role. A claim is believed while nobody else is that customer; what
 * was waiting for them is fetched again.
 */
export async function resolveOwnerIn(
  tx: Transaction,
  providerMode: ProviderMode,
  { customer, accountId }: ClaimedCustomer,
): Promise<Owner> {
  await tx.run(lockCustomer(providerMode, customer));
  if (accountId !== undefined && isUuid(accountId)) {
    const isNew = (await tx.run(bindCustomer(providerMode, customer, accountId))).length > 0;
    if (isNew) await tx.run(requestWaiting(providerMode, customer));
  }
  await tx.run(lockOwner(providerMode, customer));
  const [owner] = await tx.run(ownerOf(providerMode, customer));
  const isErased = owner?.is_erased ?? false;
  return { accountId: isErased ? undefined : owner?.account_id, isErased };
}
