import {
  AppError,
  commitPoint,
  completeJob,
  createFollowing,
  failJob,
  type JobFailure,
  type JobId,
  type Origin,
  permitError,
  type ProductContext,
  type RunningJob,
  type Spender,
  type Statement,
  type WorkKey,
} from 'plinth/product';
import { z } from 'zod';
import { availableOr } from '../unavailable.ts';
import { aboutPerson, cleanText } from '../words.ts';
import { fragment, storableFragments } from './drawing.ts';
import { insertFragment, markDrawing, readMissed, type Source } from './fragment-store.ts';
import { countMessages, readHistory } from './message-store.ts';
import { HISTORY_BYTES, saidIn } from './placing.ts';
import { busy, signals } from './queue.ts';
import {
  beginClosing,
  closeSession,
  lockSession,
  readSession,
  reviveClosing,
  type SessionRow,
} from './session-store.ts';
import { noSession, type createSessions } from './sessions.ts';
import type { createProfiles } from '../profile/service.ts';

const BEGIN = commitPoint(
  'prism.close',
  'a session that nobody writes to any more, and the job that sums it up',
);
const EMPTY = commitPoint('prism.close-empty', 'a session without messages, closed');
const SUMMED = commitPoint(
  'prism.summary',
  'the summary of a session and the fragments it lacked, the settlement and the end of the job',
);
const FAILED = commitPoint(
  'prism.summary-failed',
  'a session closed without a summary, and the end of its job',
);

const MOST_SAID = 600;
/** Messages that a summary draws fragments out of, the newest, and their characters: what an answer has room for, and a prompt. */
const MOST_SOURCES = { messages: 20, characters: 6_000 };

const summed = z.object({
  summary: z.string().refine((text) => text.trim() !== ''),
  fragments: z.array(z.object({ message: z.number(), ...fragment.shape })),
});

export interface ClosingParts {
  readonly context: ProductContext;
  readonly sessions: ReturnType<typeof createSessions>;
  readonly profiles: ReturnType<typeof createProfiles>;
}

