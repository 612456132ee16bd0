import {
  microsecondsOf,
  olderThan,
  type Statement,
  statement,
  type TimePosition,
  type UserId,
  valuesOf,
} from 'plinth/product';
import { type Level, type MemberKey, readable } from '../levels.ts';
import type { PatternKind } from './kinds.ts';

export interface PatternKey extends MemberKey {
  readonly id: string;
}

/** A pattern with the sealed words of its first source. */
export interface PatternRow {
  readonly id: string;
  readonly author_id: UserId;
  readonly level: Level;
  readonly team_id: string | null;
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
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** Which patterns `p` a member may read: by their level, and all that they are drawn from. */
const READABLE = `${readable('p')} and coditect.are_sources_shown(p.id)`;

const COLUMNS = `p.id, p.author_id, p.level, p.team_id, p.kind, p.tools, p.against, p.title, c.sessions, c.occurrences, f.id as source_id,
  f.texts, r.helpful, r.unhelpful, r.rated_helpful, p.created_at, p.updated_at`;
const OF_PATTERN = `cross join lateral (
    select count(distinct x.session_id)::integer as sessions, count(*)::integer as occurrences
    from coditect.pattern_sources x where x.account_id = $1 and x.pattern_id = p.id) c
  cross join lateral (
    select x.id, x.texts from coditect.pattern_sources x where x.account_id = $1 and x.pattern_id = p.id order by x.session_id, x.id limit 1) f
  cross join lateral (
    select count(*) filter (where o.is_helpful)::integer as helpful, count(*) filter (where not o.is_helpful)::integer as unhelpful,
      bool_or(o.is_helpful) filter (where o.user_id = $2) as rated_helpful
    from coditect.pattern_ratings o where o.account_id = $1 and o.pattern_id = p.id) r`;

export const readPattern = ({ accountId, userId, id }: PatternKey) =>
  statement<PatternRow>(
    `select ${COLUMNS} from coditect.patterns p ${OF_PATTERN} where ${READABLE} and p.id = $3`,
    [accountId, userId, id],
  );

export interface PatternQuery {
  readonly kind?: PatternKind | undefined;
  readonly scope?: Level | undefined;
  readonly after: TimePosition | undefined;
  readonly limit: number;
}

/** Newest first. */
export function listPatterns(
  { accountId, userId }: MemberKey,
  { kind, scope, after, limit }: PatternQuery,
): Statement<PatternRow & TimePosition> {
  const { values, put } = valuesOf(accountId, userId, limit);
  const conditions = [
    READABLE,
    ...(kind === undefined ? [] : [`p.kind = ${put(kind)}`]),
    ...(scope === undefined ? [] : [`p.level = ${put(scope)}`]),
    ...olderThan(after, put),
  ];
  return statement<PatternRow & TimePosition>(
    `select ${COLUMNS}, ${microsecondsOf('p.created_at')} as at
     from (select * from coditect.patterns p where ${conditions.join(' and ')} order by created_at desc, id desc limit $3) p
     ${OF_PATTERN} order by p.created_at desc, p.id desc`,
    values,
  );
}

/** Where a pattern occurs: message, first and last unit of each part. */
export interface SourceRow {
  readonly id: string;
  readonly session_id: string;
  readonly spans: [string, number, number][];
  readonly texts: Uint8Array;
}

/** Those of a pattern, a hundred at most. */
export const listSources = ({ accountId, userId, id }: PatternKey) =>
  statement<SourceRow>(
    `select x.id, x.session_id, x.spans, x.texts from coditect.pattern_sources x where x.account_id = $1 and x.pattern_id = $3
       and exists (select from coditect.patterns p where ${READABLE} and p.id = $3) order by x.session_id, x.id`,
    [accountId, userId, id],
  );

/** Its author alone. */
export const renamePattern = ({ accountId, userId, id }: PatternKey, title: Uint8Array | null) =>
  statement<{ id: string }>(
    `update coditect.patterns p set title = $4, updated_at = app.now() where ${READABLE} and p.author_id = $2 and p.id = $3 returning p.id`,
    [accountId, userId, id, title],
  );

/** `changed`, `unchanged`, or why not. */
export const setPatternLevel = (id: string, level: Level, teamId: string | null) =>
  statement<{ outcome: string }>('select coditect.set_pattern_level($1, $2, $3) as outcome', [
    id,
    level,
    teamId,
  ]);

/** Its author alone; sources and ratings go with it. */
export const deletePattern = ({ accountId, userId, id }: PatternKey) =>
  statement<{ id: string }>(
    `delete from coditect.patterns p where ${READABLE} and p.author_id = $2 and p.id = $3 returning p.id`,
    [accountId, userId, id],
  );

/** No row: the member may not read it. */
export const ratePattern = ({ accountId, userId, id }: PatternKey, isHelpful: boolean) =>
  statement<{ pattern_id: string }>(
    `insert into coditect.pattern_ratings (account_id, pattern_id, user_id, is_helpful)
     select p.account_id, p.id, $2, $4 from coditect.patterns p where ${READABLE} and p.id = $3
     on conflict (account_id, pattern_id, user_id) do update set is_helpful = excluded.is_helpful, updated_at = app.now()
     returning pattern_id`,
    [accountId, userId, id, isHelpful],
  );

/** The member's own. */
export const unratePattern = ({ accountId, userId, id }: PatternKey): Statement =>
  statement(
    'delete from coditect.pattern_ratings where account_id = $1 and user_id = $2 and pattern_id = $3',
    [accountId, userId, id],
  );
