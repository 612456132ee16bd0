import type { Catalogue, Plan } from '#platform/entitlements';
import type { Cycle } from '../../facts.ts';
import { type Charged, productIdOf, type SoldItem } from './product-ids.ts';

/** A price as Stripe must have it. */
export interface CatalogPrice extends SoldItem {
  readonly productId: string;
  /** What a customer reads on invoices. */
  readonly name: string;
  /** By which the price in effect is found, whatever its id: `plinth:reel.pro:monthly`. */
  readonly lookupKey: string;
  readonly cycle: Cycle | null;
  readonly charged: Charged;
  readonly currency: string;
  /** Of one, a cycle, in millionths of the currency: units past a limit cost less than a cent. */
  readonly micros: number;
}

/** All currencies of ours have a hundred minor units. */
export const MICROS_PER_MINOR = 10_000;

export const INTERVALS = { monthly: 'month', yearly: 'year' } as const;

/** Everything that is sold for money: plans that can be bought, and add-ons. */
export function priceCatalogOf(catalogues: readonly Catalogue[]): CatalogPrice[] {
  return catalogues.flatMap((catalogue) => [
    ...Object.entries(catalogue.plans).flatMap(([plan, declared]) => planPrices(catalogue, plan, declared)),
    ...addOnPrices(catalogue),
  ]);
}

/** What a plan costs a cycle, in minor units; undefined: it is not sold so. */
export function amountOf({ price, hidden }: Plan, cycle: Cycle): number | undefined {
  const amount = cycle === 'monthly' ? price.monthly : price.yearly;
  return hidden === true || amount === 0 ? undefined : amount;
}

function planPrices({ product, name }: Catalogue, plan: string, declared: Plan): CatalogPrice[] {
  return (['monthly', 'yearly'] as const).flatMap((cycle) => {
    const unitAmount = amountOf(declared, cycle);
    if (unitAmount === undefined) return [];
    const of: CatalogPrice = {
      product,
      plan,
      productId: productIdOf({ product, plan }),
      name: `${name} ${declared.name}`,
      lookupKey: `plinth:${product}.${plan}:${cycle}`,
      cycle,
      charged: 'recurring',
      currency: declared.price.currency,
      micros: unitAmount * MICROS_PER_MINOR,
    };
    return [of, ...overagePrices(of, declared, name)];
  });
}

/** Units past limits are items of the subscription beside the plan, and of its cycle, as Stripe wants it. */
function overagePrices(of: CatalogPrice, { overage = [] }: Plan, productName: string): CatalogPrice[] {
  return overage.map(({ limit, micros }) => ({
    ...of,
    overage: limit,
    productId: productIdOf({ product: of.product, overage: limit }),
    // Shared by all plans of the product that have it.
    name: `${productName} ${limit}`,
    lookupKey: `${of.lookupKey}:${limit}`,
    charged: 'metered',
    micros,
  }));
}

function addOnPrices({ product, name, addOns }: Catalogue): CatalogPrice[] {
  return Object.entries(addOns).map(([addOn, declared]) => ({
    product,
    addOn,
    productId: productIdOf({ product, addOn }),
    name: `${name} ${declared.name}`,
    lookupKey: `plinth:${product}.${addOn}:once`,
    cycle: null,
    charged: 'one_time',
    currency: declared.price.currency,
    micros: declared.price.once * MICROS_PER_MINOR,
  }));
}
