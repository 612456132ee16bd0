import { type AccountId, isUuid } from '#platform/kernel';
import { z } from 'zod';
import type { Facts, ObjectRef, SubscriptionFacts } from '../../facts.ts';
import type { Body } from '../../payment-provider.ts';
import { bodyOf, nothing } from '../bodies.ts';
import type { StoreProduct, StoreProducts } from '../store-products.ts';
import { minorUnits, saleOf } from './sales.ts';

const instant = z.number().transform((milliseconds) => new Date(milliseconds));

const transaction = z.object({
  transactionId: z.string(),
  originalTransactionId: z.string(),
  productId: z.string(),
  purchaseDate: instant,
  originalPurchaseDate: instant,
  expiresDate: instant.optional(),
  quantity: z.number().default(1),
  type: z.string(),
  appAccountToken: z.string().optional(),
  inAppOwnershipType: z.string().default('PURCHASED'),
  signedDate: z.number(),
  revocationDate: instant.optional(),
  revocationReason: z.number().optional(),
  revocationPercentage: z.number().optional(),
  isUpgraded: z.boolean().default(false),
  offerDiscountType: z.string().optional(),
  environment: z.string(),
  transactionReason: z.string().optional(),
  currency: z.string().optional(),
  /** ISO 3166-1 alpha-3. */
  storefront: z.string().optional(),
  /** Thousandths of the currency. */
  price: z.number().optional(),
});
export type Transaction = z.infer<typeof transaction>;

const renewal = z.object({
  originalTransactionId: z.string(),
  signedDate: z.number(),
  autoRenewProductId: z.string().optional(),
  autoRenewStatus: z.number().optional(),
  expirationIntent: z.number().optional(),
  gracePeriodExpiresDate: instant.optional(),
  recentSubscriptionStartDate: instant.optional(),
  appAccountToken: z.string().optional(),
});
type Renewal = z.infer<typeof renewal>;

const ref = z.object({ kind: z.enum(['subscription', 'payment']), id: z.string() });
const body = z.object({
  commission_percent: z.number(),
  status: z.number().optional(),
  transactions: z.array(transaction).min(1),
  renewals: z.array(renewal),
  others: z.array(ref),
});

/**
 * Facts of a body of the App Store's, and nothing else: `{status, transactions, renewals, others}`, each as Apple signed it and
 * the package decoded it. Where a transaction, or the renewal of a subscription, is there several times, the one that Apple signed last is meant, also where
 * it takes back an earlier one. Throws on a state that this version does not know.
 */
export function read(products: StoreProducts, of: ObjectRef, told: Body | null): Facts {
  if (told === null) return nothing;
  const parsed = bodyOf(body, told, 'a body of the App Store');
  const { status, others, commission_percent: commission } = parsed;
  const transactions = newest(parsed.transactions, ({ transactionId }) => transactionId).sort(
    (a, b) => a.purchaseDate.getTime() - b.purchaseDate.getTime(),
  );
  const [renews] = newest(parsed.renewals, ({ originalTransactionId }) => originalTransactionId);
  const current = currentOf(transactions);
  const sold = products.find(current.productId);
  const named = (current.appAccountToken ?? renews?.appAccountToken)?.toLowerCase();
  const claims = named !== undefined && isUuid(named) ? (named as AccountId) : undefined;
  const facts = {
    customer: current.originalTransactionId,
    claims,
    isNamed: claims !== undefined,
    foreign: sold === undefined,
    also: others,
  };
  if (sold === undefined) return facts;
  const sales = transactions.flatMap((one) => saleOf(one, { products, commission, transactions }));
  if (of.kind !== 'subscription') return { ...facts, sales };
  if (sold.plan === undefined)
    throw new Error('a subscription of the App Store is to what is sold as an add-on');
  return {
    ...facts,
    sales,
    subscription: subscriptionOf({ of, status, current, renews, sold, products, transactions }),
  };
}

function newest<T extends { readonly signedDate: number }>(
  all: readonly T[],
  keyOf: (one: T) => string,
): T[] {
  const byKey = new Map<string, T>();
  for (const one of all) {
    const known = byKey.get(keyOf(one));
    if (known === undefined || known.signedDate < one.signedDate) byKey.set(keyOf(one), one);
  }
  return [...byKey.values()];
}

