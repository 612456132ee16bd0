import { type Catalogue, currenciesOf, type Currency, inCurrency, type Plan } from '#platform/entitlements';
import { minorDigits } from '#platform/kernel';
import { SOLD_CYCLES, type SoldCycle } from '../../cycles.ts';
import { type Charged, productIdOf, type SoldItem } from './product-ids.ts';

/** A price as Stripe must have it. */
export interface CatalogPrice extends SoldItem {
  readonly productId: string;
  /** The name that a customer reads on invoices. */
  readonly name: string;
  /** Look-up key of the current price: `plinth:reel.pro:monthly`. */
  readonly lookupKey: string;
  /** That of the plan, also of what is sold beside it. */
  readonly cycle: SoldCycle | null;
  readonly charged: Charged;
  readonly currency: string;
  /** The price of one, a cycle, in millionths of the currency: units past a limit cost less than a cent. */
  readonly micros: number;
}

/** How sales are taxed, where Stripe adds taxes. */
export interface SaleTax {
  readonly behavior: 'exclusive' | 'inclusive';
  /** Stripe's product tax code. */
  readonly code: string;
}

/** Millionths of a currency in its minor unit. */
export const microsPerMinor = (currency: Currency) => 10 ** (6 - minorDigits(currency));

const INTERVALS = { monthly: 'month', yearly: 'year' } as const;

/** How often Stripe bills a price; null: once. Units past limits are billed each month, also where the plan is paid by the year. */
export const intervalOf = ({ charged, cycle }: Pick<CatalogPrice, 'charged' | 'cycle'>) =>
  cycle === null ? null : charged === 'metered' ? 'month' : INTERVALS[cycle];

/** Everything that is sold for money: plans that can be bought, and add-ons. */
export function priceCatalogOf(catalogues: readonly Catalogue[]): CatalogPrice[] {
  return catalogues.flatMap((catalogue) => [
    ...Object.entries(catalogue.plans).flatMap(([plan, declared]) => planPrices(catalogue, plan, declared)),
    ...addOnPrices(catalogue),
  ]);
}

/** A plan's price for a cycle in a currency, in minor units; undefined: it is not sold so. */
export function amountOf(
  { price, hidden }: Plan,
  { cycle, currency }: { readonly cycle: SoldCycle; readonly currency: Currency },
): number | undefined {
  const amount = inCurrency(price, currency)?.[cycle];
  return hidden === true || amount === 0 ? undefined : amount;
}

/** Beginning of the lookup keys of a plan's prices, those of units past its limits too. */
const planKey = (product: string, plan: string) => `plinth:${product}.${plan}:`;

/** Whether a price that is charged by use is that of another plan of ours. Once its amount was replaced it has no key, and the plan is not known. */
export const isOfAnotherPlan = (
  key: string | null | undefined,
  { product, plan }: { readonly product: string; readonly plan: string },
): boolean => key?.startsWith('plinth:') === true && !key.startsWith(planKey(product, plan));

/** By which the price is found: that of the product's own currency has none in its name. */
const keyOf = (of: string, price: { readonly currency: Currency }, currency: Currency) =>
  currency === price.currency ? of : `${of}:${currency}`;

function planPrices({ product, name }: Catalogue, plan: string, declared: Plan): CatalogPrice[] {
  const { price } = declared;
  const ways = SOLD_CYCLES.flatMap((cycle) => currenciesOf(price).map((currency) => ({ cycle, currency })));
  return ways.flatMap(({ cycle, currency }) => {
    const unitAmount = amountOf(declared, { cycle, currency });
    if (unitAmount === undefined) return [];
    const of: CatalogPrice = {
      product,
      plan,
      productId: productIdOf({ product, plan }),
      name: `${name} ${declared.name}`,
      lookupKey: keyOf(`${planKey(product, plan)}${cycle}`, price, currency),
      cycle,
      charged: 'recurring',
      currency,
      micros: unitAmount * microsPerMinor(currency),
    };
    return [of, ...overagePrices(of, declared, name)];
  });
}

/** Units past limits are items of the subscription beside the plan. */
function overagePrices(of: CatalogPrice, { overage = [] }: Plan, productName: string): CatalogPrice[] {
  return overage.map(({ limit, micros, also = {} }) => ({
    ...of,
    overage: limit,
    productId: productIdOf({ product: of.product, overage: limit }),
    // Shared by all plans of the product that have it.
    name: `${productName} ${limit}`,
    lookupKey: `${of.lookupKey}:${limit}`,
    charged: 'metered',
    micros: also[of.currency] ?? micros,
  }));
}

function addOnPrices({ product, name, addOns }: Catalogue): CatalogPrice[] {
  return Object.entries(addOns).flatMap(([addOn, declared]) =>
    currenciesOf(declared.price).map((currency) => ({
      product,
      addOn,
      productId: productIdOf({ product, addOn }),
      name: `${name} ${declared.name}`,
      lookupKey: keyOf(`plinth:${product}.${addOn}:once`, declared.price, currency),
      cycle: null,
      charged: 'one_time' as const,
      currency,
      micros: (inCurrency(declared.price, currency)?.once ?? 0) * microsPerMinor(currency),
    })),
  );
}
