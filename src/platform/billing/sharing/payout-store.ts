import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Mode } from '../payment-provider.ts';

export interface RunRow {
  readonly id: string;
  readonly mode: Mode;
  readonly period: string;
  readonly as_of: Date;
  readonly repeats: boolean;
  readonly state: 'running' | 'done';
}

/** Stripe's word for a balance that is too small. */
const LACKS_MONEY = 'balance_insufficient';

const RUN = 'id, mode, period, as_of, repeats, state';

/** Begins a run; no row: one is under way. */
export const beginRun = (mode: Mode, { id, period }: { readonly id: string; readonly period: string }) =>
  statement<RunRow>(
    `insert into billing.payout_runs (id, mode, period, as_of) values ($1, $2, $3, app.now()) on conflict do nothing returning ${RUN}`,
    [id, mode, period],
  );

export const presentRun = (mode: Mode) =>
  statement<RunRow>(`select ${RUN} from billing.payout_runs where mode = $1 and state = 'running'`, [mode]);

/** Asks again for what the newest run lacked money for, and nothing that became payable since. */
export const repeatShortRun = (mode: Mode, id: string) =>
  statement<RunRow>(
    `insert into billing.payout_runs (id, mode, period, as_of, repeats)
     select $2, r.mode, r.period, r.as_of, true from (
       select id, mode, period, as_of, state from billing.payout_runs where mode = $1 order by created_at desc, id desc limit 1) r
     where r.state = 'done' and exists (select from billing.payouts p where p.run_id = r.id and p.state = 'refused' and p.code = '${LACKS_MONEY}')
     on conflict do nothing returning ${RUN}`,
    [mode, id],
  );

/** Ends a run of which no payout is open; no row: one is, or somebody ended it. */
export const endRun = ({ id }: RunRow) =>
  statement<{ lacks_money: boolean }>(
    `update billing.payout_runs r set state = 'done', updated_at = app.now()
     where r.id = $1 and r.state = 'running' and not exists (select from billing.payouts p where p.run_id = r.id and p.state = 'open')
     returning exists (select from billing.payouts p where p.run_id = r.id and p.state = 'refused' and p.code = '${LACKS_MONEY}') as lacks_money`,
    [id],
  );

export interface DuePayee {
  readonly account_id: AccountId;
  readonly currency: string;
}

/** What is owed and payable at the instant of a run, and is not to be taken of a transfer first. */
const OWED = (run: string, asOf: string) =>
  `s.mode = ${run} and s.payout_id is null and s.reversal is null and not s.to_recover and s.payable_at <= ${asOf}`;

/** Payees who are owed something, can be paid, and had no payout in this run. A sum below zero waits for the next one. */
export const duePayees = ({ id, mode, as_of }: RunRow, most: number) =>
  statement<DuePayee>(
    `select s.account_id, s.currency from billing.shares s
     join billing.payees p on p.account_id = s.account_id and p.mode = s.mode and p.state = 'payable'
     where ${OWED('$1', '$2')}
       and not exists (select from billing.payouts o where o.run_id = $3 and o.account_id = s.account_id and o.currency = s.currency)
     group by s.account_id, s.currency having sum(s.amount) > 0 order by s.account_id, s.currency limit $4`,
    [mode, as_of, id, most],
  );

export interface PayoutRow {
  readonly account_id: AccountId;
  readonly id: string;
  readonly amount: number;
  readonly currency: string;
  readonly destination: string;
}

const PAYOUT = 'account_id, id, amount, currency, destination';

/** With the payee locked: as `duePayees`, by what is there by now. Taken by whoever opens it. */
export const openPayout = (
  { id: run, mode, period, as_of }: RunRow,
  { account_id, currency }: DuePayee,
  id: string,
) =>
  statement<PayoutRow>(
    `insert into billing.payouts (account_id, id, mode, run_id, period, currency, amount, destination, asked_at)
     select p.account_id, $1, p.mode, $2, $3, $4, owed.amount, p.store_id, app.now()
     from billing.payees p
     cross join lateral (select sum(s.amount)::bigint as amount from billing.shares s
       where s.account_id = p.account_id and s.currency = $4 and ${OWED('p.mode', '$5')}) owed
     where p.account_id = $6 and p.mode = $7 and p.state = 'payable' and p.store_id is not null and owed.amount > 0
       and not exists (select from billing.payouts o where o.run_id = $2 and o.account_id = p.account_id and o.currency = $4)
     returning ${PAYOUT}`,
    [id, run, period, currency, as_of, account_id, mode],
  );

export const claimShares = ({ mode, as_of }: RunRow, { account_id, id, currency }: PayoutRow) =>
  statement(
    `update billing.shares s set payout_id = $1, updated_at = app.now()
     where s.account_id = $2 and s.currency = $3 and ${OWED('$4', '$5')}`,
    [id, account_id, currency, mode, as_of],
  );

/** How long nobody else looks after a payout, or a share that goes back. It is longer than a request and its repetitions. */
const LEASE = `interval '2 minutes'`;

/** Takes an open payout whose transfer nobody may be asking for any more. */
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

