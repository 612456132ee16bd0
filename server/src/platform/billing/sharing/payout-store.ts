import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Mode } from '../payment-provider.ts';
import type { TransferOrder } from '../providers/stripe/connect.ts';
import { lockPayee } from './ledger.ts';
import type { PayoutDifference } from './views.ts';

export interface RunRow {
  readonly id: string;
  readonly mode: Mode;
  readonly period: string;
  readonly as_of: Date;
  readonly repeats: boolean;
}

/** The payouts of a run `r` that were refused because the balance at Stripe is too small. */
const SHORT = `from billing.payouts p where p.run_id = r.id and p.state = 'refused' and p.code = 'balance_insufficient'`;

/** Currencies in which payees are owed shares. */
export const owedCurrencies = () =>
  statement<{ currency: string }>(
    'select distinct currency from billing.shares where payout_id is null and reversal is null and amount > 0 order by 1',
    [],
  );

/** Begins a run, unless one is under way. */
export const beginRun = (mode: Mode, id: string, period: string) =>
  statement(
    'insert into billing.payout_runs (id, mode, period, as_of) values ($1, $2, $3, app.now()) on conflict do nothing',
    [id, mode, period],
  );

export const presentRun = (mode: Mode) =>
  statement<RunRow>(
    `select id, mode, period, as_of, repeats from billing.payout_runs where mode = $1 and state = 'running'`,
    [mode],
  );

/** Asks again for what the newest run lacked money for, and nothing that became payable since. */
export const repeatShortRun = (mode: Mode, id: string) =>
  statement(
    `insert into billing.payout_runs (id, mode, period, as_of, repeats)
     select $2, r.mode, r.period, r.as_of, true from (
       select id, mode, period, as_of, state from billing.payout_runs where mode = $1 order by created_at desc, id desc limit 1) r
     where r.state = 'done' and exists (select ${SHORT}) on conflict do nothing`,
    [mode, id],
  );

/** Ends a run that has no open payout, and answers the currencies it lacked money in; no row: it has one, or has ended already. */
export const endRun = ({ id }: RunRow) =>
  statement<{ lacks: readonly string[] }>(
    `update billing.payout_runs r set state = 'done', updated_at = app.now()
     where r.id = $1 and r.state = 'running' and not exists (select from billing.payouts p where p.run_id = r.id and p.state = 'open')
     returning array(select distinct p.currency ${SHORT} order by p.currency) as lacks`,
    [id],
  );

export interface DuePayee {
  readonly account_id: AccountId;
  readonly currency: string;
}

/** In SQL, the instant at which a month of UTC is over. */
export const MONTH_END = (period: string) =>
  `((${period}::text || '-01')::timestamp + interval '1 month') at time zone 'UTC'`;

/** Whether a sale began before a month is over, given by its name: its refunds and disputes count with it, whenever they came. */
const SOLD_BY = (period: string) =>
  `exists (select from billing.shares f where f.account_id = s.account_id and f.sale_id = s.sale_id
     and f.created_at < ${MONTH_END(period)})`;

/** Amounts owed of sales of a run's month and of earlier ones, payable at its instant, that are not to be taken of a transfer first. */
const OWED = ({ mode, asOf, period }: Readonly<Record<'mode' | 'asOf' | 'period', string>>) =>
  `s.mode = ${mode} and s.payout_id is null and s.reversal is null and not s.to_recover and s.payable_at <= ${asOf} and ${SOLD_BY(period)}`;

/** The smallest sums that are paid out, by currency, in minor units. */
export type PayoutMinimums = Readonly<Record<string, number>>;

/** In SQL, the smallest sum that an account is paid in a currency: all that it has coming where it is erased, since nothing more will come. */
const MINIMUM = (minimums: string, { account, currency }: Readonly<Record<'account' | 'currency', string>>) =>
  `case when exists (select from accounts.accounts a where a.account_id = ${account})
     then coalesce((${minimums}::text::jsonb ->> ${currency})::bigint, 1) else 1 end`;

/** Whether a run has paid this payee in this currency, or was refused to. */
const HAD = (run: string, of: string) =>
  `exists (select from billing.payouts o where o.run_id = ${run} and (o.account_id, o.currency) = (${of}))`;

