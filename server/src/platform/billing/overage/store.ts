import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Mode } from '../payment-provider.ts';

/** A limit of an account that is counted past its size. */
export interface CountedLimit {
  readonly account_id: AccountId;
  readonly product: string;
  readonly limit_name: string;
}

/** Counts that were not taken for a moment, the longest waiting first. */
export const dueCounts = (most: number) =>
  statement<CountedLimit>(
    `select account_id, product, limit_name from billing.overage where updated_at < app.now() - interval '30 seconds'
     order by updated_at, account_id limit $1`,
    [most],
  );

/** Those of an account's product, whenever they were counted. */
export const countedLimits = (accountId: AccountId, product: string) =>
  statement<CountedLimit>(
    'select account_id, product, limit_name from billing.overage where account_id = $1 and product = $2 order by limit_name',
    [accountId, product],
  );

export const beginOverage = (accountId: AccountId, product: string, limit: string) =>
  statement('select billing.begin_overage($1, $2, $3)', [accountId, product, limit]);

export const countOverage = ({ account_id, product, limit_name }: CountedLimit, mode: Mode) =>
  statement<{ past: number }>('select billing.count_overage($1, $2, $3, $4) as past', [
    account_id,
    product,
    limit_name,
    mode,
  ]);

export interface DueReport extends CountedLimit {
  readonly id: string;
  readonly customer: string;
  readonly units: number;
  readonly created_at: Date;
}

/**
 * Gives up reports that can't be sent any more. Stripe knows an identifier for a day: a report that was not answered until then would perhaps be
 * billed twice, and is left to the operator. It takes no report of units that are older than 35 days.
 */
export const giveUpReports = (mode: Mode) =>
  statement<{ id: string; state: string }>(
    `update billing.overage_reports set state = case when asked_at is null then 'lost' else 'doubtful' end, updated_at = app.now()
     where state = 'due' and mode = $1
       and (asked_at < app.now() - interval '23 hours' or created_at < app.now() - interval '34 days')
     returning id, state`,
    [mode],
  );

/**
 * Takes one that is due, of all or of one account, for a minute, and writes down that an answer is awaited. Who pays may have become known
 * since it was written.
 */
export const takeReport = (mode: Mode, accountId?: AccountId) =>
  statement<DueReport>(
    `with due as materialized (
       select t.account_id, t.id, coalesce(t.customer, billing.payer(t.account_id, t.product, t.mode)) as payer
       from billing.overage_reports t where t.state = 'due' and t.mode = $1 and t.due_at <= app.now()
         and ($2::uuid is null or t.account_id = $2)
         and coalesce(t.customer, billing.payer(t.account_id, t.product, t.mode)) is not null
       order by t.due_at limit 1 for update skip locked)
     update billing.overage_reports r set asked_at = coalesce(r.asked_at, app.now()), due_at = app.now() + interval '1 minute', customer = due.payer,
       updated_at = app.now()
     from due where r.account_id = due.account_id and r.id = due.id
     returning r.account_id, r.id, r.product, r.limit_name, due.payer as customer, r.units, r.created_at`,
    [mode, accountId ?? null],
  );

export const reportSent = ({ account_id, id }: DueReport) =>
  statement(
    `update billing.overage_reports set state = 'sent', sent_at = app.now(), refusal = null, updated_at = app.now()
     where account_id = $1 and id = $2 and state = 'due'`,
    [account_id, id],
  );

/** It did not arrive, which is certain: an hour later it is tried again, and may be taken when the operator has mended the cause. */
export const reportRefused = ({ account_id, id }: DueReport, code: string) =>
  statement(
    `update billing.overage_reports set asked_at = null, refusal = $3, due_at = app.now() + interval '1 hour', updated_at = app.now()
     where account_id = $1 and id = $2 and state = 'due'`,
    [account_id, id, code],
  );

/** How many units past a limit the transaction's account used in the present window. `per`: of the limit's windows. */
export const unitsPastLimit = (product: string, limit: string, per: string) =>
  statement<{ past: number }>('select billing.past_here($1, $2, $3) as past', [product, limit, per]);

/** The currency in which an account pays for a product at Stripe, and for units past its limits; none: it has no subscription there. */
export const pricesPaid = (accountId: AccountId, product: string) =>
  statement<{ currency: string; unit_micros: Readonly<Record<string, number>> | null }>(
    `select currency, unit_micros from billing.subscriptions where account_id = $1 and product = $2 and store = 'stripe'
      order by starts_at desc limit 1`,
    [accountId, product],
  );

/** An account's choices. */
export const allowancesOf = (accountId: AccountId) =>
  statement<{ product: string; limit_name: string; most: number }>(
    'select product, limit_name, most from entitlements.allowances where account_id = $1',
    [accountId],
  );