export const payoutPaid = ({ account_id, id }: PayoutRow, transfer: string) =>
  statement(
    `update billing.payouts set state = 'paid', transfer = $3, updated_at = app.now() where account_id = $1 and id = $2 and state = 'open'`,
    [account_id, id, transfer],
  );

export const payoutRefused = ({ account_id, id }: PayoutRow, code: string) =>
  statement(
    `update billing.payouts set state = 'refused', code = $3, updated_at = app.now() where account_id = $1 and id = $2 and state = 'open'`,
    [account_id, id, code],
  );

/** The shares of a payout that was refused are owed as before. */
export const freeShares = ({ account_id, id }: PayoutRow) =>
  statement(
    `update billing.shares s set payout_id = null, updated_at = app.now()
     where s.account_id = $1 and s.payout_id = $2
       and exists (select from billing.payouts p where p.account_id = $1 and p.id = $2 and p.state = 'refused')`,
    [account_id, id],
  );

export interface ShareToRecover {
  readonly account_id: AccountId;
  readonly id: string;
  readonly amount: number;
  /** Somebody may have asked for it before. */
  readonly was_asked: boolean;
  /** The newest payout of the same sale, and its transfer; null: none was paid. */
  readonly payout: string | null;
  readonly transfer: string | null;
  /** A payout of the same sale is on its way. */
  readonly is_open: boolean;
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
     where t.account_id = due.account_id and t.id = due.id
     returning t.account_id, t.id, t.amount, due.asked_at is not null as was_asked,
       (select id from sent where state = 'paid' order by created_at desc, id desc limit 1) as payout,
       (select transfer from sent where state = 'paid' order by created_at desc, id desc limit 1) as transfer,
       exists (select from sent where state = 'open') as is_open`,
    [mode],
  );

export const shareReversed = ({ account_id, id, payout }: ShareToRecover, reversal: string) =>
  statement(
    `update billing.shares set to_recover = false, reversed_payout = $3, reversal = $4, updated_at = app.now()
     where account_id = $1 and id = $2 and to_recover`,
    [account_id, id, payout, reversal],
  );

/** The payee owes it: the next payout is smaller by it. */
export const shareOwed = ({ account_id, id }: ShareToRecover) =>
  statement(
    'update billing.shares set to_recover = false, updated_at = app.now() where account_id = $1 and id = $2 and to_recover',
    [account_id, id],
  );

/** How our books differ from the provider's. `ours` and `theirs`: minor units that are with the payee; null: there is no such transfer. */
export interface PayoutDifference {
  readonly payout: string | null;
  readonly transfer: string;
  readonly ours: number | null;
  readonly theirs: number | null;
}

/**
 * Payouts that were paid since then, and what is with the payee of each by our books; and those of a week before, whose transfers may
 * have been made since.
 */
export const bookedPayouts = (mode: Mode, since: Date) =>
  statement<{ id: string; transfer: string; amount: number; is_listed: boolean }>(
    `select p.id, coalesce(p.transfer, '') as transfer, p.created_at >= $2 as is_listed, p.amount + coalesce((select sum(s.amount) from billing.shares s
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

export const presentLook = (mode: Mode) =>
  statement<{ looked_at: Date; differences: readonly PayoutDifference[] }>(
    'select looked_at, differences from billing.payout_looks where mode = $1',
    [mode],
  );

export interface ShownPayout {
  readonly id: string;
  readonly account_id: AccountId;
  readonly name: string | null;
  readonly period: string;
  readonly currency: string;
  readonly amount: number;
  readonly state: 'open' | 'paid' | 'refused';
  readonly transfer: string | null;
  readonly code: string | null;
  readonly created_at: Date;
}

export const payoutsPage = (
  mode: Mode,
  asked: {
    readonly period: string | undefined;
    readonly limit: number;
    readonly before: readonly [string, string] | undefined;
  },
) =>
  statement<ShownPayout>(
    `select p.id, p.account_id, a.name, p.period, p.currency, p.amount, p.state, p.transfer, p.code, p.created_at
     from billing.payouts p left join accounts.accounts a on a.account_id = p.account_id
     where p.mode = $1 and ($2::text is null or p.period = $2)
       and ($3::timestamptz is null or (p.created_at, p.id) < ($3::timestamptz, $4::uuid))
     order by p.created_at desc, p.id desc limit $5`,
    [mode, asked.period ?? null, asked.before?.[0] ?? null, asked.before?.[1] ?? null, asked.limit],
  );

/** What all payees are owed, by currency. */
export const owedTotals = (mode: Mode) =>
  statement<{ currency: string; owed: number; payable: number; waiting: number }>(
    `select s.currency, sum(s.amount)::bigint as owed,
       coalesce(sum(s.amount) filter (where s.payable_at <= app.now() and p.state = 'payable'), 0)::bigint as payable,
       coalesce(sum(s.amount) filter (where p.state is distinct from 'payable'), 0)::bigint as waiting
     from billing.shares s left join billing.payees p on p.account_id = s.account_id and p.mode = s.mode
     where s.mode = $1 and s.payout_id is null and s.reversal is null group by s.currency order by s.currency`,
    [mode],
  );
