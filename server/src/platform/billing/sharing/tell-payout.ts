import type { Transaction } from '#platform/db';
import { managersOf } from '#platform/limits';
import type { Mail } from '#platform/mail';
import type { Webhooks } from '#platform/webhooks';
import { moneyOf } from '../money-text.ts';
import type { ClosedPayout } from './payout-store.ts';

interface TellParts {
  readonly mail: Pick<Mail, 'sending'>;
  readonly webhooks: Pick<Webhooks, 'emitting'>;
}

/** Tells the payee, and the operator's systems, in the commit that closes a payout. One that is refused again is mailed once for its month and currency. */
export async function tellPayoutIn(
  { mail, webhooks }: TellParts,
  tx: Transaction,
  payout: ClosedPayout,
): Promise<void> {
  const { account_id: accountId, id, period, currency, amount, taken_off, code } = payout;
  const data = { payout_id: id, period, currency, amount, taken_off };
  const template = code === null ? 'payout_sent' : 'payout_refused';
  const about = code === null ? id : `${accountId} ${period} ${currency}`;
  const people = await tx.run(managersOf(accountId));
  await tx.runAll([
    ...(code === null
      ? webhooks.emitting({ type: 'payout.sent', accountId, id, data })
      : webhooks.emitting({ type: 'payout.refused', accountId, id, data: { ...data, code } })),
    ...people.flatMap(({ user_id: userId, email: to, account }) =>
      mail.sending({
        to,
        accountId,
        userId,
        once: `${template} ${about} ${userId}`,
        template,
        facts: { account, amount: moneyOf(amount, currency), period, next: nextOf(payout) },
      }),
    ),
  ]);
}

function nextOf({ code, taken_off: less, currency }: ClosedPayout): string {
  if (code !== null)
    return 'It is owed as before, and is paid with a later run. You need do nothing here; your account at Stripe may say more.';
  const arrives = 'Stripe pays it to your bank account on the days that you chose there.';
  return less === 0
    ? arrives
    : `It is smaller by ${moneyOf(less, currency)}, for refunds and disputes of your sales. ${arrives}`;
}
