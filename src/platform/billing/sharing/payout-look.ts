import { commitPoint, type Database, type Transaction } from '#platform/db';
import type { Clock } from '#platform/kernel';
import type { Connect } from '../providers/stripe/connect.ts';
import type { Mode } from '../payment-provider.ts';
import { bookedPayouts, keepLook, type PayoutDifference } from './payout-store.ts';

const LOOKED = commitPoint('billing.payout-looked', 'how payouts differ from the books of the provider');

/** Payouts of so many days are compared: each run of a month twice, and what is taken back of it. */
const DAYS = 62;
/** A transfer so young may not be written down here yet. Milliseconds. */
const YOUNG = 600_000;

export interface LookParts {
  readonly db: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly mode: Mode;
  readonly connect: Pick<Connect, 'transfersSince'>;
  readonly tellDifferencesIn: (tx: Transaction, differences: readonly PayoutDifference[]) => Promise<void>;
}

/** Compares the payouts of the last weeks with the provider's transfers, and tells the operator of what differs, once. */
export async function comparePayouts(parts: LookParts): Promise<readonly PayoutDifference[]> {
  const { db, clock, mode, connect } = parts;
  const now = clock.now();
  const since = new Date(now - DAYS * 86_400_000);
  const [ours] = await db.system('billing.payouts', [bookedPayouts(mode, since)]);
  const missing = new Map(ours.map((payout) => [payout.transfer, payout]));
  const differences: PayoutDifference[] = [];
  for await (const transfers of connect.transfersSince(since)) {
    for (const { id, payout, amount, reversed, madeAt } of transfers) {
      const own = missing.get(id);
      missing.delete(id);
      const theirs = amount - reversed;
      if (own !== undefined && own.amount !== theirs)
        differences.push({ payout: own.id, transfer: id, ours: own.amount, theirs });
      // The answer of a young one may be on its way.
      if (own === undefined && payout !== null && madeAt.getTime() < now - YOUNG)
        differences.push({ payout, transfer: id, ours: null, theirs });
    }
  }
  for (const { id, transfer, amount, is_listed } of missing.values())
    if (is_listed) differences.push({ payout: id, transfer, ours: amount, theirs: null });
  differences.sort((a, b) => (a.transfer < b.transfer ? -1 : 1));
  await db.system('billing.payouts', LOOKED, async (tx) => {
    const [kept] = await tx.run(keepLook(mode, differences));
    if (kept?.is_news === true) await parts.tellDifferencesIn(tx, differences);
  });
  return differences;
}
