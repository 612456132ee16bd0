import { z } from 'zod';
import type { Bought, Facts, SubscriptionFacts } from '../../../facts.ts';
import type { Body } from '../../../payment-provider.ts';
import { isOfAnotherPlan, microsPerMinor } from '../price-catalog.ts';
import { soldItemOf } from '../product-ids.ts';
import { bodyOf, nothing } from '../../bodies.ts';
import { chargedBy, cycleOf, idsOf, instant, price, reference, unitAmountOf } from './parts.ts';

const soldItem = z.object({ price: z.union([price, z.string()]), quantity: z.number().nullish() });
const phase = z.object({ start_date: instant, end_date: instant, items: z.array(soldItem) });

const schedule = z.object({
  status: z.string(),
  end_behavior: z.string(),
  current_phase: z.object({ end_date: instant }).nullish(),
  phases: z.array(phase),
});

/** Bodies of before it was looked at have its id alone. */
const method = z.union([z.string(), z.object({ fingerprint: z.string().nullish() })]);

const subscription = z.object({
  id: z.string(),
  customer: reference,
  currency: z.string(),
  status: z.enum([
    'incomplete',
    'incomplete_expired',
    'trialing',
    'active',
    'past_due',
    'unpaid',
    'paused',
    'canceled',
  ]),
  start_date: instant,
  trial_end: instant.nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  default_payment_method: method.nullish(),
  cancel_at: instant.nullish(),
  cancel_at_period_end: z.boolean(),
  ended_at: instant.nullish(),
  cancellation_details: z
    .object({ reason: z.string().nullish(), feedback: z.string().nullish(), comment: z.string().nullish() })
    .nullish(),
  pending_update: z
    .object({ expires_at: instant, subscription_items: z.array(soldItem).nullish() })
    .nullish(),
  pause_collection: z.object({ behavior: z.string() }).nullish(),
  latest_invoice: reference,
  /** Ours: see `fetchSubscription`. */
  plinth_retry: z.string().nullish(),
  plinth_unpaid: z.boolean().nullish(),
  trial_settings: z.object({ end_behavior: z.object({ missing_payment_method: z.string() }) }).nullish(),
  plinth_card: z.object({ exp_month: z.number(), exp_year: z.number() }).nullish(),
  schedule: z.union([schedule, z.string()]).nullish(),
  items: z.object({
    data: z.array(soldItem.extend({ price, current_period_start: instant, current_period_end: instant })),
  }),
});
type Subscription = z.infer<typeof subscription>;
type Schedule = z.infer<typeof schedule>;

/** A subscription is one plan, and what is charged past its limits. */
export function subscriptionFacts(body: Body): Facts {
  const of = bodyOf(subscription, body);
  const also = idsOf({ customer: of.customer, invoice: of.latest_invoice });
  const [first] = of.items.data.flatMap((item) => {
    const bought = boughtWith(item);
    return bought === undefined ? [] : [{ item, bought }];
  });
  if (first === undefined) return { ...nothing, customer: of.customer, foreign: true };
  const { item, bought } = first;
  const arranged =
    typeof of.schedule === 'object' && of.schedule?.status === 'active' ? of.schedule : undefined;
  const facts: SubscriptionFacts = {
    ...bought,
    id: of.id,
    unitAmount: unitAmountOf(item.price),
    currency: of.currency,
    unitMicros: unitMicrosOf(of, bought),
    state: stateOf(of),
    givenUp:
      of.status === 'unpaid' ||
      (of.status === 'canceled' && of.cancellation_details?.reason === 'payment_failed'),
    startsAt: of.start_date,
    trialEndsAt: of.trial_end ?? null,
    card: cardOf(of),
    cardExpiresAt: of.plinth_card == null ? undefined : endOfMonth(of.plinth_card),
    nextUnitAmount: arranged === undefined ? undefined : arrangedPrice(arranged, item, bought),
    isCardless: isCardless(of) ? true : undefined,
    endsUnpaid: isCardless(of) && of.plinth_unpaid === true ? true : undefined,
    leaving: leavingOf(of),
    isOurs: of.metadata?.['plinth_account'] !== undefined,
    periodStartsAt: item.current_period_start,
    periodEndsAt: item.current_period_end,
    cancelsAt: of.cancel_at ?? (of.cancel_at_period_end ? item.current_period_end : endOf(arranged)),
    endedAt: of.ended_at ?? null,
    next: arranged === undefined ? null : nextOf(arranged, bought),
    pending: pendingOf(of),
    needsFollowUp: hasMoreToDo(of, arranged, bought) || endsEarly(of, item) ? true : undefined,
  };
  return { ...nothing, customer: of.customer, also, subscription: facts };
}

/** Stripe has the change in effect as soon as the newest invoice is paid, and forgets it when it expires. */
function pendingOf({ pending_update: update, latest_invoice: invoice }: Subscription) {
  const [bought] = update?.subscription_items?.flatMap((one) => boughtWith(one) ?? []) ?? [];
  if (update == null || bought === undefined || invoice === null) return undefined;
  return { ...bought, invoice, expiresAt: update.expires_at };
}

