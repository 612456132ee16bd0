import {
  type AccountId,
  microsecondsOf,
  olderThan,
  type Statement,
  statement,
  type TimePosition,
  trashOf,
  type UserId,
  valuesOf,
  type WorkKey,
} from 'plinth/product';

export const SESSION_STATUSES = ['open', 'closing', 'closed'] as const;
export type SessionStatus = (typeof SESSION_STATUSES)[number];

/** Sessions that were deleted; what was said in them goes with them. */
export const trash = trashOf('prism.mirror_sessions');

export interface SessionRow {
  readonly id: string;
  readonly title: string | null;
  readonly status: SessionStatus;
  readonly summary: string | null;
  readonly summary_error: string | null;
  readonly created_at: Date;
  readonly closed_at: Date | null;
}

const SHOWN = 'id, title, status, summary, summary_error, created_at, closed_at';

export function insertSession(session: {
  readonly accountId: AccountId;
  readonly id: string;
  readonly userId: UserId;
  readonly title: string | null;
}): Statement<SessionRow> {
  return statement<SessionRow>(
    `insert into prism.mirror_sessions (account_id, id, user_id, title) values ($1, $2, $3, $4) returning ${SHOWN}`,
    [session.accountId, session.id, session.userId, session.title],
  );
}

/** A session that is in use. */
export function readSession({ accountId, id }: WorkKey): Statement<SessionRow> {
  return statement<SessionRow>(
    `select ${SHOWN} from prism.mirror_sessions where account_id = $1 and id = $2 and not trashed`,
    [accountId, id],
  );
}

/** The same, locked against everybody else who changes it. */
export function lockSession({ accountId, id }: WorkKey): Statement<SessionRow> {
  return statement<SessionRow>(
    `select ${SHOWN} from prism.mirror_sessions where account_id = $1 and id = $2 and not trashed for no key update`,
    [accountId, id],
  );
}

/** Newest first, from a place in that order on. */
export function listSessions(
  accountId: AccountId,
  query: { readonly after: TimePosition | undefined; readonly limit: number },
): Statement<SessionRow & TimePosition> {
  const { values, put } = valuesOf(accountId, query.limit);
  const conditions = ['account_id = $1', 'not trashed', ...olderThan(query.after, put)];
  return statement<SessionRow & TimePosition>(
    `select ${SHOWN}, ${microsecondsOf('created_at')} as at from prism.mirror_sessions where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $2`,
    values,
  );
}

/** Gives out the next two places of a session: of a message, and of its reply. */
export function takePlaces({ accountId, id }: WorkKey): Statement<{ position: number }> {
  return statement<{ position: number }>(
    `update prism.mirror_sessions set positions = positions + 2, updated_at = app.now()
     where account_id = $1 and id = $2 returning positions - 1 as position`,
    [accountId, id],
  );
}

/** It takes no more messages; a job sums it up. */
export function beginClosing({ accountId, id }: WorkKey): Statement<SessionRow> {
  return statement<SessionRow>(
    `update prism.mirror_sessions set status = 'closing', version = version + 1, updated_at = app.now()
     where account_id = $1 and id = $2 and status = 'open' and not trashed returning ${SHOWN}`,
    [accountId, id],
  );
}

/** Closes a session with what it comes to, or with the reason why that is not said; not one that was deleted meanwhile. */
export function closeSession(
  { accountId, id }: WorkKey,
  how: { readonly summary: string } | { readonly error: string | null },
): Statement {
  return statement(
    `update prism.mirror_sessions set status = 'closed', summary = $3, summary_error = $4, closed_at = coalesce(closed_at, app.now()),
       version = version + 1, updated_at = app.now()
     where account_id = $1 and id = $2 and status <> 'open' and summary is null and not trashed`,
    'summary' in how ? [accountId, id, how.summary, null] : [accountId, id, null, how.error],
  );
}

/** Puts a session back to where its job finds it. */
export function reviveClosing({ accountId, id }: WorkKey): Statement {
  return statement(
    `update prism.mirror_sessions set status = 'closing', summary_error = null, updated_at = app.now()
     where account_id = $1 and id = $2 and status = 'closed' and summary is null`,
    [accountId, id],
  );
}
