import { statement } from '#platform/db';
import type { Currency } from '#platform/entitlements';
import type { AccountId, UserId } from '#platform/kernel';
import type { Mode } from '../payment-provider.ts';
import type { KeptCard } from '../providers/stripe/item-invoice.ts';

export type StopReason = 'monthly_cap' | 'payment_failed' | 'price_changed' | 'money_back' | 'not_closed';

/** Names a top-up. */
export interface TopUpKey {
  readonly account_id: AccountId;
  readonly mode: Mode;
  readonly product: string;
  readonly limit_name: string;
}

/** One pack at the price that was agreed to; minor units. */
interface AgreedPack {
  readonly add_on: string;
  readonly unit_amount: number;
  readonly currency: Currency;
}

/** A consent of an account: to which packs, and until where. */
export interface TopUpRow extends TopUpKey, AgreedPack {
  readonly threshold: number;
  readonly monthly_cap: number;
  readonly credits: number;
  readonly customer: string;
  readonly card: string;
  /** As the database writes them: they tell a consent, and a look, from a later one. */
  readonly agreed_at: string;
  readonly looked_at: string;
}

/** Sums that decide on a purchase, as they are at this moment. */
export interface Room {
  /** Minor units of this month's attempts. */
  readonly spent: number;
  /** Whether money of a pack has gone back since it was agreed to. */
  readonly money_back: boolean;
}

export interface AttemptRow extends TopUpKey, AgreedPack {
  readonly id: string;
  readonly quantity: number;
  readonly customer: string;
  readonly card: string;
  readonly agreed_at: string;
  readonly invoice: string | null;
}

const COLUMNS = `t.account_id, t.mode, t.product, t.limit_name, t.add_on, t.threshold, t.monthly_cap, t.credits, t.unit_amount, t.currency,
  t.customer, t.card, t.agreed_at::text, t.looked_at::text`;
const ATTEMPT =
  'a.account_id, a.id, a.mode, a.product, a.limit_name, a.add_on, a.quantity, a.unit_amount, a.currency, a.customer, a.card, a.agreed_at::text, a.invoice';
const MONTH = `(date_trunc('month', app.now() at time zone 'UTC') at time zone 'UTC')`;
const OF_KEY = 't.account_id = $1 and t.mode = $2 and t.product = $3 and t.limit_name = $4';
const keyOf = ({ account_id, mode, product, limit_name }: TopUpKey) => [
  account_id,
  mode,
  product,
  limit_name,
];

/** Units of packs of the limit whose money went back. */
const TAKEN = `(select coalesce(sum(c.taken), 0) from limits.credits c
  where c.account_id = t.account_id and c.product = t.product and c.name = t.limit_name and c.provider is not null)`;
const SPENT = `(select coalesce(sum(a.unit_amount * a.quantity), 0) from billing.top_up_attempts a
  where a.account_id = t.account_id and a.mode = t.mode and a.product = t.product and a.limit_name = t.limit_name and a.currency = t.currency
    and a.created_at >= ${MONTH})::bigint`;

/**
 * Takes consents whose rows have less than the threshold left, those that wait longest first. The present window's credits of a plan may not be
 * given yet: the usage says what is really left. None is taken while a purchase of its account is under way.
 */
export const takeLowTopUps = (mode: Mode) =>
  statement<TopUpRow>(
    `with low as (
       select t.account_id, t.mode, t.product, t.limit_name from billing.top_ups t
       join accounts.accounts o on o.account_id = t.account_id and o.deleted_at is null and o.status = 'active'
       where t.mode = $1 and (t.looked_at is null or t.looked_at < app.now() - interval '30 seconds')
         and (t.stopped_for is null or t.stopped_for = 'monthly_cap' and t.stopped_at < ${MONTH})
         and coalesce((select sum(c.remaining) from limits.credits c where c.account_id = t.account_id and c.product = t.product and c.name = t.limit_name
           and c.remaining <> 0 and (c.remaining < 0 or c.expires_at is null or c.expires_at > app.now())), 0) < t.threshold
         and not exists (select from billing.top_up_attempts a
           where a.account_id = t.account_id and a.mode = t.mode and a.state in ('open', 'unpaid'))
       order by t.looked_at nulls first limit 50 for update of t skip locked)
     update billing.top_ups t set looked_at = app.now(), updated_at = app.now() from low
     where t.account_id = low.account_id and t.mode = low.mode and t.product = low.product and t.limit_name = low.limit_name
     returning ${COLUMNS}`,
    [mode],
  );

/** No row: it was withdrawn or agreed to anew, or another process has looked at it since. */
export const lockTopUp = (row: TopUpRow) =>
  statement<Room>(
    `select ${SPENT} as spent, ${TAKEN} > t.taken as money_back from billing.top_ups t
     where ${OF_KEY} and t.agreed_at = $5::text::timestamptz and t.looked_at = $6::text::timestamptz for update of t`,
    [...keyOf(row), row.agreed_at, row.looked_at],
  );