/** The end of a session: what it comes to, by a job. */
export function createClosing({ context, sessions, profiles }: ClosingParts) {
  const { ai, db, ids, jobs, plan } = context;
  const following = createFollowing<SessionRow>(db, {
    signals,
    read: (key) => sessions.read(key),
    statusOf: ({ status }) => (status === 'closed' ? 'completed' : 'running'),
  });

  /** Closes a session, which may be closed already, and waits up to `seconds` for what it comes to; the session has that later, too. */
  async function close(
    key: WorkKey,
    by: {
      readonly spender: Spender;
      readonly origin: Pick<Origin, 'requestId' | 'signal'>;
      readonly seconds: number;
    },
  ): Promise<void> {
    const { status } = await sessions.read(key);
    if (status === 'open' && !(await closedEmpty(key))) await begin(key, by);
    await following.waitFor(key, { seconds: by.seconds, signal: by.origin.signal });
  }

  /** Closes a session in which nothing was said: it comes to nothing, and takes no permit and no job. */
  async function closedEmpty(key: WorkKey): Promise<boolean> {
    const isClosed = await db.tenant(key.accountId, EMPTY, async (tx) => {
      const [session] = await tx.run(lockSession(key));
      const [count] = await tx.run(countMessages(key.accountId, key.id));
      if (session?.status !== 'open' || count === undefined || count.written > 0) return false;
      await tx.runAll([beginClosing(key), closeSession(key, { error: null })]);
      return true;
    });
    if (isClosed) signals.ended(db, key.id);
    return isClosed;
  }

  /** One commit: the session takes no more messages, and a job has the permit. */
  async function begin(
    key: WorkKey,
    { spender, origin }: { readonly spender: Spender; readonly origin: Pick<Origin, 'requestId'> },
  ): Promise<void> {
    const { accountId } = key;
    const { requestId } = origin;
    const wish = { accountId, spender, feature: 'closing', as: 'job', requestId } as const;
    const permit = await plan.permit({ ...wish, textBytes: HISTORY_BYTES });
    const id = ids.next<JobId>();
    const job = { id, kind: 'prism.close', lane: 'interactive', payload: { session_id: key.id } } as const;
    try {
      const isTaken = await db.tenant(accountId, BEGIN, async (tx) => {
        const [session] = await tx.run(lockSession(key));
        if (session === undefined) throw noSession();
        if (session.status !== 'open') return false;
        const [count] = await tx.run(countMessages(accountId, key.id));
        if (count !== undefined && count.waiting > 0) throw busy();
        await tx.runAll([beginClosing(key), ...jobs.enqueueing(accountId, { ...job, requestId, permit })]);
        return true;
      });
      if (isTaken) jobs.wake();
      else await permit.release('not closed by this call');
    } catch (error) {
      // Should the job be there all the same, the permit is the job's, and this changes nothing.
      await permit.abandon('not closed by this call').catch(() => {});
      throw permitError(error);
    }
    signals.moved(db, key.id);
  }

  /** The worker's part: a summary, and fragments of messages that have none, in one answer and one commit. */
  async function sumUp(job: RunningJob): Promise<void> {
    const { accountId, permit } = job;
    const key = sessionOf(job);
    const [[session], said, missed] = await db.tenant(accountId, [
      readSession(key),
      readHistory(accountId, { sessionId: key.id, before: 2 ** 31 - 1, most: MOST_SAID }),
      readMissed(accountId, key.id),
    ]);
    // Deleted, or closed already: the worker ends the job.
    if (session?.status !== 'closing') return;
    if (permit === undefined) throw new Error('a summary needs a permit');
    if (said.length === 0) return endSession(job, [closeSession(key, { error: null })]);
    const profile = await profiles.read(accountId);
    const sources = profile.insights ? newestWithinLimits(missed) : [];
    const talk = saidIn(said).map(({ role, content }) => `${role === 'user' ? 'They' : 'You'}: ${content}`);
    const { object } = await availableOr(
      ai.generate(permit, {
        feature: 'closing',
        prompt: {
          id: 'closing',
          variables: {
            talk: talk.join('\n'),
            sources: sources.map(({ content }, n) => `${n + 1}. ${content}`).join('\n') || 'none',
            ...aboutPerson(profile),
          },
        },
        schema: summed,
        lane: job.lane,
        signal: job.signal,
      }),
    );
    const isFit = (text: string) => ai.safety.isFit(permit, text);
    if (!isFit(object.summary)) throw new AppError('answer_unusable');
    const fragments = sources.flatMap(({ id: messageId }, n) => [
      ...storableFragments(
        object.fragments.filter(({ message }) => message === n + 1),
        isFit,
      ).map((one) => insertFragment(accountId, { id: ids.next(), messageId }, one)),
      markDrawing({ accountId, id: messageId }, 'drawn'),
    ]);
    await endSession(job, [closeSession(key, { summary: cleanText(object.summary) }), ...fragments]);
  }

  async function endSession(job: RunningJob, statements: readonly Statement[]): Promise<void> {
    await db.tenant(job.accountId, SUMMED, [...statements, ...completeJob(job)]);
    signals.ended(db, sessionOf(job).id);
  }

  /** The last try failed: the session is closed all the same, and says why it has no summary. */
  async function giveUp(job: RunningJob, failure: JobFailure): Promise<void> {
    const key = sessionOf(job);
    await db.tenant(job.accountId, FAILED, [
      closeSession(key, { error: failure.code }),
      ...failJob(job, failure),
    ]);
    signals.ended(db, key.id);
  }

  return { close, sumUp, giveUp, revive: (job: JobOf) => [reviveClosing(sessionOf(job))] };
}

/** The newest messages, in their order, as many as a prompt has room for. */
function newestWithinLimits(missed: readonly Source[]): readonly Source[] {
  const from = missed.length - MOST_SOURCES.messages;
  let left = MOST_SOURCES.characters;
  return missed
    .filter((_, n) => n >= from)
    .toReversed()
    .filter(({ content }) => (left -= content.length) >= 0)
    .toReversed();
}

type JobOf = Pick<RunningJob, 'accountId' | 'payload'>;

function sessionOf({ accountId, payload }: JobOf): WorkKey {
  return { accountId, id: payload['session_id'] ?? '' };
}