/** The one that is in effect, or was last: of an upgrade at once the old one lasts no longer. */
function currentOf(transactions: readonly Transaction[]): Transaction {
  const present = transactions.filter(({ isUpgraded }) => !isUpgraded);
  const last =
    present.toSorted((a, b) => endOf(a).getTime() - endOf(b).getTime()).at(-1) ?? transactions.at(-1);
  if (last === undefined) throw new Error('a body of the App Store has no transaction');
  return last;
}

const endOf = ({ expiresDate, purchaseDate }: Transaction) => expiresDate ?? purchaseDate;

interface SubscriptionInput {
  readonly of: ObjectRef;
  readonly status: number | undefined;
  readonly current: Transaction;
  readonly renews: Renewal | undefined;
  readonly sold: StoreProduct & { readonly plan: string };
  readonly products: StoreProducts;
  readonly transactions: readonly Transaction[];
}

const DAY = 86_400_000;
/** For so long Apple tries to be paid. */
const RETRIED = 60 * DAY;
const FREE_TRIAL = 'FREE_TRIAL';
/** Apple gave up, for want of a payment. */
const UNPAID = 2;

function subscriptionOf({
  of,
  status,
  current,
  renews,
  sold,
  products,
}: SubscriptionInput): SubscriptionFacts {
  const expires = endOf(current);
  const isTrial = current.offerDiscountType === FREE_TRIAL;
  const isDue = status === 3 || status === 4;
  const state = stateOf(status, isTrial);
  const { plan, product, cycle } = sold;
  const currency = (current.currency ?? 'USD').toLowerCase();
  return {
    id: of.id,
    product,
    plan,
    cycle,
    quantity: current.quantity,
    unitAmount: isTrial ? 0 : minorUnits(current.price ?? 0, currency),
    currency,
    state,
    givenUp: state === 'canceled' && renews?.expirationIntent === UNPAID,
    startsAt: renews?.recentSubscriptionStartDate ?? current.originalPurchaseDate,
    trialEndsAt: isTrial ? expires : null,
    // The period that is due follows the last one that was paid.
    periodStartsAt: isDue ? expires : current.purchaseDate,
    periodEndsAt: isDue ? new Date(expires.getTime() + RETRIED) : expires,
    cancelsAt: state !== 'canceled' && !isDue && renews?.autoRenewStatus === 0 ? expires : null,
    endedAt: state === 'canceled' ? (current.revocationDate ?? expires) : null,
    isSandbox: current.environment !== 'Production',
    keptUntil: status === 4 ? renews?.gracePeriodExpiresDate : undefined,
    next: nextOf({ current, renews, products, state }),
  };
}

/** Apple's numbers: active, expired, retried, retried in the grace that Apple gives, revoked. */
const STATES: Readonly<Record<number, SubscriptionFacts['state']>> = {
  1: 'active',
  2: 'canceled',
  3: 'past_due',
  4: 'past_due',
  5: 'canceled',
};

function stateOf(status: number | undefined, isTrial: boolean): SubscriptionFacts['state'] {
  const state = STATES[status ?? 0];
  if (state === undefined)
    throw new Error('a subscription of the App Store is in a state that this version does not know');
  return state === 'active' && isTrial ? 'trialing' : state;
}

/** A change that Apple makes with the next period. A price that waits for consent is none: it is there with the period that was paid so. */
function nextOf({
  current,
  renews,
  products,
  state,
}: Pick<SubscriptionInput, 'current' | 'renews' | 'products'> &
  Pick<SubscriptionFacts, 'state'>): SubscriptionFacts['next'] {
  const id = renews?.autoRenewProductId;
  if (state === 'canceled' || renews?.autoRenewStatus !== 1 || id === undefined || id === current.productId)
    return null;
  const sold = products.find(id);
  if (sold?.plan === undefined) return null;
  const { product, plan, cycle } = sold;
  return { product, plan, cycle, quantity: current.quantity, at: endOf(current) };
}
