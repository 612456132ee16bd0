import {
  acceptWork,
  type AccountId,
  answerFollower,
  AppError,
  type Caller,
  cancelWork,
  commitPoint,
  createFollowing,
  declareErrors,
  type Follower,
  type JobId,
  type Once,
  type Origin,
  type Page,
  type Permit,
  type ProductContext,
  purgeTrash,
  refusedChange,
  type RunningJob,
  timeList,
  type Transaction,
  type WhichVersion,
  type WorkKey,
} from 'plinth/product';
import { progressOf } from './replies.ts';
import {
  type AnswerRow,
  endAnswer,
  insertAnswer,
  listAnswers,
  lockAnswer,
  nameAnswer,
  readAnswer,
  reviveAnswer,
  trash,
} from './store.ts';
import { createWork, keyOf, signals } from './work.ts';

const ENQUEUE = commitPoint('sample.enqueue', 'a question, its job and the stored answer');
const CANCEL = commitPoint(
  'sample.cancel',
  'a cancelled question, its job, its permit and the stored answer',
);
const CHANGE = commitPoint('sample.change', 'an answer that was named');
const DELETE = commitPoint('sample.delete', 'an answer in the trash, and the record of who put it there');
const PURGE = commitPoint('sample.purged', 'answers that were deleted 30 days ago are gone');

declareErrors({
  sample_answer_ended: { status: 409, message: 'This question has ended: there is nothing left to cancel.' },
});

/** Who asks, and what they were allowed. */
export interface Asking {
  readonly accountId: AccountId;
  readonly caller: Caller;
  readonly permit: Permit;
}

/** What Sample's routes and jobs are called with. */
export function createSample(context: ProductContext) {
  const { db, activity } = context;
  const following = createFollowing<AnswerRow>(db, { signals, read, statusOf: ({ status }) => status });

  /** An answer in use. Throws `not_found`. */
  async function read(key: WorkKey): Promise<AnswerRow> {
    const [[row]] = await db.tenant(key.accountId, [readAnswer(key)]);
    return inUse(row) ?? missing();
  }

  /** Newest first. */
  async function list(
    accountId: AccountId,
    { deleted, cursor, limit }: { deleted: boolean; cursor: string | undefined; limit: number },
  ): Promise<Page<AnswerRow>> {
    const answers = timeList('answers', { deleted });
    const query = { deleted, after: answers.after(cursor), limit: limit + 1 };
    const [rows] = await db.tenant(accountId, [listAnswers(accountId, query)]);
    return answers.page(rows, limit);
  }

  /** When several callers change the same version, one wins. */
  async function name(which: WhichVersion, title: string | null): Promise<AnswerRow> {
    const [[changed], [present]] = await db.tenant(which.accountId, CHANGE, [
      nameAnswer(which, title),
      readAnswer(which),
    ]);
    if (changed === undefined) throw refusedChange(inUse(present), noAnswer);
    return changed;
  }

  /** Puts an answer into the trash, where it may lie already; the account's activity says who did. */
  async function remove(
    key: WorkKey,
    by: { readonly caller: Caller; readonly origin: Origin },
  ): Promise<void> {
    const target = { kind: 'answer', id: key.id };
    await db.tenant(key.accountId, DELETE, async (tx) => {
      const [row] = await tx.run(readAnswer(key));
      if (row === undefined) throw noAnswer();
      if (row.deleted_at !== null) return;
      await tx.run(trash.trashing(key.accountId, key.id));
      await activity.recordIn(tx, { accountId: key.accountId, ...by, action: 'deleted', target });
    });
  }

  return {
    ...createWork(context),
    list,
    name,
    remove,
    restoreIn,
    ask: ({ accountId, caller, permit }: Asking, question: string) =>
      acceptQuestion(context, { accountId, caller, permit }, question),
    follow: (follower: Follower) =>
      answerFollower(follower, { following, resultEvent: 'answer', progressOf }),
    cancel: (key: WorkKey, once: Once) => cancelQuestion(context, key, once),
    revive: (accountId: AccountId, payload: RunningJob['payload']) => [
      reviveAnswer(keyOf({ accountId, payload })),
    ],
    purge: () => purgeTrash(db, trash, PURGE),
  };
}

/** What Sample's routes and jobs are called with. */
export type Sample = ReturnType<typeof createSample>;

/** One commit: the question, its job, which owns the permit from now on, and the answer under the request's key. */
function acceptQuestion(context: ProductContext, { accountId, caller, permit }: Asking, question: string) {
  const [id, jobId] = [context.ids.next(), context.ids.next<JobId>()];
  const { requestId } = permit;
  return acceptWork(
    context,
    { accountId, permit, point: ENQUEUE },
    {
      rows: [insertAnswer({ accountId, id, userId: caller.userId, jobId, requestId, question })],
      job: { id: jobId, kind: 'sample.answer', lane: 'interactive', payload: { answer_id: id } },
      body: { id, status: 'queued' as const, status_url: `/v1/sample/answers/${id}` },
    },
  );
}

function cancelQuestion(context: ProductContext, key: WorkKey, once: Once) {
  return cancelWork(
    context,
    { key, once },
    {
      point: CANCEL,
      signals,
      lock: lockAnswer(key),
      ending: endAnswer(key, { status: 'cancelled' }),
      missing: noAnswer,
      ended: () => new AppError('sample_answer_ended'),
      body: () => ({
        id: key.id,
        status: 'cancelled' as const,
        status_url: `/v1/sample/answers/${key.id}`,
      }),
    },
  );
}

/** Takes an answer out of the trash, in the transaction that keeps the request's answer. */
async function restoreIn(tx: Transaction, key: WorkKey): Promise<AnswerRow> {
  const [, [row]] = await tx.runAll([trash.restoring(key.accountId, key.id), readAnswer(key)]);
  return row ?? missing();
}

function inUse(row: AnswerRow | undefined): AnswerRow | undefined {
  return row?.deleted_at === null ? row : undefined;
}

function noAnswer(): AppError {
  return new AppError('not_found', { message: 'There is no such answer, or it is in the trash.' });
}

function missing(): never {
  throw noAnswer();
}
