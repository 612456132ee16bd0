import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Cycle } from '../cycles.ts';
import type { InvoiceBasics, LineBasics } from '../facts.ts';
import type { Mode, ProviderName } from '../payment-provider.ts';

export interface SubscriptionRow {
  readonly id: string;
  readonly store: ProviderName;
  readonly store_id: string;
  readonly product: string;
  readonly plan: string;
  readonly cycle: Cycle;
  readonly quantity: number;
  readonly unit_amount: number;
  readonly currency: string;
  readonly state: 'incomplete' | 'trialing' | 'active' | 'past_due' | 'paused' | 'canceled' | 'expired';
  readonly starts_at: Date;
  readonly trial_ends_at: Date | null;
  readonly ends_unpaid: boolean;
  readonly period_starts_at: Date;
  readonly period_ends_at: Date;
  readonly cancels_at: Date | null;
  readonly ended_at: Date | null;
  readonly grace_ends_at: Date | null;
  readonly suspends_at: Date | null;
  readonly suspended_by: 'dispute' | 'pause' | 'payment' | null;
  readonly next_plan: string | null;
  readonly next_cycle: Cycle | null;
  readonly next_quantity: number | null;
  readonly next_at: Date | null;
  readonly pending_plan: string | null;
  readonly pending_cycle: Cycle | null;
  readonly pending_quantity: number | null;
  readonly pending_expires_at: Date | null;
  /** It is not had yet, and its first debit is on its way. */
  readonly is_debited: boolean;
  /** The page of the invoice that it waits for; null: that was not read yet. */
  readonly pending_url: string | null;
  /** The term of its newest invoice; null: that is charged. */
  readonly days_until_due: number | null;
}

const COLUMNS = `id, store, store_id, product, plan, cycle, quantity, unit_amount::float8, currency, state, starts_at,
  trial_ends_at, ends_unpaid, period_starts_at, period_ends_at, cancels_at, ended_at, grace_ends_at, suspends_at, suspended_by,
  next_plan, next_cycle, next_quantity, next_at, pending_plan, pending_cycle, pending_quantity, pending_expires_at,
  state = 'incomplete' and exists (
    select from billing.invoices i join billing.payments p on p.store = i.store and p.mode = i.mode and p.invoice = i.store_id
    where i.account_id = s.account_id and i.store = s.store and i.mode = s.mode and i.subscription = s.store_id and p.state = 'pending') as is_debited,
  (select i.url from billing.invoices i where i.account_id = s.account_id and i.store = s.store and i.mode = s.mode
     and i.store_id = s.pending_invoice) as pending_url,
  -- The days count from the draft, an hour or so before it is issued.
  (select round(extract(epoch from i.due_at - i.issued_at) / 86400)::integer from billing.invoices i
   where i.account_id = s.account_id and i.store = s.store and i.mode = s.mode and i.subscription = s.store_id
   order by i.issued_at desc, i.store_id desc limit 1) as days_until_due`;

/** Those that are not over, the newest first: in the world in which this process sells. `isEndedToo`: after them those that Stripe ended within a day. */
export const presentSubscriptions = (accountId: AccountId, mode: Mode, isEndedToo = false) =>
  statement<SubscriptionRow>(
    `select ${COLUMNS} from billing.subscriptions s
      where account_id = $1 and mode = $2 and (state not in ('canceled', 'expired', 'incomplete')
        or $3::boolean and store = 'stripe' and state = 'canceled' and ended_at > app.now() - interval '1 day')
      order by state = 'canceled', starts_at desc, id desc`,
    [accountId, mode, isEndedToo],
  );

/** For each of some products, how many subscriptions are in effect; `isLive`: those that real money is paid for. */
export const payingSubscriptions = (products: readonly string[], isLive: boolean) =>
  statement<{ product: string; count: number }>(
    `select product, count(*)::integer as count from billing.subscriptions
      where product = any($1::text[]) and (mode = 'live' or not $2) and state not in ('canceled', 'expired', 'incomplete')
      group by product order by product`,
    [products, isLive],
  );

