import { instant, type Page, page, positionOf } from '#platform/http';
import { z } from 'zod';
import type { AuditPosition, AuditRow } from './audit-events.ts';

/** An event as owners and admins read it. */
export interface AuditView
  extends Pick<AuditRow, 'id' | 'action' | 'changes' | 'ip' | 'user_agent' | 'request_id'> {
  readonly created_at: string;
  readonly actor: { readonly kind: AuditRow['actor_kind']; readonly id: string | null };
  /** The person behind the actor, through a key too; null where no person did it. */
  readonly user_id: string | null;
  readonly target: { readonly kind: string; readonly id: string | null } | null;
}

/** The same as every member reads it: what happened and by whom, and nothing of where they sat. */
export type ActivityView = Pick<AuditView, 'id' | 'created_at' | 'action' | 'user_id' | 'target'>;

export function auditView(row: AuditRow): AuditView {
  return {
    ...activityView(row),
    actor: { kind: row.actor_kind, id: row.actor_id },
    changes: row.changes,
    ip: row.ip,
    user_agent: row.user_agent,
    request_id: row.request_id,
  };
}

export function activityView(row: AuditRow): ActivityView {
  return {
    id: row.id,
    created_at: row.created_at.toISOString(),
    action: row.action,
    user_id: row.user_id,
    target: row.target_kind === null ? null : { kind: row.target_kind, id: row.target_id },
  };
}

/** Where an event is in the order of all of them. */
export const auditPosition = ({ at, id }: AuditRow): AuditPosition => [at, id];

const positionSchema = z.tuple([instant, z.uuid()]);

/** Where a page of events starts, from its cursor; undefined: with the newest. */
export function auditCursor(cursor: string | undefined): AuditPosition | undefined {
  return cursor === undefined ? undefined : positionOf(cursor, positionSchema);
}

/** A page of events, of the rows of a query that asked for one more. */
export function auditPage<View>(
  rows: readonly AuditRow[],
  limit: number,
  view: (row: AuditRow) => View,
): Page<View> {
  return page(rows, limit, { item: view, position: auditPosition });
}
