import { commitPoint, type Transaction } from '#platform/db';
import type { Clock } from '#platform/kernel';
import type { Mail } from '#platform/mail';
import type { Webhooks } from '#platform/webhooks';
import { refusalOf } from '../errors.ts';
import type { Connect } from '../providers/stripe/connect.ts';
import type { Mode } from '../payment-provider.ts';
import { attemptAll } from './attempt-all.ts';
import * as store from './payout-store.ts';
import type { SellingParts } from './selling.ts';
import { tellPayoutIn } from './tell-payout.ts';
import type { PayoutDifference } from './views.ts';

const OPENED = commitPoint('billing.payout-opened', 'a payout and its shares, before its transfer');
const CLOSED = commitPoint('billing.payout-closed', 'a payout that was transferred, or refused');
const LEASED = commitPoint('billing.payout-leased', 'who looks for a transfer whose answer was lost');
const ENDED = commitPoint('billing.payout-run-ended', 'that a run has paid all that it could');
const RECOVERED = commitPoint('billing.share-recovered', 'where a share that went back was taken from');
const LOOKED = commitPoint('billing.payout-looked', 'how payouts differ from the books of the provider');

/** Payees who are paid at the same time. */
const AT_ONCE = 4;
/** Payouts of so many days are compared: each run of a month twice, and what is taken back of it. */
const DAYS = 62;
/** A transfer so young may not be written down here yet. Milliseconds. */
const YOUNG = 600_000;

export interface PayoutParts extends Pick<SellingParts, 'db' | 'ids' | 'log'> {
  readonly clock: Pick<Clock, 'now'>;
  readonly mode: Mode;
  readonly connect: Connect;
  /** By currency, in minor units. */
  readonly payoutMinimums: store.PayoutMinimums;
  /** Mails to the operator what is wrong, once for each id. */
  readonly tellAdminsIn: (tx: Transaction, id: string, problem: string) => Promise<void>;
  readonly mail: Pick<Mail, 'sending'>;
  readonly webhooks: Pick<Webhooks, 'emitting'>;
}

/** Looks at Stripe for the transfers whose answer was lost, and sends again what is not there. */
export async function closeLost(parts: PayoutParts): Promise<void> {
  const { db, mode, connect } = parts;
  for (;;) {
    const [[lost]] = await db.system('billing.payouts', LEASED, [store.takeOpenPayout(mode)]);
    if (lost === undefined) return;
    const transfer = await connect.findTransfer(lost.id);
    await send(parts, lost, { transfer });
  }
}

/** Pays all that the run under way is to pay. What there is to do is read from rows alone: it goes on where another process died. */
export async function goOnWithRun(parts: PayoutParts): Promise<void> {
  const { db, ids, mode, log } = parts;
  const [[run]] = await db.system('billing.payouts', [store.presentRun(mode)]);
  if (run === undefined) return;
  await attemptAll(duePayees(parts, run), { log, atOnce: AT_ONCE }, async (payee) => {
    const [, [opened]] = await db.system(
      'billing.payouts',
      OPENED,
      store.openingPayout(run, payee, { id: ids.next(), minimums: parts.payoutMinimums }),
    );
    if (opened !== undefined) await send(parts, opened);
  });
  await db.system('billing.payouts', ENDED, async (tx) => {
    const [ended] = await tx.run(store.endRun(run));
    // Payouts are open still, or were left to another process: the next run ends it.
    if (ended === undefined || ended.lacks.length === 0 || run.repeats) return;
    const problem = `The balance at the payment provider is too small in ${ended.lacks.join(', ')} for the payouts of ${run.period}: a transfer is made of what is there in its own currency. They are asked for again each day.`;
    await parts.tellAdminsIn(tx, run.id, problem);
  });
}

async function* duePayees(
  { db, payoutMinimums: minimums }: PayoutParts,
  run: store.RunRow,
): AsyncGenerator<store.DuePayee, void> {
  let last: store.DuePayee | undefined;
  do {
    const [due] = await db.system('billing.payouts', [store.duePayees(run, { after: last, minimums })]);
    yield* due;
    last = due.at(-1);
  } while (last !== undefined);
}

