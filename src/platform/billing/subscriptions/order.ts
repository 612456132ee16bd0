import { type Catalogue, localName } from '#platform/entitlements';
import { AppError, sha256 } from '#platform/kernel';
import type { Cycle } from '../facts.ts';
import { amountOf } from '../providers/stripe/price-catalog.ts';

/** What a customer wants to buy, as they say it. */
export interface CheckoutOrder {
  readonly product: string;
  readonly plan?: string | undefined;
  readonly add_on?: string | undefined;
  readonly cycle: Cycle;
  readonly quantity: number;
  readonly success_url: string;
  readonly cancel_url: string;
  readonly promotion_code?: string | undefined;
}

/** The same, once it is known to be for sale; names within the product. */
export interface Order {
  readonly product: string;
  readonly plan: string | null;
  readonly addOn: string | null;
  /** null: it is paid once. */
  readonly cycle: Cycle | null;
  readonly quantity: number;
  /** Minor units of one, a cycle. */
  readonly unitAmount: number;
  readonly trialDays: number | undefined;
  readonly holds: Catalogue['holds'];
  readonly promotionCode: string | undefined;
  readonly successUrl: string;
  readonly cancelUrl: string;
  /** The same for the same order. */
  readonly fingerprint: string;
}

/** Throws `validation_failed` for what is not sold. */
export function orderOf(catalogues: ReadonlyMap<string, Catalogue>, asked: CheckoutOrder): Order {
  const catalogue = catalogueOf(catalogues, asked.product);
  const { product, holds } = catalogue;
  const { promotion_code: promotionCode, success_url: successUrl, cancel_url: cancelUrl } = asked;
  const bought =
    asked.plan === undefined
      ? addOnOf(catalogue, asked.add_on ?? '', asked.quantity)
      : planOf(catalogue, { plan: asked.plan, cycle: asked.cycle, quantity: asked.quantity });
  return {
    product,
    holds,
    ...bought,
    promotionCode,
    successUrl,
    cancelUrl,
    fingerprint: sha256(JSON.stringify([product, bought, promotionCode, successUrl, cancelUrl])),
  };
}

/** A plan that is sold, by its name within the product. Throws `validation_failed` for another. */
export function planOf(
  { product, plans }: Catalogue,
  asked: { readonly plan: string; readonly cycle: Cycle; readonly quantity: number },
) {
  const plan = localName(product, asked.plan);
  const { cycle, quantity } = asked;
  const declared = Object.hasOwn(plans, plan) ? plans[plan] : undefined;
  if (declared === undefined || declared.hidden === true) throw notSold('plan', 'There is no such plan.');
  if (declared.price.monthly === 0) throw notSold('plan', 'This plan is free.');
  const unitAmount = amountOf(declared, cycle);
  if (unitAmount === undefined) throw notSold('cycle', `This plan is not sold ${cycle}.`);
  if (quantity > 1 && declared.perSeat === undefined)
    throw notSold('quantity', 'This plan is not sold by the seat.');
  return { plan, addOn: null, cycle, quantity, unitAmount, trialDays: declared.trialDays };
}

function addOnOf({ product, addOns }: Catalogue, id: string, quantity: number) {
  const addOn = localName(product, id);
  const declared = Object.hasOwn(addOns, addOn) ? addOns[addOn] : undefined;
  if (declared === undefined) throw notSold('add_on', 'There is no such add-on.');
  const { price } = declared;
  return { plan: null, addOn, cycle: null, quantity, unitAmount: price.once, trialDays: undefined };
}

/** The product's catalogue. Throws `validation_failed` where there is none. */
export function catalogueOf(catalogues: ReadonlyMap<string, Catalogue>, product: string): Catalogue {
  const catalogue = catalogues.get(product);
  if (catalogue === undefined) throw notSold('product', 'There is no such product.');
  return catalogue;
}

/** 400, as a field of another shape is. */
export function notSold(field: string, message: string): AppError {
  return new AppError('validation_failed', {
    message,
    details: { issues: [{ path: `body.${field}`, message }] },
  });
}
