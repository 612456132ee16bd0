import type { Catalogue } from '#platform/entitlements';
import { SOLD_CYCLES, type SoldCycle } from '../cycles.ts';
import type { StoreName } from '../payment-provider.ts';

/** Our meaning of a store's product. Exactly one of `plan` and `addOn` is there, by names within the product. */
export type StoreProduct =
  | { readonly product: string; readonly plan: string; readonly cycle: SoldCycle; readonly addOn?: undefined }
  | { readonly product: string; readonly addOn: string; readonly plan?: undefined };

/** Products on sale in a store, by the store's ids. */
export interface StoreProducts {
  /** undefined: it is not ours. */
  find(id: string): StoreProduct | undefined;
  /** All ids, and what they are. */
  readonly all: ReadonlyMap<string, StoreProduct>;
}

/**
 * A plan is called `product.plan` + `separator` + `cycle` in a store, and an add-on `product.add_on`, unless it declares ids of its own
 * (`storeIds`): then by those alone. Throws for an id that stands for two.
 */
export function storeProducts(
  catalogues: readonly Catalogue[],
  store: StoreName,
  separator: string,
): StoreProducts {
  const all = new Map<string, StoreProduct>();
  const add = (id: string, sold: StoreProduct) => {
    if (all.has(id)) throw new Error(`two plans or add-ons are called ${id} in the ${store}`);
    all.set(id, sold);
  };
  for (const { product, plans, addOns } of catalogues) {
    for (const [plan, { storeIds, price, hidden }] of Object.entries(plans)) {
      if (hidden === true || price.monthly === 0) continue;
      for (const cycle of SOLD_CYCLES)
        for (const id of storeIds?.[store]?.[cycle] ?? [`${product}.${plan}${separator}${cycle}`])
          add(id, { product, plan, cycle });
    }
    for (const [addOn, { storeIds }] of Object.entries(addOns))
      for (const id of storeIds?.[store] ?? [`${product}.${addOn}`]) add(id, { product, addOn });
  }
  return { all, find: (id) => all.get(id) };
}
