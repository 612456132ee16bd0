import { actorOf, type Audit } from '#platform/audit';
import { commitPoint, statement, type Transaction } from '#platform/db';
import { type Answer, answer, type Caller, type Once, type Origin, page } from '#platform/http';
import { type AccountId, AppError } from '#platform/kernel';
import { platformAdmins } from '#platform/limits';
import type { Mail } from '#platform/mail';
import { PLATFORM_ACCOUNT, type Queue } from '#platform/queue';
import type { Webhooks } from '#platform/webhooks';
import type { Mode } from '../payment-provider.ts';
import type { StripeConnection } from '../providers/stripe/client.ts';
import { createConnect } from '../providers/stripe/connect.ts';
import { attemptAll } from './attempt-all.ts';
import type { ShareLedger } from './ledger.ts';
import type { ReturnAddresses } from '../return-addresses.ts';
import { createPayees } from './payees.ts';
import { beginRun, MONTH_END, presentRun, repeatShortRun } from './payout-store.ts';
import { closeLost, comparePayouts, goOnWithRun, type PayoutParts, recoverShares } from './payouts.ts';
import type { Earnings, PayoutDifference, PayoutList, PayoutRun } from './views.ts';
import { closeDueSales, closeSales, type ItemOffer, openSale, type SellingParts } from './selling.ts';

const ASKED = commitPoint('billing.payouts-asked', 'a run of payouts, and the job that goes on with it');

const PAY_OUT = 'billing.pay-out';
const LOOK = 'billing.payout-look';

interface PayoutsOrder {
  readonly period: string;
  readonly caller: Caller;
  readonly origin: Origin;
  readonly once: Once;
}

export interface PayoutsQuery {
  readonly period?: string | undefined;
  readonly limit: number;
  /** Cursor, from the last one on the page before: when it was made, and its id. */
  readonly before: readonly [string, string] | undefined;
}

export interface SharingParts
  extends Omit<SellingParts, 'stripe'>,
    Pick<PayoutParts, 'clock' | 'payoutMinimums'> {
  readonly audit: Audit;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
  readonly jobs: Pick<Queue, 'handle' | 'schedule' | 'enqueueing' | 'wake'>;
  readonly stripe: StripeConnection | undefined;
  readonly ledger: ShareLedger;
  readonly returns: ReturnAddresses;
}

export type Sharing = ReturnType<typeof createSharing>;

/**
 * Items that products sell for others, and what is paid to those (docs/sharing.md). Registers the jobs that close sales, pay and compare.
 * Where this server sells nothing, what can't be done without throws `nothing_sold`.
 */
