import { getRouteApi } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import type { Language } from '../text/index.ts';

/** The pages that a product adds to the console. */
export interface ProductPages {
  /** The product's key, as in its plans. */
  readonly product: string;
  readonly pages: readonly {
    /** What its address ends with: `/app/products/<product>/<page>`. */
    readonly page: string;
    /** In the navigation. */
    readonly title: Readonly<Record<Language, string>>;
    /** Linked for platform admins alone, among the operator's pages; the API holds these rights, and not this. */
    readonly isOperators?: boolean;
    readonly load: () => Promise<{ readonly default: ComponentType }>;
  }[];
}

/** What an address says beside its page. */
export type ProductSearch = Readonly<Record<string, string>>;

export const readProductSearch = (search: Readonly<Record<string, unknown>>): ProductSearch =>
  Object.fromEntries(Object.entries(search).map(([name, value]) => [name, String(value)]));

const route = getRouteApi('/app/products/$product/$page');

/** What a page of a product has in its address, and how it is changed: `undefined` takes a name out. */
export function useProductSearch() {
  const search: ProductSearch = route.useSearch();
  const navigate = route.useNavigate();
  return {
    search,
    change: (changes: Readonly<Record<string, string | undefined>>) =>
      void navigate({
        search: Object.fromEntries(
          Object.entries({ ...search, ...changes }).flatMap(([name, value]) =>
            value === undefined ? [] : [[name, value]],
          ),
        ),
      }),
  };
}
