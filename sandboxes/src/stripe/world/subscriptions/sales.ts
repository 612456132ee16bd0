import { invalidRequest } from '../../operation.ts';
import type { Form } from '../form.ts';
import {
  type AskedItem,
  advanceLines,
  isMetered,
  itemsAfter,
  periodOf,
  readItems,
  setPeriods,
  usageLine,
} from './items.ts';
import type { LineDraft } from '../invoices/lines.ts';
import { unitsOf } from '../catalogue/meters.ts';
import { periodEnd } from '../periods.ts';
import type { Subscription, SubscriptionItem } from '../objects.ts';
import { addPending, creditsOf, debitsOf, usedOf } from './prorations.ts';
import { type Collects, invoiceNow } from './subscriptions.ts';
import type { World } from '../world.ts';

const BEHAVIORS = ['always_invoice', 'create_prorations', 'none'] as const;
export type ProrationBehavior = (typeof BEHAVIORS)[number];

/** What a request wants to be otherwise about what is sold. */
export interface AskedSale {
  readonly items: readonly AskedItem[] | undefined;
  readonly behavior: ProrationBehavior;
  readonly proratedAt: number | undefined;
  readonly anchorNow: boolean;
  /** The end of the trial, which may be now. */
  readonly trialEnd: number | undefined;
}

export function readSale(world: World, form: Form): AskedSale {
  return {
    items: readItems(world, form),
    behavior: readBehavior(form),
    proratedAt: form.integer('proration_date'),
    anchorNow: form.choice('billing_cycle_anchor', ['now', 'unchanged']) === 'now',
    trialEnd: readTrialEnd(world, form),
  };
}

export function readBehavior(form: Form): ProrationBehavior {
  return form.choice('proration_behavior', BEHAVIORS) ?? 'create_prorations';
}

/** `at`: what the parameter stands in. */
export function checkProration(subscription: Subscription, { proratedAt }: AskedSale, at?: string): void {
  const { start, end } = periodOf(subscription);
  if (proratedAt === undefined || (proratedAt >= start && proratedAt <= end)) return;
  throw invalidRequest('Cannot specify proration_date outside of current subscription period.', {
    param: at === undefined ? 'proration_date' : `${at}[proration_date]`,
  });
}

function readTrialEnd(world: World, form: Form): number | undefined {
  const asked = form.text('trial_end');
  if (asked === undefined) return undefined;
  if (asked === 'now') return world.now();
  if (/^\d+$/.test(asked)) return Number(asked);
  throw invalidRequest(`Invalid trial_end: ${asked}`, { param: 'trial_end' });
}

export function changesSale(asked: AskedSale): boolean {
  return asked.items !== undefined || asked.anchorNow || asked.trialEnd !== undefined;
}

/**
 * Changes what is sold by a subscription, and keeps what is prorated for the next invoice. The answer bills what is due
 * at once: with `always_invoice`, and when a new period begins with it.
 */
export function changeSale(
  world: World,
  subscription: Subscription,
  asked: AskedSale & { readonly collects: Collects },
): (() => void) | undefined {
  if (!changesSale(asked)) return undefined;
  const before = structuredClone(subscription.items.data);
  const after = itemsAfter(world, subscription, asked.items ?? []);
  const trialing = subscription.status === 'trialing';
  const stillTrialing = asked.trialEnd === undefined ? trialing : asked.trialEnd > world.now();
  const renews = !stillTrialing && (asked.anchorNow || intervalOf(before) !== intervalOf(after) || trialing);
  const used = renews ? usageLines(world, subscription) : [];
  if (asked.behavior !== 'none') giveBack(world, subscription, { ...asked, after: renews ? [] : after });
  for (const item of after) if (isNewSale(item, before)) beginWith(world, subscription, item);
  subscription.items.data = after;
  if (stillTrialing && asked.trialEnd !== undefined) beginTrial(world, subscription, asked.trialEnd);
  if (renews) return restart(world, subscription, { lines: used, collects: asked.collects });
  if (asked.behavior === 'none' || stillTrialing) return undefined;
  const come = after.filter((item) => !before.some((other) => sameSale(item, other)));
  addPending(world, subscription, debitsOf(subscription, come, asked.proratedAt ?? world.now()));
  if (asked.behavior !== 'always_invoice') return undefined;
  return () => invoiceNow(world, subscription, { lines: [], collects: asked.collects });
}

