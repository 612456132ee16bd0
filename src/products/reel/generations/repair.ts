import { AppError } from '#platform/kernel';
import { z } from 'zod';
import { PLATFORMS, postLength, type VariantText } from '../platforms.ts';
import { post, shaped } from './variants.ts';
import type { Work } from './write.ts';

const reply = z.object({ posts: z.array(post) });

/**
 * Asks the model once to shorten variants, all of them in one call, and answers them in their order. One that it has not
 * made shorter stays as it was; so do all when the call comes to nothing, for a long post is more than none.
 */
export async function repaired(work: Work, tooLong: readonly VariantText[]): Promise<readonly VariantText[]> {
  const { context, job, permit, task } = work;
  const { title, maxLength } = PLATFORMS[task.platform];
  const left = Math.max(0, Math.ceil(work.until - context.clock.monotonic()));
  try {
    const { object } = await context.ai.generate(permit, {
      feature: permit.feature,
      prompt: {
        id: 'repair',
        variables: {
          platform: title,
          max_length: maxLength,
          language: task.language,
          posts: JSON.stringify(tooLong),
        },
      },
      schema: reply,
      lane: job.lane,
      signal: AbortSignal.any([job.signal, AbortSignal.timeout(left)]),
    });
    return tooLong.map((long, n) => {
      const written = object.posts[n];
      const short = written === undefined ? long : shaped(task, written);
      return postLength(task.platform, short) < postLength(task.platform, long) ? short : long;
    });
  } catch (error) {
    const isOver = job.signal.aborted || !(error instanceof AppError) || error.code === 'permit_stale';
    if (isOver) throw error;
    return tooLong;
  }
}
