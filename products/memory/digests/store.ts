import { type AccountId, type Statement, statement, type UserId } from 'plinth/product';
import { digestWait } from '../sessions/message-store.ts';
import type { Level, SessionKey } from '../sessions/store.ts';

/** A session that one process digests now. */
export interface TakenSession {
  readonly account_id: AccountId;
  readonly author_id: UserId;
  readonly id: string;
  /** Null: its author is no member any more, and it is not digested. */
  readonly digest_at: Date | null;
}

/** Some sessions that are due, of any account. They are due again if no digest was stored in time. */
export const takeSessions = statement<TakenSession>(
  `with due as materialized (
     select account_id, id, exists (
       select from accounts.members m where m.account_id = s.account_id and m.user_id = s.author_id) as is_members
     from coditect.memory_sessions s where digest_at <= app.now() order by digest_at limit 5 for update skip locked)
   update coditect.memory_sessions s
     set digest_at = case when due.is_members then app.now() + interval '1 minute' + s.messages * interval '2 milliseconds' end
   from due where s.account_id = due.account_id and s.id = due.id
   returning s.account_id, s.author_id, s.id, s.digest_at`,
);

/** Milliseconds until the next session is due; null: none waits. */
export const nextDue = statement<{ milliseconds: number | null }>(
  `select (extract(epoch from min(digest_at) - app.now()) * 1000)::double precision as milliseconds
   from coditect.memory_sessions where digest_at is not null`,
);

/** A session whose digest is stored. */
export interface DigestedSession {
  readonly level: Level;
  readonly team_id: string | null;
}

/** The lock for storing a digest of so many messages. No row: it is gone, or more of it were digested meanwhile. */
export const lockDigested = ({ accountId, userId, id }: SessionKey, messages: number) =>
  statement<DigestedSession>(
    `select level, team_id from coditect.memory_sessions
     where account_id = $1 and author_id = $2 and id = $3 and processed_messages <= $4 for no key update`,
    [accountId, userId, id, messages],
  );

/** A session has so many decisions drawn from it at most. */
const MOST_DRAWN = 100;

/** Which of these are drawn now: those that never were, as long as there is room. Keys are hashes in hex. */
export const insertDrawn = (
  { accountId, id }: SessionKey,
  drawn: readonly { readonly id: string; readonly key: string }[],
) =>
  statement<{ id: string }>(
    `insert into coditect.drawn_decisions (account_id, session_id, id, key)
     select $1::uuid, $2::uuid, n.id, decode(n.key, 'hex')
     from jsonb_to_recordset($3::jsonb) as n (id uuid, key text)
     where not exists (select from coditect.drawn_decisions x
       where x.account_id = $1 and x.session_id = $2 and x.key = decode(n.key, 'hex'))
     order by n.id
     limit greatest(0, ${MOST_DRAWN} - (select count(*) from coditect.drawn_decisions x where x.account_id = $1 and x.session_id = $2))
     on conflict do nothing returning id`,
    [accountId, id, JSON.stringify(drawn)],
  );

/** Where more was said meanwhile, it is due again. */
export const setProcessed = (
  { accountId, userId, id }: SessionKey,
  { messages, until }: { readonly messages: number; readonly until: Date | null },
): Statement =>
  statement(
    `update coditect.memory_sessions set processed_messages = $4, processed_until = $5,
       digest_at = case when messages > $4 then app.now() + ${digestWait('messages')} end
     where account_id = $1 and author_id = $2 and id = $3`,
    [accountId, userId, id, messages, until],
  );