/** Has a payout transferred, unless the transfer of one that was `lost` was found. Without an answer it stays open, and is looked for before it is sent again. */
async function send(
  parts: PayoutParts,
  payout: store.PayoutRow,
  lost?: { readonly transfer: string | undefined },
): Promise<void> {
  const { db, connect, log } = parts;
  const { id } = payout;
  const refuse = async (error: unknown) => {
    const code = certainRefusal(error);
    log.error({ payout: id, code }, 'the payment provider refused a payout');
    // The refusal may follow an earlier try that worked, and whose answer was lost.
    const transfer = await connect.findTransfer(id);
    return transfer === undefined ? { code } : { transfer };
  };
  const closed =
    lost?.transfer === undefined
      ? await connect.transfer(payout, lost !== undefined).then((transfer) => ({ transfer }), refuse)
      : { transfer: lost.transfer };
  await db.system('billing.payouts', CLOSED, async (tx) => {
    const [told] = await tx.run(store.closePayout(payout, closed));
    if (told !== undefined) await tellPayoutIn(parts, tx, told);
  });
}

/** Stripe's word. Throws what is no refusal: silence, a limit of requests, a failure of Stripe's own. */
function certainRefusal(error: unknown): string {
  const code = refusalOf(error);
  if (code === undefined) throw error;
  return code;
}

/** Takes shares that went back of the transfers that they were a part of; where that is refused they are a debt. */
export async function recoverShares({ db, mode, connect, log }: PayoutParts): Promise<void> {
  for (;;) {
    const [[share]] = await db.system('billing.payouts', LEASED, [store.takeShareToRecover(mode)]);
    if (share === undefined) return;
    // Another payout of the sale is on its way: which of them it is taken of is known then.
    if (share.is_open) continue;
    const { id, transfer, amount, was_asked: wasAsked } = share;
    let reversal: string | undefined;
    if (transfer !== null) {
      if (wasAsked) reversal = await connect.findReversal(transfer, id);
      const order = { id, amount: -amount, isAgain: wasAsked };
      reversal ??= await connect.reverse(transfer, order).catch((error: unknown) => {
        log.info(
          { share: id, code: certainRefusal(error) },
          'what went back could not be taken of a transfer',
        );
        return connect.findReversal(transfer, id);
      });
    }
    await db.system('billing.payouts', RECOVERED, [store.recoverShare(share, reversal)]);
  }
}

/** Compares the payouts of the last weeks with the provider's transfers, and tells the operator of what differs, once. */
export async function comparePayouts(parts: PayoutParts): Promise<readonly PayoutDifference[]> {
  const { db, ids, clock, mode, connect } = parts;
  const now = clock.now();
  const since = new Date(now - DAYS * 86_400_000);
  const [ours] = await db.system('billing.payouts', [store.bookedPayouts(mode, since)]);
  const missing = new Map(ours.map((payout) => [payout.transfer, payout]));
  const differences: PayoutDifference[] = [];
  for await (const { id: transfer, payout, currency, left: theirs, madeAt } of connect.transfersSince(
    since,
  )) {
    const own = missing.get(transfer);
    missing.delete(transfer);
    if (own !== undefined && own.amount !== theirs)
      differences.push({ payout: own.id, transfer, currency, ours: own.amount, theirs });
    // The answer of a young one may be on its way.
    if (own === undefined && payout !== null && madeAt < now - YOUNG)
      differences.push({ payout, transfer, currency, ours: null, theirs });
  }
  for (const { id: payout, transfer, currency, amount, is_listed: isListed } of missing.values())
    if (isListed) differences.push({ payout, transfer, currency, ours: amount, theirs: null });
  differences.sort((a, b) => (a.transfer < b.transfer ? -1 : 1));
  await db.system('billing.payouts', LOOKED, async (tx) => {
    const [kept] = await tx.run(store.keepLook(mode, differences));
    const some = differences.slice(0, 5).map(({ transfer }) => transfer);
    const problem = `${differences.length} payouts differ from the transfers at the payment provider: ${some.join(', ')}.`;
    if (kept?.is_news === true) await parts.tellAdminsIn(tx, ids.next(), problem);
  });
  return differences;
}
