import {
  type DataRule,
  defineProduct,
  erased,
  type PolicyInput,
  type ProductJob,
  routesOf,
  THE_ACCOUNTS,
} from 'plinth/product';
import { sampleCrashPoints } from './crash-points.ts';
import { sampleCatalogue } from './plans.ts';
import * as routes from './routes.ts';
import { createSample, type Sample } from './service.ts';

/** How often a job is tried in all, and how often the model is asked within one try. */
const TRIES = 3;

/** Asks the model for one answer. */
const answer: ProductJob<Sample> = {
  attempts: TRIES,
  run: (sample, job) => sample.answer(job),
  giveUp: (sample, job, failure) => sample.giveUp(job, failure),
  reviving: (sample, { accountId, payload }) => sample.revive(accountId, payload),
};

/** Deletes for good what has been in the trash for 30 days. */
const purge: ProductJob<Sample> = { run: async (sample) => void (await sample.purge()) };

/** How the model is called for an answer. */
const answering: PolicyInput = {
  models: ['small'],
  temperature: 0.3,
  maxOutputTokens: 800,
  tries: TRIES,
  timeouts: { total: 40_000 },
  caps: { runTime: 120_000, inputBytes: 16_384, answerBytes: 65_536 },
};

/** What the erasure and the export of an account or a person do with the tables. */
const dataRules: DataRule[] = [{ table: 'sample.answers', account: erased(), user: THE_ACCOUNTS }];

/** Sample: a question is asked over HTTP, and a worker answers it. */
export const sample = defineProduct({
  ...sampleCatalogue,
  folder: import.meta.url,
  dataRules,
  crashPoints: sampleCrashPoints,
  routes: routesOf(routes),
  jobs: { answer, purge },
  schedules: { purge: { cron: '41 3 * * *', job: 'purge' } },
  policies: { answer: answering },
  service: createSample,
});
