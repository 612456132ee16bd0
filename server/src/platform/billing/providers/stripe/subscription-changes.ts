import { AppError } from '#platform/kernel';
import type { Stripe } from 'stripe';
import { assertAgreed, type ChangePrice, type RecurringPrice } from '../../agreed.ts';
import { OvertakenError, retryOvertaken } from './retry-overtaken.ts';
import type { StripeClient } from './client.ts';
import { assertHasMethod, assertHasPaid, assertPaidForGood, debitOf } from './debited-change.ts';
import { forgetKept, setAside, takeUpAgain } from './kept-change.ts';
import {
  type Confirmation,
  confirmationOf,
  dropPendingChange,
  isWaitingFor,
  mayWait,
  waitingPage,
} from './pending-change.ts';
import { releaseFinished, releaseSchedule, scheduleChange, scheduledFor } from './schedule.ts';
import {
  dateOf,
  endsAt,
  idOf,
  meteredItems,
  periodEnd,
  planItem,
  readSubscription,
} from './subscription-reads.ts';
import { atKeptPrices, type Change, cycleOf, hasPlan, limitOf, type PricedChange } from './wanted-change.ts';

/** A change's price; `due_now` below 0: that much is the customer's credit, which the next invoice takes from. */
export interface Preview extends ChangePrice {
  /** null: nothing is prorated. */
  readonly proratedAt: Date | null;
}

/** A change that a caller has agreed to the price of. */
export interface AgreedChange extends Change {
  readonly agreed: ChangePrice;
}

/**
 * Changes it now, at the price that was agreed to. Where the customer's bank wants to see them, it waits, and the answer is where they confirm it: until then it is what
 * it was. Throws `card_missing`, `payment_declined` or `price_changed`, and then nothing changed. Asked twice, it is charged once.
 */
export const changeNow = (
  client: StripeClient,
  id: string,
  change: AgreedChange,
): Promise<Confirmation | undefined> => retryOvertaken(client, (asked) => makeChange(asked, id, change));

async function makeChange(
  client: StripeClient,
  id: string,
  asked: AgreedChange,
): Promise<Confirmation | undefined> {
  const former = await readSubscription(client, id);
  const change = atKeptPrices(former, asked);
  assertNotOver(former);
  const page = isWaitingFor(former, change) ? await waitingPage(client, former) : undefined;
  if (page !== undefined) return page;
  const price = await agreedPrice(client, former, change);
  if ((price?.due_now ?? 0) > 0) assertHasMethod(former);
  await dropPendingChange(client, former);
  const present = await releaseFinished(client, former);
  const dueNow = price?.due_now ?? 0;
  const behavior = await paymentOf(client, present, { change, dueNow });
  await assertPaidForGood(client, present, -dueNow);
  const arranged = await scheduledFor(client, present);
  const subscription = await releaseSchedule(client, present);
  if (isAlready(subscription, change)) return undefined;
  if (price === undefined) throw new OvertakenError();
  try {
    const changed = await client.change((stripe, once) =>
      stripe.subscriptions.update(
        id,
        {
          items: changedItems(subscription, change, { waits: behavior === 'pending_if_incomplete' }),
          proration_behavior: creditedBy(subscription, change),
          payment_behavior: behavior,
          ...prorationOf(subscription, change),
          ...(change.promotion === undefined ? {} : { discounts: [{ promotion_code: change.promotion }] }),
        },
        once('change'),
      ),
    );
    return await confirmationOf(client, changed);
  } catch (error) {
    if (arranged !== undefined) await scheduleChange(client, await readSubscription(client, id), arranged);
    throw error;
  }
}

/**
 * Nothing is had before it is paid, but by a customer who pays by debit, and has before: as with a renewal, the debit is on its way then.
 * With an arrangement it is made at once or not at all: the arrangement would be lost while it waits.
 */
