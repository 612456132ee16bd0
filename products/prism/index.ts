import './tags.ts';
import { defineProduct, type PolicyInput, type ProductJob, routesOf } from 'plinth/product';
import { prismCrashPoints } from './crash-points.ts';
import { prismDataRules } from './data-rules.ts';
import * as actionRoutes from './lens/action-routes.ts';
import * as goalRoutes from './lens/goal-routes.ts';
import { reviveDrawing } from './mirror/drawing.ts';
import * as messageRoutes from './mirror/message-routes.ts';
import * as sessionRoutes from './mirror/session-routes.ts';
import { prismCatalogue } from './plans.ts';
import * as profileRoutes from './profile/routes.ts';
import { createPrism, type Prism } from './service.ts';
import * as spectrumRoutes from './spectrum/routes.ts';
import * as turnRoutes from './turns/routes.ts';

/** How often a job is tried in all. */
const ATTEMPTS = 3;

/** Draws fragments out of a message. */
const fragments: ProductJob<Prism> = {
  attempts: ATTEMPTS,
  run: (prism, job) => prism.drawFragments(job),
  giveUp: (prism, job, failure) => prism.giveUpDrawing(job, failure),
  reviving: (_prism, job) => reviveDrawing(job),
};

/** Sums a session up. */
const close: ProductJob<Prism> = {
  attempts: ATTEMPTS,
  run: (prism, job) => prism.closing.sumUp(job),
  giveUp: (prism, job, failure) => prism.closing.giveUp(job, failure),
  reviving: (prism, job) => prism.closing.revive(job),
};

/** Deletes for good what was deleted 30 days ago; what one night leaves the next one finds. */
const purge: ProductJob<Prism> = {
  attempts: ATTEMPTS,
  run: (prism) => prism.purge(),
  giveUp: () => Promise.resolve(),
};

/**
 * A user waits for the answer: one try at the first model and one at the second, which another vendor may have. Both fit into
 * the time that a person looks at a screen.
 */
const answering: PolicyInput = {
  models: ['small', 'large'],
  temperature: 0.7,
  maxOutputTokens: 700,
  tries: 2,
  patience: 2_000,
  timeouts: { firstToken: 15_000, idle: 15_000, total: 30_000 },
  caps: { runTime: 60_000, inputBytes: 98_304, answerBytes: 65_536 },
  replyCheck: 'sentence',
};

/** No call waits for it. Parts that are not fit to be read are left out, and the rest stays. */
const extracting: PolicyInput = { ...answering, temperature: 0.2, tries: ATTEMPTS, replyCheck: 'none' };

/** Prism: reflection. */
export const prism = defineProduct({
  ...prismCatalogue,
  folder: import.meta.url,
  // Its plan document has `POST /turns`.
  atRoot: true,
  dataRules: prismDataRules,
  crashPoints: prismCrashPoints,
  routes: [
    ...routesOf(profileRoutes),
    ...routesOf(sessionRoutes),
    ...routesOf(messageRoutes),
    ...routesOf(turnRoutes),
    ...routesOf(goalRoutes),
    ...routesOf(actionRoutes),
    ...routesOf(spectrumRoutes),
  ],
  jobs: { fragments, close, purge },
  schedules: { purge: { cron: '47 3 * * *', job: 'purge' } },
  policies: {
    turn: { ...answering, maxOutputTokens: 500, secretPrompts: ['turn'] },
    // No model is called; admission asks what one would cost.
    mirror_session: { ...answering, maxOutputTokens: 1 },
    mirror_message: { ...answering, secretPrompts: ['mirror'] },
    suggestion: { ...answering, maxOutputTokens: 500 },
    fragments: extracting,
    closing: extracting,
  },
  service: createPrism,
});
