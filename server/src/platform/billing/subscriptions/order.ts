import {
  type AddOn,
  assertRunning,
  type Catalogue,
  currenciesOf,
  type Currency,
  inCurrency,
  localName,
  type Plan,
} from '#platform/entitlements';
import { sha256, invalidInput } from '#platform/kernel';
import { type Cycle, SOLD_CYCLES, type SoldCycle } from '../cycles.ts';
import { refusedFor, refusedParam, refusedPromotion } from '../providers/stripe/client.ts';
import { amountOf } from '../providers/stripe/price-catalog.ts';

/** A customer's order, as they say it. */
export interface CheckoutOrder {
  readonly product: string;
  readonly plan?: string | undefined;
  readonly add_on?: string | undefined;
  readonly cycle: SoldCycle;
  readonly quantity: number;
  /** Not said: that of the product. */
  readonly currency?: Currency | undefined;
  readonly success_url: string;
  readonly cancel_url: string;
  readonly promotion_code?: string | undefined;
}

/** The same in the words of a call: what it leaves out follows from the rest. */
export interface CheckoutRequest extends Omit<CheckoutOrder, 'product' | 'success_url' | 'cancel_url'> {
  readonly product?: string | undefined;
  /** In place of product and plan. */
  readonly tier?: string | undefined;
  readonly success_url?: string | undefined;
  readonly cancel_url?: string | undefined;
}

/** Fills in what a request leaves out. Throws `validation_failed` for a tier where no product has tiers. */
export function completeOrder(
  { product, tier, ...request }: CheckoutRequest,
  { tiers, closedPage }: { readonly tiers: Catalogue | undefined; readonly closedPage: string },
): CheckoutOrder {
  if (tier !== undefined && tiers === undefined)
    throw invalidInput('body.tier', 'No product here has tiers.');
  const { plan = tier, success_url = closedPage, cancel_url = closedPage } = request;
  return { ...request, product: product ?? tiers?.product ?? '', plan, success_url, cancel_url };
}

/** The same, once it is known to be for sale; names within the product. */
export interface Order {
  readonly product: string;
  readonly plan: string | null;
  readonly addOn: string | null;
  /** null: it is paid once. */
  readonly cycle: SoldCycle | null;
  readonly quantity: number;
  readonly currency: Currency;
  /** Minor units of one, a cycle. */
  readonly unitAmount: number;
  readonly trialDays: number | undefined;
  /** Not there: a card is needed. */
  readonly trialNeedsCard?: false;
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
      ? addOnOf(catalogue, { ...asked, addOn: asked.add_on ?? '' })
      : planOf(catalogue, { ...asked, plan: asked.plan });
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
  asked: Pick<CheckoutOrder, 'quantity' | 'currency'> & { readonly plan: string; readonly cycle: Cycle },
) {
  const plan = localName(product, asked.plan);
  const { quantity } = asked;
  const declared = Object.hasOwn(plans, plan) ? plans[plan] : undefined;
  if (declared === undefined || declared.hidden === true)
    throw invalidInput('body.plan', 'There is no such plan.');
  if (declared.price.monthly === 0) throw invalidInput('body.plan', 'This plan is free.');
  const currency = currencyOf(declared.price, asked.currency);
  const soldBy = SOLD_CYCLES.filter((cycle) => amountOf(declared, { cycle, currency }) !== undefined);
  const cycle = soldBy.find((one) => one === asked.cycle);
  const unitAmount = cycle === undefined ? undefined : amountOf(declared, { cycle, currency });
  if (cycle === undefined || unitAmount === undefined)
    throw invalidInput('body.cycle', `This plan is not sold ${asked.cycle}, but ${soldBy.join(' or ')}.`);
  assertSeats(declared, quantity);
  return {
    plan,
    addOn: null,
    cycle,
    quantity,
    currency,
    unitAmount,
    trialDays: declared.trialDays,
    ...(declared.trialNeedsCard === false ? { trialNeedsCard: false as const } : {}),
  };
}

/** Throws `validation_failed` for several of a plan that is not sold by the seat. */
export function assertSeats({ perSeat }: Plan, quantity: number): void {
  if (quantity > 1 && perSeat === undefined)
    throw invalidInput('body.quantity', 'This plan is not sold by the seat.');
}

/** Throws `validation_failed` for one that it is not sold in. */
function currencyOf(price: Plan['price'] | AddOn['price'], asked: Currency = price.currency): Currency {
  const sold = currenciesOf(price);
  if (!sold.includes(asked))
    throw invalidInput('body.currency', `This is not sold in ${asked}, but in ${sold.join(' or ')}.`);
  return asked;
}

function addOnOf(
  { product, addOns }: Catalogue,
  asked: Pick<CheckoutOrder, 'quantity' | 'currency'> & { readonly addOn: string },
) {
  const addOn = localName(product, asked.addOn);
  const declared = Object.hasOwn(addOns, addOn) ? addOns[addOn] : undefined;
  if (declared === undefined) throw invalidInput('body.add_on', 'There is no such add-on.');
  const { price } = declared;
  const currency = currencyOf(price, asked.currency);
  const unitAmount = inCurrency(price, currency)?.once ?? price.once;
  return {
    plan: null,
    addOn,
    cycle: null,
    quantity: asked.quantity,
    currency,
    unitAmount,
    trialDays: undefined,
  };
}

/** The product's catalogue. Throws `validation_failed` where there is none, and `product_off`. */
export function catalogueOf(catalogues: ReadonlyMap<string, Catalogue>, product: string): Catalogue {
  const catalogue = catalogues.get(product);
  if (catalogue === undefined) throw invalidInput('body.product', 'There is no such product.');
  assertRunning(catalogue);
  return catalogue;
}

const SIZES = ['amount_too_small', 'amount_too_large'] as const;

/** A refusal of an order that only the provider could make, as the field that it came from; any other failure as it is. */
export function asRefusedOrder(error: unknown): unknown {
  if (refusedPromotion(error)) return invalidInput('body.promotion_code', 'This code is not for this order.');
  if (refusedParam(error).includes('proration_date'))
    return invalidInput('body.prorated_at', 'A period has begun since that preview: ask for another.');
  if (SIZES.some((code) => refusedFor(error, code)))
    return invalidInput('body.quantity', 'The payment provider takes no payment of this size.');
  return error;
}