/** Changes what is sold where a period ends: the renewal of the same second bills the next one. */
export function changeAtTurn(world: World, subscription: Subscription, asked: readonly AskedItem[]): void {
  const before = subscription.items.data;
  const after = itemsAfter(world, subscription, asked);
  giveBack(world, subscription, { after, proratedAt: undefined });
  if (intervalOf(before) !== intervalOf(after)) subscription.billing_cycle_anchor = world.now();
  for (const item of after) if (isNewSale(item, before)) beginWith(world, subscription, item);
  subscription.items.data = after;
}

/** What goes is credited as far as it was paid in advance, and billed as far as it was used. */
function giveBack(
  world: World,
  subscription: Subscription,
  { after, proratedAt }: { after: readonly SubscriptionItem[]; proratedAt: number | undefined },
): void {
  const gone = subscription.items.data.filter((item) => !after.some((other) => sameSale(item, other)));
  addPending(
    world,
    subscription,
    creditsOf(world, subscription, { items: gone, at: proratedAt ?? world.now() }),
  );
  if (after.length > 0) addPending(world, subscription, usedOf(world, subscription, gone));
}

function sameSale(item: SubscriptionItem, other: SubscriptionItem): boolean {
  return item.id === other.id && item.price.id === other.price.id && item.quantity === other.quantity;
}

/** Usage of another metered price counts from then on; `giveBack` bills the usage before. */
function isNewSale(item: SubscriptionItem, before: readonly SubscriptionItem[]): boolean {
  const former = before.find(({ id }) => id === item.id);
  return former === undefined || (isMetered(item.price) && former.price.id !== item.price.id);
}

/** How often it is paid in advance; where all is by use, how often that is. */
function intervalOf(items: readonly SubscriptionItem[]): string {
  const item = items.find(({ price }) => !isMetered(price)) ?? items[0];
  return `${item?.price.recurring?.interval} ${item?.price.recurring?.interval_count}`;
}

/** An item paid in advance ends with the period in whose midst it comes; one paid by use is not concerned with earlier use. */
function beginWith(world: World, subscription: Subscription, item: SubscriptionItem): void {
  const { start, end } = periodOf(subscription);
  const { recurring } = item.price;
  const isByUse = isMetered(item.price) && recurring !== null;
  const [anchor, now] = [subscription.billing_cycle_anchor, world.now()];
  item.current_period_start = isByUse ? now : start;
  item.current_period_end =
    isByUse && subscription.status !== 'trialing' ? periodEnd(anchor, now, recurring) : end;
}

/** What was used of metered items in the period that they show. */
export function usageLines(world: World, subscription: Subscription): LineDraft[] {
  const metered = subscription.items.data.filter(({ price }) => isMetered(price));
  return metered.map((item) => usageLine(subscription, item, unitsOf(world, subscription, item)));
}

function beginTrial(world: World, subscription: Subscription, end: number): void {
  subscription.status = 'trialing';
  subscription.trial_start ??= world.now();
  subscription.trial_end = end;
  subscription.billing_cycle_anchor = end;
  setPeriods(subscription, periodOf(subscription).start, end);
}

/** A period begins now. The answer bills it, with these lines. */
export function restart(
  world: World,
  subscription: Subscription,
  { lines, collects }: { lines: readonly LineDraft[]; collects: Collects },
): () => void {
  subscription.billing_cycle_anchor = world.now();
  if (subscription.status === 'trialing') {
    subscription.status = 'active';
    subscription.trial_end = world.now();
  }
  setPeriods(subscription, world.now());
  return () =>
    invoiceNow(world, subscription, { lines: [...lines, ...advanceLines(subscription)], collects });
}