async function paymentOf(
  client: StripeClient,
  former: Stripe.Subscription,
  { change, dueNow }: { readonly change: PricedChange; readonly dueNow: number },
) {
  const debit = debitOf(former);
  if (debit === undefined)
    return mayWait(former) && mayKeepLeftOver(former, change)
      ? 'pending_if_incomplete'
      : 'error_if_incomplete';
  if (dueNow > 0) await assertHasPaid(client, former, debit);
  return 'allow_incomplete';
}

/**
 * At once onto the customer's balance, which Stripe gives back with each invoice that is voided. An item that waits for the next invoice
 * would be lost with the invoice of a dearer plan that is never paid.
 */
const creditedBy = ({ status }: Stripe.Subscription, { dearer }: Change) =>
  dearer || status !== 'trialing' ? 'always_invoice' : 'create_prorations';

/** Arranges it for the end of the paid period; a change to the present plan cancels what was arranged. */
export const changeLater = (client: StripeClient, id: string, change: AgreedChange): Promise<undefined> =>
  retryOvertaken(client, (asked) => arrangeChange(asked, id, change));

async function arrangeChange(client: StripeClient, id: string, asked: AgreedChange): Promise<undefined> {
  const former = await readSubscription(client, id);
  const change = atKeptPrices(former, asked);
  assertNotOver(former);
  const agreed = await agreedPrice(client, former, change);
  await dropPendingChange(client, former);
  const subscription = await releaseFinished(client, former);
  if (isAlready(subscription, change)) {
    await releaseSchedule(client, subscription);
    await forgetKept(client, subscription);
    return undefined;
  }
  if (agreed === undefined) throw new OvertakenError();
  if (endsAt(subscription) !== undefined) throw new AppError('subscription_ending');
  await scheduleChange(client, subscription, {
    items: [
      { price: change.price, quantity: change.quantity },
      ...change.metered.map(({ price }) => ({ price })),
    ],
    discounts: change.promotion === undefined ? undefined : [{ promotion_code: change.promotion }],
  });
  return undefined;
}

/** The price of a change, if nothing else happens before it. */
export const previewChange = async (client: StripeClient, id: string, change: Change): Promise<Preview> =>
  priceOf(client, await readSubscription(client, id), change);

/** The price of a change, which is the one that was agreed to; undefined: it is made already, and costs nothing. */
async function agreedPrice(
  client: StripeClient,
  subscription: Stripe.Subscription,
  change: AgreedChange & PricedChange,
): Promise<ChangePrice | undefined> {
  if (isAlready(subscription, change)) return undefined;
  const { proratedAt: _at, ...price } = await priceOf(client, subscription, change);
  assertAgreed(change.agreed, price);
  return price;
}

async function priceOf(
  client: StripeClient,
  subscription: Stripe.Subscription,
  asked: Change,
): Promise<Preview> {
  const change = atKeptPrices(subscription, asked);
  if (isAlready(subscription, change)) return { ...presentPrice(subscription), due_now: 0, proratedAt: null };
  const { currency, unit_amount } = unitPrice(
    await client.read((stripe) => stripe.prices.retrieve(change.price)),
  );
  const recurring = { unit_amount, quantity: change.quantity, currency };
  // A trial that goes on is paid when it ends; Stripe would preview that invoice.
  const isInTrial = subscription.status === 'trialing' && change.keepsTrial;
  const isPaidLater = change.when === 'period_end' || isInTrial;
  if (isPaidLater) return { ...recurring, due_now: 0, proratedAt: null };
  const invoice = await client.read((stripe) =>
    stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: {
        items: changedItems(subscription, change, { waits: false }),
        proration_behavior: 'always_invoice',
        ...prorationOf(subscription, change),
        ...goingOn(subscription),
      },
      ...(change.promotion === undefined ? {} : { discounts: [{ promotion_code: change.promotion }] }),
    }),
  );
  const due_now = invoice.total < 0 ? invoice.total : invoice.amount_due;
  return { ...recurring, due_now, proratedAt: change.proratedAt ?? proratedFrom(invoice) };
}

