import type { AppliedObject } from '../applied-object.ts';
import type { BillingRecords, SubscriptionRow } from '../billing-records.ts';
import { isAlive } from '../grace.ts';
import type { FormerRow } from '../write-rows.ts';
import type { Notification } from './notifications.ts';

/** A plan that a customer has in place of another one. */
interface PlanChange {
  readonly about: string;
  readonly subscription: SubscriptionRow;
  /** The plan that it was before. */
  readonly from: string;
}

/** A purchase that is over so long before the next one begins has ended. */
const AT_ONCE = 3_600_000;

/** The purchase of the same product that took the place of one; undefined: it has ended, or goes on. */
export function replacementOf(
  { store_id, product, ended_at: end }: SubscriptionRow,
  { subscriptions }: BillingRecords,
): SubscriptionRow | undefined {
  return subscriptions.find(
    ({ replaces, product: of, starts_at: begins }) =>
      replaces === store_id &&
      of === product &&
      (end === null || begins.getTime() - end.getTime() <= AT_ONCE),
  );
}

/** Purchases with another plan in place of earlier ones: the same whichever of the two was heard of last. */
export function plansReplaced(records: BillingRecords): PlanChange[] {
  return records.subscriptions.flatMap((former) => {
    const subscription = replacementOf(former, records);
    if (subscription === undefined || subscription.plan === former.plan) return [];
    return [{ about: subscription.store_id, subscription, from: former.plan }];
  });
}

/** A subscription that has another plan than when it was told of last. What was never told between was in effect unheard. */
export function planChangedIn(
  { facts }: Pick<AppliedObject, 'facts'>,
  before: ReadonlyMap<string, FormerRow>,
  { records, now }: { readonly records: BillingRecords; readonly now: Date },
): Notification[] {
  const subscription = records.subscriptions.find(({ store_id }) => store_id === facts.subscription?.id);
  const former = subscription && before.get(subscription.store_id);
  if (subscription === undefined || former === undefined || !isHad(former) || !isAlive(subscription))
    return [];
  const { product, plan: from } = former;
  if (typeof from !== 'string' || from === subscription.plan || product !== subscription.product) return [];
  const about = `${subscription.store_id} ${now.getTime()}`;
  return [{ kind: 'plan_changed', about, subscription, from, isNews: true }];
}

const isHad = ({ state }: FormerRow) => state === 'active' || state === 'trialing' || state === 'past_due';
