import { AppError } from '#platform/kernel';
import type { Stripe } from 'stripe';
import type { StripeClient } from './client.ts';
import { planItem } from './plan-item.ts';

/** What a subscription shall be. */
export interface Change {
  readonly price: string;
  readonly quantity: number;
  /** Metered prices that belong to the new plan. */
  readonly metered: readonly string[];
  /** Costs more than what it is: it is paid at once, or nothing changes. Else what is left is credited on the next invoice. */
  readonly dearer: boolean;
  readonly promotion: string | undefined;
  /** The second from which on it is prorated; the same one makes a preview and its change cost the same. */
  readonly proratedAt: Date | undefined;
}

/** What a change costs at once, in minor units; below 0: that much is credited on the next invoice. */
export interface Preview {
  readonly dueNow: number;
  readonly currency: string;
  /** null: nothing is prorated. */
  readonly proratedAt: Date | null;
}

/** A subscription as Stripe has it at this moment. Throws `not_found` when there is none. */
export async function readSubscription(client: StripeClient, id: string): Promise<Stripe.Subscription> {
  return client.read((stripe) => stripe.subscriptions.retrieve(id));
}

/** Changes it now. Throws `payment_declined`, and then nothing changed. Asked twice, it is charged once. */
export async function changeNow(client: StripeClient, id: string, change: Change): Promise<void> {
  const subscription = await released(client, await readSubscription(client, id));
  if (isSo(subscription, change)) return;
  await client.change((stripe) =>
    stripe.subscriptions.update(id, {
      items: changedItems(subscription, change),
      proration_behavior: change.dearer ? 'always_invoice' : 'create_prorations',
      // Nothing is had before it is paid.
      payment_behavior: 'error_if_incomplete',
      ...(change.proratedAt === undefined ? {} : { proration_date: secondOf(change.proratedAt) }),
      ...(change.promotion === undefined ? {} : { discounts: [{ promotion_code: change.promotion }] }),
    }),
  );
}

/** Arranges it for the end of what is paid for; a change to what it is already takes back what was arranged. */
export async function changeLater(client: StripeClient, id: string, change: Change): Promise<void> {
  const subscription = await readSubscription(client, id);
  if (isSo(subscription, change)) {
    await released(client, subscription);
    return;
  }
  if (endsAt(subscription) !== undefined) throw new AppError('subscription_ending');
  const arranged = idOf(subscription.schedule);
  const schedule = await (arranged === undefined
    ? client.change((stripe) => stripe.subscriptionSchedules.create({ from_subscription: id }))
    : client.read((stripe) => stripe.subscriptionSchedules.retrieve(arranged)));
  const [present] = schedule.phases;
  if (present === undefined) throw new AppError('store_refused');
  await client.change((stripe) =>
    stripe.subscriptionSchedules.update(schedule.id, {
      end_behavior: 'release',
      phases: [
        {
          start_date: present.start_date,
          end_date: periodEnd(subscription),
          ...(present.trial_end === null ? {} : { trial_end: present.trial_end }),
          items: subscription.items.data.map(({ price, quantity }) => ({
            price: price.id,
            ...(isMetered(price) ? {} : { quantity: quantity ?? 1 }),
          })),
        },
        {
          items: [
            { price: change.price, quantity: change.quantity },
            ...change.metered.map((price) => ({ price })),
          ],
          proration_behavior: 'none',
          ...(change.promotion === undefined ? {} : { discounts: [{ promotion_code: change.promotion }] }),
        },
      ],
    }),
  );
}

/** What `changeNow` would cost at once, if nothing else happens before it. */
export async function previewChange(client: StripeClient, id: string, change: Change): Promise<Preview> {
  const subscription = await readSubscription(client, id);
  const { currency } = subscription;
  if (isSo(subscription, change)) return { dueNow: 0, currency, proratedAt: null };
  const invoice = await client.read((stripe) =>
    stripe.invoices.createPreview({
      subscription: id,
      subscription_details: {
        items: changedItems(subscription, change),
        proration_behavior: 'always_invoice',
        ...(change.proratedAt === undefined ? {} : { proration_date: secondOf(change.proratedAt) }),
      },
      ...(change.promotion === undefined ? {} : { discounts: [{ promotion_code: change.promotion }] }),
    }),
  );
  const dueNow = invoice.total < 0 ? invoice.total : invoice.amount_due;
  return { dueNow, currency: invoice.currency, proratedAt: change.proratedAt ?? proratedFrom(invoice) };
}

