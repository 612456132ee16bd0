import type { Transaction } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import { managersOf } from '#platform/limits';
import type { Mail } from '#platform/mail';
import type { Webhooks } from '#platform/webhooks';
import { moneyOf } from '../money-text.ts';
import type { StopReason, TopUpKey, TopUpRow } from './store.ts';

/** A top-up that buys nothing more for the present. `url`: the page on which the last purchase can be paid. */
export interface Stopped
  extends TopUpKey,
    Pick<TopUpRow, 'add_on' | 'currency' | 'agreed_at' | 'monthly_cap'> {
  readonly reason: StopReason;
  readonly url: string | null;
}

interface TellParts {
  readonly catalogues: ReadonlyMap<string, Catalogue>;
  readonly mail: Pick<Mail, 'sending'>;
  readonly webhooks: Pick<Webhooks, 'emitting'>;
  readonly ids: { next(): string };
}

const AGREE_ANEW = 'To go on, set it again at the present price.';

/** Tells those who manage the account and the operator's endpoints, in the commit of the stop. */
export async function tellStoppedIn(
  { catalogues, mail, webhooks, ids }: TellParts,
  tx: Transaction,
  stopped: Stopped,
): Promise<void> {
  const { account_id: accountId, product, limit_name: limit, add_on: addOn, reason, url } = stopped;
  const id = ids.next();
  const data = { product, limit, add_on: `${product}.${addOn}`, reason, checkout_url: url };
  const catalogue = catalogues.get(product);
  const people = await tx.run(managersOf(accountId));
  await tx.runAll([
    ...webhooks.emitting({ type: 'top_up.stopped', accountId, id, data }),
    ...people.flatMap(({ user_id: userId, email: to, account }) =>
      mail.sending({
        to,
        accountId,
        userId,
        product,
        once: `top_up_stopped ${id} ${userId}`,
        template: 'top_up_stopped',
        facts: {
          account,
          product: catalogue?.name ?? product,
          pack: catalogue?.addOns[addOn]?.name ?? addOn,
          link: '',
          ...textsOf(stopped),
        },
      }),
    ),
  ]);
}

function textsOf({ reason, url, monthly_cap: cap, currency }: Stopped): {
  why: string;
  next: string;
  link?: string;
} {
  switch (reason) {
    case 'monthly_cap':
      return {
        why: `The monthly cap of ${moneyOf(cap, currency)} has no room for another pack.`,
        next: 'It goes on with the next calendar month (UTC), or once you raise the cap.',
      };
    case 'payment_failed':
      return {
        why: 'The payment was not made: the card was declined, or the bank asks you to confirm it.',
        next:
          url === null
            ? 'To go on, change the card and set it again.'
            : 'Pay within seven days, and it goes on, or set it again with another card.',
        link: url ?? '',
      };
    case 'price_changed':
      return { why: 'The pack is not sold as it was agreed to any more.', next: AGREE_ANEW };
    case 'money_back':
      return { why: 'The money of a pack went back, by a refund or a dispute.', next: AGREE_ANEW };
    case 'not_closed':
      return {
        why: 'An earlier purchase was not paid, and the payment provider has not closed its invoice.',
        next:
          url === null ? AGREE_ANEW : 'To go on, pay it, or set the top-up again and leave its page unpaid.',
        link: url ?? '',
      };
  }
}
