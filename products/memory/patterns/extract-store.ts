import { type Statement, statement } from 'plinth/product';
import { type MemberKey, readable } from '../levels.ts';
import type { PatternKind } from './kinds.ts';

/** More of an author's own sessions are not read: the newest ones are. */
const MOST_SESSIONS = 1_000;

/** The sessions that are read for patterns, oldest first: those named, or one's own. */
export const sessionsToRead = ({ accountId, userId }: MemberKey, sessions: readonly string[]) =>
  statement<{ id: string }>(
    `select id from (
       select s.id from coditect.memory_sessions s where ${readable('s')}
         and case when cardinality($3::uuid[]) = 0 then s.author_id = $2 else s.id = any($3::uuid[]) end
       order by s.created_at desc, s.id desc limit ${MOST_SESSIONS}) s order by id`,
    [accountId, userId, sessions],
  );

/** Two extractions of one member store after each other: each sees what the other one has stored. */
export const lockExtraction = ({ accountId, userId }: MemberKey): Statement =>
  statement(
    `select pg_advisory_xact_lock(hashtextextended('coditect.patterns ' || $1::text || ' ' || $2::text, 0))`,
    [accountId, userId],
  );

/** Those that the member may still read. They stay as they are until the transaction ends. */
export const holdSessions = (sessions: readonly string[]) =>
  statement<{ id: string }>('select id from coditect.hold_sessions($1) id', [sessions]);

/** A pattern of the member's that has one of these keys, hashes in hex. */
export interface KnownPatternRow {
  readonly id: string;
  readonly key: string;
}

export const knownPatterns = ({ accountId, userId }: MemberKey, keys: readonly string[]) =>
  statement<KnownPatternRow>(
    `with keys as (select decode(one, 'hex') as key from unnest($3::text[]) one)
     select p.id, encode(p.key, 'hex') as key from coditect.patterns p where p.account_id = $1 and p.author_id = $2 and p.key in (select key from keys)
     union
     select p.id, encode(x.key, 'hex') from coditect.pattern_sources x
       join coditect.patterns p on p.account_id = $1 and p.id = x.pattern_id and p.author_id = $2
     where x.account_id = $1 and x.key in (select key from keys) order by id`,
    [accountId, userId, keys],
  );

/** A pattern as it is written. */
export interface StoredPattern {
  readonly id: string;
  readonly kind: PatternKind;
  readonly key: string;
  readonly tools: readonly string[];
  readonly against: number;
}

/** Before its sources are there it is as little private as can be: they lower it. */
export const storePatterns = (
  { accountId, userId }: MemberKey,
  patterns: readonly StoredPattern[],
): Statement =>
  statement(
    `insert into coditect.patterns as p (account_id, author_id, id, level, kind, key, tools, against)
     select $1, $2, n.id, 'organization', n.kind, decode(n.key, 'hex'), n.tools, n.against
     from jsonb_to_recordset($3::jsonb) as n (id uuid, kind text, key text, tools text[], against integer)
     on conflict (account_id, id) do update set tools = excluded.tools, against = excluded.against, updated_at = app.now()`,
    [accountId, userId, JSON.stringify(patterns)],
  );

/** A source as it is written: its key in hex, its sealed texts in base64. */
export interface NewSource {
  readonly id: string;
  readonly pattern_id: string;
  readonly session_id: string;
  readonly message_id: string;
  readonly first: number;
  readonly key: string;
  readonly spans: readonly (readonly [string, number, number])[];
  readonly texts: string;
}

/** A pattern cites so many places at most. */
export const MOST_SOURCES = 100;

/** Those that are not there yet, in their order, as long as there is room. */
export const insertSources = ({ accountId }: MemberKey, sources: readonly NewSource[]): Statement =>
  statement(
    `insert into coditect.pattern_sources (account_id, id, pattern_id, session_id, message_id, first, key, spans, texts)
     select $1, n.id, n.pattern_id, n.session_id, n.message_id, n.first, decode(n.key, 'hex'), n.spans, decode(n.texts, 'base64')
     from (select n.*, row_number() over (partition by n.pattern_id order by n.id) as place
       from jsonb_to_recordset($2::jsonb) as n (id uuid, pattern_id uuid, session_id uuid, message_id uuid, first integer, key text, spans jsonb, texts text)
       where not exists (select from coditect.pattern_sources x
         where x.account_id = $1 and x.pattern_id = n.pattern_id and x.message_id = n.message_id and x.first = n.first)) n
     where n.place + (select count(*) from coditect.pattern_sources x where x.account_id = $1 and x.pattern_id = n.pattern_id) <= ${MOST_SOURCES}
     on conflict do nothing`,
    [accountId, JSON.stringify(sources)],
  );

/** Leaves out what the member may read no more, and gives patterns the level of the most private of their sources, where theirs is higher. */
export const settlePatterns = (patterns: readonly string[]): Statement =>
  statement('select coditect.settle_patterns($1)', [patterns]);
