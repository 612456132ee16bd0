import {
  AppError,
  commitPoint,
  completeJob,
  failJob,
  type JobFailure,
  type Permit,
  type ProductContext,
  type RunningJob,
  type Statement,
} from 'plinth/product';
import { isOverLength, type VariantText, PLATFORMS, postLength, cleanHashtags } from '../platforms.ts';
import {
  countVariants,
  endGeneration,
  hooksWritten,
  insertVariants,
  type Part,
  readTask,
  type Task,
  touchGeneration,
  type Brief,
} from './store.ts';
import { signals } from './views.ts';
import { z } from 'zod';

const VARIANT = commitPoint('reel.variant', 'a variant, stored while the model writes the next one');
const COMPLETE = commitPoint('reel.complete', 'the last variant, status, settlement and the end of the job');
const FAIL = commitPoint('reel.fail', 'a failed generation, its quota given back, and the end of the job');

/** Milliseconds that an attempt may take, repair included. */
const LONGEST_RUN = 120_000;
/** The most hooks that a prompt is told of, so that new variants take other angles. */
const MOST_HOOKS = 10;

/** A text that says something. What a schema can't demand of a provider is checked here. */
const said = z.string().refine((text) => text.trim() !== '');
const parts = { hook: said, body: said, cta: z.string(), hashtags: z.array(z.string()) };

/** A variant as the model is asked for it; the field names are those of the answer. */
export const post = z.object(parts);

/** One part alone. */
const partOf = {
  hook: z.object({ hook: parts.hook }),
  body: z.object({ body: parts.body }),
  cta: z.object({ cta: said }),
  hashtags: z.object({ hashtags: parts.hashtags.min(1) }),
} satisfies Record<Part, z.ZodType>;

/** A generation under way. */
export interface Work {
  readonly context: ProductContext;
  readonly job: RunningJob;
  readonly permit: Permit;
  readonly generationId: string;
  readonly task: Task;
  /** Hooks that the draft has already. */
  readonly hooks: readonly string[];
  /** How many variants of it are stored. */
  stored: number;
  /** When the attempt has taken as long as it may, on the clock that never jumps. */
  readonly until: number;
}

/**
 * The worker's part: load, call the model, store each variant as it comes, and at last the last one, status and settlement in
 * one transaction. What an earlier attempt has stored stays, and only the rest is asked for. That it runs is read off its job.
 */
export async function generate(context: ProductContext, job: RunningJob): Promise<void> {
  const { db } = context;
  const { accountId, permit } = job;
  const generationId = generationOf(job);
  const [[task], hooks] = await db.tenant(accountId, [
    readTask(accountId, generationId),
    hooksWritten(accountId, { generationId, most: MOST_HOOKS }),
  ]);
  // Final already: this delivery came twice, and the worker ends the job.
  if (task === undefined) return;
  signals.moved(db, generationId);
  if (permit === undefined) throw new Error('a generation needs a permit');
  const until = context.clock.monotonic() + LONGEST_RUN;
  const { stored } = task;
  const written = hooks.map(({ hook }) => hook);
  const work = { context, job, permit, generationId, task, hooks: written, stored, until };
  await complete(context, job, storing(work, await writeRest(work)));
}

/** The last try failed: the creator reads why, and gets the quota back; or keeps what was written, which then counts. */
export async function giveUp(context: ProductContext, job: RunningJob, failure: JobFailure): Promise<void> {
  const { db } = context;
  const generationId = generationOf(job);
  const [[variants]] = await db.tenant(job.accountId, [countVariants(job.accountId, generationId)]);
  if (variants !== undefined && variants.stored > 0) return complete(context, job);
  await db.tenant(job.accountId, FAIL, [
    endGeneration(job.accountId, generationId, { status: 'failed', ...failure }),
    ...failJob(job, failure),
  ]);
  signals.ended(db, generationId);
}

async function complete(
  { db }: ProductContext,
  job: RunningJob,
  last: readonly Statement[] = [],
): Promise<void> {
  const generationId = generationOf(job);
  await db.tenant(job.accountId, COMPLETE, [
    endGeneration(job.accountId, generationId, { status: 'completed' }),
    ...last,
    ...completeJob(job),
  ]);
  signals.ended(db, generationId);
}

function generationOf({ payload }: RunningJob): string {
  return payload['generation_id'] ?? '';
}

/** Writes what is missing, and answers what of it is to be stored with the end. */
async function writeRest(work: Work): Promise<readonly VariantText[]> {
  const { base, target, stored, variants } = work.task;
  if (stored >= variants) return [];
  return base === null || target === null ? writeVariants(work) : writePart(work, { base, target });
}

/**
 * Stores variants that fit as they come, and answers those that are to be stored with the end: the last that was asked for,
 * after which the model has nothing more to write, or those that were too long, once they are repaired.
 */
