import { actorOf, type Audit } from '#platform/audit';
import { commitPoint, type Database, type Statement, type Transaction } from '#platform/db';
import { type Answer, answer, type Caller, type Once, type Origin, type Page, page } from '#platform/http';
import { type AccountId, AppError, type Clock, type Ids, type UserId } from '#platform/kernel';
import { platformAdmins } from '#platform/limits';
import type { Mail } from '#platform/mail';
import { PLATFORM_ACCOUNT, type Queue } from '#platform/queue';
import type { Logger } from '#platform/telemetry';
import type { Inbox } from '../inbox/inbox.ts';
import type { StripeConnection } from '../providers/stripe/client.ts';
import { createConnect } from '../providers/stripe/connect.ts';
import {
  type EarningsBalance,
  earningsBalances,
  type ItemEarnings,
  itemEarnings,
  type PaidOut,
  payoutsOf,
} from './earnings.ts';
import type { ShareLedger } from './ledger.ts';
import { createPayees, type Payees } from './payees.ts';
import { comparePayouts } from './payout-look.ts';
import * as store from './payout-store.ts';
import { settle } from './payouts.ts';
import { createItemSelling, type ItemSelling } from './selling.ts';

const ASKED = commitPoint('billing.payouts-asked', 'a run of payouts, and the job that goes on with it');

const PAY_OUT = 'billing.pay-out';
const LOOK = 'billing.payout-look';

export interface PayoutsOrder {
  readonly period: string;
  readonly caller: Caller;
  readonly origin: Origin;
  readonly once: Once;
}

/** A run of payouts as it was begun, or is under way. */
export interface RunView {
  readonly id: string;
  readonly period: string;
  readonly state: 'running' | 'done';
  readonly as_of: string;
}

export interface PayoutsQuery {
  readonly period: string | undefined;
  readonly limit: number;
  readonly before: readonly [string, string] | undefined;
}

/** Items that products sell for others, and what is paid to those (docs/sharing.md). */
export interface Sharing extends Omit<ItemSelling, 'closeDue'> {
  /** Throws `nothing_sold` where this server sells nothing. */
  readonly payees: () => Payees;
  earnings(
    accountId: AccountId,
    period: string | undefined,
  ): Promise<{
    readonly period: string;
    readonly balances: readonly EarningsBalance[];
    readonly items: readonly ItemEarnings[];
    readonly payouts: readonly PaidOut[];
  }>;
  /** Begins a run for a month that is over. Throws `period_not_over`, and `payouts_running` while another month is paid. */
  payOut(order: PayoutsOrder): Promise<Answer<RunView>>;
  payouts(query: PayoutsQuery): Promise<
    Page<store.ShownPayout> & {
      readonly owed: readonly {
        readonly currency: string;
        readonly owed: number;
        readonly payable: number;
        readonly waiting: number;
      }[];
      readonly compared_at: Date | null;
      readonly differences: readonly store.PayoutDifference[];
    }
  >;
  /** Goes on here and now with what is to be sent, taken back or closed. */
  settle(): Promise<void>;
  /** Compares with the provider's books, and asks again for what lacked money. */
  look(): Promise<readonly store.PayoutDifference[]>;
}

export interface SharingParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
  readonly jobs: Pick<Queue, 'handle' | 'schedule' | 'enqueueing' | 'wake'>;
  readonly log: Pick<Logger, 'info' | 'error'>;
  readonly stripe: StripeConnection | undefined;
  readonly inbox: Pick<Inbox, 'refresh'>;
  readonly ledger: ShareLedger;
  readonly sharePoints: number;
}

