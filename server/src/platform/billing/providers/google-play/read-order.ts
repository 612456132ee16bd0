import { z } from 'zod';
import type { SoldCycle } from '../../cycles.ts';
import type { Bought, DisputeFacts, LineFacts, RefundFacts, SaleFacts } from '../../facts.ts';
import { minorUnits, money } from './money.ts';

const instant = z.iso.datetime({ offset: true }).transform((at) => new Date(at));
const refunded = z.object({ total: money.optional(), tax: money.optional() }).optional();

/** An order: a period that was charged for. */
export const orderSchema = z.object({
  orderId: z.string().min(1),
  state: z.string().default('PROCESSED'),
  createTime: instant,
  total: money,
  tax: money.optional(),
  developerRevenueInBuyerCurrency: money.optional(),
  orderHistory: z
    .object({
      refundEvent: z
        .object({ eventTime: instant, refundReason: z.string().optional(), refundDetails: refunded })
        .optional(),
      partialRefundEvents: z
        .array(
          z.object({
            createTime: instant,
            processTime: instant.optional(),
            state: z.string().optional(),
            refundDetails: refunded,
          }),
        )
        .default([]),
    })
    .default({ partialRefundEvents: [] }),
  lineItems: z
    .array(
      z.object({
        productId: z.string(),
        total: money.optional(),
        tax: money.optional(),
        subscriptionDetails: z
          .object({
            basePlanId: z.string().optional(),
            servicePeriodStartTime: instant.optional(),
            servicePeriodEndTime: instant.optional(),
          })
          .optional(),
        oneTimePurchaseDetails: z.object({ quantity: z.number().int().min(1).default(1) }).optional(),
      }),
    )
    .default([]),
});
export type Order = z.infer<typeof orderSchema>;

/** Our plan or add-on for a product and base plan of the store; undefined: nothing of ours. */
export type SoldInStore = (
  productId: string,
  basePlanId: string | undefined,
) => (Omit<Bought, 'quantity'> & { readonly cycle: SoldCycle }) | undefined;

/** The same of what an order may hold: a plan, or an add-on that is bought once. */
type SoldInOrder = (
  productId: string,
  basePlanId: string | undefined,
) => ReturnType<SoldInStore> | { readonly product: string; readonly addOn: string };

/** The part of a sale that Google keeps of a subscription where an order that went back whole no longer shows it (15 % from the first day on). */
const USUAL_FEE = 0.15;

/** States of an order in which no money has come. */
const UNPAID: ReadonlySet<string> = new Set(['PENDING', 'CANCELED']);

/** All orders of a purchase as sales, the oldest first: of those that were paid, the part that is sold by us. */
export function salesOf(token: string, orders: readonly Order[], sold: SoldInOrder): SaleFacts[] {
  const fee = usualFee(orders);
  const first = orders[0]?.orderId;
  return orders
    .filter(({ state }) => !UNPAID.has(state))
    .flatMap((order) => saleOf(token, order, { sold, fee, isFirst: order.orderId === first }) ?? []);
}

interface Selling {
  readonly sold: SoldInOrder;
  /** The share of a sale that Google keeps. */
  readonly fee: number;
  readonly isFirst: boolean;
}

function saleOf(token: string, order: Order, { sold, fee, isFirst }: Selling): SaleFacts | undefined {
  const lines = order.lineItems.flatMap((_, n) => lineOf(order, n, sold) ?? []);
  if (lines.length === 0) return undefined;
  const { orderId, createTime } = order;
  const total = minorUnits(order.total);
  const tax = order.tax === undefined ? 0 : minorUnits(order.tax);
  const currency = order.total.currencyCode.toLowerCase();
  const kept = feeOf(order) ?? Math.round((total - tax) * fee);
  const charge = { id: orderId, currency, occurredAt: createTime };
  return {
    invoice: {
      id: orderId,
      number: orderId,
      state: 'paid',
      subscription: token,
      reason: isFirst ? 'subscription_create' : 'subscription_cycle',
      currency,
      subtotal: total - tax,
      discount: 0,
      tax,
      total,
      paid: total,
      attempts: total > 0 ? 1 : 0,
      lastCharge: total > 0 ? orderId : null,
      nextAttemptAt: null,
      url: null,
      pdfUrl: null,
      issuedAt: createTime,
      dueAt: null,
      paidAt: createTime,
      lines,
    },
    payment: {
      id: orderId,
      invoice: orderId,
      // A trial is an order of nothing.
      charges:
        total === 0 ? [] : [{ ...charge, state: 'succeeded', failureCode: null, amount: total, fee: kept }],
      ...takenBack(order, { total, currency, fee: kept }),
    },
  };
}

