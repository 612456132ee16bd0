/** What is sold, as it is set up in Play Console: a base plan of a subscription, or a product that is bought once. */
export interface BasePlan {
  readonly productId: string;
  readonly basePlanId: string;
  readonly period: 'P1M' | 'P1Y' | 'once';
  /** Millionths of the currency's unit. */
  readonly priceMicros: number;
  readonly currency: string;
  /** Days of access after a renewal that failed, and days after those without it, while Google still tries. */
  readonly graceDays: number;
  readonly holdDays: number;
}

export interface Money {
  readonly currencyCode: string;
  readonly units: string;
  readonly nanos: number;
}

export type State =
  | 'PENDING'
  | 'PENDING_PURCHASE_CANCELED'
  | 'ACTIVE'
  | 'PAUSED'
  | 'IN_GRACE_PERIOD'
  | 'ON_HOLD'
  | 'CANCELED'
  | 'EXPIRED';

/** A purchase of a subscription, by its token. Instants are epoch milliseconds. */
export interface Purchase {
  readonly token: string;
  plan: BasePlan;
  priceMicros: number;
  state: State;
  readonly account: string | undefined;
  readonly linked: string | undefined;
  readonly isTest: boolean;
  /** undefined: it is not paid yet. */
  startTime: number | undefined;
  /** Until when it gives access; of one in grace, the end of that. */
  expiryTime: number;
  /** Until when it is paid for. */
  paidUntil: number;
  isTrial: boolean;
  autoRenews: boolean;
  /** Told to be given; what is bought once, consumed. */
  isAcknowledged: boolean;
  isDeclined: boolean;
  canceledBy: 'user' | 'system' | 'developer' | 'replacement' | undefined;
  canceledAt: number | undefined;
  /** A pause that begins with the next renewal, and its days. */
  pauseDays: number | undefined;
  resumesAt: number | undefined;
  holdEndsAt: number | undefined;
  /** A price that is asked from the next renewal on. */
  newPriceMicros: number | undefined;
  renewals: number;
}

export interface Order {
  readonly orderId: string;
  readonly purchase: Purchase;
  readonly createTime: number;
  readonly totalMicros: number;
  readonly taxMicros: number;
  readonly periodStart: number;
  readonly periodEnd: number;
  readonly isTrial: boolean;
  refund: { readonly at: number; readonly reason: string; readonly micros: number } | undefined;
}

export interface VoidedPurchase {
  readonly order: Order;
  readonly at: number;
  /** 0: the user; 1: the developer; 2: Google. */
  readonly source: number;
  /** 0: other; 1: remorse; 7: chargeback; 8: it was never acknowledged. */
  readonly reason: number;
}

export const DAY = 86_400_000;

const instant = (at: number) => new Date(at).toISOString();

export function money(micros: number, currencyCode: string): Money {
  return { currencyCode, units: String(Math.trunc(micros / 1e6)), nanos: (micros % 1e6) * 1_000 };
}

export const etagOf = ({ expiryTime, state }: Purchase) => `"${expiryTime}-${state}"`;

/** As `purchases.subscriptionsv2.get` answers. */
export function purchaseBody(of: Purchase, latest: Order | undefined): object {
  const { plan, priceMicros, isTrial, newPriceMicros } = of;
  const price = money(priceMicros, plan.currency);
  const item = {
    productId: plan.productId,
    ...(of.startTime === undefined ? {} : { expiryTime: instant(of.expiryTime) }),
    ...(latest === undefined ? {} : { latestSuccessfulOrderId: latest.orderId }),
    autoRenewingPlan: {
      ...(of.autoRenews ? { autoRenewEnabled: true } : {}),
      recurringPrice: price,
      ...(newPriceMicros === undefined
        ? {}
        : {
            priceChangeDetails: {
              newPrice: money(newPriceMicros, plan.currency),
              priceChangeMode: 'PRICE_INCREASE',
              priceChangeState: 'CONFIRMED',
              expectedNewPriceChargeTime: instant(of.paidUntil),
            },
          }),
    },
    offerDetails: { basePlanId: plan.basePlanId, ...(isTrial ? { offerId: 'trial' } : {}) },
    offerPhase: isTrial ? { freeTrial: {} } : { basePrice: {} },
  };
  return {
    kind: 'androidpublisher#subscriptionPurchaseV2',
    etag: etagOf(of),
    regionCode: 'US',
    ...(of.startTime === undefined ? {} : { startTime: instant(of.startTime) }),
    subscriptionState: `SUBSCRIPTION_STATE_${of.state}`,
    ...(of.linked === undefined ? {} : { linkedPurchaseToken: of.linked }),
    ...(of.state === 'PAUSED' && of.resumesAt !== undefined
      ? { pausedStateContext: { autoResumeTime: instant(of.resumesAt) } }
      : {}),
    ...(of.canceledBy === undefined ? {} : { canceledStateContext: canceledContext(of) }),
    ...(of.isTest ? { testPurchase: {} } : {}),
    acknowledgementState: `ACKNOWLEDGEMENT_STATE_${of.isAcknowledged ? 'ACKNOWLEDGED' : 'PENDING'}`,
    ...(of.account === undefined
      ? {}
      : { externalAccountIdentifiers: { obfuscatedExternalAccountId: of.account } }),
    lineItems: [item],
  };
}