/** A subscription's price each cycle, before discounts and tax. */
export function presentPrice(subscription: Stripe.Subscription): RecurringPrice {
  const { price, quantity = 1 } = planItem(subscription) ?? {};
  return { ...unitPrice(price), quantity };
}

const unitPrice = (price: Stripe.Price | undefined) => ({
  unit_amount: price?.unit_amount ?? Math.round(Number(price?.unit_amount_decimal ?? 0)),
  currency: price?.currency ?? '',
});

/** Why a subscription is ended, as Stripe keeps it: in `cancellation_details`. */
export interface EndingDetails {
  readonly feedback?: CancellationReason | undefined;
  readonly comment?: string | undefined;
  /** Use past limits that was not billed yet is not billed, when it ends at once. */
  readonly isUnbilled?: boolean;
}

export const CANCELLATION_REASONS = [
  'customer_service',
  'low_quality',
  'missing_features',
  'other',
  'switched_service',
  'too_complex',
  'too_expensive',
  'unused',
] as const;
export type CancellationReason = (typeof CANCELLATION_REASONS)[number];

export interface Ending extends EndingDetails {
  readonly when: 'now' | 'period_end';
}

/** Ends it: at once, without giving back what was paid; or with what is paid for, and then what was arranged is set aside. Answers when. */
export const cancel = (client: StripeClient, id: string, ending: Ending['when'] | Ending): Promise<Date> =>
  retryOvertaken(client, (asked) => end(asked, id, typeof ending === 'string' ? { when: ending } : ending));

async function end(client: StripeClient, id: string, { when, isUnbilled, ...why }: Ending): Promise<Date> {
  const former = await readSubscription(client, id);
  if (former.ended_at !== null) return dateOf(former.ended_at);
  await dropPendingChange(client, former);
  const subscription = await (when === 'now' ? releaseSchedule : setAside)(client, former);
  const ending = endsAt(subscription);
  const said = detailsOf(why);
  if (ending !== undefined && (when === 'period_end' || subscription.ended_at !== null)) {
    if (said !== undefined) await client.change((stripe) => stripe.subscriptions.update(id, said));
    return ending;
  }
  const after = await client.change((stripe) =>
    when === 'now'
      ? // Use past limits is owed, whenever it ends.
        stripe.subscriptions.cancel(id, { invoice_now: isUnbilled !== true, ...said })
      : stripe.subscriptions.update(id, { ...endingWithPlan(subscription), ...said }),
  );
  return dateOf(after.ended_at ?? after.cancel_at ?? periodEnd(after));
}

function detailsOf({ feedback, comment }: EndingDetails) {
  if (feedback === undefined && comment === undefined) return undefined;
  return {
    cancellation_details: {
      ...(feedback === undefined ? {} : { feedback }),
      ...(comment === undefined ? {} : { comment }),
    },
  };
}

/** Has it go on at the price that was agreed to: takes back that it was canceled, or a pause, and arranges again what had been. */
export const resume = (client: StripeClient, id: string, agreed: RecurringPrice): Promise<void> =>
  retryOvertaken(client, (asked) => goOn(asked, id, agreed));

async function goOn(client: StripeClient, id: string, agreed: RecurringPrice): Promise<void> {
  const subscription = await readSubscription(client, id);
  assertNotOver(subscription);
  assertAgreed(agreed, presentPrice(subscription));
  if (endsAt(subscription) !== undefined || subscription.pause_collection !== null) {
    await client.change((stripe, once) =>
      stripe.subscriptions.update(
        id,
        {
          ...goingOn(subscription),
          ...(subscription.pause_collection === null ? {} : { pause_collection: '' }),
        },
        once('go-on'),
      ),
    );
  }
  if (subscription.status === 'paused')
    await client.change((stripe, once) => stripe.subscriptions.resume(id, {}, once('resume')));
  await takeUpAgain(client, subscription);
}