/** A subscription as a product that sells by it sees it. */
export interface ProductSubscription
  extends Pick<
    SubscriptionRow,
    | 'id'
    | 'store'
    | 'plan'
    | 'cycle'
    | 'quantity'
    | 'state'
    | 'starts_at'
    | 'trial_ends_at'
    | 'period_starts_at'
    | 'period_ends_at'
    | 'cancels_at'
    | 'ended_at'
    | 'grace_ends_at'
    | 'suspends_at'
    | 'suspended_by'
  > {
  /** How often the invoice that is owed could not be charged. */
  readonly failures: number;
}

/**
 * Subscriptions that pay an account's grants in a product, the newest first: also what is over, and none of what an admin gave. For a transaction
 * of the account's scope or the system's; where a product is told of a change, it is as that change has left it.
 */
export const subscriptionsOf = (accountId: AccountId, product: string) =>
  statement<ProductSubscription>(
    `select id, store, plan, cycle, quantity, state, starts_at, trial_ends_at, period_starts_at, period_ends_at, cancels_at, ended_at,
            failures, grace_ends_at, suspends_at, suspended_by
       from billing.subscriptions s
      where account_id = $1 and product = $2 and exists (
        select from entitlements.grants g
         where g.account_id = s.account_id and g.source = s.store and g.external_id = s.store_id and g.revoked_at is null)
      order by starts_at desc, id desc`,
    [accountId, product],
  );

/** Whether an instant is one of the last quarter of an hour; the provider's clock may be a minute ahead of ours. */
export const isRecent = (at: string) =>
  statement<{ recent: boolean }>(
    `select $1::timestamptz between app.now() - interval '15 minutes' and app.now() + interval '1 minute' as recent`,
    [at],
  );

/** A page of rows: those before an instant, and of that instant before an id. */
export interface PageRequest {
  readonly limit: number;
  readonly before: readonly [instant: string, id: string] | undefined;
}

export const subscriptionsPage = (accountId: AccountId, { limit, before }: PageRequest) =>
  statement<SubscriptionRow>(
    `select ${COLUMNS} from billing.subscriptions s
      where account_id = $1 and ($2::timestamptz is null or (starts_at, id) < ($2, $3::uuid))
      order by starts_at desc, id desc limit $4`,
    [accountId, before?.[0] ?? null, before?.[1] ?? null, limit],
  );

export interface InvoiceRow extends InvoiceBasics {
  readonly id: string;
  readonly next_attempt_at: Date | null;
  readonly pdf_url: string | null;
  readonly issued_at: Date;
  readonly paid_at: Date | null;
  readonly refunded: number;
  readonly lines: readonly LineRow[];
}

export interface LineRow extends LineBasics {
  readonly add_on: string | null;
}

/** The newest first; drafts are not shown. */
export const invoicesPage = (accountId: AccountId, { limit, before }: PageRequest) =>
  statement<InvoiceRow>(
    `select i.id, i.number, i.state, i.reason, i.currency, i.subtotal::float8, i.discount::float8, i.tax::float8,
            i.total::float8, i.paid::float8, coalesce((
              select sum(r.amount) from billing.payments p join billing.refunds r on r.store = p.store and r.mode = p.mode and r.charge = p.store_id
              where p.account_id = $1 and p.store = i.store and p.mode = i.mode and p.invoice = i.store_id and r.state = 'succeeded'), 0)::float8 as refunded,
            i.next_attempt_at, i.url, i.pdf_url, i.issued_at, i.paid_at, l.lines
       from billing.invoices i
       cross join lateral (
         select coalesce(jsonb_agg(jsonb_build_object(
                  'product', product, 'plan', plan, 'add_on', add_on, 'overage', overage, 'quantity', quantity,
                  'amount', amount, 'discount', discount, 'tax', tax, 'proration', proration
                ) order by store_id), '[]') as lines
           from billing.invoice_lines
          where account_id = $1 and invoice_id = i.id
       ) l
      where i.account_id = $1 and i.state <> 'draft'
        and ($2::timestamptz is null or (i.issued_at, i.id) < ($2, $3::uuid))
      order by i.issued_at desc, i.id desc limit $4`,
    [accountId, before?.[0] ?? null, before?.[1] ?? null, limit],
  );