/** No row: another purchase of the account is under way. */
export const beginAttempt = (row: TopUpRow, id: string, quantity: number) =>
  statement<AttemptRow>(
    `insert into billing.top_up_attempts as a
       (account_id, id, mode, product, limit_name, add_on, quantity, unit_amount, currency, customer, card, agreed_at)
     values ($1, $5, $2, $3, $4, $6, $7, $8, $9, $10, $11, $12::text::timestamptz) on conflict do nothing returning ${ATTEMPT}`,
    [
      ...keyOf(row),
      id,
      row.add_on,
      quantity,
      row.unit_amount,
      row.currency,
      row.customer,
      row.card,
      row.agreed_at,
    ],
  );

/** No row: what was agreed to is withdrawn, or another consent by now; an invoice that is not closed stops that one, too. */
export const stopTopUp = (row: TopUpKey & Pick<TopUpRow, 'agreed_at'>, reason: StopReason) =>
  statement<{ threshold: number; monthly_cap: number }>(
    `update billing.top_ups t set stopped_for = $6, stopped_at = app.now(), updated_at = app.now()
     where ${OF_KEY} and (t.agreed_at = $5::text::timestamptz or $6 = 'not_closed') returning t.threshold, t.monthly_cap`,
    [...keyOf(row), row.agreed_at, reason],
  );

/** Whether what an attempt was begun under is still agreed to. */
export const isStillAgreed = (row: AttemptRow) =>
  statement<{ agreed: boolean }>(
    `select true as agreed from billing.top_ups t where ${OF_KEY} and t.agreed_at = $5::text::timestamptz`,
    [...keyOf(row), row.agreed_at],
  );

/** Keeps the first invoice of an attempt. */
export const keepInvoice = ({ account_id, id }: AttemptRow, invoice: string) =>
  statement<{ invoice: string }>(
    `update billing.top_up_attempts set invoice = coalesce(invoice, $3), updated_at = app.now()
     where account_id = $1 and id = $2 and state = 'open' returning invoice`,
    [account_id, id, invoice],
  );

/** It waits for the customer for a week; without a page it is closed with the next run. No row: it was not open any more. */
export const leaveUnpaid = ({ account_id, id }: AttemptRow, url: string | null, failure: string | null) =>
  statement<{ id: string }>(
    `update billing.top_up_attempts set state = 'unpaid', url = $3, failure = $4, updated_at = app.now(),
       closes_at = case when $3::text is null then app.now() else app.now() + interval '7 days' end
     where account_id = $1 and id = $2 and state = 'open' returning id`,
    [account_id, id, url, failure],
  );

/** It is over, though its page may still be paid. No row: it was not under way any more. */
export const leaveUnclosed = ({ account_id, id }: AttemptRow) =>
  statement<{ url: string | null }>(
    `update billing.top_up_attempts set state = 'unclosed', updated_at = app.now()
     where account_id = $1 and id = $2 and state in ('open', 'unpaid') returning url`,
    [account_id, id],
  );

/** Attempts of an account whose invoices were not closed. */
export const unclosedAttempts = ({ account_id, mode }: TopUpKey) =>
  statement<AttemptRow>(
    `select ${ATTEMPT} from billing.top_up_attempts a where a.account_id = $1 and a.mode = $2 and a.state = 'unclosed'`,
    [account_id, mode],
  );

export const voidAttempt = ({ account_id, id }: AttemptRow) =>
  statement<{ id: string }>(
    `update billing.top_up_attempts set state = 'void', url = null, updated_at = app.now()
     where account_id = $1 and id = $2 and state in ('open', 'unpaid', 'unclosed') returning id`,
    [account_id, id],
  );

/** Ends attempts whose invoice is paid here: what it bought is booked in the commit of that row. A stop for its failure is over. */
export const endPaidAttempts = (mode: Mode) =>
  statement<{ id: string }>(
    `with paid as (
       update billing.top_up_attempts a set state = 'paid', url = null, failure = null, updated_at = app.now() from billing.invoices i
       where a.mode = $1 and a.state in ('open', 'unpaid', 'unclosed') and i.store = 'stripe' and i.mode = a.mode and i.store_id = a.invoice and i.state = 'paid'
       returning a.*),
     goes_on as (
       update billing.top_ups t set stopped_for = null, stopped_at = null, updated_at = app.now() from paid
       where t.account_id = paid.account_id and t.mode = paid.mode and t.product = paid.product and t.limit_name = paid.limit_name
         and (t.agreed_at = paid.agreed_at and t.stopped_for = 'payment_failed' or t.stopped_for = 'not_closed'))
     select id from paid`,
    [mode],
  );

export interface ShownAttempt
  extends Pick<AttemptRow, 'id' | 'product' | 'limit_name' | 'quantity' | 'unit_amount' | 'currency'> {
  readonly state: 'open' | 'unpaid' | 'paid' | 'void' | 'unclosed';
  readonly failure: string | null;
  readonly url: string | null;
  readonly created_at: Date;
}

