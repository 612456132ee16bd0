import type { EventStream, Once } from '#platform/http';
import type { AccountId } from '#platform/kernel';
import type { JobFailure, ProductContext, RunningJob } from '#platform/product';
import { createAsks } from './ask.ts';
import { cancel } from './cancel.ts';
import { reviveGeneration } from './store.ts';
import { type Place, tell } from './stream.ts';
import { createWatch, ENDED, type GenerationKey, type GenerationView, isFinal, readView } from './views.ts';
import { generate, giveUp } from './write.ts';

/** Generations: asked for over HTTP, written by a worker, followed and cancelled by whoever asked. */
export function createGenerations(context: ProductContext) {
  const { db } = context;
  const watch = createWatch(db);

  return {
    ...createAsks(context),

    read: (key: GenerationKey) => readView(db, key),

    /** Reads a generation, waiting up to `seconds` for its end. */
    async waitFor(
      key: GenerationKey,
      wait: { seconds: number; hangUp: AbortSignal },
    ): Promise<GenerationView> {
      const over = AbortSignal.any([wait.hangUp, AbortSignal.timeout(wait.seconds * 1_000)]);
      for await (const view of watch(key, { on: ENDED, over })) if (isFinal(view)) return view;
      return readView(db, key);
    },

    /** Tells a reader what becomes of a generation, as long as the stream lasts. */
    tell: (key: GenerationKey, to: { stream: EventStream; from: Place }) => tell(watch, key, to),

    cancel: (key: GenerationKey, once: Once) => cancel(context, key, once),

    generate: (job: RunningJob) => generate(context, job),
    giveUp: (job: RunningJob, failure: JobFailure) => giveUp(context, job, failure),

    /** For a job that runs once more after it was given up. */
    revive: (accountId: AccountId, payload: RunningJob['payload']) => [
      reviveGeneration(accountId, payload['generation_id'] ?? ''),
    ],
  };
}
