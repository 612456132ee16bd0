import { commitPoint, type Database, type Transaction } from '#platform/db';
import { AppError, type Ids } from '#platform/kernel';
import type { Logger } from '#platform/telemetry';
import type { Connect } from '../providers/stripe/connect.ts';
import type { Mode } from '../payment-provider.ts';
import { lockPayee } from './ledger.ts';
import * as store from './payout-store.ts';

const OPENED = commitPoint(
  'billing.payout-opened',
  'a payout and the shares in it, before its transfer is asked for',
);
const CLOSED = commitPoint(
  'billing.payout-closed',
  'that a payout was transferred, or refused with its shares free again',
);
const LEASED = commitPoint('billing.payout-leased', 'who looks for a transfer whose answer was lost');
const ENDED = commitPoint('billing.payout-run-ended', 'that a run has paid all that it could');
const RECOVERED = commitPoint('billing.share-recovered', 'where a share that went back was taken from');

/** Payees who are paid at the same time. */
const AT_ONCE = 4;
/** So many payees at a time. */
const BATCH = 200;

export interface PayoutParts {
  readonly db: Database;
  readonly ids: Pick<Ids, 'next'>;
  readonly log: Pick<Logger, 'error' | 'info'>;
  readonly mode: Mode;
  readonly connect: Connect;
  /** Tells the operator that a run lacked money, in the transaction that ends it. */
  readonly tellShortIn: (tx: Transaction, run: store.RunRow) => Promise<void>;
}

/**
 * Goes on with everything that is to be sent or taken back: payouts whose answer was lost, the run that is under way, and shares that
 * went back. What there is to do is read from rows alone, so the next run goes on where one died, and two at once do no harm. Throws
 * when something could not be done, which keeps nothing else waiting.
 */
export async function settle(parts: PayoutParts): Promise<void> {
  const failures: unknown[] = [];
  const trying = async (what: () => Promise<unknown>) => {
    await what().catch((error: unknown) => {
      failures.push(error);
      parts.log.error({ err: error }, 'a payout could not go on');
    });
  };
  await trying(() => closeLost(parts));
  await trying(() => goOnWithRun(parts));
  await trying(() => recoverShares(parts));
  if (failures.length > 0) throw new AggregateError(failures, 'payouts could not go on');
}

/** Looks at Stripe for the transfers that nobody heard of. Answers how many payouts it closed. */
async function closeLost(parts: PayoutParts): Promise<number> {
  const { db, mode, connect } = parts;
  let closed = 0;
  for (;;) {
    const [[lost]] = await db.system('billing.payouts', LEASED, [store.takeOpenPayout(mode)]);
    if (lost === undefined) return closed;
    const transfer = await connect.findTransfer(lost.id);
    if (transfer === undefined) await send(parts, lost);
    else await db.system('billing.payouts', CLOSED, [store.payoutPaid(lost, transfer)]);
    closed += 1;
  }
}

async function goOnWithRun(parts: PayoutParts): Promise<void> {
  const { db, mode } = parts;
  const [[run]] = await db.system('billing.payouts', [store.presentRun(mode)]);
  if (run === undefined) return;
  const failures: unknown[] = [];
  for (;;) {
    const [due] = await db.system('billing.payouts', [store.duePayees(run, BATCH)]);
    let opened = 0;
    const queue = [...due];
    const payNext = async (): Promise<void> => {
      for (let payee = queue.shift(); payee !== undefined; payee = queue.shift()) {
        const payout = await openOne(parts, run, payee);
        if (payout === undefined) continue;
        opened += 1;
        await send(parts, payout).catch((error: unknown) => failures.push(error));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, payNext));
    // Of the rest another process has opened payouts.
    if (opened === 0) break;
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} transfers were not answered`);
  await db.system('billing.payouts', ENDED, async (tx) => {
    const [ended] = await tx.run(store.endRun(run));
    // Payouts are open still, or were left to another process: whoever comes next ends it.
    if (ended !== undefined && ended.lacks_money && !run.repeats) await parts.tellShortIn(tx, run);
  });
}

/** Writes down what a payee is paid in a currency; undefined: nothing is owed any more, or another process has done so. */
function openOne(
  { db, ids }: PayoutParts,
  run: store.RunRow,
  payee: store.DuePayee,
): Promise<store.PayoutRow | undefined> {
  return db.system('billing.payouts', OPENED, async (tx) => {
    await tx.run(lockPayee(payee.account_id));
    const [opened] = await tx.run(store.openPayout(run, payee, ids.next()));
    if (opened !== undefined) await tx.run(store.claimShares(run, opened));
    return opened;
  });
}

/** Has a payout transferred. Where nobody answered it stays open, and is looked for before it is sent again. */
async function send({ db, connect, log }: PayoutParts, payout: store.PayoutRow): Promise<void> {
  const { id, amount, currency, destination } = payout;
  try {
    const transfer = await connect.transfer({ id, amount, currency, destination });
    await db.system('billing.payouts', CLOSED, [store.payoutPaid(payout, transfer)]);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const code = codeOf(error);
    log.error({ payout: id, code }, 'the payment provider refused a payout');
    await db.system('billing.payouts', CLOSED, [store.payoutRefused(payout, code), store.freeShares(payout)]);
  }
}

/** Certain, unlike silence, a limit of requests, or a failure of Stripe's own. */
function isRefusal(error: unknown): boolean {
  return error instanceof AppError && error.code === 'store_refused';
}

/** Stripe's word. A key that was refused is the operator's matter, and the payout is free again like any other. */
function codeOf(error: unknown): string {
  const code = error instanceof AppError ? error.details?.['code'] : undefined;
  return typeof code === 'string' ? code : 'refused';
}

/** Takes shares that went back of the transfers that they were a part of; where that is refused they are a debt. */
async function recoverShares(parts: PayoutParts): Promise<void> {
  const { db, mode, connect } = parts;
  for (;;) {
    const [[share]] = await db.system('billing.payouts', LEASED, [store.takeShareToRecover(mode)]);
    if (share === undefined) return;
    // Another payout of the sale is on its way: which of them it is taken of is known then.
    if (share.is_open) continue;
    if (share.transfer === null) {
      await db.system('billing.payouts', RECOVERED, [store.shareOwed(share)]);
      continue;
    }
    const { id, transfer, amount } = share;
    try {
      const found = share.was_asked ? await connect.findReversal(transfer, id) : undefined;
      const reversal = found ?? (await connect.reverse({ transfer, share: id, amount: -amount }));
      await db.system('billing.payouts', RECOVERED, [store.shareReversed(share, reversal)]);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      parts.log.info({ share: id, code: codeOf(error) }, 'a share that went back is owed by its payee');
      await db.system('billing.payouts', RECOVERED, [store.shareOwed(share)]);
    }
  }
}