function lineOf(order: Order, n: number, sold: SoldInOrder): LineFacts | undefined {
  const item = order.lineItems[n];
  if (item === undefined) return undefined;
  const { subscriptionDetails: details } = item;
  const bought = sold(item.productId, details?.basePlanId);
  if (bought === undefined) return undefined;
  const tax = item.tax === undefined ? 0 : minorUnits(item.tax);
  const amount = minorUnits(item.total ?? order.total) - tax;
  const quantity = item.oneTimePurchaseDetails?.quantity ?? 1;
  return {
    id: `${order.orderId}/${n}`,
    product: bought.product,
    ...('addOn' in bought
      ? { plan: null, addOn: bought.addOn, cycle: null }
      : { plan: bought.plan, addOn: null, cycle: bought.cycle }),
    overage: null,
    quantity,
    unitAmount: Math.round(amount / quantity),
    amount,
    discount: 0,
    tax,
    proration: false,
    periodStartsAt: details?.servicePeriodStartTime ?? order.createTime,
    periodEndsAt: details?.servicePeriodEndTime ?? order.createTime,
  };
}

/** Google's share of an order; undefined: it does not say so, or has given all of it back. Revenue is told without tax and refunds. */
function feeOf(order: Order): number | undefined {
  const { developerRevenueInBuyerCurrency: revenue, orderHistory } = order;
  if (
    revenue === undefined ||
    orderHistory.refundEvent !== undefined ||
    orderHistory.partialRefundEvents.length > 0
  )
    return undefined;
  return Math.max(
    0,
    minorUnits(order.total) - (order.tax === undefined ? 0 : minorUnits(order.tax)) - minorUnits(revenue),
  );
}

/** As its newest order says that was kept whole. */
function usualFee(orders: readonly Order[]): number {
  for (const order of orders.toReversed()) {
    const fee = feeOf(order);
    const net = minorUnits(order.total) - (order.tax === undefined ? 0 : minorUnits(order.tax));
    if (fee !== undefined && net > 0) return fee / net;
  }
  return USUAL_FEE;
}

interface ChargeInput {
  readonly total: number;
  readonly currency: string;
  readonly fee: number;
}

/** Money that went back: by us or by Google, a refund; by the customer's bank, a dispute that is lost, for this server is not asked. */
function takenBack(
  { orderId, state, orderHistory: { refundEvent, partialRefundEvents }, ...order }: Order,
  { total, currency, fee }: ChargeInput,
): { readonly refunds: RefundFacts[]; readonly disputes: DisputeFacts[] } {
  const share = (amount: number) => (total === 0 ? 0 : Math.round((fee * amount) / total));
  const partial = partialRefundEvents.map((event, n): RefundFacts => {
    const amount = event.refundDetails?.total === undefined ? 0 : minorUnits(event.refundDetails.total);
    return {
      id: `${orderId}/refund-${n}`,
      charge: orderId,
      state: event.state === 'PENDING' ? 'pending' : 'succeeded',
      amount,
      feeReturned: share(amount),
      currency,
      reason: null,
      occurredAt: event.processTime ?? event.createTime,
    };
  });
  const before = partial.reduce((sum, { amount }) => sum + amount, 0);
  const isWhole = refundEvent !== undefined || state === 'REFUNDED';
  if (!isWhole || total === 0) return { refunds: partial, disputes: [] };
  const rest = {
    charge: orderId,
    amount: total - before,
    currency,
    occurredAt: refundEvent?.eventTime ?? order.createTime,
  };
  if (refundEvent?.refundReason === 'CHARGEBACK') {
    // Google gives back what it kept: a fee below nothing.
    const dispute = {
      ...rest,
      id: `${orderId}/chargeback`,
      state: 'lost' as const,
      fee: -share(rest.amount),
      reason: 'chargeback',
    };
    return { refunds: partial, disputes: [dispute] };
  }
  const reason = refundEvent?.refundReason?.toLowerCase() ?? null;
  const refund = {
    ...rest,
    id: `${orderId}/refund`,
    state: 'succeeded' as const,
    feeReturned: share(rest.amount),
    reason,
  };
  return { refunds: [...partial, refund], disputes: [] };
}
