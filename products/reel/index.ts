import './tags.ts';
import { defineProduct, type PolicyInput, type ProductJob, routesOf } from 'plinth/product';
import { reelCrashPoints } from './crash-points.ts';
import { reelDataRules } from './data-rules.ts';
import { reelCatalogue } from './plans.ts';
import * as draftRoutes from './drafts/routes.ts';
import * as askRoutes from './generations/ask-routes.ts';
import * as followRoutes from './generations/follow-routes.ts';
import * as libraryRoutes from './library/routes.ts';
import { createReel, type Reel } from './service.ts';

/** No creator waits longer for a post, and none may cost more tries. */
const TRIES = 3;

const generate: ProductJob<Reel> = {
  attempts: TRIES,
  run: (reel, job) => reel.generations.generate(job),
  giveUp: (reel, job, failure) => reel.generations.giveUp(job, failure),
  reviving: (reel, { accountId, payload }) => reel.generations.revive(accountId, payload),
};

/** Takes what has been in the trash for long out of the library, of all accounts; what one night leaves the next one finds. */
const purge: ProductJob<Reel> = { run: async (reel) => void (await reel.library.purge()) };

/** Model calls of every feature: a post, or a part of one, and one more call where it must be made shorter. */
const writing: PolicyInput = {
  models: ['small'],
  temperature: 0.8,
  maxOutputTokens: 1_500,
  tries: TRIES,
  rounds: 2,
  // Three tries of it are the two minutes that a generation may be with a provider.
  timeouts: { total: 40_000 },
  // A long answer is some 10,000 bytes: anything far beyond is no post, and is not stored.
  caps: { runTime: 120_000, inputBytes: 32_768, answerBytes: 131_072 },
};

/** Content generation: a creator asks for a post, a worker writes variants. */
export const reel = defineProduct({
  ...reelCatalogue,
  folder: import.meta.url,
  dataRules: reelDataRules,
  crashPoints: reelCrashPoints,
  routes: [
    ...routesOf(askRoutes),
    ...routesOf(followRoutes),
    ...routesOf(draftRoutes),
    ...routesOf(libraryRoutes),
  ],
  jobs: { generate, purge },
  schedules: { purge: { cron: '17 3 * * *', job: 'purge' } },
  policies: { generation: writing, regeneration_targeted: writing, regeneration_full: writing },
  service: createReel,
  smoke: async (server, steps) => (await import('./smoke.ts')).tryReel(server, steps),
});
