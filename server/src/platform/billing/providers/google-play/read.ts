import { type AccountId, isUuid } from '#platform/kernel';
import { z } from 'zod';
import type { Facts, ObjectRef, SubscriptionFacts } from '../../facts.ts';
import type { SoldCycle } from '../../cycles.ts';
import type { Body } from '../../payment-provider.ts';
import { bodyOf, nothing } from '../bodies.ts';
import { ACKNOWLEDGED_WITHIN } from './changes.ts';
import { minorUnits, money } from './money.ts';
import { orderSchema, salesOf, type SoldInStore } from './read-order.ts';

const instant = z.iso.datetime({ offset: true }).transform((at) => new Date(at));
const identifiers = z.object({ obfuscatedExternalAccountId: z.string().optional() }).optional();

const lineItem = z.object({
  productId: z.string(),
  expiryTime: instant.optional(),
  autoRenewingPlan: z.object({ recurringPrice: money.optional() }).optional(),
  prepaidPlan: z.object({}).optional(),
  offerDetails: z.object({ basePlanId: z.string().optional() }).optional(),
  offerPhase: z.object({ freeTrial: z.object({}).optional() }).optional(),
  deferredItemReplacement: z.object({ productId: z.string() }).optional(),
});
type LineItem = z.infer<typeof lineItem>;

/** From another state nothing is concluded: what was known stays, and it is asked again. */
const knownState = z.string().refine((state) => Object.hasOwn(STATES, state));

const purchaseSchema = z.object({
  subscriptionState: knownState,
  startTime: instant.optional(),
  linkedPurchaseToken: z.string().optional(),
  acknowledgementState: z.string().optional(),
  externalAccountIdentifiers: identifiers,
  outOfAppPurchaseContext: z.object({ expiredExternalAccountIdentifiers: identifiers }).optional(),
  testPurchase: z.object({}).optional(),
  canceledStateContext: z
    .object({
      replacementCancellation: z.object({}).optional(),
      developerInitiatedCancellation: z.object({}).optional(),
      systemInitiatedCancellation: z.object({}).optional(),
    })
    .optional(),
  lineItems: z.array(lineItem).min(1),
});
type Purchase = z.infer<typeof purchaseSchema>;

const bodySchema = z.object({
  purchase: purchaseSchema,
  linked: z.array(z.object({ token: z.string(), purchase: purchaseSchema.nullable() })),
  orders: z.array(orderSchema).nullable(),
});
type Linked = z.infer<typeof bodySchema>['linked'];

/** Facts of a body: a purchase with those that it took the place of and with its orders. */
export function readPurchase({ kind, id: token }: ObjectRef, body: Body | null, sold: SoldInStore): Facts {
  if (kind !== 'subscription' || body === null) return nothing;
  const { purchase, linked, orders } = bodyOf(bodySchema, body, 'a purchase of Google Play');
  const owner = ownerOf(token, purchase, linked);
  const present = purchase.lineItems.find(({ productId, offerDetails }) =>
    sold(productId, offerDetails?.basePlanId),
  );
  if (present === undefined) return { ...nothing, ...owner, foreign: true };
  const isTest = purchase.testPurchase !== undefined;
  const sales = isTest ? [] : salesOf(token, orders ?? [], sold);
  const subscription = subscriptionOf(token, purchase, { sold, sales });
  return {
    ...nothing,
    ...owner,
    also: linked.flatMap(({ token: id, purchase: known }) => (known === null ? [] : [{ kind, id }])),
    sales,
    ...(subscription === undefined ? {} : { subscription }),
  };
}

/**
 * Purchases that took each other's place are one customer, by the token of the first of them: where the app names another account with a
 * later one, all of it goes there, with what was used. A purchase that names no account belongs to the one that those before it name.
 */
function ownerOf(token: string, purchase: Purchase, linked: Linked) {
  const [claims] = [purchase, ...linked.map(({ purchase: known }) => known)].flatMap(
    (one) => accountOf(one) ?? [],
  );
  const earliest = linked.at(-1);
  return {
    customer: earliest?.token ?? token,
    claims,
    isNamed: claims !== undefined,
    // A purchase that Google no longer tells of, or that is further back than we read, may have had another one before it.
    keepsCustomer:
      earliest !== undefined &&
      (earliest.purchase === null || earliest.purchase.linkedPurchaseToken !== undefined),
  };
}

/** As the app named it, or as the expired purchase did that was bought again outside the app. */
const accountOf = (purchase: Purchase | null) =>
  accountIn(purchase?.externalAccountIdentifiers) ??
  accountIn(purchase?.outOfAppPurchaseContext?.expiredExternalAccountIdentifiers);

function accountIn(named: z.infer<typeof identifiers>): AccountId | undefined {
  const id = named?.obfuscatedExternalAccountId;
  return id !== undefined && isUuid(id) ? (id as AccountId) : undefined;
}

interface SubscriptionInput {
  readonly sold: SoldInStore;
  readonly sales: NonNullable<Facts['sales']>;
}

