import { customersNamed } from '#platform/accounts';
import type { actorOf, Audit, RequestOrigin } from '#platform/audit';
import type { Database } from '#platform/db';
import type { Entitlements } from '#platform/entitlements';
import { itemError, type ItemError } from '#platform/http';
import { type AccountId, AppError } from '#platform/kernel';
import type { RowCreditsGiver } from '#platform/limits';
import type { Mode } from '../payment-provider.ts';

/** Credits of a row that the operator keeps elsewhere. */
export interface CreditsRow {
  /** The row's own id, for ever. */
  readonly id: string;
  readonly customer: string;
  /** These two may be left out where they are clear. */
  readonly product?: string | undefined;
  readonly limit?: string | undefined;
  readonly amount: number;
  readonly expires_at?: string | undefined;
}

/** A customer of the operator's, who is a customer at Stripe already. */
export interface StripeLink {
  readonly customer: string;
  readonly stripe_customer: string;
}

/** The answer for one row: its account and status, or why it was refused. */
export type RowResult<Status> =
  | { readonly account_id: AccountId; readonly status: Status }
  | { readonly error: ItemError };

export interface ImportCall {
  readonly caller: Parameters<typeof actorOf>[0];
  readonly origin: RequestOrigin;
  /** Every change is undone; the answers are those of an import. */
  readonly trying: boolean;
}

export interface ImportingParts {
  readonly db: Database;
  readonly audit: Audit;
  readonly entitlements: Pick<Entitlements, 'catalogues' | 'announce'>;
  readonly rowCredits: RowCreditsGiver;
  /** The mode in which Stripe is asked; undefined: nothing is sold. */
  readonly mode: Mode | undefined;
}

/** Reads the accounts of customers; the answer finds one, or why there is none. */
export async function readAccounts(
  db: Database,
  rows: readonly { readonly customer: string }[],
): Promise<(customer: string) => { readonly accountId: AccountId } | { readonly error: ItemError }> {
  const [found] = await db.system('billing.import', [customersNamed(rows.map(({ customer }) => customer))]);
  const byId = new Map(found.map((row) => [row.external_id, row]));
  return (customer) => {
    const row = byId.get(customer);
    const code = row === undefined ? 'customer_unknown' : 'customer_closing';
    if (row === undefined || row.is_closing) return itemError(code, new AppError(code).message);
    return { accountId: row.account_id };
  };
}
