import { type Operation, type Operations, invalidRequest } from '../../operation.ts';
import { idOf } from '../changes.ts';
import { detailsOf, endNow, expire } from './endings.ts';
import { Form } from '../form.ts';
import { draftInvoice } from '../invoices/invoices.ts';
import type { LineDraft } from '../invoices/lines.ts';
import type { Subscription } from '../objects.ts';
import { customerOf } from '../customers/payers.ts';
import { addPending, creditsOf, takePending } from './prorations.ts';
import { usageLines } from './sales.ts';
import { invoiceNow } from './subscriptions.ts';
import type { World } from '../world.ts';

/** Now: with what is left given back (`prorate`), and what is pending billed at once (`invoice_now`). */
const cancel: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const [prorate, bills] = [form.flag('prorate') ?? false, form.flag('invoice_now') ?? false];
  const said = readDetails(form);
  form.done();
  const subscription = world.table('subscription').get(id);
  if (subscription.ended_at !== null) {
    throw invalidRequest(`No such subscription: '${id}'`, { code: 'resource_missing', param: 'id' });
  }
  if (subscription.status === 'incomplete') {
    expireByHand(world, subscription);
    return subscription;
  }
  if (prorate)
    addPending(
      world,
      subscription,
      creditsOf(world, subscription, { items: subscription.items.data, at: world.now() }),
    );
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

/** A deleted customer keeps no subscription. */
export const removeCustomer: Operation = ({ world, ids: [id = ''] }) => {
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

export const cancellations: Operations = {
  'DELETE /v1/customers/:id': removeCustomer,
  'DELETE /v1/subscriptions/:id': cancel,
};
