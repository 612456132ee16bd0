import {
  type AccountId,
  type JobId,
  microsecondsOf,
  olderThan,
  type Statement,
  statement,
  type TimePosition,
  trashOf,
  type UserId,
  valuesOf,
  versionUpdate,
  type WhichVersion,
  type WorkKey,
  type WorkStatus,
} from 'plinth/product';

export interface AnswerRow {
  readonly id: string;
  readonly question: string;
  readonly title: string | null;
  readonly answer: string | null;
  readonly status: WorkStatus;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly request_id: string;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly deleted_at: Date | null;
}

const SHOWN = `id, question, title, answer, status, error_code, error_message, request_id, version, created_at, updated_at, deleted_at`;

/** Answers that were deleted. */
export const trash = trashOf('sample.answers');

export interface NewAnswer {
  readonly accountId: AccountId;
  readonly id: string;
  readonly userId: UserId;
  readonly jobId: JobId;
  readonly requestId: string;
  readonly question: string;
}

export function insertAnswer({ accountId, id, userId, jobId, requestId, question }: NewAnswer): Statement {
  return statement(
    `insert into sample.answers (account_id, id, user_id, job_id, request_id, question, status)
     values ($1, $2, $3, $4, $5, $6, 'queued')`,
    [accountId, id, userId, jobId, requestId, question],
  );
}

/** An answer, in use or in the trash. */
export function readAnswer({ accountId, id }: WorkKey): Statement<AnswerRow> {
  return statement<AnswerRow>(`select ${SHOWN} from sample.answers where account_id = $1 and id = $2`, [
    accountId,
    id,
  ]);
}

export interface AnswerQuery {
  /** Those in the trash, in place of those in use. */
  readonly deleted: boolean;
  readonly after: TimePosition | undefined;
  readonly limit: number;
}

/** Newest first, from a position in that order on. */
export function listAnswers(accountId: AccountId, query: AnswerQuery): Statement<AnswerRow & TimePosition> {
  const { values, put } = valuesOf(accountId, query.limit);
  const conditions = [`account_id = $1 and trashed = ${put(query.deleted)}`, ...olderThan(query.after, put)];
  return statement<AnswerRow & TimePosition>(
    `select ${SHOWN}, ${microsecondsOf('created_at')} as at from sample.answers
     where ${conditions.join(' and ')} order by created_at desc, id desc limit $2`,
    values,
  );
}

/** Names an answer in use, of this version (any, when not said). No row: there is none, or it has another version. */
export function nameAnswer(which: WhichVersion, title: string | null): Statement<AnswerRow> {
  const { text, values } = versionUpdate({ table: 'sample.answers', returning: SHOWN }, which, (put) => ({
    sets: [`title = ${put(title)}`],
    where: ['deleted_at is null'],
  }));
  return statement<AnswerRow>(text, values);
}

/** What the worker answers; no row when it is answered already (a job delivered twice), cancelled or gone. */
export function startAnswer({ accountId, id }: WorkKey): Statement<{ question: string }> {
  return statement(
    `update sample.answers set status = 'running', updated_at = app.now()
     where account_id = $1 and id = $2 and status in ('queued', 'running') returning question`,
    [accountId, id],
  );
}

export type End =
  | { readonly status: 'completed'; readonly answer: string }
  | { readonly status: 'cancelled' }
  | { readonly status: 'failed'; readonly code: string; readonly message: string };

/** Ends the work as it came out; what has ended already stays what it is. */
export function endAnswer({ accountId, id }: WorkKey, end: End): Statement {
  const failed = end.status === 'failed' ? end : undefined;
  return statement(
    `update sample.answers set status = $3, answer = $4, error_code = $5, error_message = $6, updated_at = app.now()
     where account_id = $1 and id = $2 and status in ('queued', 'running')`,
    [
      accountId,
      id,
      end.status,
      end.status === 'completed' ? end.answer : null,
      failed?.code ?? null,
      failed?.message ?? null,
    ],
  );
}

/** Puts what failed back, for its job will run again. */
export function reviveAnswer({ accountId, id }: WorkKey): Statement {
  return statement(
    `update sample.answers set status = 'queued', error_code = null, error_message = null, updated_at = app.now()
     where account_id = $1 and id = $2 and status = 'failed'`,
    [accountId, id],
  );
}

/** Locks an answer against its worker's commit, to decide whether it can be cancelled. */
export function lockAnswer({ accountId, id }: WorkKey): Statement<{ status: WorkStatus; job_id: JobId }> {
  return statement(
    'select status, job_id from sample.answers where account_id = $1 and id = $2 for no key update',
    [accountId, id],
  );
}
