import { statement, type Transaction } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { managersOf } from '#platform/limits';
import type { ProviderName } from '../../payment-provider.ts';
import type { NotifyParts } from './notify.ts';

/** Two subscriptions to one product, each paid at another provider. */
interface PaidTwice {
  readonly about: string;
  readonly product: string;
  readonly plans: readonly [string, string];
  readonly stores: readonly [ProviderName, ProviderName];
}

const NAMES: Readonly<Record<ProviderName, string>> = {
  stripe: 'the web (Stripe)',
  app_store: 'the App Store',
  google_play: 'Google Play',
};

/**
 * Tells who looks after an account that one product is paid for at two providers: of each two once, however often it is bought anew, in the commit that made it so, whichever
 * of them was heard of last. The better plan is in effect, and only the customer can end what they bought in a store.
 */
export async function notifyPaidTwiceIn(
  { mail, entitlements }: Pick<NotifyParts, 'mail' | 'entitlements'>,
  tx: Transaction,
  accountId: AccountId,
): Promise<void> {
  const pairs = await tx.run(notePaidTwice(accountId));
  if (pairs.length === 0) return;
  const people = await tx.run(managersOf(accountId));
  for (const { about, product, plans, stores } of pairs) {
    const catalogue = entitlements.catalogues.get(product);
    const rankOf = (plan: string) => catalogue?.plans[plan]?.rank ?? 0;
    const [one, two] = plans;
    const best = rankOf(one) >= rankOf(two) ? one : two;
    await tx.runAll(
      people.flatMap(({ user_id: userId, email: to, account }) =>
        mail.sending({
          to,
          accountId,
          userId,
          product,
          once: `paid_twice ${accountId} ${about} ${userId}`,
          template: 'paid_twice',
          facts: {
            account,
            product: catalogue?.name ?? product,
            plan: catalogue?.plans[best]?.name ?? best,
            why: `It is paid for at ${NAMES[stores[0]]} and at ${NAMES[stores[1]]}.`,
            link: '',
            next: 'To pay once, cancel one of them where you bought it: each ends with what is paid for.',
          },
        }),
      ),
    );
  }
}

const GOES_ON = (s: string) =>
  `${s}.state in ('trialing', 'active', 'past_due', 'paused') and ${s}.cancels_at is null and not ${s}.in_sandbox`;

/** Notes pairs that were not told of, and answers them. */
const notePaidTwice = (accountId: AccountId) =>
  statement<PaidTwice>(
    `with pairs as (
       select distinct on (a.product, a.store, b.store) a.account_id, concat_ws(' ', a.product, a.store, b.store) as about, a.product, array[a.plan, b.plan] as plans, array[a.store, b.store] as stores
       from billing.subscriptions a join billing.subscriptions b
         on b.account_id = a.account_id and b.product = a.product and b.mode = a.mode and a.store < b.store
       where a.account_id = $1 and ${GOES_ON('a')} and ${GOES_ON('b')}),
     noted as (
       insert into billing.notices (account_id, kind, about) select account_id, 'paid_twice', about from pairs
       on conflict do nothing returning about)
     select about, product, plans, stores from pairs join noted using (about) order by about`,
    [accountId],
  );
