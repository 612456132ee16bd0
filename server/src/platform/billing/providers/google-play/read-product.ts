import { type AccountId, isUuid } from '#platform/kernel';
import { z } from 'zod';
import type { Facts, InvoiceFacts, ObjectRef, SaleFacts } from '../../facts.ts';
import type { Body } from '../../payment-provider.ts';
import { bodyOf, nothing } from '../bodies.ts';
import type { StoreProducts } from '../store-products.ts';
import { ACKNOWLEDGED_WITHIN } from './changes.ts';
import { orderSchema, salesOf } from './read-order.ts';

const lineItem = z.object({
  productId: z.string(),
  productOfferDetails: z
    .object({ quantity: z.number().int().min(1).default(1), consumptionState: z.string().optional() })
    .optional(),
});

const PURCHASED = 'PURCHASED';

const bodySchema = z.object({
  product: z.object({
    productLineItem: z.array(lineItem).default([]),
    purchaseStateContext: z.object({ purchaseState: z.enum([PURCHASED, 'CANCELLED', 'PENDING']) }).optional(),
    purchaseCompletionTime: z.iso
      .datetime({ offset: true })
      .transform((at) => new Date(at))
      .optional(),
    orderId: z.string().optional(),
    obfuscatedExternalAccountId: z.string().optional(),
    testPurchaseContext: z.object({}).optional(),
  }),
  orders: z.array(orderSchema).nullable(),
});
type Product = z.infer<typeof bodySchema>['product'];

/** Facts of a one-time purchase: an add-on, which is had for its days from when it was paid. */
export function readProduct({ id: token }: ObjectRef, body: Body | null, products: StoreProducts): Facts {
  if (body === null) return nothing;
  const { product, orders } = bodyOf(bodySchema, body, 'a purchase of Google Play');
  const account = product.obfuscatedExternalAccountId;
  const claims = account !== undefined && isUuid(account) ? (account as AccountId) : undefined;
  const findSold = (id: string) => {
    const found = products.find(id);
    return found?.addOn === undefined ? undefined : { product: found.product, addOn: found.addOn };
  };
  const [item] = product.productLineItem.filter(({ productId }) => findSold(productId) !== undefined);
  const facts = { ...nothing, customer: token, claims, isNamed: claims !== undefined };
  if (item === undefined) return { ...facts, foreign: true };
  const isTest = product.testPurchaseContext !== undefined;
  const paid = isTest ? [] : salesOf(token, orders ?? [], findSold);
  const sales = paid.length > 0 ? paid : unpricedSales(token, product, findSold(item.productId));
  return { ...facts, sales: sales.map((sale) => asOnePurchase(sale, token, product)) };
}

const UNCONSUMED = 'CONSUMPTION_STATE_YET_TO_BE_CONSUMED';

/** One purchase is one invoice, and is looked for by its token. Google has it back if it is not told within days that it was given. */
function asOnePurchase({ invoice, payment }: SaleFacts, token: string, product: Product): SaleFacts {
  const { purchaseCompletionTime: at = invoice.issuedAt, purchaseStateContext: context } = product;
  const isUnconsumed = product.productLineItem.some(
    ({ productOfferDetails: details }) => details?.consumptionState === UNCONSUMED,
  );
  const isDue = isUnconsumed && context?.purchaseState === PURCHASED;
  const of: InvoiceFacts = {
    ...invoice,
    id: token,
    subscription: null,
    reason: 'manual',
    isSandbox: product.testPurchaseContext !== undefined,
    ...(isDue ? { acknowledgeBy: new Date(at.getTime() + ACKNOWLEDGED_WITHIN) } : {}),
  };
  return { invoice: of, payment: { ...payment, invoice: token } };
}

/** Sales of a tester, or where orders may not be read: it is had, and there is no money in the books. Nothing, unless it is paid. */
function unpricedSales(
  token: string,
  { orderId = token, purchaseCompletionTime: at, purchaseStateContext: context, ...of }: Product,
  sold: { readonly product: string; readonly addOn: string } | undefined,
): SaleFacts[] {
  if (sold === undefined || at === undefined || context?.purchaseState !== PURCHASED) return [];
  const none = { currencyCode: 'USD', units: '0', nanos: 0 };
  const lineItems = of.productLineItem.map(({ productId, productOfferDetails: details }) => ({
    productId,
    oneTimePurchaseDetails: { quantity: details?.quantity ?? 1 },
  }));
  const orderHistory = { partialRefundEvents: [] };
  const order = { orderId, state: 'PROCESSED', createTime: at, total: none, orderHistory, lineItems };
  return salesOf(token, [order], () => sold);
}
