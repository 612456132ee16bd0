import { idOf } from '../changes.ts';
import { voidInvoice } from '../invoices/invoices.ts';
import type { Invoice, Subscription } from '../objects.ts';
import type { Due, World } from '../world.ts';

/** For so long a change waits to be paid at most. Seconds. */
const WAITS = 23 * 3_600;

/** Whether a change of the subscription waits for this invoice: while it does, the subscription is what it was. */
export function waitsFor({ pending_update, latest_invoice }: Subscription, { id }: Invoice): boolean {
  return pending_update !== null && latest_invoice !== null && idOf(latest_invoice) === id;
}

/** Has a subscription, which is as it was before, wait for the invoice of a change: `after` is what it becomes. */
export function keepPending(world: World, subscription: Subscription, after: Subscription): void {
  const ends = subscription.items.data.map(({ current_period_end: end }) => end);
  const trial = subscription.status === 'trialing' ? [subscription.trial_end ?? Infinity] : [];
  world.change(subscription, 'customer.subscription.updated', (changed) => {
    changed.pending_update = {
      billing_cycle_anchor:
        after.billing_cycle_anchor === changed.billing_cycle_anchor ? null : after.billing_cycle_anchor,
      cancel_at_period_end: null,
      discount: null,
      discounts: after.discounts,
      expires_at: Math.min(world.now() + WAITS, ...ends, ...trial),
      metadata: null,
      subscription_items: after.items.data,
      trial_end: after.status === changed.status ? null : after.trial_end,
      trial_from_plan: null,
    };
    changed.latest_invoice = after.latest_invoice;
  });
}

/** Its invoice is paid: the change is made. */
export function applyPending(world: World, subscription: Subscription): void {
  const { pending_update: update } = subscription;
  if (update === null) return;
  world.change(subscription, 'customer.subscription.updated', (changed) => {
    changed.pending_update = null;
    changed.items.data = update.subscription_items ?? changed.items.data;
    changed.discounts = update.discounts ?? changed.discounts;
    changed.billing_cycle_anchor = update.billing_cycle_anchor ?? changed.billing_cycle_anchor;
    if (update.trial_end === null) return;
    changed.trial_end = update.trial_end;
    changed.status = 'active';
  });
  world.emit('customer.subscription.pending_update_applied', subscription);
}

/** The change comes to nothing, and nothing is owed for it. */
export function dropPending(world: World, subscription: Subscription): void {
  const { pending_update: update, latest_invoice: latest } = subscription;
  if (update === null) return;
  world.change(subscription, 'customer.subscription.updated', (changed) => {
    changed.pending_update = null;
  });
  const invoice = latest === null ? undefined : world.table('invoice').find(idOf(latest));
  if (invoice?.status === 'open') voidInvoice(world, invoice);
  world.emit('customer.subscription.pending_update_expired', subscription);
}

/** No payment came in time. */
export function* pendingToExpire(world: World, subscription: Subscription): Generator<Due> {
  const { pending_update: update } = subscription;
  if (update !== null)
    yield { at: update.expires_at, of: subscription, run: () => dropPending(world, subscription) };
}
