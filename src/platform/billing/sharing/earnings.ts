import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Mode } from '../payment-provider.ts';

/** What a payee has earned of an item in a month, in one currency; minor units. */
export interface ItemEarnings {
  readonly product: string;
  readonly item: string;
  readonly currency: string;
  /** Sales that were paid in it, and what of the total and of the share was added and taken back. */
  readonly sales: number;
  readonly total: number;
  readonly share: number;
}

/** What a payee has in one currency, at this moment; minor units. */
export interface EarningsBalance {
  readonly currency: string;
  /** Not paid out yet; below zero: it is owed by the payee. */
  readonly owed: number;
  /** The part of it that the next run pays. */
  readonly payable: number;
  /** Sent in all, less what was taken back of it. */
  readonly sent: number;
}

export interface PaidOut {
  readonly id: string;
  readonly period: string;
  readonly currency: string;
  readonly amount: number;
  readonly state: 'open' | 'paid' | 'refused';
  readonly created_at: Date;
}

/** Of a calendar month of UTC. */
export const itemEarnings = (accountId: AccountId, mode: Mode, period: string) =>
  statement<ItemEarnings>(
    `select product, item, currency, count(*) filter (where why = 'paid') as sales, sum(total)::bigint as total, sum(amount)::bigint as share
     from billing.shares where account_id = $1 and mode = $2
       and created_at >= ($3 || '-01')::timestamp at time zone 'UTC'
       and created_at < (($3 || '-01')::timestamp + interval '1 month') at time zone 'UTC'
     group by product, item, currency order by product, item, currency limit 1000`,
    [accountId, mode, period],
  );

export const earningsBalances = (accountId: AccountId, mode: Mode) =>
  statement<EarningsBalance>(
    `select currency, coalesce(sum(amount) filter (where payout_id is null and reversal is null), 0)::bigint as owed,
       coalesce(sum(amount) filter (where payout_id is null and reversal is null and payable_at <= app.now()), 0)::bigint as payable,
       coalesce(sum(amount) filter (where payout_id is not null or reversal is not null), 0)::bigint as sent
     from billing.shares where account_id = $1 and mode = $2 group by currency order by currency`,
    [accountId, mode],
  );

/** The newest payouts of a payee. */
export const payoutsOf = (accountId: AccountId, mode: Mode) =>
  statement<PaidOut>(
    `select id, period, currency, amount, state, created_at from billing.payouts
     where account_id = $1 and mode = $2 order by created_at desc, id desc limit 24`,
    [accountId, mode],
  );
