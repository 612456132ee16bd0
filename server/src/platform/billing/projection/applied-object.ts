import type { AccountId } from '#platform/kernel';
import type { Facts, ObjectRef } from '../facts.ts';
import type { ProviderMode } from '../payment-provider.ts';

/** An account as a customer of a payment provider. */
export interface Customer extends ProviderMode {
  readonly accountId: AccountId;
}

/** Facts of the newest body of an object, and its customer. */
export interface AppliedObject extends Customer {
  readonly ref: ObjectRef;
  readonly facts: Facts;
  /**
   * One of many, told from what is kept, of rows that were emptied: nothing follows from it before all of them are there
   * (`deriveIn`), and no notice is sent a second time.
   */
  readonly isRebuild?: boolean;
}
