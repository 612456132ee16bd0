import { defineProduct, routesOf } from 'plinth/product';
import { CHAT_SECONDS, gatewayCatalogue } from './plans.ts';
import * as routes from './routes.ts';
import { createGateway } from './service.ts';

const MIB = 1_048_576;

/** Time limits of a model that does not think; one that does may take longer (`timeLimits` in server/src/platform/ai/policy.ts). */
const CALL = {
  tries: 3,
  // A plain answer is waited for as long as OpenAI's own clients do.
  timeouts: { firstByte: 600_000, firstToken: 120_000, idle: 90_000, total: CHAT_SECONDS * 1_000 },
  caps: { inputBytes: 32 * MIB, runTime: CHAT_SECONDS * 1_000 },
};

/** The AI pipe itself, sold like any other product: what an account may call is its plan here. */
export const gateway = defineProduct({
  ...gatewayCatalogue,
  folder: import.meta.url,
  routes: routesOf(routes),
  policies: {
    // Models are for estimates alone: at the doors the caller names the model.
    chat: { ...CALL, models: ['small'], maxOutputTokens: 16_384 },
    // 2,048 inputs of 3,072 dimensions in base64.
    embeddings: { ...CALL, models: ['small'], caps: { ...CALL.caps, answerBytes: 36 * MIB } },
    // Four pictures of the largest size.
    images: { ...CALL, models: ['small'], caps: { ...CALL.caps, answerBytes: 36 * MIB } },
    // Thirteen minutes of raw samples, or half an hour of packed ones.
    speech: { ...CALL, models: ['small'], caps: { ...CALL.caps, answerBytes: 36 * MIB } },
    transcriptions: { ...CALL, models: ['small'] },
  },
  crashPoints: {
    'gateway.answer': { walks: ['a chat call with an Idempotency-Key'], lost: 'told' },
  },
  service: createGateway,
});
