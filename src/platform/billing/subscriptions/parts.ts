import type { Audit } from '#platform/audit';
import type { Database } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import type { AccountId, Ids } from '#platform/kernel';
import type { ObjectRef } from '../facts.ts';
import type { StripeLink } from '../providers/stripe/client.ts';

/** What is in use of a limit, and a plan would not have room for. */
export interface Unfitting {
  readonly limit: string;
  readonly used: number;
  readonly max: number;
}

export interface SubscriptionsParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly catalogues: ReadonlyMap<string, Catalogue>;
  /** In how many accounts of one person, or on one card, a product is tried. */
  readonly freeAccountsPerUser: number;
  /** undefined: nothing is sold here. */
  readonly stripe: StripeLink | undefined;
  /**
   * Has the store's objects looked at, because something was done to them: in effect when it returns, or soon after where
   * the store does not answer in time. Never throws.
   */
  readonly look: (refs: readonly ObjectRef[]) => Promise<void>;
  /** What the account holds too much of for a plan: seats, gauges, members. Empty: it fits. */
  readonly notFitting: (
    accountId: AccountId,
    plan: { readonly product: string; readonly plan: string; readonly quantity: number },
  ) => Promise<readonly Unfitting[]>;
}
