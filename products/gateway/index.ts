import { defineProduct, routesOf } from 'plinth/product';
import { CHAT_SECONDS, gatewayCatalogue } from './plans.ts';
import * as routes from './routes.ts';
import { createGateway } from './service.ts';

/** The AI pipe itself, sold like any other product: what an account may call is its plan here. */
export const gateway = defineProduct({
  ...gatewayCatalogue,
  folder: import.meta.url,
  routes: routesOf(routes),
  policies: {
    chat: {
      // For estimates alone: at this endpoint the caller names the model.
      models: ['small'],
      maxOutputTokens: 16_384,
      tries: 3,
      // Timeouts of a model that does not think; one that does may take longer (`timeLimits` in server/src/platform/ai/policy.ts).
      // A plain answer is waited for as long as OpenAI's own clients do.
      timeouts: { firstByte: 600_000, firstToken: 120_000, idle: 90_000, total: CHAT_SECONDS * 1_000 },
      caps: { inputBytes: 32 * 1024 * 1024, runTime: CHAT_SECONDS * 1_000 },
    },
  },
  crashPoints: {
    'gateway.answer': { walks: ['a chat call with an Idempotency-Key'], lost: 'told' },
  },
  service: createGateway,
});
