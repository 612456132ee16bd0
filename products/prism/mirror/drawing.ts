import {
  commitPoint,
  completeJob,
  failJob,
  type JobFailure,
  type NextWork,
  nextWork,
  type Permit,
  type ProductContext,
  type RunningJob,
  type Statement,
  type WorkKey,
} from 'plinth/product';
import { z } from 'zod';
import type { Profile } from '../profile/service.ts';
import { readProfile } from '../profile/store.ts';
import { cleanText } from '../words.ts';
import {
  forgetDrawing,
  type Fragment,
  FRAGMENT_KINDS,
  insertFragment,
  markDrawing,
  readSource,
} from './fragment-store.ts';
import type { DrawingState } from './message-store.ts';

const DRAWN = commitPoint(
  'prism.fragments',
  'the fragments of a message, the settlement and the end of the job',
);
const WITHDRAWN = commitPoint(
  'prism.fragments-withdrawn',
  'that nothing is drawn out of a message, whose writer wants it no more',
);
const FAILED = commitPoint('prism.fragments-failed', 'a message without fragments, and the end of its job');

/** More than this of one message is noise. */
const MOST = 8;
const LONGEST = 120;

/** A fragment as the model is asked for it. */
export const fragment = z.object({
  kind: z.enum(FRAGMENT_KINDS),
  text: z.string(),
  intensity: z.number(),
});
const fragments = z.object({ fragments: z.array(fragment) });

/** Whether fragments are drawn out of a message, and by which job. */
export async function drawingOf(
  context: ProductContext,
  of: {
    readonly key: WorkKey;
    readonly content: string;
    readonly permit: Permit;
    readonly profile: Profile;
  },
): Promise<{ readonly drawing: DrawingState; readonly next: NextWork | undefined }> {
  const { key, content, permit, profile } = of;
  if (!profile.insights) return { drawing: 'off', next: undefined };
  const payload = { message_id: key.id };
  const textBytes = Buffer.byteLength(content);
  const next = await nextWork(context, permit, { name: 'fragments', payload, textBytes });
  // No call waits for them: what there is no budget for now is drawn when the session is closed.
  return { drawing: next === undefined ? 'missed' : 'due', next };
}

/** The worker's part. All fragments of a message are stored in one commit: a worker killed before it stores none. */
export async function drawFragments({ ai, db, ids }: ProductContext, job: RunningJob): Promise<void> {
  const { accountId, permit } = job;
  const key = messageOf(job);
  const [[source], [profile]] = await db.tenant(accountId, [readSource(key), readProfile(accountId)]);
  // Deleted with its session, or drawn already: the worker ends the job.
  if (source === undefined) return;
  // The consent was withdrawn since it was said.
  if (profile?.insights === false) {
    await db.tenant(accountId, WITHDRAWN, [forgetDrawing(key)]);
    return;
  }
  if (permit === undefined) throw new Error('fragments need a permit');
  const { object } = await ai.generate(permit, {
    feature: 'fragments',
    prompt: { id: 'fragments', variables: { content: source.content } },
    schema: fragments,
    lane: job.lane,
    signal: job.signal,
  });
  await db.tenant(accountId, DRAWN, [
    ...storableFragments(object.fragments, (text) => ai.safety.isFit(permit, text)).map((one) =>
      insertFragment(accountId, { id: ids.next(), messageId: source.id }, one),
    ),
    markDrawing(key, 'drawn'),
    ...completeJob(job),
  ]);
}

/** The last try failed: it counts nothing, and the end of the session may still find them. */
export async function giveUpDrawing(
  { db }: ProductContext,
  job: RunningJob,
  failure: JobFailure,
): Promise<void> {
  await db.tenant(job.accountId, FAILED, [markDrawing(messageOf(job), 'missed'), ...failJob(job, failure)]);
}

export function reviveDrawing(of: Pick<RunningJob, 'accountId' | 'payload'>): Statement[] {
  return [markDrawing(messageOf(of), 'due')];
}

function messageOf({ accountId, payload }: Pick<RunningJob, 'accountId' | 'payload'>): WorkKey {
  return { accountId, id: payload['message_id'] ?? '' };
}

/** Fragments as they are stored, of what a model wrote: short, fit to be shown, each once, of an intensity between 0 and 1. */
export function storableFragments(
  written: readonly z.infer<typeof fragment>[],
  isFit: (text: string) => boolean,
): Fragment[] {
  const seen = new Set<string>();
  const fit: Fragment[] = [];
  for (const { kind, text, intensity } of written) {
    const words = cleanText(text).slice(0, LONGEST).toWellFormed();
    const name = `${kind} ${words}`;
    if (words === '' || seen.has(name) || fit.length === MOST || !isFit(words)) continue;
    seen.add(name);
    fit.push({ kind, text: words, intensity: Math.min(1, Math.max(0, intensity)) });
  }
  return fit;
}
