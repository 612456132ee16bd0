import type { Stripe } from 'stripe';
import { OvertakenError } from './retry-overtaken.ts';
import { idOf, isMetered, periodEnd, readSubscription } from './subscription-reads.ts';
import type { StripeClient } from './client.ts';

type Item = Stripe.SubscriptionScheduleUpdateParams.Phase.Item;
type Discount = Stripe.SubscriptionScheduleUpdateParams.Phase.Discount;

/** The subscription at the end of its paid period. */
export interface ScheduledPhase {
  readonly items: Item[];
  /** undefined: those that it has go on. */
  readonly discounts: Discount[] | undefined;
}

/** Schedules it, in place of what was arranged before. */
export async function scheduleChange(
  client: StripeClient,
  subscription: Stripe.Subscription,
  next: ScheduledPhase,
): Promise<void> {
  const arranged = idOf(subscription.schedule);
  const schedule = await (arranged === undefined
    ? client.change((stripe, once) =>
        stripe.subscriptionSchedules.create({ from_subscription: subscription.id }, once('schedule')),
      )
    : client.read((stripe) => stripe.subscriptionSchedules.retrieve(arranged)));
  const present = schedule.phases.find((phase) => phase.start_date === schedule.current_phase?.start_date);
  if (present === undefined) throw new OvertakenError();
  if (arranged === undefined && !isOf(subscription, schedule, present)) {
    await client.change((stripe) => stripe.subscriptionSchedules.release(schedule.id));
    throw new OvertakenError();
  }
  await sellAgain(
    client,
    subscription.items.data.map(({ price }) => price),
  );
  // A phase that names none has those of the customer, and takes away the subscription's.
  const kept = subscription.discounts.flatMap((one) => ({ discount: idOf(one) ?? '' }));
  const phases = [
    {
      start_date: present.start_date,
      end_date: periodEnd(subscription),
      ...(present.trial_end === null ? {} : { trial_end: present.trial_end }),
      items: subscription.items.data.map(({ price, quantity }) => ({
        price: price.id,
        ...(isMetered(price) ? {} : { quantity: quantity ?? 1 }),
      })),
      ...discountParams(kept),
    },
    { items: next.items, proration_behavior: 'none' as const, ...discountParams(next.discounts ?? kept) },
  ];
  await client.change((stripe, once) =>
    stripe.subscriptionSchedules.update(schedule.id, { end_behavior: 'release', phases }, once('arrange')),
  );
}

/** A schedule is made of what the subscription is then: it may have become another one, or was canceled, since it was read. */
function isOf(
  { items }: Stripe.Subscription,
  { end_behavior: behavior }: Stripe.SubscriptionSchedule,
  present: Stripe.SubscriptionSchedule.Phase,
): boolean {
  const prices = new Set(present.items.map(({ price, quantity = 1 }) => `${idOf(price)} ${quantity}`));
  const isSame = items.data.every(({ price, quantity = 1 }) => prices.has(`${price.id} ${quantity}`));
  return isSame && prices.size === items.data.length && behavior !== 'cancel';
}

/**
 * Stripe takes no archived price in a phase, not even the one that a customer has had for years: it is made active again, which sells it
 * to no new customer, as nothing leads to it any more.
 */
export async function sellAgain(client: StripeClient, prices: readonly Stripe.Price[]): Promise<void> {
  for (const { id } of prices.filter(({ active }) => !active))
    await client.change((stripe) => stripe.prices.update(id, { active: true }));
}

const discountParams = (discounts: Discount[]) => (discounts.length === 0 ? {} : { discounts });

/** The change that is arranged for a subscription; undefined: none. */
export async function scheduledFor(
  client: StripeClient,
  { schedule: held }: Stripe.Subscription,
): Promise<ScheduledPhase | undefined> {
  const id = idOf(held);
  if (id === undefined) return undefined;
  const { phases, current_phase: present } = await client.read((stripe) =>
    stripe.subscriptionSchedules.retrieve(id),
  );
  const next = phases.find(({ start_date: start }) => start === present?.end_date);
  if (next === undefined) return undefined;
  return {
    items: next.items.map(({ price, quantity }) => ({
      price: idOf(price) ?? '',
      ...(quantity === undefined ? {} : { quantity }),
    })),
    discounts: next.discounts.map(({ promotion_code, discount }) =>
      promotion_code === null
        ? { discount: idOf(discount) ?? '' }
        : { promotion_code: idOf(promotion_code) ?? '' },
    ),
  };
}

/** Stripe refuses changes of a subscription under a schedule: what was arranged is taken back first. */
export async function releaseSchedule(
  client: StripeClient,
  subscription: Stripe.Subscription,
): Promise<Stripe.Subscription> {
  const schedule = idOf(subscription.schedule);
  if (schedule === undefined) return subscription;
  await client.change((stripe) => stripe.subscriptionSchedules.release(schedule));
  return readSubscription(client, subscription.id);
}

/**
 * Stripe keeps a schedule for the whole last phase, which is a cycle, after the change that it arranged. In that time a subscription can't be
 * canceled in the portal, and no change of it can wait for a bank: a schedule with nothing to come is released.
 */
export async function releaseFinished(
  client: StripeClient,
  subscription: Stripe.Subscription,
): Promise<Stripe.Subscription> {
  const id = idOf(subscription.schedule);
  if (id === undefined) return subscription;
  const schedule = await client.read((stripe) => stripe.subscriptionSchedules.retrieve(id));
  return isFinished(schedule) ? releaseSchedule(client, subscription) : subscription;
}

/** A schedule of a single phase, or that ends with a cancellation, was not made by us, and means something yet. */
function isFinished({
  status,
  end_behavior: behavior,
  phases,
  current_phase: present,
}: Stripe.SubscriptionSchedule): boolean {
  const isLast = phases.length > 1 && phases.at(-1)?.start_date === present?.start_date;
  return status === 'active' && behavior === 'release' && isLast;
}