function boughtWith(item: Schedule['phases'][number]['items'][number]): Bought | undefined {
  if (typeof item.price === 'string') return undefined;
  const { product } = item.price;
  const sold = product === null ? undefined : soldItemOf(product, chargedBy(item.price));
  if (sold?.plan === undefined) return undefined;
  return { product: sold.product, plan: sold.plan, cycle: cycleOf(item.price), quantity: item.quantity ?? 1 };
}

function cardOf({ default_payment_method: paidBy }: Subscription): string | undefined {
  return typeof paidBy === 'object' ? (paidBy?.fingerprint ?? undefined) : undefined;
}

/** A card is taken to the end of its month; by our clock, which may be a day before its bank's. */
const endOfMonth = ({ exp_month, exp_year }: NonNullable<Subscription['plinth_card']>) =>
  new Date(Date.UTC(exp_year, exp_month));

const isCardless = ({ trial_settings: trial }: Subscription) =>
  trial?.end_behavior.missing_payment_method === 'cancel';

function leavingOf({ cancellation_details: details }: Subscription): SubscriptionFacts['leaving'] {
  const { reason = null, feedback = null, comment = null } = details ?? {};
  return reason === null && feedback === null ? undefined : { reason, feedback, comment };
}

/** Another price of the same plan that begins with the next period; undefined: it stays. */
function arrangedPrice(
  { phases }: Schedule,
  { price: present, current_period_end: end }: Subscription['items']['data'][number],
  { plan, cycle }: Bought,
): number | undefined {
  const next = phases.find(({ start_date }) => start_date.getTime() === end.getTime());
  const item = next?.items.find((one) => boughtWith(one)?.plan === plan && boughtWith(one)?.cycle === cycle);
  if (item === undefined || typeof item.price === 'string') return undefined;
  const amount = unitAmountOf(item.price);
  return amount === unitAmountOf(present) ? undefined : amount;
}

/** Collection that is paused without charging later (`void`) gives nothing for it; the other ways only put the bill off. */
function stateOf({ status, pause_collection }: Subscription): SubscriptionFacts['state'] {
  switch (status) {
    case 'incomplete_expired':
      return 'expired';
    case 'unpaid':
      return 'past_due';
    case 'trialing':
    case 'active':
    case 'past_due':
      return pause_collection?.behavior === 'void' ? 'paused' : status;
    case 'incomplete':
    case 'paused':
    case 'canceled':
      return status;
  }
}

/** Where a schedule cancels after its last phase, and that is the present one. */
function endOf(arranged: Schedule | undefined): Date | null {
  const last = arranged?.phases.at(-1)?.end_date;
  const present = arranged?.current_phase?.end_date;
  const ends = arranged?.end_behavior === 'cancel' && last?.getTime() === present?.getTime();
  return ends ? (present ?? null) : null;
}

/** Canceled at Stripe's portal, it ends with the first period of an item, which is shorter than the plan's. */
const endsEarly = (
  { cancel_at: at, cancel_at_period_end: isAtPeriodEnd, pending_update: waits }: Subscription,
  { current_period_end: end }: Subscription['items']['data'][number],
) => isAtPeriodEnd && waits == null && at != null && at < end;

/** While a change waits nothing is touched. */
function hasMoreToDo(of: Subscription, arranged: Schedule | undefined, bought: Bought): boolean {
  if (of.pending_update != null) return false;
  return of.plinth_retry != null || isFinished(arranged) || hasLeftOver(of, arranged, bought);
}

/** The change that a schedule arranged was made: it stays for a cycle more, and is in the way of the next one. */
function isFinished(arranged: Schedule | undefined): boolean {
  const [last, present] = [arranged?.phases.at(-1), arranged?.current_phase];
  if (last === undefined || present == null || arranged?.end_behavior !== 'release') return false;
  return arranged.phases.length > 1 && last.end_date.getTime() === present.end_date.getTime();
}

/** Whether a former plan charged something by use that this one does not. */
function hasLeftOver({ items }: Subscription, arranged: Schedule | undefined, { product, plan }: Bought) {
  const metered = items.data.filter(({ price: of }) => chargedBy(of) === 'metered');
  return (
    arranged === undefined &&
    metered.some(({ price: of }) => isOfAnotherPlan(of.lookup_key, { product, plan }))
  );
}

/** Prices of units past the limits of the plan that it is. */
function unitMicrosOf({ items, currency }: Subscription, { product, plan }: Bought): Record<string, number> {
  const prices = items.data.flatMap(({ price: of }) => {
    const limit = of.product === null ? undefined : soldItemOf(of.product, chargedBy(of))?.overage;
    if (limit === undefined || isOfAnotherPlan(of.lookup_key, { product, plan })) return [];
    const minor = of.unit_amount_decimal ?? of.unit_amount ?? 0;
    return [[limit, Math.round(minor * microsPerMinor(currency))] as const];
  });
  return Object.fromEntries(prices);
}

/** The phase after the present one, where it is of another plan, cycle or quantity. */
function nextOf({ phases, current_phase }: Schedule, present: Bought): SubscriptionFacts['next'] {
  const next = phases.find(({ start_date }) => current_phase && start_date >= current_phase.end_date);
  const [bought] = next?.items.flatMap((item) => boughtWith(item) ?? []) ?? [];
  if (next === undefined || bought === undefined) return null;
  const isSame =
    bought.plan === present.plan && bought.cycle === present.cycle && bought.quantity === present.quantity;
  return isSame ? null : { ...bought, at: next.start_date };
}