/** The last attempts of each top-up of an account, the newest first. */
export const attemptsOf = (accountId: AccountId, mode: Mode) =>
  statement<ShownAttempt>(
    `select a.id, a.product, a.limit_name, a.quantity, a.unit_amount, a.currency, a.state, a.failure, a.url, a.created_at
     from billing.top_ups t cross join lateral (
       select * from billing.top_up_attempts o where o.account_id = t.account_id and o.mode = t.mode and o.product = t.product
         and o.limit_name = t.limit_name order by o.created_at desc, o.id limit 10) a
     where t.account_id = $1 and t.mode = $2 order by a.created_at desc, a.id`,
    [accountId, mode],
  );

/** Takes attempts that go on: those that are open, and unpaid ones whose time is over. */
export const takeAttempts = (mode: Mode) =>
  statement<AttemptRow & { readonly state: 'open' | 'unpaid' }>(
    `with due as (
       select a.account_id, a.id from billing.top_up_attempts a
       where a.mode = $1 and (a.state = 'open' or a.state = 'unpaid' and a.closes_at <= app.now())
       order by a.updated_at limit 50 for update skip locked)
     update billing.top_up_attempts a set updated_at = app.now() from due where a.account_id = due.account_id and a.id = due.id
     returning ${ATTEMPT}, a.state`,
    [mode],
  );

export interface Consent extends AgreedPack {
  readonly threshold: number;
  readonly monthly_cap: number;
  readonly credits: number;
  readonly customer: string;
  readonly card: KeptCard;
  readonly agreed_by: UserId;
}

/** Writes a consent anew, which ends a stop. */
export const keepConsent = (key: TopUpKey, of: Consent) =>
  statement(
    `with given as (select $1::uuid as account_id, $2::text as mode, $3::text as product, $4::text as limit_name)
     insert into billing.top_ups as t (account_id, mode, product, limit_name, add_on, threshold, monthly_cap, credits, unit_amount, currency,
       customer, card, card_brand, card_last4, agreed_by, agreed_at, taken)
     select t.account_id, t.mode, t.product, t.limit_name, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, app.now(), ${TAKEN} from given t
     on conflict (account_id, mode, product, limit_name) do update set (add_on, threshold, monthly_cap, credits, unit_amount, currency, customer, card,
       card_brand, card_last4, agreed_by, agreed_at, taken, looked_at, stopped_for, stopped_at, updated_at)
       = (excluded.add_on, excluded.threshold, excluded.monthly_cap, excluded.credits, excluded.unit_amount, excluded.currency, excluded.customer,
       excluded.card, excluded.card_brand, excluded.card_last4, excluded.agreed_by, excluded.agreed_at, excluded.taken, null, null, null, app.now())`,
    [
      ...keyOf(key),
      of.add_on,
      of.threshold,
      of.monthly_cap,
      of.credits,
      of.unit_amount,
      of.currency,
      of.customer,
      of.card.id,
      of.card.brand,
      of.card.last4,
      of.agreed_by,
    ],
  );

/** Has an unpaid attempt of a former consent be closed with the next run. */
export const closeUnpaid = (key: TopUpKey) =>
  statement(
    `update billing.top_up_attempts t set closes_at = app.now(), updated_at = app.now() where ${OF_KEY} and t.state = 'unpaid'`,
    keyOf(key),
  );

/** No row: there was none. */
export const withdrawConsent = (key: TopUpKey) =>
  statement<{ add_on: string }>(
    `delete from billing.top_ups t where ${OF_KEY} returning t.add_on`,
    keyOf(key),
  );

export interface ShownTopUp
  extends Omit<TopUpRow, 'account_id' | 'mode' | 'customer' | 'card' | 'looked_at' | 'agreed_at'> {
  readonly card_brand: string;
  readonly card_last4: string;
  readonly agreed_by: string;
  readonly agreed_at: Date;
  readonly spent: number;
  readonly stopped_for: StopReason | null;
  readonly stopped_at: Date | null;
  /** When the cap counts anew. */
  readonly next_month: Date;
  readonly attempt: 'open' | 'unpaid' | null;
  readonly url: string | null;
}

export const topUpsOf = (accountId: AccountId, mode: Mode) =>
  statement<ShownTopUp>(
    `select t.product, t.limit_name, t.add_on, t.threshold, t.monthly_cap, t.credits, t.unit_amount, t.currency, t.card_brand, t.card_last4, t.agreed_by, t.agreed_at,
       case when t.stopped_for <> 'monthly_cap' or t.stopped_at >= ${MONTH} then t.stopped_for end as stopped_for, t.stopped_at,
       (date_trunc('month', app.now() at time zone 'UTC') + interval '1 month') at time zone 'UTC' as next_month, ${SPENT} as spent, u.state as attempt, u.url
     from billing.top_ups t left join billing.top_up_attempts u on u.account_id = t.account_id and u.mode = t.mode and u.product = t.product
       and u.limit_name = t.limit_name and u.agreed_at = t.agreed_at and u.state in ('open', 'unpaid')
     where t.account_id = $1 and t.mode = $2 order by t.product, t.limit_name`,
    [accountId, mode],
  );
