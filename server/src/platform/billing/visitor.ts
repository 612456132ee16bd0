import type { RequestOrigin } from '#platform/audit';
import type { Caller } from '#platform/http';
import type { AccountId } from '#platform/kernel';

/** Who asks, and for which account. */
export interface AccountCaller {
  readonly accountId: AccountId;
  readonly caller: Caller;
  readonly origin: RequestOrigin;
  /** What the provider is told, to do the steps of this call once. */
  readonly providerKey?: string | undefined;
}