export function createSharing(parts: SharingParts) {
  const { db, ids, jobs, stripe } = parts;
  const sold = stripe && sellingOf(parts, stripe);
  const needed = () => {
    if (sold === undefined) throw new AppError('nothing_sold');
    return sold;
  };
  /** Goes on here and now with what is to be sent, taken back or closed; the provider hears of nothing else. Two at once do no harm. */
  const settle = async (): Promise<void> => {
    if (sold === undefined) return;
    const steps = [closeDueSales, closeLost, goOnWithRun, recoverShares].values();
    await attemptAll(steps, parts, (step) => step(sold)).finally(() => {
      parts.mail.wake();
      parts.webhooks.wake();
    });
  };
  /** Compares with the provider's books, and asks again for what lacked money. */
  const look = async (): Promise<readonly PayoutDifference[]> => {
    // A sandbox that was not asked for anything yet has no books.
    if (sold === undefined || sold.stripe.standIn?.isRunning() === false) return [];
    await sold.payees.refreshWaiting();
    const differences = await comparePayouts(sold);
    await db.system('billing.payouts', ASKED, [repeatShortRun(sold.mode, ids.next())]);
    await settle();
    return differences;
  };
  if (sold !== undefined) {
    const job = { attempts: 1, giveUp: () => Promise.resolve() };
    jobs.handle({ ...job, kind: PAY_OUT, run: settle });
    jobs.handle({ ...job, kind: LOOK, attempts: 3, run: async () => void (await look()) });
    jobs.schedule({ name: PAY_OUT, cron: '* * * * *', kind: PAY_OUT });
    jobs.schedule({ name: LOOK, cron: '21 5 * * *', kind: LOOK });
  }
  return {
    settle,
    look,
    open: async (offer: ItemOffer) => openSale(needed(), offer),
    close: (of: Pick<ItemOffer, 'product' | 'item'>) => closeSales(db, of.product, of.item),
    payees: () => needed().payees,
    /** Earnings of a calendar month of UTC; not said: the present one. */
    async earnings(accountId: AccountId, period = monthOf(parts.clock.now())): Promise<Earnings> {
      const { mode } = needed();
      const [balances, items, payouts] = await db.tenant(accountId, [
        earningsBalances(accountId, mode),
        itemEarnings(accountId, mode, period),
        payoutsOf(accountId, mode),
      ]);
      const withMinimum = balances.map((one) => ({
        ...one,
        minimum: parts.payoutMinimums[one.currency] ?? 1,
      }));
      return { period, balances: withMinimum, items, payouts };
    },
    /** Begins a run for a month that is over. Throws `period_not_over`, and `payouts_running` while another month is paid. */
    async payOut({ period, caller, origin, once }: PayoutsOrder): Promise<Answer<PayoutRun>> {
      const { mode } = needed();
      if (period >= monthOf(parts.clock.now()))
        throw new AppError('period_not_over', { details: { period } });
      const given = await once(ASKED, async (tx) => {
        const [, [run]] = await tx.runAll([beginRun(mode, ids.next(), period), presentRun(mode)]);
        if (run?.period !== period) throw new AppError('payouts_running');
        const { id, as_of: asOf } = run;
        const job = {
          kind: PAY_OUT,
          lane: 'batch',
          payload: { run: id },
          requestId: origin.requestId,
        } as const;
        await tx.runAll(jobs.enqueueing(PLATFORM_ACCOUNT, job));
        const target = { kind: 'payout_run', id };
        const actor = actorOf(caller);
        await parts.audit.recordIn(tx, {
          action: 'billing.payouts',
          actor,
          target,
          changes: { period },
          origin,
        });
        return answer(202, { id, period, state: 'running' as const, as_of: asOf.toISOString() });
      });
      jobs.wake();
      return given;
    },
    /** Where nothing is sold no money is owed. */
    async payouts({ limit, ...query }: PayoutsQuery): Promise<PayoutList> {
      const mode = sold?.mode ?? 'live';
      const [rows, owed, [state]] = await db.system('admin.billing', [
        payoutsPage(mode, { ...query, limit: limit + 1 }),
        owedTotals(mode),
        payoutState(mode),
      ]);
      const shown = page(rows, limit, { item: (row) => row, position: (row) => [row.created_at, row.id] });
      return { ...shown, owed, ...(state ?? { running: null, compared_at: null, differences: [] }) };
    },
  };
}

/** Parts of a server that sells. */
function sellingOf(parts: SharingParts, stripe: StripeConnection) {
  const { mail } = parts;
  const { mode } = stripe.client;
  const connect = createConnect(stripe.client);
  const tellAdminsIn = async (tx: Transaction, id: string, problem: string) => {
    const told = { template: 'payouts_problem', facts: { problem } } as const;
    const admins = await tx.run(platformAdmins());
    await tx.runAll(
      admins.flatMap(({ user_id: userId, email: to }) =>
        mail.sending({ ...told, to, userId, once: `payouts_problem ${id} ${userId}` }),
      ),
    );
  };
  return { ...parts, stripe, mode, connect, payees: createPayees({ ...parts, mode, connect }), tellAdminsIn };
}

/** The calendar month of UTC, as `2026-11`. */
function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7);
}

/** In SQL, to the microsecond: what a list goes on after must be exact. */
const isoTime = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const itemEarnings = (accountId: AccountId, mode: Mode, period: string) =>
  statement<Earnings['items'][number]>(
    `select product, item, currency, count(*) filter (where why = 'paid') as sales, sum(total)::bigint as total, sum(amount)::bigint as share
     from billing.shares where account_id = $1 and mode = $2
       and created_at >= ($3 || '-01')::timestamp at time zone 'UTC'
       and created_at < ${MONTH_END('$3')}
     group by product, item, currency order by product, item, currency limit 1000`,
    [accountId, mode, period],
  );