/** Where items are billed more often than the plan, Stripe ends a subscription with the first of their periods, unless it is asked for the last. */
export const endingWithPlan = (subscription: Stripe.Subscription) =>
  subscription.items.data.some((item) => item.current_period_end < periodEnd(subscription))
    ? { cancel_at: 'max_period_end' as const }
    : { cancel_at_period_end: true };

/** Takes back that it ends. Stripe takes one of the two, whichever of them it was. */
export function goingOn({ cancel_at: at, cancel_at_period_end: isAtPeriodEnd }: Stripe.Subscription) {
  if (isAtPeriodEnd) return { cancel_at_period_end: false };
  return at === null ? {} : { cancel_at: '' as const };
}

function assertNotOver({ ended_at: ended }: Stripe.Subscription): void {
  if (ended !== null) throw new AppError('subscription_over');
}

/**
 * The plan, and beside it what is charged past its limits: where the former plan has a price for the same limit its item gets the new one, so
 * that no unit is counted by two. What the new plan has no price for goes; but a change that may wait takes prices and quantities alone, and
 * then it stays until the change is made (`followUp`). A price that is kept may be archived, and is not named: Stripe takes none that is.
 */
function changedItems(
  subscription: Stripe.Subscription,
  { price, quantity, metered }: PricedChange,
  { waits }: { readonly waits: boolean },
) {
  const plan = planItem(subscription);
  const formerly = new Map(meteredItems(subscription).map((item) => [limitOf(item), item]));
  const sold = new Set(metered.map(({ limit }) => limit));
  const gone = meteredItems(subscription).filter((item) => !sold.has(limitOf(item)));
  return [
    { ...(plan && { id: plan.id }), ...(plan?.price.id === price ? {} : { price }), quantity },
    ...(waits ? [] : gone.map(({ id }) => ({ id, deleted: true }))),
    ...metered.flatMap((one) => {
      const item = formerly.get(one.limit);
      if (item?.price.id === one.price) return [];
      return [{ ...(item === undefined ? {} : { id: item.id }), price: one.price }];
    }),
  ];
}

/** A change of the cycle begins a period anew: nothing of the former plan stays beside it, not even for a while. */
function mayKeepLeftOver(subscription: Stripe.Subscription, { of, metered }: Change): boolean {
  const sold = new Set(metered.map(({ limit }) => limit));
  const leaves = meteredItems(subscription).some((item) => !sold.has(limitOf(item)));
  return !leaves || cycleOf(planItem(subscription)) === of.cycle;
}

/** A trial that does not go on ends: what comes is paid before it is had. Of a trial nothing is prorated. */
function prorationOf({ status }: Stripe.Subscription, { keepsTrial, proratedAt }: Change) {
  if (status === 'trialing' && !keepsTrial) return { trial_end: 'now' as const };
  return proratedAt === undefined ? {} : { proration_date: secondOf(proratedAt) };
}

/** Not by the price: subscribers keep a former one. */
function isAlready(subscription: Stripe.Subscription, change: Change): boolean {
  return (
    hasPlan(subscription, change) &&
    planItem(subscription)?.quantity === change.quantity &&
    (change.promotion === undefined || hasPromotion(subscription, change.promotion))
  );
}

function hasPromotion({ discounts }: Stripe.Subscription, promotion: string): boolean {
  return discounts.some((one) => typeof one !== 'string' && idOf(one.promotion_code) === promotion);
}

function proratedFrom({ lines }: Stripe.Invoice): Date | null {
  const starts = lines.data.filter(({ amount }) => amount < 0).map(({ period }) => period.start);
  return starts.length === 0 ? null : dateOf(Math.max(...starts));
}

const secondOf = (date: Date) => Math.floor(date.getTime() / 1_000);
