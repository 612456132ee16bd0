import { idOf } from '../changes.ts';
import { voidInvoice } from '../invoices/invoices.ts';
import { dropPending } from './pending-updates.ts';
import type { Subscription } from '../objects.ts';
import type { World } from '../world.ts';

type Reason = NonNullable<NonNullable<Subscription['cancellation_details']>['reason']>;

/** A subscription ends at this instant; what is open stays owed, and is tried no more. */
export function endNow(world: World, subscription: Subscription, reason: Reason): void {
  dropPending(world, subscription);
  subscription.status = 'canceled';
  subscription.ended_at = world.now();
  subscription.canceled_at ??= world.now();
  subscription.cancellation_details = detailsOf(subscription, { reason });
  const scheduleId = subscription.schedule;
  subscription.schedule = null;
  world.emit('customer.subscription.deleted', subscription);
  for (const invoice of world.table('invoice').list()) {
    const owned = invoice.parent?.subscription_details?.subscription === subscription.id;
    if (!owned || (invoice.status !== 'open' && invoice.status !== 'draft')) continue;
    world.change(invoice, 'invoice.updated', (changed) => {
      changed.auto_advance = false;
      changed.next_payment_attempt = null;
      changed.automatically_finalizes_at = null;
    });
  }
  if (scheduleId === null) return;
  world.change(
    world.table('subscription_schedule').get(idOf(scheduleId)),
    'subscription_schedule.canceled',
    (schedule) => {
      schedule.status = 'canceled';
      schedule.canceled_at = world.now();
      schedule.current_phase = null;
    },
  );
}

export function detailsOf(
  subscription: Subscription,
  said: Partial<NonNullable<Subscription['cancellation_details']>>,
): NonNullable<Subscription['cancellation_details']> {
  const none = { comment: null, feedback: null, feedback_option: null, reason: null };
  return { ...none, ...subscription.cancellation_details, ...said };
}

/** The first invoice was not paid within 23 hours. */
export function expire(world: World, subscription: Subscription): void {
  const invoice = subscription.latest_invoice;
  world.change(subscription, 'customer.subscription.updated', (changed) => {
    changed.status = 'incomplete_expired';
    changed.ended_at = world.now();
  });
  if (invoice !== null) voidInvoice(world, world.table('invoice').get(idOf(invoice)));
}