const earningsBalances = (accountId: AccountId, mode: Mode) =>
  statement<Omit<Earnings['balances'][number], 'minimum'>>(
    `select currency, coalesce(sum(amount) filter (where payout_id is null and reversal is null), 0)::bigint as owed,
       coalesce(sum(amount) filter (where payout_id is null and reversal is null and payable_at <= app.now()), 0)::bigint as payable,
       coalesce(sum(amount) filter (where payout_id is not null or reversal is not null), 0)::bigint as sent
     from billing.shares where account_id = $1 and mode = $2 group by currency order by currency`,
    [accountId, mode],
  );

/** Other payouts of the same month and currency to a payee. */
const OTHERS = (alias: string) =>
  `from billing.payouts ${alias} where (${alias}.account_id, ${alias}.mode, ${alias}.period, ${alias}.currency) = (p.account_id, p.mode, p.period, p.currency)`;
/** A payout that was refused is shown by the one that was made in its place. */
const IS_LAST_TRY = `(p.state <> 'refused' or p.created_at = (select max(later.created_at) ${OTHERS('later')}))`;
/** A payout with those that were refused since one was paid, of which 99 are counted. */
const TRIES = `(select count(*)::int + 1 from (select ${OTHERS('f')} and f.state = 'refused' and f.created_at < p.created_at
  and f.created_at > coalesce((select max(o.created_at) ${OTHERS('o')} and o.state = 'paid' and o.created_at < p.created_at), '-infinity') limit 99) as refused)`;

const payoutsOf = (accountId: AccountId, mode: Mode) =>
  statement<Earnings['payouts'][number]>(
    `select p.id, p.period, p.currency, p.amount, p.state, ${TRIES} as tries, ${isoTime('p.created_at')} as created_at from billing.payouts p
     where p.account_id = $1 and p.mode = $2 and ${IS_LAST_TRY} order by p.created_at desc, p.id desc limit 24`,
    [accountId, mode],
  );

const payoutsPage = (mode: Mode, { period, limit, before }: PayoutsQuery) =>
  statement<PayoutList['data'][number]>(
    `select p.id, p.account_id, a.name, p.period, p.currency, p.amount, p.state, ${TRIES} as tries, p.transfer, p.code, ${isoTime('p.created_at')} as created_at
     from billing.payouts p left join accounts.accounts a on a.account_id = p.account_id
     where p.mode = $1 and ($2::text is null or p.period = $2) and ${IS_LAST_TRY}
       and ($3::timestamptz is null or (p.created_at, p.id) < ($3::timestamptz, $4::uuid))
     order by p.created_at desc, p.id desc limit $5`,
    [mode, period ?? null, before?.[0] ?? null, before?.[1] ?? null, limit],
  );

/** Amounts owed to all payees, by currency. */
const owedTotals = (mode: Mode) =>
  statement<PayoutList['owed'][number]>(
    `select s.currency, sum(s.amount)::bigint as owed,
       coalesce(sum(s.amount) filter (where s.payable_at <= app.now() and p.state = 'payable'), 0)::bigint as payable,
       coalesce(sum(s.amount) filter (where p.state is distinct from 'payable'), 0)::bigint as waiting
     from billing.shares s left join billing.payees p on p.account_id = s.account_id and p.mode = s.mode
     where s.mode = $1 and s.payout_id is null and s.reversal is null group by s.currency order by s.currency`,
    [mode],
  );

/** Which month is being paid, and what the last look found. */
const payoutState = (mode: Mode) =>
  statement<Pick<PayoutList, 'running' | 'compared_at' | 'differences'>>(
    `select (select period from billing.payout_runs where mode = $1 and state = 'running') as running,
       ${isoTime('looked_at')} as compared_at, coalesce(differences, '[]') as differences
     from (select) one left join billing.payout_looks on mode = $1`,
    [mode],
  );
