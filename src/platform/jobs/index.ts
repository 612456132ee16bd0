import { type Migration, migrationsIn } from '#platform/db';

export { jobsDataRules } from './data-rules.ts';
export type { Delivered } from './crew.ts';
export { announcingTo } from './delivery/announcer.ts';
export { createReceiver } from './delivery/receiver.ts';
export { deliveryRoutes } from './delivery/routes.ts';
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
export { jobsRoutes } from './routes.ts';
export type { Schedule } from './schedules.ts';
export type { Worker } from './worker.ts';

export const jobsMigrations = (): Migration[] => migrationsIn('jobs', import.meta.url);
