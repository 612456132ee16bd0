import type { ProductContext } from '#platform/product';
import { createCatalogue } from './catalogue/service.ts';
import { createInstalls } from './installs/service.ts';

/** The marketplace of plugins (docs/marketplace.md). */
export function createMarket(context: ProductContext) {
  return {
    catalogue: createCatalogue(context),
    installs: createInstalls(context),
  };
}
