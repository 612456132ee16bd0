export {
  type DeadJob,
  type JobFailure,
  type JobHandler,
  LANES,
  type Lane,
  type NewJob,
  PLATFORM_ACCOUNT,
  type QueuedJob,
} from './job.ts';
export { createQueue, DUE, type Queue, type WorkedQueue } from './queue.ts';
export { instantAfter, type Schedule } from './schedule.ts';