async function writeVariants(work: Work): Promise<readonly VariantText[]> {
  const { context, job, permit, task } = work;
  const tooLong: VariantText[] = [];
  const last: VariantText[] = [];
  const most = task.variants - task.stored;
  let taken = 0;
  try {
    await context.ai.streamItems(permit, {
      feature: permit.feature,
      prompt: {
        id: 'post',
        variables: { ...briefVariables(task), variants: most, written: work.hooks.join('\n') || 'none' },
      },
      item: post,
      list: 'variants',
      most,
      async take(written) {
        const variant = cleanVariant(task, written);
        taken += 1;
        if (isOverLength(task.platform, variant)) tooLong.push(variant);
        else if (taken === most && tooLong.length === 0) last.push(variant);
        else await store(work, [variant]);
      },
      lane: job.lane,
      signal: job.signal,
    });
  } catch (error) {
    if (last.length > 0) await store(work, last);
    throw error;
  }
  return tooLong.length > 0 ? shortenVariants(work, tooLong) : last;
}

/** One part is written anew, and all others stay what they are in the variant that was selected. */
async function writePart(
  work: Work,
  of: { base: VariantText; target: Part },
): Promise<readonly VariantText[]> {
  const { context, job, permit, task } = work;
  const { base, target } = of;
  const { object } = await context.ai.generate(permit, {
    feature: permit.feature,
    prompt: {
      id: 'part',
      variables: { ...briefVariables(task), ...base, hashtags: base.hashtags.join(' '), target },
    },
    schema: partOf[target],
    lane: job.lane,
    signal: job.signal,
  });
  const written = withPart(base, target, cleanVariant(task, { ...base, ...object }));
  if (!isOverLength(task.platform, written)) return [written];
  const [shorter = written] = await shortenVariants(work, [written]);
  return [withPart(base, target, shorter)];
}

/** Stores variants while the model writes on. */
async function store(work: Work, texts: readonly VariantText[]): Promise<void> {
  const { context, job, generationId } = work;
  // Locks the generation first, as cancelling does: the same order prevents a deadlock.
  await context.db.tenant(job.accountId, VARIANT, [
    touchGeneration(job.accountId, generationId),
    ...storing(work, texts),
  ]);
  work.stored += texts.length;
  signals.moved(context.db, generationId);
}

/**
 * The statements that store variants behind those that are there, in a transaction that holds the generation. A worker that lost
 * the job or was called off stores nothing.
 */
function storing(work: Work, texts: readonly VariantText[]): Statement[] {
  const { context, job, generationId, task, stored } = work;
  if (texts.length === 0) return [];
  const variants = texts.map((text, n) => ({
    ...text,
    id: context.ids.next(),
    position: stored + n + 1,
    over_length: isOverLength(task.platform, text),
  }));
  return [
    job.progressing(stored + variants.length, task.variants),
    insertVariants(job.accountId, { generationId, draftId: task.draft_id }, variants),
  ];
}

const reply = z.object({ posts: z.array(post) });

/**
 * Asks the model once to shorten variants, all of them in one call, and answers them in their order. One that it has not
 * made shorter stays as it was; so do all when the call comes to nothing, for a long post is more than none.
 */
async function shortenVariants(work: Work, tooLong: readonly VariantText[]): Promise<readonly VariantText[]> {
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
      const short = written === undefined ? long : cleanVariant(task, written);
      return postLength(task.platform, short) < postLength(task.platform, long) ? short : long;
    });
  } catch (error) {
    const isOver = job.signal.aborted || !(error instanceof AppError) || error.code === 'permit_stale';
    if (isOver) throw error;
    return tooLong;
  }
}

/** A variant as it is stored, of what a model wrote. */
function cleanVariant({ platform }: Pick<Brief, 'platform'>, written: VariantText): VariantText {
  return {
    hook: cleanText(written.hook),
    body: cleanText(written.body),
    cta: cleanText(written.cta),
    hashtags: cleanHashtags(platform, written.hashtags),
  };
}

/** A variant with one part of another. */
function withPart(base: VariantText, target: Part, from: VariantText): VariantText {
  return { ...base, [target]: from[target] };
}

/** A model may write what the database can't hold: NUL bytes, and halves of surrogate pairs. */
function cleanText(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed().trim();
}

/** Facts of the brief for every prompt. */
function briefVariables(brief: Brief & { readonly instructions: string | null }) {
  const { title, style, maxLength, maxHashtags } = PLATFORMS[brief.platform];
  return {
    platform: title,
    style,
    max_length: maxLength,
    max_hashtags: maxHashtags,
    topic: brief.topic,
    tone: brief.tone ?? 'as fits the platform',
    audience: brief.audience ?? 'people whom the topic concerns',
    brand_voice: brief.brand_voice ?? 'none given',
    language: brief.language,
    instructions: brief.instructions ?? 'none',
  };
}