/** undefined: it is not paid (yet), and was never had. */
function subscriptionOf(
  token: string,
  purchase: Purchase,
  { sold, sales }: SubscriptionInput,
): SubscriptionFacts | undefined {
  const { startTime: startsAt, subscriptionState } = purchase;
  const present = presentItem(purchase.lineItems, sold);
  const state = STATES[subscriptionState];
  if (startsAt === undefined || present === undefined || state === undefined) return undefined;
  const { item, bought, expiresAt } = present;
  const paid = sales.at(-1)?.invoice.lines[0];
  const isUnpaid = state === 'past_due';
  const isTrial = state === 'active' && item.offerPhase?.freeTrial !== undefined;
  const price = item.autoRenewingPlan?.recurringPrice;
  const isEnding = subscriptionState === 'SUBSCRIPTION_STATE_CANCELED' || item.prepaidPlan !== undefined;
  return {
    ...bought,
    quantity: 1,
    id: token,
    unitAmount: price === undefined ? (paid?.unitAmount ?? 0) : minorUnits(price),
    currency: price?.currencyCode.toLowerCase() ?? sales.at(-1)?.invoice.currency ?? 'usd',
    state: isTrial ? 'trialing' : state,
    givenUp: false,
    startsAt,
    trialEndsAt: isTrial ? expiresAt : null,
    ...(isUnpaid
      ? owedPeriod(paid?.periodEndsAt ?? expiresAt, bought.cycle)
      : { periodStartsAt: paid?.periodStartsAt ?? startsAt, periodEndsAt: expiresAt }),
    cancelsAt: state === 'active' && isEnding ? expiresAt : null,
    endedAt: state === 'canceled' ? expiresAt : null,
    isSandbox: purchase.testPurchase !== undefined,
    isReplaced: state === 'canceled' && isReplaced(purchase, expiresAt, sales.at(-1)),
    ...(isUnpaid ? { keptUntil: expiresAt } : {}),
    ...(purchase.linkedPurchaseToken === undefined ? {} : { replaces: purchase.linkedPurchaseToken }),
    ...(purchase.acknowledgementState === 'ACKNOWLEDGEMENT_STATE_PENDING' && state !== 'canceled'
      ? { acknowledgeBy: new Date(startsAt.getTime() + ACKNOWLEDGED_WITHIN) }
      : {}),
    next: nextOf(item, expiresAt, { items: purchase.lineItems, sold }),
  };
}

/**
 * Google says so; but of one that its customer had canceled before it says just that. What is over before the time that was paid for, was not
 * given back and not ended by Google or by us, another one took the place of.
 */
function isReplaced(
  { canceledStateContext: why }: Purchase,
  endedAt: Date,
  last: SubscriptionInput['sales'][number] | undefined,
): boolean {
  if (why?.replacementCancellation !== undefined) return true;
  if (why?.developerInitiatedCancellation !== undefined || why?.systemInitiatedCancellation !== undefined)
    return false;
  const paidUntil = last?.invoice.lines[0]?.periodEndsAt;
  return last?.payment.refunds.length === 0 && paidUntil !== undefined && endedAt < paidUntil;
}

/** The period that is not paid: in grace and on hold Google tells until when it is kept, and not which that is. */
function owedPeriod(periodStartsAt: Date, cycle: SoldCycle) {
  const periodEndsAt = new Date(periodStartsAt);
  periodEndsAt.setUTCMonth(periodEndsAt.getUTCMonth() + (cycle === 'monthly' ? 1 : 12));
  return { periodStartsAt, periodEndsAt };
}

/** undefined: it was never paid for. Canceled is one that will not renew, and is had until it expires. */
const STATES: Readonly<Record<string, SubscriptionFacts['state'] | undefined>> = {
  SUBSCRIPTION_STATE_PENDING: undefined,
  SUBSCRIPTION_STATE_PENDING_PURCHASE_CANCELED: undefined,
  SUBSCRIPTION_STATE_ACTIVE: 'active',
  SUBSCRIPTION_STATE_CANCELED: 'active',
  SUBSCRIPTION_STATE_IN_GRACE_PERIOD: 'past_due',
  SUBSCRIPTION_STATE_ON_HOLD: 'past_due',
  SUBSCRIPTION_STATE_PAUSED: 'paused',
  SUBSCRIPTION_STATE_EXPIRED: 'canceled',
};

/** The item that is owned: one that waits for another's end has no expiry yet. */
function presentItem(items: readonly LineItem[], sold: SoldInStore) {
  for (const item of items) {
    const bought = sold(item.productId, item.offerDetails?.basePlanId);
    if (bought !== undefined && item.expiryTime !== undefined)
      return { item, bought, expiresAt: item.expiryTime };
  }
  return undefined;
}

/** A plan that takes its place with the next renewal. */
function nextOf(
  { deferredItemReplacement: replacement }: LineItem,
  at: Date,
  { items, sold }: { readonly items: readonly LineItem[]; readonly sold: SoldInStore },
): SubscriptionFacts['next'] {
  const item = items.find(({ productId }) => productId === replacement?.productId);
  const bought = item && sold(item.productId, item.offerDetails?.basePlanId);
  return bought === undefined ? null : { ...bought, quantity: 1, at };
}
