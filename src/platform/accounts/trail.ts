import {
  actorOf,
  type Audit,
  auditEvents,
  type AuditFilter,
  type AuditPosition,
  type AuditRow,
  personalEvents,
  type RequestOrigin,
} from '#platform/audit';
import { commitPoint, type Database } from '#platform/db';
import { type Caller, type Page, page } from '#platform/http';
import type { AccountId } from '#platform/kernel';
import { enter, type Visit } from './entry.ts';
import type { Roles } from './roles.ts';

const EXPORTED = commitPoint('accounts.audit-exported', 'the record that the audit was exported');
/** Of which the members of an organization hear: who comes and goes, and what it holds. */
const MEMBERS_HEAR_OF = ['account', 'member', 'grant'];
/** Rows of an export that are read at a time. */
const BATCH = 500;

/** An event as owners and admins read it. */
export interface AuditView {
  readonly id: string;
  readonly created_at: string;
  readonly action: string;
  readonly actor: { readonly kind: AuditRow['actor_kind']; readonly id: string | null };
  /** The person behind the actor, through a key too. */
  readonly user_id: string | null;
  readonly target: { readonly kind: string; readonly id: string | null } | null;
  readonly changes: Readonly<Record<string, unknown>>;
  readonly ip: string | null;
  readonly user_agent: string | null;
  readonly request_id: string | null;
}

/** The same as every member reads it: what happened and by whom, and nothing of where they sat. */
export type ActivityView = Pick<AuditView, 'id' | 'created_at' | 'action' | 'user_id' | 'target'>;

export interface TrailQuery {
  readonly after: AuditPosition | undefined;
  readonly limit: number;
}

/** A caller at work in an account of either kind, whose role the walk has looked at. */
export interface AtWork {
  readonly caller: Caller;
  readonly origin: RequestOrigin;
  readonly accountId: AccountId;
}

type Reading = Pick<AtWork, 'caller' | 'accountId'>;

/** What happened in an organization, or in whichever account a call is for. */
export interface Trail {
  /** For admins and owners. */
  audit(visit: Visit, filter: AuditFilter, query: TrailQuery): Promise<Page<AuditView>>;
  /** All of it, a batch at a time, for admins and owners; that it was asked for is an event too. */
  export(visit: Visit, filter: AuditFilter): Promise<AsyncGenerator<AuditView[]>>;
  activity(visit: Visit, query: TrailQuery): Promise<Page<ActivityView>>;
  /** Of the account that the caller is at work in; of a personal one, with what its owner did as a person. */
  ofAccount(work: AtWork, filter: AuditFilter, query: TrailQuery): Promise<Page<AuditView>>;
  exportOfAccount(work: AtWork, filter: AuditFilter): Promise<AsyncGenerator<AuditView[]>>;
}

export function createTrail(parts: {
  readonly db: Database;
  readonly audit: Audit;
  readonly roles: Roles;
}): Trail {
  const { db, audit, roles } = parts;

  async function read({ caller, accountId }: Reading, filter: AuditFilter, query: TrailQuery) {
    const kind = await roles.kindOf(caller.userId, accountId);
    const [rows] =
      kind === 'personal'
        ? await db.system('accounts.personal-audit', [
            personalEvents({ accountId, owner: caller.userId }, filter, query),
          ])
        : await db.tenant(accountId, [auditEvents(accountId, filter, query)]);
    return rows;
  }

  const readPage = async (reading: Reading, filter: AuditFilter, { after, limit }: TrailQuery) =>
    page(await read(reading, filter, { after, limit: limit + 1 }), limit, { item: auditView, position });

  async function exported({ caller, accountId, origin }: AtWork, filter: AuditFilter) {
    await db.tenant(accountId, EXPORTED, (tx) =>
      audit.recordIn(tx, { action: 'audit.exported', actor: actorOf(caller), accountId, origin }),
    );
    return batchesOf((query) => read({ caller, accountId }, filter, query), auditView);
  }

  return {
    async audit(visit, filter, query) {
      const { accountId } = await enter(roles, visit, 'admin');
      return readPage({ caller: visit.caller, accountId }, filter, query);
    },
    async export(visit, filter) {
      const { accountId } = await enter(roles, visit, 'admin');
      return exported({ ...visit, accountId }, filter);
    },
    ofAccount: readPage,
    exportOfAccount: exported,
    async activity(visit, { after, limit }) {
      const { accountId } = await enter(roles, visit, 'viewer');
      const query = { after, limit: limit + 1, subjects: MEMBERS_HEAR_OF };
      const [rows] = await db.tenant(accountId, [auditEvents(accountId, {}, query)]);
      return page(rows, limit, { item: activityView, position });
    },
  };
}

/** Each batch is a transaction of its own: a slow reader holds nothing. */
export async function* batchesOf<View>(
  read: (query: TrailQuery) => Promise<AuditRow[]>,
  view: (row: AuditRow) => View,
): AsyncGenerator<View[]> {
  let after: AuditPosition | undefined;
  for (;;) {
    const rows = await read({ after, limit: BATCH });
    if (rows.length > 0) yield rows.map(view);
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return;
    after = position(last);
  }
}

export const position = ({ at, id }: AuditRow): AuditPosition => [at, id];

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

function activityView(row: AuditRow): ActivityView {
  return {
    id: row.id,
    created_at: row.created_at.toISOString(),
    action: row.action,
    user_id: row.user_id,
    target: row.target_kind === null ? null : { kind: row.target_kind, id: row.target_id },
  };
}
