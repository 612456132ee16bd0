import { routesOf } from '#platform/http';
import { defineProduct } from '#platform/product';
import { gatewayCatalogue } from './plans.ts';
import * as routes from './routes.ts';
import { createGateway } from './service.ts';

/** The AI pipe itself, sold like any other product: what an account may call is its plan here. */
export const gateway = defineProduct({
  ...gatewayCatalogue,
  routes: routesOf(routes),
  policies: {
    chat: {
      // For estimates alone: through this door the caller names the model.
      models: ['small'],
      maxOutputTokens: 16_384,
      tries: 3,
      timeouts: { firstToken: 60_000, total: 300_000 },
      caps: { inputBytes: 4 * 1024 * 1024, runTime: 300_000 },
    },
  },
  service: createGateway,
});
