import type { RequestOrigin } from '#platform/audit';
import type { Caller } from '#platform/http';
import type { AccountId } from '#platform/kernel';

/** The caller, and the account that they ask for. */
export interface AccountCaller {
  readonly accountId: AccountId;
  readonly caller: Caller;
  readonly origin: RequestOrigin;
  /** The key that the provider is told, to do the steps of this call once. */
  readonly providerKey?: string | undefined;
}