/** The next of the payees who are owed something, can be paid, and had no payout in this run. A sum below the minimum, or below zero, waits for another one. */
export const duePayees = (
  { id, mode, as_of, period }: RunRow,
  { after, minimums }: { readonly after: DuePayee | undefined; readonly minimums: PayoutMinimums },
) =>
  statement<DuePayee>(
    `select s.account_id, s.currency from billing.shares s
     join billing.payees p on p.account_id = s.account_id and p.mode = s.mode and p.state = 'payable'
     where ${OWED({ mode: '$1', asOf: '$2', period: '$6' })} and ($3::uuid is null or (s.account_id, s.currency) > ($3::uuid, $4::text))
       and not ${HAD('$5', 's.account_id, s.currency')}
     group by s.account_id, s.currency having sum(s.amount) >= ${MINIMUM('$7', { account: 's.account_id', currency: 's.currency' })} order by s.account_id, s.currency limit 200`,
    [mode, as_of, after?.account_id ?? null, after?.currency ?? null, id, period, JSON.stringify(minimums)],
  );

export interface PayoutRow extends TransferOrder {
  readonly account_id: AccountId;
}

/**
 * Writes down what a payee is paid in a currency, with the shares in it, if there was no payout of them in this run: of the last of the
 * statements no row, if there is nothing to pay by now. The run that opens it pays it.
 */
export const openingPayout = (
  run: RunRow,
  { account_id, currency }: DuePayee,
  { id, minimums }: { readonly id: string; readonly minimums: PayoutMinimums },
) =>
  [
    lockPayee(account_id),
    statement<PayoutRow>(
      `with opened as (
         insert into billing.payouts (account_id, id, mode, run_id, period, currency, amount, destination, asked_at)
         select p.account_id, $1, p.mode, $2, $3, $4, owed.amount, p.store_id, app.now()
         from billing.payees p
         cross join lateral (select sum(s.amount)::bigint as amount from billing.shares s
           where s.account_id = p.account_id and s.currency = $4 and ${OWED({ mode: 'p.mode', asOf: '$5', period: '$3' })}) owed
         where p.account_id = $6 and p.mode = $7 and p.state = 'payable'
           and owed.amount >= ${MINIMUM('$8', { account: 'p.account_id', currency: '$4::text' })}
           and not ${HAD('$2', 'p.account_id, $4::text')}
         returning account_id, id, amount, currency, destination),
       claimed as (
         update billing.shares s set payout_id = o.id, updated_at = app.now() from opened o
         where s.account_id = o.account_id and s.currency = o.currency and ${OWED({ mode: '$7', asOf: '$5', period: '$3' })})
       select account_id, id, amount, currency, destination from opened`,
      [id, run.id, run.period, currency, run.as_of, account_id, run.mode, JSON.stringify(minimums)],
    ),
  ] as const;

/** How long no other process looks after a payout, or a share that goes back. It is longer than a request and its repetitions. */
const LEASE = `interval '2 minutes'`;

/** Takes an open payout whose transfer is no longer being asked for. */
export const takeOpenPayout = (mode: Mode) =>
  statement<PayoutRow>(
    `with lost as materialized (
       select account_id, id from billing.payouts where mode = $1 and state = 'open' and asked_at < app.now() - ${LEASE}
       order by asked_at limit 1 for update skip locked)
     update billing.payouts p set asked_at = app.now(), updated_at = app.now() from lost
     where p.account_id = lost.account_id and p.id = lost.id
     returning p.account_id, p.id, p.amount, p.currency, p.destination`,
    [mode],
  );

/** A payout that is over: what went back of sales is taken off it. */
export interface ClosedPayout {
  readonly account_id: AccountId;
  readonly id: string;
  readonly period: string;
  readonly currency: string;
  readonly amount: number;
  readonly taken_off: number;
  readonly code: string | null;
}

