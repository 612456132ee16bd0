import {
  type AccountId,
  answerFollower,
  type Follower,
  type JobFailure,
  type Once,
  type ProductContext,
  type RunningJob,
  type WorkKey,
} from 'plinth/product';
import { createAsks } from './ask.ts';
import { cancel } from './cancel.ts';
import { reviveGeneration } from './store.ts';
import { followGenerations, progressOf } from './views.ts';
import { generate, giveUp } from './write.ts';

/** Generations: requested over HTTP, written by a worker, followed and cancelled by their requester. */
export function createGenerations(context: ProductContext) {
  const told = { following: followGenerations(context.db), resultEvent: 'variant', progressOf };

  return {
    ...createAsks(context),

    follow: (follower: Follower) => answerFollower(follower, told),

    cancel: (key: WorkKey, once: Once) => cancel(context, key, once),

    generate: (job: RunningJob) => generate(context, job),
    giveUp: (job: RunningJob, failure: JobFailure) => giveUp(context, job, failure),

    /** For a job that runs once more after it was given up. */
    revive: (accountId: AccountId, payload: RunningJob['payload']) => [
      reviveGeneration(accountId, payload['generation_id'] ?? ''),
    ],
  };
}
