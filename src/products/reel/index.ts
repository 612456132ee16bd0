import { promptsIn } from '#platform/ai';
import { migrationsIn } from '#platform/db';
import { routesOf } from '#platform/http';
import { defineProduct, type ProductJob } from '#platform/product';
import { reelCatalogue } from './plans.ts';
import * as generationRoutes from './generations/routes.ts';
import { createReel, type Reel } from './service.ts';

/** Nobody waits longer for a post, and none may cost more tries. */
const TRIES = 3;

const generate: ProductJob<Reel> = {
  attempts: TRIES,
  run: (reel, job) => reel.generations.generate(job),
  giveUp: (reel, job, failure) => reel.generations.giveUp(job, failure),
};

/** Content generation: a creator asks for a post, a worker writes variants. */
export const reel = defineProduct({
  ...reelCatalogue,
  migrations: migrationsIn('reel', import.meta.url),
  routes: [...routesOf(generationRoutes)],
  jobs: { generate },
  prompts: promptsIn(new URL('./prompts/', import.meta.url)),
  policies: {
    generation: {
      models: ['small'],
      temperature: 0.8,
      maxOutputTokens: 1_500,
      tries: TRIES,
      timeouts: { total: 60_000 },
      caps: { runTime: 120_000, inputBytes: 32_768 },
    },
  },
  service: createReel,
});