/** By its transfer it is paid; by Stripe's word it is refused, and its shares are owed as before. Answers it where its account is still here. */
export const closePayout = (
  { account_id, id }: PayoutRow,
  { transfer, code }: { readonly transfer?: string; readonly code?: string },
) =>
  statement<ClosedPayout>(
    `with closed as (
       update billing.payouts set state = case when $4::text is null then 'paid' else 'refused' end, transfer = $3, code = $4, updated_at = app.now()
       where account_id = $1 and id = $2 and state = 'open' returning account_id, id, period, currency, amount, state, code),
     freed as (
       update billing.shares s set payout_id = null, updated_at = app.now() from closed
       where closed.state = 'refused' and s.account_id = closed.account_id and s.payout_id = closed.id)
     select c.account_id, c.id, c.period, c.currency, c.amount, c.code, coalesce((
         select -sum(s.amount) from billing.shares s where s.account_id = c.account_id and s.payout_id = c.id and s.amount < 0), 0)::bigint as taken_off
     from closed c join accounts.accounts a on a.account_id = c.account_id`,
    [account_id, id, transfer ?? null, code ?? null],
  );

/**
 * A share that went back. was_asked: it may have been asked for before. payout, transfer: the newest of its sale that was paid; null:
 * none was. is_open: another payout of the sale is on its way.
 */
export interface ShareToRecover extends Readonly<Record<'was_asked' | 'is_open', boolean>> {
  readonly account_id: AccountId;
  readonly id: string;
  readonly amount: number;
  readonly payout: string | null;
  readonly transfer: string | null;
}

export const takeShareToRecover = (mode: Mode) =>
  statement<ShareToRecover>(
    `with due as materialized (
       select account_id, id, sale_id, asked_at from billing.shares
       where mode = $1 and to_recover and (asked_at is null or asked_at < app.now() - ${LEASE})
       order by asked_at nulls first, created_at limit 1 for update skip locked),
     sent as materialized (
       select p.id, p.transfer, p.state, p.created_at from due join billing.shares s on s.account_id = due.account_id and s.sale_id = due.sale_id
       join billing.payouts p on p.account_id = s.account_id and p.id = s.payout_id)
     update billing.shares t set asked_at = app.now(), updated_at = app.now() from due
     left join lateral (select id, transfer from sent where state = 'paid' order by created_at desc, id desc limit 1) paid on true
     where t.account_id = due.account_id and t.id = due.id
     returning t.account_id, t.id, t.amount, due.asked_at is not null as was_asked, paid.id as payout, paid.transfer,
       exists (select from sent where state = 'open') as is_open`,
    [mode],
  );

/** Without a reversal its payee owes it: the next payout is smaller by it. */
export const recoverShare = ({ account_id, id, payout }: ShareToRecover, reversal: string | undefined) =>
  statement(
    `update billing.shares set to_recover = false, reversed_payout = $3, reversal = $4, updated_at = app.now()
     where account_id = $1 and id = $2 and to_recover`,
    [account_id, id, reversal === undefined ? null : payout, reversal ?? null],
  );

/**
 * Payouts that were paid since then, and what is with the payee of each by our books; and those of a week before, whose transfers may
 * have been made since.
 */
export const bookedPayouts = (mode: Mode, since: Date) =>
  statement<{ id: string; transfer: string; currency: string; amount: number; is_listed: boolean }>(
    `select p.id, coalesce(p.transfer, '') as transfer, p.currency, p.created_at >= $2 as is_listed, p.amount + coalesce((select sum(s.amount) from billing.shares s
         where s.account_id = p.account_id and s.reversed_payout = p.id), 0)::bigint as amount
     from billing.payouts p where p.mode = $1 and p.state = 'paid' and p.created_at >= $2::timestamptz - interval '7 days'`,
    [mode, since],
  );

/** Keeps what a look found; a row: it is news. */
export const keepLook = (mode: Mode, differences: readonly PayoutDifference[]) =>
  statement<{ is_news: boolean }>(
    `with before as (select differences from billing.payout_looks where mode = $1)
     insert into billing.payout_looks as l (mode, looked_at, differences) values ($1, app.now(), $2::text::jsonb)
     on conflict (mode) do update set looked_at = app.now(), differences = excluded.differences, updated_at = app.now()
     returning l.differences <> '[]' and (select differences from before) is distinct from l.differences as is_news`,
    [mode, JSON.stringify(differences)],
  );
