import { statement } from 'plinth/product';
import type { MessageRole } from '../sessions/message-store.ts';
import { type Level, type MemberKey, READABLE } from '../sessions/store.ts';

/** The turns that are most about some words, of those that the transaction's member may read; no row for who is no member. A word that was not looked up has no frequency. */
export const findTurns = (keys: readonly string[], most: number) =>
  statement<{ ids: string[]; frequencies: (number | null)[] }>(
    'select ids, frequencies from coditect.find_turns($1::text[]::bigint[], $2)',
    [keys, most],
  );

/** A turn that was found, with those beside it whose text is kept and not long, nearest first. */
export interface FoundTurnRow {
  readonly id: string;
  readonly session_id: string;
  readonly size: number;
  readonly before: string[];
  readonly after: string[];
}

const REACH = 2;
/** Bytes: a longer turn is read if it was found, and not because it stands beside one. */
const LONGEST_NEIGHBOUR = 10_000;

export const readFound = ({ accountId, userId }: MemberKey, ids: readonly string[]) =>
  statement<FoundTurnRow>(
    `select m.id, m.session_id, m.size,
       array_remove(array(select case when p.size <= ${LONGEST_NEIGHBOUR} then p.id end from coditect.memory_messages p where p.account_id = $1 and p.session_id = m.session_id and p.text is not null
         and (p.said_at, p.client_id) < (m.said_at, m.client_id) order by p.said_at desc, p.client_id desc limit ${REACH}), null) as before,
       array_remove(array(select case when n.size <= ${LONGEST_NEIGHBOUR} then n.id end from coditect.memory_messages n where n.account_id = $1 and n.session_id = m.session_id and n.text is not null
         and (n.said_at, n.client_id) > (m.said_at, m.client_id) order by n.said_at, n.client_id limit ${REACH}), null) as after
     from unnest($3::uuid[]) with ordinality as found (id, place)
     join coditect.memory_messages m on m.account_id = $1 and m.id = found.id and m.text is not null
     join coditect.memory_sessions s on s.account_id = $1 and s.id = m.session_id
     where ${READABLE} order by found.place`,
    [accountId, userId, ids],
  );

/** A turn with its sealed text, and what is said of its session. */
export interface TurnRow {
  readonly id: string;
  readonly session_id: string;
  readonly client_id: string;
  readonly role: MessageRole;
  readonly said_at: Date;
  readonly size: number;
  readonly text: Uint8Array;
  readonly speaker: Uint8Array | null;
  readonly title: Uint8Array | null;
  readonly level: Level;
  readonly author_id: string;
}

export const readTurns = ({ accountId, userId }: MemberKey, ids: readonly string[]) =>
  statement<TurnRow>(
    `select m.id, m.session_id, m.client_id, m.role, m.said_at, m.size, m.text, m.speaker, s.title, s.level, s.author_id
     from coditect.memory_messages m join coditect.memory_sessions s on s.account_id = $1 and s.id = m.session_id
     where m.account_id = $1 and m.id = any($3::uuid[]) and m.text is not null and ${READABLE}
     order by m.session_id, m.said_at, m.client_id`,
    [accountId, userId, ids],
  );
