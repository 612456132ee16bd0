import type { ProductContext } from '#platform/product';
import { createCatalogue } from './catalogue/service.ts';
import { createDevelopers } from './developers/service.ts';
import { createInstalls } from './installs/service.ts';
import { createMarketKeys } from './keys.ts';
import { createReview } from './review/admin-service.ts';

/** The marketplace of plugins (docs/marketplace.md). */
export function createMarket(context: ProductContext) {
  const keys = createMarketKeys(context);
  return {
    keys,
    catalogue: createCatalogue(context),
    installs: createInstalls(context),
    developers: createDevelopers(context),
    review: createReview({ ...context, keys }),
  };
}
