import {
  type AccountId,
  type Safety,
  type SafetyKind,
  type SafetyStatus,
  type Statement,
  statement,
  type WorkKey,
} from 'plinth/product';

export interface MessageRow {
  readonly id: string;
  readonly session_id: string;
  readonly position: number;
  readonly role: 'user' | 'mirror';
  readonly content: string;
  readonly status: 'waiting' | 'answered' | 'whole' | 'cut';
  readonly safety: SafetyStatus;
  readonly safety_kinds: readonly SafetyKind[];
  readonly created_at: Date;
}

const SHOWN = `id, session_id, position, role, content, status, safety, to_jsonb(safety_kinds) as safety_kinds, created_at`;
/** Seconds after which a message without a reply is abandoned: its process has died, and the next message does not wait. */
export const LONGEST_WAIT = 120;

/** Messages of a session in their order. */
export function readMessages(accountId: AccountId, sessionId: string): Statement<MessageRow> {
  return statement<MessageRow>(
    `select ${SHOWN} from prism.mirror_messages
     where account_id = $1 and session_id = $2 and (waits_until is null or waits_until > app.now()) order by position`,
    [accountId, sessionId],
  );
}

/** A message and its reply, of a session that is in use. */
export function readExchange({ accountId, id }: WorkKey): Statement<MessageRow> {
  return statement<MessageRow>(
    `with o as materialized (select session_id, position from prism.mirror_messages where account_id = $1 and id = $2 and role = 'user')
     select ${SHOWN} from prism.mirror_messages m
     where m.account_id = $1 and m.session_id = (
         select s.id from prism.mirror_sessions s where s.account_id = $1 and s.id = (select session_id from o) and not s.trashed)
       and m.position between (select position from o) and (select position from o) + 1
     order by m.position`,
    [accountId, id],
  );
}

/** Takes back messages whose process has died. */
export function dropLapsed(accountId: AccountId, sessionId: string): Statement {
  return statement(
    `delete from prism.mirror_messages where account_id = $1 and session_id = $2 and waits_until <= app.now()`,
    [accountId, sessionId],
  );
}

/** How many messages of a person a session has, and how many of them wait. */
export function countMessages(
  accountId: AccountId,
  sessionId: string,
): Statement<{ written: number; waiting: number }> {
  return statement<{ written: number; waiting: number }>(
    `select count(*)::int as written, count(waits_until)::int as waiting from prism.mirror_messages
     where account_id = $1 and session_id = $2 and role = 'user' and (waits_until is null or waits_until > app.now())`,
    [accountId, sessionId],
  );
}

export interface NewMessage {
  readonly accountId: AccountId;
  readonly id: string;
  readonly sessionId: string;
  readonly position: number;
  readonly content: string;
  readonly safety: Safety;
  /** Where its writer is. */
  readonly zone: string;
}

/** A message that waits for its reply. */
export function insertMessage(message: NewMessage): Statement<MessageRow> {
  const { accountId, id, sessionId, position, content, safety, zone } = message;
  return statement<MessageRow>(
    `insert into prism.mirror_messages (account_id, id, session_id, position, role, content, status, waits_until, safety, safety_kinds, day)
     values ($1, $2, $3, $4, 'user', $5, 'waiting', app.now() + make_interval(secs => ${LONGEST_WAIT}), $6, $7,
       (app.now() at time zone $8)::date)
     returning ${SHOWN}`,
    [accountId, id, sessionId, position, content, safety.status, [...safety.kinds], zone],
  );
}

/** The places of the messages of a session that wait, the first in line first. */
export function readWaiting(accountId: AccountId, sessionId: string): Statement<{ position: number }> {
  return statement<{ position: number }>(
    `select position from prism.mirror_messages
     where account_id = $1 and session_id = $2 and waits_until > app.now() order by position`,
    [accountId, sessionId],
  );
}

/** Marks a message as being worked on now. No row: it was given up meanwhile, or its session was deleted. */
export function beginReply({ accountId, id }: WorkKey): Statement<{ position: number }> {
  return statement<{ position: number }>(
    `update prism.mirror_messages m
     set waits_until = app.now() + make_interval(secs => ${LONGEST_WAIT}), updated_at = app.now()
     where m.account_id = $1 and m.id = $2 and m.waits_until > app.now() and exists (
       select from prism.mirror_sessions s where s.account_id = $1 and s.id = m.session_id and not s.trashed)
     returning m.position`,
    [accountId, id],
  );
}

/** Messages before a place, the newest first, as far as they were answered. */
export function readHistory(
  accountId: AccountId,
  of: { readonly sessionId: string; readonly before: number; readonly most: number },
): Statement<Pick<MessageRow, 'role' | 'content'>> {
  return statement<Pick<MessageRow, 'role' | 'content'>>(
    `select role, content from prism.mirror_messages
     where account_id = $1 and session_id = $2 and position < $3 and waits_until is null order by position desc limit $4`,
    [accountId, of.sessionId, of.before, of.most],
  );
}

/** Whether fragments are drawn out of a message: `missed` where there was no budget for them. */
export type DrawingState = 'off' | 'missed' | 'due';

/** Ends the wait of a message. No row: it was given up, or its session deleted, and its reply is dropped. */
export function markAnswered({ accountId, id }: WorkKey, drawing: DrawingState): Statement<MessageRow> {
  return statement<MessageRow>(
    `update prism.mirror_messages m set status = 'answered', waits_until = null, drawing = $3, updated_at = app.now()
     where m.account_id = $1 and m.id = $2 and m.status = 'waiting' and exists (
       select from prism.mirror_sessions s where s.account_id = $1 and s.id = m.session_id and not s.trashed)
     returning ${SHOWN}`,
    [accountId, id, drawing],
  );
}

export interface NewReply {
  readonly accountId: AccountId;
  readonly id: string;
  /** The message that it answers. */
  readonly to: string;
  readonly content: string;
  readonly isWhole: boolean;
  readonly safety: Safety;
}

/** The reply to a message, in the place that was kept for it. */
export function insertReply({
  accountId,
  id,
  to,
  content,
  isWhole,
  safety,
}: NewReply): Statement<MessageRow> {
  return statement<MessageRow>(
    `insert into prism.mirror_messages (account_id, id, session_id, position, role, content, status, safety, safety_kinds, day)
     select account_id, $3, session_id, position + 1, 'mirror', $4, $5, $6, $7, day from prism.mirror_messages
     where account_id = $1 and id = $2
     returning ${SHOWN}`,
    [accountId, to, id, content, isWhole ? 'whole' : 'cut', safety.status, [...safety.kinds]],
  );
}

/** Takes a message back that gets no reply. */
export function dropMessage({ accountId, id }: WorkKey): Statement {
  return statement(
    `delete from prism.mirror_messages where account_id = $1 and id = $2 and status = 'waiting'`,
    [accountId, id],
  );
}
