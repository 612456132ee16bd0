import { commitPoint } from '#platform/db';
import { type AccountId, AppError, type JobId, type UserId } from '#platform/kernel';
import { type Permit, stale } from '#platform/limits';
import type { JobFailure, Platform as Faces, RunningJob } from '#platform/product';
import { generate, giveUp, MOVED } from './write.ts';
import {
  type Brief,
  type GenerationRow,
  insertDraft,
  insertGeneration,
  readGeneration,
  readVariants,
  type VariantRow,
} from './store.ts';

const CREATE = commitPoint('reel.create', 'draft, generation, job and stored answer');

/** Milliseconds between two looks of a waiting reader, behind signals that may be lost. */
const SLOW_LOOK = 1_000;

export interface GenerationView {
  readonly generation: GenerationRow;
  readonly variants: readonly VariantRow[];
}

export interface Accepted {
  readonly generation_id: string;
  readonly draft_id: string;
  readonly status: 'queued';
  readonly status_url: string;
}

/** Generations: asked for over HTTP, written by a worker. */
export function createGenerations(faces: Faces) {
  const { db, ids, jobs } = faces;

  /** One transaction: draft, generation, job (which owns the permit from now on) and the answer under the request's key. */
  async function create(
    context: { accountId: AccountId; userId: UserId; permit: Permit },
    brief: Brief & { variants: number },
  ): Promise<Accepted> {
    const { accountId, permit } = context;
    const generationId = ids.next();
    const draftId = ids.next();
    const jobId = ids.next<JobId>();
    const accepted: Accepted = {
      generation_id: generationId,
      draft_id: draftId,
      status: 'queued',
      status_url: `/v1/generations/${generationId}`,
    };
    const one = {
      accountId,
      userId: context.userId,
      draftId,
      generationId,
      permitId: permit.id,
      jobId,
      variants: brief.variants,
      requestId: permit.requestId,
    };
    const stored = permit.answering({
      status: 202,
      body: accepted,
      headers: { location: accepted.status_url },
    });
    try {
      await db.tenant(accountId, CREATE, [
        insertDraft(one, brief),
        insertGeneration(one),
        ...jobs.enqueueing(accountId, {
          id: jobId,
          kind: 'reel.generate',
          lane: 'interactive',
          payload: { generation_id: generationId },
          requestId: permit.requestId,
          permit,
        }),
        ...(stored === undefined ? [] : [stored]),
      ]);
    } catch (error) {
      throw stale(error);
    }
    jobs.wake();
    return accepted;
  }

  async function read(accountId: AccountId, generationId: string): Promise<GenerationView> {
    const [[generation], variants] = await db.tenant(accountId, [
      readGeneration(accountId, generationId),
      readVariants(accountId, generationId),
    ]);
    if (generation === undefined) throw new AppError('not_found');
    return { generation, variants };
  }

  /** Reads a generation, waiting up to `seconds` for it to be completed or failed. */
  async function waitFor(
    accountId: AccountId,
    generationId: string,
    wait: { seconds: number; hangUp: AbortSignal },
  ): Promise<GenerationView> {
    const over = AbortSignal.any([wait.hangUp, AbortSignal.timeout(wait.seconds * 1_000)]);
    let moved = Promise.withResolvers<void>();
    const deaf = db.onSignal(MOVED, (id) => id === generationId && moved.resolve());
    try {
      for (;;) {
        moved = Promise.withResolvers<void>();
        const view = await read(accountId, generationId);
        if (isFinal(view) || over.aborted) return view;
        await firstOf(moved.promise, over);
      }
    } finally {
      deaf();
    }
  }

  return {
    create,
    read,
    waitFor,
    generate: (job: RunningJob) => generate(faces, job),
    giveUp: (job: RunningJob, failure: JobFailure) => giveUp(faces, job, failure),
  };
}

function isFinal({ generation }: GenerationView): boolean {
  return generation.status === 'completed' || generation.status === 'failed';
}

/** Waits for a signal, the slow look, or the end of the wait, whichever comes first. */
function firstOf(moved: Promise<void>, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      over.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, SLOW_LOOK);
    over.addEventListener('abort', done);
    void moved.then(done);
  });
}
