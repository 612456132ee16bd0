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

export type { ItemKey as DecisionKey };

export type DecisionStatus = 'proposed' | 'accepted' | 'superseded';

/** A decision with the sealed title of one of its versions. */
export interface DecisionRow extends ItemRow {
  readonly client_id: string;
  readonly status: DecisionStatus;
  /** Null where the reader may not read it, too. */
  readonly superseded_by: string | null;
  readonly decided_at: Date;
  readonly current_version: number;
  /** Version of the texts. */
  readonly version: number;
  readonly version_id: string;
  readonly title: Uint8Array;
}

/** With all texts of that version. */
export interface WholeDecisionRow extends DecisionRow {
  readonly context: Uint8Array;
  readonly rationale: Uint8Array;
  readonly consequences: Uint8Array | null;
  /** Which decisions it has superseded, of those that the reader may read. */
  readonly supersedes: string[];
}

const COLUMNS = `s.id, s.author_id, s.level, s.team_id, s.client_id, s.status, s.decided_at, s.version as current_version, s.created_at,
  s.updated_at, v.version, v.id as version_id, v.title,
  (select b.id from coditect.memory_decisions b where ${readable('b')} and b.id = s.superseded_by) as superseded_by`;

/** The sealed texts of a version. */
export interface SealedTexts {
  readonly versionId: string;
  readonly title: Uint8Array;
  readonly context: Uint8Array;
  readonly rationale: Uint8Array;
  readonly consequences: Uint8Array | null;
}

/** A decision when it is made. */
export interface NewDecision extends Audience {
  readonly clientId: string;
  readonly status: 'proposed' | 'accepted';
  readonly decidedAt: Date | null;
  readonly bytes: number;
}

/** No row: its author has one of this name. */
export const insertDecision = ({ accountId, userId, id }: ItemKey, decision: NewDecision) =>
  statement<{ id: string }>(
    `insert into coditect.memory_decisions (account_id, author_id, id, client_id, level, team_id, status, decided_at, bytes)
     values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, app.now()), $9)
     on conflict (account_id, author_id, client_id) do nothing returning id`,
    [
      accountId,
      userId,
      id,
      decision.clientId,
      decision.level,
      decision.teamId,
      decision.status,
      decision.decidedAt,
      decision.bytes,
    ],
  );

export const insertDecisionVersion = (
  { accountId, id }: ItemKey,
  version: number,
  texts: SealedTexts,
): Statement =>
  statement(
    `insert into coditect.memory_decision_versions (account_id, decision_id, id, version, title, context, rationale, consequences)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      accountId,
      id,
      texts.versionId,
      version,
      texts.title,
      texts.context,
      texts.rationale,
      texts.consequences,
    ],
  );

/** Counts a further version. Its author alone. */
export const countVersion = ({ accountId, userId, id }: ItemKey, bytes: number): Statement =>
  statement(
    `update coditect.memory_decisions set version = version + 1, bytes = bytes + $4, updated_at = app.now()
     where account_id = $1 and author_id = $2 and id = $3`,
    [accountId, userId, id, bytes],
  );

export const decisionByClientId = ({ accountId, userId }: MemberKey, clientId: string) =>
  statement<{ id: string }>(
    'select id from coditect.memory_decisions where account_id = $1 and author_id = $2 and client_id = $3',
    [accountId, userId, clientId],
  );

/** The lock for every change of the texts or the links of a decision. No row for others than its author. */
export const lockOwnDecision = ({ accountId, userId, id }: ItemKey) =>
  statement<{ version: number }>(
    `select version from coditect.memory_decisions where account_id = $1 and author_id = $2 and id = $3 for no key update`,
    [accountId, userId, id],
  );

/** The lock of a change from a version on, by any of its readers. */
export const lockDecision = ({ accountId, userId, id }: ItemKey) =>
  statement<{ version: number }>(
    `select s.version from coditect.memory_decisions s where ${readable('s')} and s.id = $3 for no key update`,
    [accountId, userId, id],
  );

/** `version`: undefined for the present one. */
export const readDecision = ({ accountId, userId, id }: ItemKey, version?: number) =>
  statement<WholeDecisionRow>(
    `select ${COLUMNS}, v.context, v.rationale, v.consequences,
       array(select o.id from coditect.memory_decisions o where ${readable('o')} and o.superseded_by = s.id order by o.id) as supersedes
     from coditect.memory_decisions s join coditect.memory_decision_versions v
       on v.account_id = $1 and v.decision_id = s.id and v.version = coalesce($4, s.version)
     where ${readable('s')} and s.id = $3`,
    [accountId, userId, id, version ?? null],
  );

export interface DecisionQuery extends ListRange {
  readonly status?: DecisionStatus | undefined;
  readonly level?: Level | undefined;
  readonly authorId?: string | undefined;
  readonly sessionId?: string | undefined;
}

/** Linked with a session that the member may read, or with a message of it. */
const linkedWith = (session: string) =>
  `s.id = any(array(select l.decision_id from coditect.memory_links l where l.account_id = $1 and l.about_session_id = ${session}::uuid))
   and exists (select from coditect.memory_sessions o where ${readable('o')} and o.id = ${session}::uuid)`;

const OF_DECISIONS = {
  table: 'coditect.memory_decisions',
  readable: readable('s'),
  columns: COLUMNS,
  joined: `cross join lateral (select v.version, v.id, v.title from coditect.memory_decision_versions v
       where v.account_id = $1 and v.decision_id = s.id and v.version = s.version limit 1) v`,
} as const;

/** Newest first. */
export function listDecisions(member: MemberKey, { authorId, sessionId, ...query }: DecisionQuery) {
  const table =
    sessionId === undefined
      ? OF_DECISIONS
      : { ...OF_DECISIONS, narrowed: (put: (value: unknown) => string) => linkedWith(put(sessionId)) };
  const { text, values } = newestFirst(member, table, { ...query, author_id: authorId });
  return statement<DecisionRow & TimePosition>(text, values);
}

/** Its author alone. What was superseded is so no longer. */
export const setStatus = ({ accountId, userId, id }: ItemKey, status: DecisionStatus) =>
  statement<{ id: string }>(
    `update coditect.memory_decisions set status = $4, superseded_by = null, updated_at = app.now()
     where account_id = $1 and author_id = $2 and id = $3 returning id`,
    [accountId, userId, id, status],
  );

/** `changed`, `unchanged`, or why not. */
export const setDecisionLevel = (id: string, { level, teamId }: Audience) =>
  statement<{ outcome: string }>(`select coditect.set_item_level('decision', $1, $2, $3) as outcome`, [
    id,
    level,
    teamId,
  ]);

/** `changed`, `unchanged`, or why not. */
export const supersede = (id: string, by: string) =>
  statement<{ outcome: string }>('select coditect.supersede($1, $2) as outcome', [id, by]);

/** Its author alone; versions and links go with it, and their storage. */
export const deleteDecision = ({ accountId, userId, id }: ItemKey) =>
  statement<{ id: string }>(
    'delete from coditect.memory_decisions where account_id = $1 and author_id = $2 and id = $3 returning id',
    [accountId, userId, id],
  );
