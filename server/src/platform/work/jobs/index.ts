import { migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { jobsDataRules } from './data-rules.ts';
import { deliveryRoutes } from './delivery/routes.ts';
import { jobsRoutes } from './routes.ts';
import { createWork } from './work.ts';

export type { Delivered } from './job-runner.ts';
export {
  type DeadJob,
  type JobFailure,
  type JobHandler,
  type Lane,
  type NewJob,
  PLATFORM_ACCOUNT,
  type RunningJob,
} from './job.ts';
export { createJobs, type JobDepth, type Jobs, type OldestJob } from './jobs.ts';
export type { QStash } from './work.ts';
export { createWork } from './work.ts';
export type { Worker } from './worker.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'admin.jobs': 'a platform admin looks after jobs of accounts that are not their own',
  'jobs.queue': 'a worker takes the next job of all accounts',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

/** This module, for the list of all of them. */
export const jobsModule = defineModule({
  name: 'jobs',
  purpose: 'the queue and its worker',
  migrations: () => migrationsIn('jobs', import.meta.url),
  dataRules: jobsDataRules,
  systemUses,
  partRoutes: { receiver: deliveryRoutes, jobs: jobsRoutes },
  schedules: { 'old-jobs': { cron: '27 * * * *', run: ({ jobs }) => jobs.prune() } },
  create: createWork,
});
