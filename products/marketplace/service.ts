import type { ProductContext } from 'plinth/product';
import { createCatalogue } from './catalogue/service.ts';
import { createDevelopers } from './developers/service.ts';
import { createReview } from './review/service.ts';
import { createMarketSigning } from './signing.ts';

/** The marketplace of plugins (docs/marketplace.md). */
export function createMarket(context: ProductContext) {
  const signing = createMarketSigning(context);
  return {
    signing,
    catalogue: createCatalogue(context),
    developers: createDevelopers(context),
    review: createReview({ ...context, signing }),
  };
}

export type Market = ReturnType<typeof createMarket>;
