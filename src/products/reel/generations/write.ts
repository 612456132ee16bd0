import { commitPoint } from '#platform/db';
import { AppError, declareErrors, type Ids } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import type { JobFailure, Platform as Faces, RunningJob } from '#platform/product';
import { z } from 'zod';
import { cleanHashtags, isOverLength, PLATFORMS } from '../platforms.ts';
import {
  completeGeneration,
  failGeneration,
  insertVariants,
  type NewVariant,
  startGeneration,
  type Task,
} from './store.ts';

const START = commitPoint('reel.start', 'a generation marked as running');
const COMPLETE = commitPoint('reel.complete', 'variants, status, settlement and the end of the job');
const FAIL = commitPoint('reel.fail', 'a failed generation, its quota given back, and the end of the job');

/** The topic of the signals that tell waiting readers that a generation is completed or failed. */
export const MOVED = 'reel.generation';

declareErrors({
  generation_failed: { status: 502, message: 'The model did not give usable variants.' },
});

/** What the model is asked to fill; the field names are those of the answer. */
const reply = z.object({
  variants: z.array(
    z.object({ hook: z.string(), body: z.string(), cta: z.string(), hashtags: z.array(z.string()) }),
  ),
});

/** The worker's part: load, call the model, and store variants, status and settlement in one transaction. */
export async function generate(faces: Faces, job: RunningJob): Promise<void> {
  const { db } = faces;
  const generationId = job.payload['generation_id'] ?? '';
  const [tasks] = await db.tenant(job.accountId, START, [startGeneration(job.accountId, generationId)]);
  const [task] = tasks;
  // Final already: this delivery came twice, and the worker ends the job.
  if (task === undefined) return;
  const { permit } = job;
  if (permit === undefined) throw new Error('a generation needs a permit');
  const variants = await write(faces, { permit, task, signal: job.signal });
  await db.tenant(job.accountId, COMPLETE, [
    insertVariants(job.accountId, { generationId, draftId: task.draft_id }, variants),
    completeGeneration(job.accountId, generationId),
    job.finishing(),
    permit.settlement(),
  ]);
  db.signal(MOVED, generationId);
}

/** Nobody tries again: the creator reads why, and gets the quota back. */
export async function giveUp(faces: Faces, job: RunningJob, failure: JobFailure): Promise<void> {
  const generationId = job.payload['generation_id'] ?? '';
  await faces.db.tenant(job.accountId, FAIL, [
    failGeneration(job.accountId, generationId, failure),
    job.finishing({ failed: failure.code }),
    ...(job.permit === undefined ? [] : [job.permit.releasing(failure.code)]),
  ]);
  faces.db.signal(MOVED, generationId);
}

async function write(
  faces: Faces,
  work: { permit: Permit; task: Task; signal: AbortSignal },
): Promise<NewVariant[]> {
  const { task } = work;
  const rules = PLATFORMS[task.platform];
  const { object } = await faces.ai.generate(work.permit, {
    feature: 'generation',
    prompt: {
      id: 'post',
      variables: {
        platform: rules.title,
        style: rules.style,
        max_length: rules.maxLength,
        max_hashtags: rules.maxHashtags,
        topic: task.topic,
        tone: task.tone ?? 'as fits the platform',
        audience: task.audience ?? 'whoever the topic concerns',
        brand_voice: task.brand_voice ?? 'none given',
        language: task.language,
        variants: task.variants,
      },
    },
    schema: reply,
    hangUp: work.signal,
  });
  const usable = object.variants.filter(
    (variant) => variant.hook.trim() !== '' && variant.body.trim() !== '',
  );
  if (usable.length === 0) throw new AppError('generation_failed');
  return usable
    .slice(0, task.variants)
    .map((variant, index) => shaped(faces.ids, task, { variant, position: index + 1 }));
}

function shaped(
  ids: Ids,
  task: Task,
  { variant, position }: { variant: z.infer<typeof reply>['variants'][number]; position: number },
): NewVariant {
  const text = {
    hook: clean(variant.hook),
    body: clean(variant.body),
    cta: clean(variant.cta),
    hashtags: cleanHashtags(task.platform, variant.hashtags),
  };
  return { ...text, id: ids.next(), position, over_length: isOverLength(task.platform, text) };
}

/** A model may write what the database can't hold: NUL bytes, and halves of surrogate pairs. */
function clean(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed().trim();
}
