import type { ProductContext } from '#platform/product';
import { createDevelopers } from './developers/service.ts';
import { createMarketKeys } from './keys.ts';
import { createReview } from './review/admin-service.ts';

/** The marketplace of plugins (docs/marketplace.md). */
export function createMarket(context: ProductContext) {
  const keys = createMarketKeys(context);
  return {
    keys,
    developers: createDevelopers(context),
    review: createReview({ ...context, keys }),
  };
}
