import { products } from 'plinth:products';
import { useIsMine } from '../account.ts';
import { useEntitlements } from '../parts/plans.ts';

/** Pages that products brought along, of those that run and are for who is signed in: for everybody, or for operators. */
export function useProductLinks(areOperators: boolean) {
  const isMine = useIsMine();
  return products.flatMap(({ product, pages }) =>
    pages
      .filter(({ isOperators = false }) => isOperators === areOperators && isMine({ isOperators, product }))
      .map(({ page, title }) => ({ product, page, title })),
  );
}

/** The names of products that the chosen account has a plan of, by key; undefined until that is known. */
export function useHeldProducts(): ReadonlyMap<string, string> | undefined {
  const { data, isError } = useEntitlements();
  if (data === undefined) return isError ? new Map<string, string>() : undefined;
  return new Map(
    data.data.flatMap(({ product, name, plan }) => (plan === null ? [] : [[product, name] as const])),
  );
}

/** A product by its name, where no plan of it says how it is called. */
export const titleOf = (product: string): string => product.charAt(0).toUpperCase() + product.slice(1);
