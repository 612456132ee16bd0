import { type Operation, type Operations, invalid } from '../operation.ts';
import { idOf } from './changes.ts';
import { Form } from './form.ts';
import { draftInvoice, voidInvoice } from './invoices.ts';
import { customerOf } from './payers.ts';
import type { LineDraft } from './lines.ts';
import type { Subscription } from './objects.ts';
import { addPending, creditsOf, takePending } from './prorations.ts';
import { usageLines } from './sales.ts';
import { invoiceNow } from './subscriptions.ts';
import type { World } from './world.ts';

type Reason = NonNullable<NonNullable<Subscription['cancellation_details']>['reason']>;

/** A subscription ends at this instant; what is open stays owed, and is tried no more. */
export function endNow(world: World, subscription: Subscription, reason: Reason): void {
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

/** Now: with what is left given back (`prorate`), and what is pending billed at once (`invoice_now`). */
const cancel: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const [prorate, bills] = [form.flag('prorate') ?? false, form.flag('invoice_now') ?? false];
  const said = readDetails(form);
  form.done();
  const subscription = world.table('subscription').get(id);
  if (subscription.ended_at !== null) {
    throw invalid(`No such subscription: '${id}'`, { code: 'resource_missing', param: 'id' });
  }
  if (subscription.status === 'incomplete') {
    expireByHand(world, subscription);
    return subscription;
  }
  if (prorate) addPending(world, subscription, creditsOf(subscription, subscription.items.data, world.now()));
  if (bills) invoiceNow(world, subscription, { lines: usedBy(world, subscription), collects: true });
  subscription.cancellation_details = detailsOf(subscription, said);
  endNow(world, subscription, 'cancellation_requested');
  return subscription;
};

function expireByHand(world: World, subscription: Subscription): void {
  subscription.canceled_at = world.now();
  expire(world, subscription);
}

export function readDetails(form: Form): { comment?: string; feedback?: string } {
  const part = form.part('cancellation_details');
  const [comment, feedback] = [part?.text('comment'), part?.text('feedback')];
  return { ...(comment === undefined ? {} : { comment }), ...(feedback === undefined ? {} : { feedback }) };
}

function usedBy(world: World, subscription: Subscription): LineDraft[] {
  return usageLines(world, subscription).filter(({ quantity }) => quantity > 0);
}

function draftLast(world: World, subscription: Subscription, drafts: readonly LineDraft[]) {
  return draftInvoice(world, {
    customer: customerOf(world, subscription.customer),
    subscription,
    reason: 'subscription_update',
    currency: subscription.currency,
    drafts,
    discounts: [],
    rates: [],
    period: { start: subscription.start_date, end: world.now() },
    automaticTax: false,
    finalizesAt: null,
  });
}

/** What was used to the end is billed when a subscription ends with its period, an hour later as any renewal. */
export function endWithPeriod(world: World, subscription: Subscription): void {
  const drafts = [...takePending(world, subscription), ...usedBy(world, subscription)];
  endNow(world, subscription, 'cancellation_requested');
  if (drafts.length === 0) return;
  const invoice = draftLast(world, subscription, drafts);
  invoice.automatically_finalizes_at = world.now() + world.settings.draftSeconds;
  invoice.auto_advance = true;
}

/** Whoever is deleted keeps no subscription. */
const removeCustomer: Operation = ({ world, ids: [id = ''] }) => {
  const customer = world.table('customer').get(id);
  for (const subscription of world.table('subscription').list()) {
    const owned = idOf(subscription.customer) === id;
    if (owned && subscription.ended_at === null) endNow(world, subscription, 'cancellation_requested');
  }
  world.table('customer').remove(id);
  world.deleted.add(id);
  world.emit('customer.deleted', customer);
  return { id, object: 'customer', deleted: true };
};

export const endings: Operations = {
  'DELETE /v1/customers/:id': removeCustomer,
  'DELETE /v1/subscriptions/:id': cancel,
};