/** Ends it: at once, without giving back what was paid; or with what is paid for. Answers when. */
export async function cancel(client: StripeClient, id: string, when: 'now' | 'period_end'): Promise<Date> {
  const subscription = await released(client, await readSubscription(client, id));
  const ending = endsAt(subscription);
  if (subscription.ended_at !== null || (when === 'period_end' && ending !== undefined))
    return ending ?? dateOf(subscription.ended_at ?? periodEnd(subscription));
  const after = await client.change((stripe) =>
    when === 'now'
      ? stripe.subscriptions.cancel(id)
      : stripe.subscriptions.update(id, { cancel_at_period_end: true }),
  );
  return dateOf(after.ended_at ?? after.cancel_at ?? periodEnd(after));
}

/** Has it go on: takes back that it was canceled, or a pause. */
export async function resume(client: StripeClient, id: string): Promise<void> {
  const subscription = await readSubscription(client, id);
  if (subscription.ended_at !== null) throw new AppError('subscription_over');
  if (endsAt(subscription) !== undefined || subscription.pause_collection !== null) {
    await client.change((stripe) =>
      stripe.subscriptions.update(id, {
        // Stripe takes one of the two, whichever of them it was.
        ...(subscription.cancel_at_period_end ? { cancel_at_period_end: false } : {}),
        ...(subscription.cancel_at !== null && !subscription.cancel_at_period_end ? { cancel_at: '' } : {}),
        ...(subscription.pause_collection === null ? {} : { pause_collection: '' }),
      }),
    );
  }
  if (subscription.status === 'paused') await client.change((stripe) => stripe.subscriptions.resume(id));
}

/** Stripe lets nobody change a subscription under a schedule: what was arranged is taken back first. */
async function released(
  client: StripeClient,
  subscription: Stripe.Subscription,
): Promise<Stripe.Subscription> {
  const schedule = idOf(subscription.schedule);
  if (schedule === undefined) return subscription;
  await client.change((stripe) => stripe.subscriptionSchedules.release(schedule));
  return readSubscription(client, subscription.id);
}

function changedItems(subscription: Stripe.Subscription, { price, quantity, metered }: Change) {
  const plan = planItem(subscription);
  const others = subscription.items.data.filter(
    (item) => item.id !== plan?.id && isMetered(item.price) && !metered.includes(item.price.id),
  );
  const there = new Set(subscription.items.data.map((item) => item.price.id));
  return [
    { ...(plan === undefined ? {} : { id: plan.id }), price, quantity },
    // What was used of them so far is charged at the end of the period all the same: it is reported.
    ...others.map(({ id }) => ({ id, deleted: true })),
    ...metered.filter((one) => !there.has(one)).map((one) => ({ price: one })),
  ];
}

function isSo(subscription: Stripe.Subscription, { price, quantity }: Change): boolean {
  const plan = planItem(subscription);
  return plan?.price.id === price && plan.quantity === quantity;
}

function endsAt({ cancel_at: at, ended_at: ended }: Stripe.Subscription): Date | undefined {
  const end = ended ?? at;
  return end === null ? undefined : dateOf(end);
}

/** All items of ours have one period. */
function periodEnd(subscription: Stripe.Subscription): number {
  const [first] = subscription.items.data;
  return planItem(subscription)?.current_period_end ?? first?.current_period_end ?? subscription.start_date;
}

function proratedFrom({ lines }: Stripe.Invoice): Date | null {
  const starts = lines.data.filter(({ amount }) => amount < 0).map(({ period }) => period.start);
  return starts.length === 0 ? null : dateOf(Math.max(...starts));
}

const isMetered = ({ recurring }: Stripe.Price) => recurring?.usage_type === 'metered';
const idOf = (named: string | { readonly id: string } | null) =>
  typeof named === 'string' ? named : named?.id;
const dateOf = (seconds: number) => new Date(seconds * 1_000);
const secondOf = (date: Date) => Math.floor(date.getTime() / 1_000);