/** Registers the jobs that pay and compare. */
export function createSharing(parts: SharingParts): Sharing {
  const { stripe, db, jobs } = parts;
  const selling = createItemSelling(parts);
  const sold = stripe && sellingOf(parts, stripe);
  const needed = () => {
    if (sold === undefined) throw new AppError('nothing_sold');
    return sold;
  };
  const sharing: Sharing = {
    open: selling.open,
    close: selling.close,
    payees: () => needed().payees,
    async earnings(accountId, period = monthOf(parts.clock.now())) {
      const { mode } = needed();
      const [balances, items, payouts] = await db.tenant(accountId, [
        earningsBalances(accountId, mode),
        itemEarnings(accountId, mode, period),
        payoutsOf(accountId, mode),
      ]);
      return { period, balances, items, payouts };
    },
    payOut: (order) => payOut(parts, needed().mode, order),
    async payouts({ limit, ...query }) {
      // Where nothing is sold nobody is owed anything.
      const mode = stripe?.client.mode ?? 'live';
      const [rows, owed, [look]] = await db.system('admin.billing', [
        store.payoutsPage(mode, { ...query, limit: limit + 1 }),
        store.owedTotals(mode),
        store.presentLook(mode),
      ]);
      const shown = page(rows, limit, { item: (row) => row, position: payoutPosition });
      return { ...shown, owed, compared_at: look?.looked_at ?? null, differences: look?.differences ?? [] };
    },
    async settle() {
      await selling.closeDue();
      if (sold !== undefined) await sold.settle();
    },
    look: async () => sold?.look() ?? [],
  };
  if (sold === undefined) return sharing;
  jobs.handle({ kind: PAY_OUT, attempts: 1, run: () => sold.settle(), giveUp });
  jobs.handle({ kind: LOOK, attempts: 3, run: async () => void (await sold.look()), giveUp });
  jobs.schedule({ name: PAY_OUT, cron: '* * * * *', kind: PAY_OUT });
  jobs.schedule({ name: LOOK, cron: '21 5 * * *', kind: LOOK });
  return sharing;
}

/** The next job of the schedule does what one left undone. */
const giveUp = () => Promise.resolve();

const payoutPosition = ({ created_at: at, id }: store.ShownPayout) => [at.toISOString(), id];

/** What only a server that sells does. */
function sellingOf(parts: SharingParts, { client, standIn }: StripeConnection) {
  const { db, ids, ledger, mail } = parts;
  const { mode } = client;
  const connect = createConnect(client);
  const payees = createPayees({ db, mode, connect, ledger });
  const tellIn = async (tx: Transaction, id: string, problem: string) => {
    const admins = await tx.run(platformAdmins());
    await tx.runAll(admins.flatMap((admin) => mailTo(parts, { ...admin, id, problem })));
  };
  const payouts = {
    ...parts,
    mode,
    connect,
    tellShortIn: (tx: Transaction, run: store.RunRow) =>
      tellIn(
        tx,
        run.id,
        `The balance at the payment provider is too small for the payouts of ${run.period}. They are asked for again each day.`,
      ),
  };
  return {
    mode,
    payees,
    async settle() {
      if (standIn?.isRunning() === false) return;
      await settle(payouts);
      mail.wake();
    },
    async look() {
      if (standIn?.isRunning() === false) return [];
      await payees.refreshWaiting();
      const differences = await comparePayouts({
        ...parts,
        mode,
        connect,
        tellDifferencesIn: (tx, found) =>
          tellIn(
            tx,
            ids.next(),
            `${found.length} payouts differ from the transfers at the payment provider: ${found
              .map(({ transfer }) => transfer)
              .slice(0, 5)
              .join(', ')}.`,
          ),
      });
      await db.system('billing.payouts', ASKED, [store.repeatShortRun(mode, ids.next())]);
      await settle(payouts);
      mail.wake();
      return differences;
    },
  };
}

async function payOut(
  parts: SharingParts,
  mode: StripeConnection['client']['mode'],
  { period, caller, origin, once }: PayoutsOrder,
): Promise<Answer<RunView>> {
  if (period >= monthOf(parts.clock.now())) throw new AppError('period_not_over', { details: { period } });
  const given = await once(ASKED, async (tx) => {
    const [begun] = await tx.run(store.beginRun(mode, { id: parts.ids.next(), period }));
    const [run] = begun === undefined ? await tx.run(store.presentRun(mode)) : [begun];
    if (run === undefined || run.period !== period) throw new AppError('payouts_running');
    await tx.runAll(
      parts.jobs.enqueueing(PLATFORM_ACCOUNT, {
        kind: PAY_OUT,
        lane: 'batch',
        payload: { run: run.id },
        requestId: origin.requestId,
      }),
    );
    await parts.audit.recordIn(tx, {
      action: 'billing.payouts',
      actor: actorOf(caller),
      target: { kind: 'payout_run', id: run.id },
      changes: { period },
      origin,
    });
    return answer(202, { id: run.id, period, state: run.state, as_of: run.as_of.toISOString() });
  });
  parts.jobs.wake();
  return given;
}

/** The calendar month of UTC, as `2026-11`. */
function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7);
}

interface Told {
  readonly user_id: UserId;
  readonly email: string;
  readonly id: string;
  readonly problem: string;
}

const mailTo = ({ mail }: SharingParts, { email, user_id, id, problem }: Told): readonly Statement[] =>
  mail.sending({
    to: email,
    template: 'payouts_problem',
    facts: { problem },
    userId: user_id,
    once: `payouts_problem ${id} ${user_id}`,
  });