function canceledContext({ canceledBy, canceledAt }: Purchase): object {
  if (canceledBy === 'user') return { userInitiatedCancellation: { cancelTime: instant(canceledAt ?? 0) } };
  return { [`${canceledBy}InitiatedCancellation`.replace('replacementInitiated', 'replacement')]: {} };
}

export const isOnce = ({ plan }: Pick<Purchase, 'plan'>) => plan.period === 'once';

/** As `purchases.productsv2.getproductpurchasev2` answers. */
export function productBody(of: Purchase, order: Order | undefined): object {
  const state = of.state === 'PENDING' ? 'PENDING' : of.state === 'ACTIVE' ? 'PURCHASED' : 'CANCELLED';
  const kept = of.isAcknowledged ? 'CONSUMED' : 'YET_TO_BE_CONSUMED';
  return {
    kind: 'androidpublisher#productPurchaseV2',
    productLineItem: [
      {
        productId: of.plan.productId,
        productOfferDetails: { quantity: 1, consumptionState: `CONSUMPTION_STATE_${kept}` },
      },
    ],
    purchaseStateContext: { purchaseState: state },
    acknowledgementState: `ACKNOWLEDGEMENT_STATE_${of.isAcknowledged ? 'ACKNOWLEDGED' : 'PENDING'}`,
    regionCode: 'US',
    ...(of.startTime === undefined ? {} : { purchaseCompletionTime: instant(of.startTime) }),
    ...(order === undefined ? {} : { orderId: order.orderId }),
    ...(of.account === undefined ? {} : { obfuscatedExternalAccountId: of.account }),
    ...(of.isTest ? { testPurchaseContext: { fopType: 'TEST' } } : {}),
  };
}

/** The share of a sale that Google keeps. */
const FEE = 0.15;

/** As `orders.get` answers. */
export function orderBody(of: Order): object {
  const { purchase, totalMicros, taxMicros, refund } = of;
  const { currency, productId, basePlanId } = purchase.plan;
  const amount = (micros: number) => money(micros, currency);
  const kept = totalMicros - (refund?.micros ?? 0);
  const net = Math.round((kept - (totalMicros === 0 ? 0 : (taxMicros * kept) / totalMicros)) * (1 - FEE));
  const refundDetails = { total: amount(refund?.micros ?? 0), tax: amount(0) };
  const isFull = refund?.micros === totalMicros;
  return {
    orderId: of.orderId,
    purchaseToken: purchase.token,
    state: refund === undefined ? 'PROCESSED' : isFull ? 'REFUNDED' : 'PARTIALLY_REFUNDED',
    createTime: instant(of.createTime),
    lastEventTime: instant(refund?.at ?? of.createTime),
    total: amount(totalMicros),
    tax: amount(taxMicros),
    developerRevenueInBuyerCurrency: amount(net),
    orderDetails: { taxInclusive: true },
    orderHistory: {
      processedEvent: { eventTime: instant(of.createTime) },
      ...(refund === undefined
        ? {}
        : isFull
          ? {
              refundEvent: { eventTime: instant(refund.at), refundReason: refund.reason, refundDetails },
            }
          : {
              partialRefundEvents: [
                {
                  createTime: instant(refund.at),
                  processTime: instant(refund.at),
                  state: 'PROCESSED_SUCCESSFULLY',
                  refundDetails,
                },
              ],
            }),
    },
    lineItems: [
      {
        productId,
        listingPrice: amount(totalMicros),
        total: amount(totalMicros),
        tax: amount(taxMicros),
        ...(isOnce(purchase)
          ? { oneTimePurchaseDetails: { quantity: 1 } }
          : {
              subscriptionDetails: {
                basePlanId,
                offerPhaseDetails: of.isTrial ? { freeTrialDetails: {} } : { baseDetails: {} },
                servicePeriodStartTime: instant(of.periodStart),
                servicePeriodEndTime: instant(of.periodEnd),
              },
            }),
      },
    ],
  };
}

/** As it stands in the list of voided purchases. */
export function voidedBody({ order, at, source, reason }: VoidedPurchase): object {
  return {
    kind: 'androidpublisher#voidedPurchase',
    purchaseToken: order.purchase.token,
    purchaseTimeMillis: String(order.createTime),
    voidedTimeMillis: String(at),
    orderId: order.orderId,
    voidedSource: source,
    voidedReason: reason,
  };
}
