import type { RequestOrigin } from '#platform/audit';
import type { Caller, Spender } from '#platform/http';
import type { AccountId } from '#platform/kernel';

/** The caller, and the account that they ask for. */
export interface AccountCaller {
  readonly accountId: AccountId;
  readonly caller: Caller;
  /** In whose name, where the operator's backend calls for a customer: its owner. */
  readonly spender?: Spender | undefined;
  readonly origin: RequestOrigin;
  /** The key that the provider is told, to do the steps of this call once. */
  readonly providerKey?: string | undefined;
}
