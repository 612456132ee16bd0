import { type Statement, statement } from 'plinth/product';
import { type MemberKey, readable } from '../levels.ts';
import type { DecisionKey, DecisionStatus } from './store.ts';

export type LinkType = 'relates_to' | 'drawn_from' | 'implements';

/** The target of a link: one of these. */
export interface LinkTarget {
  readonly sessionId: string | null;
  readonly messageId: string | null;
  readonly decisionId: string | null;
  /** Path of a linked file. */
  readonly path: string | null;
}

/** A link whose target its reader may read. */
export interface LinkRow {
  readonly id: string;
  readonly type: LinkType;
  /** For a message: its session. */
  readonly session_id: string | null;
  readonly message_id: string | null;
  readonly to_decision_id: string | null;
  readonly path: Uint8Array | null;
  /** Where in its text, in UTF-16 units; null: all of it. */
  readonly first: number | null;
  readonly last: number | null;
  readonly created_at: Date;
}

/** Whether a member may read what a link is to point to. */
export const isTargetReadable = ({ accountId, userId }: MemberKey, target: LinkTarget) =>
  statement<{ readable: boolean }>(
    `select exists (select from coditect.memory_sessions s where ${readable('s')} and s.id = $3)
       or exists (select from coditect.memory_messages m join coditect.memory_sessions s on s.account_id = $1 and s.id = m.session_id
         where m.account_id = $1 and m.id = $4 and ${readable('s')})
       or exists (select from coditect.memory_decisions d where ${readable('d')} and d.id = $5) as readable`,
    [accountId, userId, target.sessionId, target.messageId, target.decisionId],
  );

const MOST_LINKS = 100;

/** No row: the decision has this link, or has as many as it may. */
export const insertLink = (
  { accountId, id }: DecisionKey,
  link: {
    readonly id: string;
    readonly type: LinkType;
    readonly target: LinkTarget;
    readonly path: Uint8Array | null;
    readonly pathHash: Uint8Array | null;
    /** For a message: where in its text. */
    readonly span?: readonly [from: number, until: number];
  },
) =>
  statement<{ id: string }>(
    `insert into coditect.memory_links (account_id, decision_id, id, type, session_id, message_id, to_decision_id, path, path_hash, about_session_id, first, last)
     select $1::uuid, $2::uuid, $3::uuid, $4, $5::uuid, $6::uuid, $7::uuid, $8::bytea, $9::bytea,
       coalesce($5::uuid, (select m.session_id from coditect.memory_messages m where m.account_id = $1 and m.id = $6)), $10::integer, $11::integer
     where (select count(*) from coditect.memory_links l where l.account_id = $1 and l.decision_id = $2) < ${MOST_LINKS}
     on conflict do nothing returning id`,
    [
      accountId,
      id,
      link.id,
      link.type,
      link.target.sessionId,
      link.target.messageId,
      link.target.decisionId,
      link.path,
      link.pathHash,
      link.span?.[0] ?? null,
      link.span?.[1] ?? null,
    ],
  );

/** Those whose target the member may read, oldest first. */
export const readLinks = ({ accountId, userId, id }: DecisionKey) =>
  statement<LinkRow>(
    `select l.id, l.type, coalesce(l.session_id, m.session_id) as session_id, l.message_id, l.to_decision_id, l.path, l.first, l.last, l.created_at
     from coditect.memory_decisions d join coditect.memory_links l on l.account_id = $1 and l.decision_id = d.id
     left join coditect.memory_messages m on m.account_id = $1 and m.id = l.message_id
     where ${readable('d')} and d.id = $3 and (l.path is not null
       or exists (select from coditect.memory_sessions s where ${readable('s')} and s.id = coalesce(l.session_id, m.session_id))
       or exists (select from coditect.memory_decisions o where ${readable('o')} and o.id = l.to_decision_id))
     order by l.created_at, l.id`,
    [accountId, userId, id],
  );

/** One of one's own decision. */
export const deleteLink = ({ accountId, userId, id }: DecisionKey, link: string): Statement<{ id: string }> =>
  statement<{ id: string }>(
    `delete from coditect.memory_links l where l.account_id = $1 and l.decision_id = $3 and l.id = $4
       and exists (select from coditect.memory_decisions d where d.account_id = $1 and d.author_id = $2 and d.id = $3) returning l.id`,
    [accountId, userId, id, link],
  );

/** A decision that something is linked with. */
export interface LinkedDecisionRow {
  readonly id: string;
  readonly status: DecisionStatus;
  readonly version_id: string;
  readonly title: Uint8Array;
}

/** The decisions that are linked with a session or a message of it, of those that the member may read, oldest first. */
export const decisionsOfSession = ({ accountId, userId, id }: DecisionKey) =>
  statement<LinkedDecisionRow>(
    `select d.id, d.status, v.id as version_id, v.title from (
       select * from coditect.memory_decisions d
       where ${readable('d')} and exists (select from coditect.memory_sessions s where ${readable('s')} and s.id = $3) and d.id = any(array(
         select l.decision_id from coditect.memory_links l where l.account_id = $1 and l.session_id = $3
         union select l.decision_id from coditect.memory_links l where l.account_id = $1 and l.message_id = any(array(
           select m.id from coditect.memory_messages m where m.account_id = $1 and m.session_id = $3))))
       order by d.created_at, d.id limit 1000) d
     cross join lateral (select v.id, v.title from coditect.memory_decision_versions v
       where v.account_id = $1 and v.decision_id = d.id and v.version = d.version limit 1) v
     order by d.created_at, d.id`,
    [accountId, userId, id],
  );
