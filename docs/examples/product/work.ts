import {
  type AccountId,
  commitPoint,
  completeJob,
  failJob,
  type JobFailure,
  type ProductContext,
  type RunningJob,
  type WorkKey,
  workSignals,
  z,
} from 'plinth/product';
import { endAnswer, startAnswer } from './store.ts';

const START = commitPoint('sample.start', 'a question marked as running');
const COMPLETE = commitPoint('sample.complete', 'the answer, the settlement and the end of the job');
const FAIL = commitPoint('sample.fail', 'a failed question, its quota given back, and the end of the job');

/** What is told of an answer to all processes, by its id. */
export const signals = workSignals('sample');

/** What the model must answer: an object whose fields are all required. */
const reply = z.object({ answer: z.string() });

/** The worker's part. A job may be delivered twice and run again after a crash: each commit holds for that. */
export function createWork({ db, ai }: Pick<ProductContext, 'db' | 'ai'>) {
  async function answer(job: RunningJob): Promise<void> {
    const key = keyOf(job);
    const { permit, accountId } = job;
    if (permit === undefined) throw new Error('an answer needs a permit');
    const [[task]] = await db.tenant(accountId, START, [startAnswer(key)]);
    // Ended already: this delivery came twice, and the worker ends the job.
    if (task === undefined) return;
    signals.moved(db, key.id);
    const { object } = await ai.generate(permit, {
      feature: permit.feature,
      prompt: { id: 'answer', variables: { question: task.question } },
      schema: reply,
      lane: job.lane,
      signal: job.signal,
    });
    await db.tenant(accountId, COMPLETE, [
      endAnswer(key, { status: 'completed', answer: clean(object.answer) }),
      ...completeJob(job),
    ]);
    signals.ended(db, key.id);
  }

  /** The last try failed: the caller reads why, and gets the quota back. */
  async function giveUp(job: RunningJob, failure: JobFailure): Promise<void> {
    const key = keyOf(job);
    await db.tenant(job.accountId, FAIL, [
      endAnswer(key, { status: 'failed', ...failure }),
      ...failJob(job, failure),
    ]);
    signals.ended(db, key.id);
  }

  return { answer, giveUp };
}

/** Which answer a job is about. */
export function keyOf(job: {
  readonly accountId: AccountId;
  readonly payload: Readonly<Record<string, string>>;
}): WorkKey {
  return { accountId: job.accountId, id: job.payload['answer_id'] ?? '' };
}

/** A model may write what the database can't hold: NUL bytes, and halves of surrogate pairs. */
function clean(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed().trim();
}
