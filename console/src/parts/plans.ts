import { useOfAccount } from './of-account.ts';
import { usePriceList } from './price-list.ts';

interface Denied {
  readonly product: string;
  readonly plan: string;
  readonly limit: string;
  readonly max: number;
}

/** What can be given, and the cheapest plan that has more of a limit. */
export function usePlans() {
  const { data } = usePriceList();
  return {
    plans: data?.data ?? [],
    addOns: data?.add_ons ?? [],
    /** Its id, and its size of the limit; null: without a bound. */
    largerThan({
      product,
      plan,
      limit,
      max,
    }: Denied): { readonly id: string; readonly max: number | null } | undefined {
      const sizes = data?.comparison[product]?.find(({ name }) => name === limit)?.plans ?? {};
      return data?.data
        .filter((one) => one.product === product && one.id !== plan)
        .toSorted((one, other) => one.price.monthly - other.price.monthly)
        .flatMap(({ id }) => {
          const size = sizes[id];
          return size === null || (typeof size === 'number' && size > max) ? [{ id, max: size }] : [];
        })[0];
    },
  };
}

/** Entitlements of the chosen account, by product. */
export const useEntitlements = () =>
  useOfAccount(['entitlements'], (api) => api.call('GET /v1/billing/entitlements', {}));

/** Its entitlement of one product; undefined until it is known, and of a product that accounts of its kind can't have. */
export const useHeldPlan = (product: string) =>
  useEntitlements().data?.data.find((one) => one.product === product);

/** The amount of a grant in the chosen account's plan; undefined until it is known, and for a grant that its plans do not name. */
export function useGrant(product: string, name: string): number | boolean | null | undefined {
  const { data } = usePriceList();
  const plan = useHeldPlan(product)?.plan;
  if (plan === undefined || plan === null) return undefined;
  return data?.comparison[product]?.find((one) => one.name === name)?.plans[plan];
}
