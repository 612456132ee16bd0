import type { Catalogue } from './catalogue.ts';

/**
 * The catalogues of a process. `list` and `byProduct` are the same objects for its whole life, and `replace` exchanges all
 * that is in them in one turn: read them at each use, and keep derived values by the identity of a catalogue.
 */
export interface LiveCatalogues {
  readonly list: readonly Catalogue[];
  readonly byProduct: ReadonlyMap<string, Catalogue>;
  replace(next: readonly Catalogue[]): void;
}

export function createLiveCatalogues(first: readonly Catalogue[]): LiveCatalogues {
  const list: Catalogue[] = [];
  const byProduct = new Map<string, Catalogue>();
  const replace = (next: readonly Catalogue[]) => {
    if (new Set(next.map(({ product }) => product)).size < next.length)
      throw new Error('two products have the same key');
    if (next.filter(({ tiers }) => tiers).length > 1) throw new Error('the plans of two products are tiers');
    list.splice(0, list.length, ...next);
    byProduct.clear();
    for (const catalogue of next) byProduct.set(catalogue.product, catalogue);
  };
  replace(first);
  return { list, byProduct, replace };
}
