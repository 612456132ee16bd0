import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Mode, ProviderName } from '../payment-provider.ts';

/** A payment that came, and the subscription that it was for; null: an add-on, a pack or an item. */
interface PaymentRow {
  readonly store: ProviderName;
  readonly invoice: string;
  readonly subscription: string | null;
  readonly product: string | null;
  readonly currency: string;
}

/** The payment that a call names by the provider's id. */
export const paymentNamed = (accountId: AccountId, mode: Mode, payment: string) =>
  statement<PaymentRow>(
    `select p.store, i.store_id as invoice, p.currency, s.store_id as subscription, s.product
       from billing.payments p
       join billing.invoices i on i.account_id = p.account_id and i.store = p.store and i.mode = p.mode and i.store_id = p.invoice
       left join billing.subscriptions s on s.account_id = i.account_id and s.store = i.store and s.mode = i.mode and s.store_id = i.subscription
      where p.account_id = $1 and (p.mode = $2 or p.store <> 'stripe') and p.payment = $3 and p.state = 'succeeded' limit 1`,
    [accountId, mode, payment],
  );

/** Until when a purchase of an instant can be withdrawn from, and whether that is over. */
export const withdrawalTerm = (paidAt: Date, days: number) =>
  statement<{ until: Date; over: boolean }>(
    `select $1::timestamptz + make_interval(days => $2) as until, app.now() > $1::timestamptz + make_interval(days => $2) as over`,
    [paidAt, days],
  );

/** The grant that a subscription at Stripe pays. */
export const grantOf = (accountId: AccountId, subscription: string) =>
  statement<{ id: string }>(
    `select id from entitlements.grants where account_id = $1 and source = 'stripe' and external_id = $2 and revoked_at is null`,
    [accountId, subscription],
  );

/** Whether the audit has this line: a call that is repeated after a death writes none twice. */
export const isAudited = (accountId: AccountId, action: string, target: string) =>
  statement<{ known: boolean }>(
    `select exists (select from audit.events where account_id = $1 and action = $2 and target_id = $3) as known`,
    [accountId, action, target],
  );
