import { type Statement, statement, type TimePosition } from 'plinth/product';
import type { ListRange } from '../items/items.ts';
import { newestFirst } from '../items/store.ts';
import type { SealedNotes } from './notes.ts';
import {
  type Audience,
  type ItemKey,
  type ItemRow,
  type Level,
  type MemberKey,
  readable,
} from '../levels.ts';

export type { ItemKey as SessionKey, Level, MemberKey };

export interface SessionRow extends ItemRow, SealedNotes {
  readonly client_id: string;
  readonly started_at: Date;
  readonly last_said_at: Date | null;
  readonly messages: number;
  readonly bytes: number;
  /** How many messages were digested, and when the last of these was said. */
  readonly processed_messages: number;
  readonly processed_until: Date | null;
  readonly version: number;
}

const COLUMNS = `s.id, s.author_id, s.level, s.team_id, s.client_id, s.title, s.summary, s.metadata, s.started_at, s.last_said_at, s.messages,
  s.bytes::double precision as bytes, s.processed_messages, s.processed_until, s.version, s.created_at, s.updated_at`;

/** Which sessions `s` a member may read. */
export const READABLE = readable('s');

/** A session when it is made. */
export interface NewSession extends SealedNotes {
  readonly clientId: string;
  /** Size of its notes, unsealed. */
  readonly bytes: number;
  readonly level: Level;
  readonly teamId: string | null;
  readonly startedAt: Date | null;
}

/** No row: its author has one of this name. */
export const insertSession = ({ accountId, userId, id }: ItemKey, session: NewSession) =>
  statement<SessionRow>(
    `insert into coditect.memory_sessions as s (account_id, author_id, id, client_id, title, level, team_id, started_at, summary, metadata, bytes)
     values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, app.now()), $9, $10, $11)
     on conflict (account_id, author_id, client_id) do nothing returning ${COLUMNS}`,
    [
      accountId,
      userId,
      id,
      session.clientId,
      session.title,
      session.level,
      session.teamId,
      session.startedAt,
      session.summary,
      session.metadata,
      session.bytes,
    ],
  );

export const sessionByClientId = ({ accountId, userId }: MemberKey, clientId: string) =>
  statement<SessionRow>(
    `select ${COLUMNS} from coditect.memory_sessions s where account_id = $1 and author_id = $2 and client_id = $3`,
    [accountId, userId, clientId],
  );

export const readSession = ({ accountId, userId, id }: ItemKey) =>
  statement<SessionRow>(`select ${COLUMNS} from coditect.memory_sessions s where ${READABLE} and s.id = $3`, [
    accountId,
    userId,
    id,
  ]);

export interface SessionQuery extends ListRange {
  readonly level?: Level | undefined;
  readonly authorId?: string | undefined;
}

/** Newest first. */
export function listSessions(member: MemberKey, { authorId, ...query }: SessionQuery) {
  const table = { table: 'coditect.memory_sessions', readable: READABLE, columns: COLUMNS } as const;
  const { text, values } = newestFirst(member, table, { ...query, author_id: authorId });
  return statement<SessionRow & TimePosition>(text, values);
}

/** The lock of a change from a version on. */
export const lockSession = ({ accountId, userId, id }: ItemKey) =>
  statement<{ version: number }>(
    `select s.version from coditect.memory_sessions s where ${READABLE} and s.id = $3 for no key update`,
    [accountId, userId, id],
  );

/** Its author alone. `moreBytes`: than the notes before had. */
export const writeNotes = (
  { accountId, userId, id }: ItemKey,
  { title, summary, metadata }: SealedNotes,
  moreBytes: number,
): Statement<SessionRow> =>
  statement<SessionRow>(
    `update coditect.memory_sessions s set title = $4, summary = $5, metadata = $6, bytes = bytes + $7, version = version + 1,
       updated_at = app.now()
     where account_id = $1 and author_id = $2 and id = $3 returning ${COLUMNS}`,
    [accountId, userId, id, title, summary, metadata, moreBytes],
  );

/** `changed`, `unchanged`, or why not. */
export const setLevel = (id: string, { level, teamId }: Audience) =>
  statement<{ outcome: string }>('select coditect.set_level($1, $2, $3) as outcome', [id, level, teamId]);

/** Its author alone; messages go with it, and their storage: of a large one by and by, and it can't be read meanwhile. */
export const deleteSession = ({ id }: ItemKey) =>
  statement<{ removed: boolean }>('select true as removed where coditect.remove_session($1)', [id]);
