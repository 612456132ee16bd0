import { type Statement, statement, type TimePosition } from 'plinth/product';
import type { ListRange } from '../items/items.ts';
import { newestFirst } from '../items/store.ts';
import {
  type Audience,
  type ItemKey,
  type ItemRow,
  type Level,
  type MemberKey,
  readable,
} from '../levels.ts';
import type { PatternKind } from './kinds.ts';

export type { ItemKey as PatternKey };

/** A pattern with the sealed words of its first source. */
export interface PatternRow extends ItemRow {
  readonly kind: PatternKind;
  readonly tools: string[];
  readonly against: number;
  readonly title: Uint8Array | null;
  readonly sessions: number;
  readonly occurrences: number;
  readonly source_id: string;
  readonly texts: Uint8Array;
  readonly helpful: number;
  readonly unhelpful: number;
  /** The reader's own rating. */
  readonly rated_helpful: boolean | null;
}

/** Which patterns `s` a member may read: by their level, and all that they are drawn from. */
const READABLE = `${readable('s')} and coditect.are_sources_shown(s.id)`;

const COLUMNS = `s.id, s.author_id, s.level, s.team_id, s.kind, s.tools, s.against, s.title, c.sessions, c.occurrences, f.id as source_id,
  f.texts, r.helpful, r.unhelpful, r.rated_helpful, s.created_at, s.updated_at`;
const OF_PATTERN = `cross join lateral (
    select count(distinct x.session_id)::integer as sessions, count(*)::integer as occurrences
    from coditect.pattern_sources x where x.account_id = $1 and x.pattern_id = s.id) c
  cross join lateral (
    select x.id, x.texts from coditect.pattern_sources x where x.account_id = $1 and x.pattern_id = s.id order by x.session_id, x.id limit 1) f
  cross join lateral (
    select count(*) filter (where o.is_helpful)::integer as helpful, count(*) filter (where not o.is_helpful)::integer as unhelpful,
      bool_or(o.is_helpful) filter (where o.user_id = $2) as rated_helpful
    from coditect.pattern_ratings o where o.account_id = $1 and o.pattern_id = s.id) r`;

export const readPattern = ({ accountId, userId, id }: ItemKey) =>
  statement<PatternRow>(
    `select ${COLUMNS} from coditect.patterns s ${OF_PATTERN} where ${READABLE} and s.id = $3`,
    [accountId, userId, id],
  );

export interface PatternQuery extends ListRange {
  readonly kind?: PatternKind | undefined;
  readonly scope?: Level | undefined;
}

const OF_PATTERNS = {
  table: 'coditect.patterns',
  readable: READABLE,
  columns: COLUMNS,
  joined: OF_PATTERN,
} as const;

/** Newest first. */
export function listPatterns(member: MemberKey, { scope, ...query }: PatternQuery) {
  const { text, values } = newestFirst(member, OF_PATTERNS, { ...query, level: scope });
  return statement<PatternRow & TimePosition>(text, values);
}

/** Where a pattern occurs: message, first and last unit of each part. */
export interface SourceRow {
  readonly id: string;
  readonly session_id: string;
  readonly spans: [string, number, number][];
  readonly texts: Uint8Array;
}

/** Those of a pattern, a hundred at most. */
export const listSources = ({ accountId, userId, id }: ItemKey) =>
  statement<SourceRow>(
    `select x.id, x.session_id, x.spans, x.texts from coditect.pattern_sources x where x.account_id = $1 and x.pattern_id = $3
       and exists (select from coditect.patterns s where ${READABLE} and s.id = $3) order by x.session_id, x.id`,
    [accountId, userId, id],
  );

/** Its author alone. */
export const renamePattern = ({ accountId, userId, id }: ItemKey, title: Uint8Array | null) =>
  statement<{ id: string }>(
    `update coditect.patterns s set title = $4, updated_at = app.now() where ${READABLE} and s.author_id = $2 and s.id = $3 returning s.id`,
    [accountId, userId, id, title],
  );

/** `changed`, `unchanged`, or why not. */
export const setPatternLevel = (id: string, { level, teamId }: Audience) =>
  statement<{ outcome: string }>('select coditect.set_pattern_level($1, $2, $3) as outcome', [
    id,
    level,
    teamId,
  ]);

/** Its author alone; sources and ratings go with it. */
export const deletePattern = ({ accountId, userId, id }: ItemKey) =>
  statement<{ id: string }>(
    `delete from coditect.patterns s where ${READABLE} and s.author_id = $2 and s.id = $3 returning s.id`,
    [accountId, userId, id],
  );

/** No row: the member may not read it. */
export const ratePattern = ({ accountId, userId, id }: ItemKey, isHelpful: boolean) =>
  statement<{ pattern_id: string }>(
    `insert into coditect.pattern_ratings (account_id, pattern_id, user_id, is_helpful)
     select s.account_id, s.id, $2, $4 from coditect.patterns s where ${READABLE} and s.id = $3
     on conflict (account_id, pattern_id, user_id) do update set is_helpful = excluded.is_helpful, updated_at = app.now()
     returning pattern_id`,
    [accountId, userId, id, isHelpful],
  );

/** The member's own. */
export const unratePattern = ({ accountId, userId, id }: ItemKey): Statement =>
  statement(
    'delete from coditect.pattern_ratings where account_id = $1 and user_id = $2 and pattern_id = $3',
    [accountId, userId, id],
  );
