import { endWithPeriod } from './cancellations.ts';
import { composeInvoice, type InvoiceDraft } from '../invoices/drafts.ts';
import { endNow } from './endings.ts';
import { draftInvoice, finalize, markUncollectible, voidInvoice } from '../invoices/invoices.ts';
import { advanceLines, nextToBill, periodOf, setPeriods } from './items.ts';
import type { LineDraft } from '../invoices/lines.ts';
import { isSent } from '../invoices/sent.ts';
import type { Invoice, Subscription } from '../objects.ts';
import { customerOf, defaultMethod } from '../customers/payers.ts';
import { pendingToExpire } from './pending-updates.ts';
import { takePending } from './prorations.ts';
import { usageLines } from './sales.ts';
import { draftFor } from './subscriptions.ts';
import type { Due, World } from '../world.ts';

const DAY = 86_400;
/** Stripe warns so long before a trial ends, and (by its settings' default) before a renewal. */
const TRIAL_WARNING = 3 * DAY;
const RENEWAL_WARNING = 7 * DAY;

/** Ends, renewals, warnings of them, and pauses that are over. */
export function* subscriptionsToCome(world: World): Generator<Due> {
  for (const subscription of world.table('subscription').oldestFirst()) {
    const { status, cancel_at: ends, pause_collection: pause } = subscription;
    if (subscription.ended_at !== null || status === 'incomplete') continue;
    const of = subscription;
    if (ends !== null) yield { at: ends, of, run: () => endWithPeriod(world, subscription) };
    yield* pendingToExpire(world, subscription);
    if (status === 'paused') continue;
    if (pause?.resumes_at != null)
      yield { at: pause.resumes_at, of, run: () => unpause(world, subscription) };
    yield* warnings(world, subscription);
    yield { at: periodOf(nextToBill(subscription)).end, of, run: () => renew(world, subscription) };
  }
}

function* warnings(world: World, subscription: Subscription): Generator<Due> {
  const { end } = periodOf(nextToBill(subscription));
  const trialing = subscription.status === 'trialing';
  const mark = `${trialing ? 'trial ends' : 'renews'} ${subscription.id} ${end}`;
  if (world.marks.has(mark) || subscription.cancel_at !== null) return;
  const at = Math.max(subscription.created, end - (trialing ? TRIAL_WARNING : RENEWAL_WARNING));
  yield {
    at,
    of: subscription,
    run: () => {
      world.marks.add(mark);
      if (trialing) world.emit('customer.subscription.trial_will_end', subscription);
      else world.emit('invoice.upcoming', upcomingInvoice(world, subscription));
    },
  };
}

/** The invoice that the next renewal makes, if nothing changes. */
export function upcomingInvoice(world: World, subscription: Subscription): Invoice {
  const invoice = composeInvoice(world, billPeriod(world, structuredClone(subscription)));
  return { ...invoice, id: `upcoming_${invoice.id}`, billing_reason: 'upcoming' };
}

function unpause(world: World, subscription: Subscription): void {
  world.change(subscription, 'customer.subscription.updated', (changed) => {
    changed.pause_collection = null;
  });
}

function renew(world: World, subscription: Subscription): void {
  if (subscription.status === 'trialing' && !goesOn(world, subscription)) return;
  let invoice: Invoice | undefined;
  world.change(subscription, 'customer.subscription.updated', (changed) => {
    invoice = draftInvoice(world, billPeriod(world, changed));
    if (changed.status === 'trialing') changed.status = 'active';
    changed.latest_invoice = invoice.id;
  });
  if (invoice !== undefined) withhold(world, subscription, invoice);
}

/** Without a card a trial ends as its settings say. */
function goesOn(world: World, subscription: Subscription): boolean {
  const behavior = subscription.trial_settings?.end_behavior.missing_payment_method;
  const method = defaultMethod(world, customerOf(world, subscription.customer), subscription);
  if (method !== undefined || behavior === 'create_invoice' || isSent(subscription)) return true;
  if (behavior === 'cancel') {
    endNow(world, subscription, 'cancellation_requested');
    return false;
  }
  world.change(subscription, 'customer.subscription.paused', (changed) => {
    changed.status = 'paused';
  });
  return false;
}

/** The next period begins of what is billed next. The answer is its invoice, with what was used in the last one. */
function billPeriod(world: World, subscription: Subscription): InvoiceDraft {
  const due = nextToBill(subscription);
  const last = periodOf(due);
  const customer = customerOf(world, subscription.customer);
  const used = usageLines(world, due);
  setPeriods(due, last.end);
  const drafts: LineDraft[] = [...takePending(world, subscription), ...used, ...advanceLines(due)];
  const held =
    subscription.status === 'unpaid' || subscription.pause_collection?.behavior === 'keep_as_draft';
  const finalizesAt = held ? null : last.end + world.settings.draftSeconds;
  const asked = { customer, reason: 'subscription_cycle', drafts, period: last, finalizesAt } as const;
  return draftFor(world, subscription, asked);
}

/** While collection is paused, invoices are not collected. */
function withhold(world: World, subscription: Subscription, invoice: Invoice): void {
  const behavior = subscription.pause_collection?.behavior;
  if (behavior !== 'void' && behavior !== 'mark_uncollectible') return;
  finalize(world, invoice);
  if (invoice.status !== 'open') return;
  if (behavior === 'void') voidInvoice(world, invoice);
  else markUncollectible(world, invoice);
}
