import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { ProviderMode } from '../payment-provider.ts';

/** A purchase as its rows have it. */
export interface PurchaseRow {
  readonly product: string;
  readonly plan: string | null;
  readonly add_on: string | null;
  readonly state: string;
  readonly ends_at: Date | null;
}

/** A subscription, or the add-on of a sale, by the store's id. */
export const purchasesIn = (
  accountId: AccountId,
  { provider, mode, id }: ProviderMode & { readonly id: string },
) =>
  statement<PurchaseRow>(
    `select product, plan, null as add_on, state, coalesce(ended_at, cancels_at, period_ends_at) as ends_at from billing.subscriptions
     where account_id = $1 and store = $2 and mode = $3 and store_id = $4
     union all
     select l.product, null, l.add_on, i.state, null from billing.invoices i
     join billing.invoice_lines l on (l.account_id, l.invoice_id) = (i.account_id, i.id)
     where i.account_id = $1 and i.store = $2 and i.mode = $3 and i.store_id = $4 and l.add_on is not null`,
    [accountId, provider, mode, id],
  );
