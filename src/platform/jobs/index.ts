import { type Migration, migrationsIn } from '#platform/db';

export type { JobFailure, JobHandler, Lane, NewJob, RunningJob } from './job.ts';
export { createJobs, type JobDepth, type Jobs, type Worker } from './jobs.ts';

export const jobsMigrations = (): Migration[] => migrationsIn('jobs', import.meta.url);
