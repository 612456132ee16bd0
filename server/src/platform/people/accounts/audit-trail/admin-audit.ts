import {
  actorOf,
  type Audit,
  auditEvents,
  type AuditFilter,
  auditPage,
  type AuditRow,
  type AuditView,
  auditView,
} from '#platform/audit';
import { commitPoint, type Database } from '#platform/db';
import type { Caller, Origin, Page } from '#platform/http';
import type { AccountId } from '#platform/kernel';
import { batchesOf, type AuditQuery } from './audit-trail.ts';

const EXPORTED = commitPoint(
  'accounts.audits-exported',
  'the record that the audit of all accounts was exported',
);

/** An event as platform admins read it: with the account that it is of; null: none. */
export interface AdminAuditView extends AuditView {
  readonly account_id: string | null;
}

/** Filter of events; without an account, all that happened. */
export interface AdminAuditFilter extends AuditFilter {
  readonly account?: string | undefined;
}

/** Events of all accounts, and of none: log-ins, work of admins. For platform admins. */
export interface AdminAudit {
  list(filter: AdminAuditFilter, query: AuditQuery): Promise<Page<AdminAuditView>>;
  /** All of it, a batch at a time; that it was asked for is an event too. */
  export(admin: Caller, filter: AdminAuditFilter, origin: Origin): Promise<AsyncGenerator<AdminAuditView[]>>;
}

export function createAdminAudit({
  db,
  audit,
}: {
  readonly db: Database;
  readonly audit: Audit;
}): AdminAudit {
  const read = async ({ account, ...filter }: AdminAuditFilter, query: AuditQuery) =>
    (await db.system('admin.audit', [auditEvents(account as AccountId | undefined, filter, query)]))[0];
  return {
    async list(filter, { after, limit }) {
      const rows = await read(filter, { after, limit: limit + 1 });
      return auditPage(rows, limit, adminView);
    },
    async export(admin, filter, origin) {
      await db.system('admin.audit', EXPORTED, (tx) =>
        audit.recordIn(tx, { action: 'audit.exported', actor: actorOf(admin), origin }),
      );
      return batchesOf((query) => read(filter, query), adminView);
    },
  };
}

const adminView = (row: AuditRow): AdminAuditView => ({
  ...auditView(row),
  account_id: row.account_id,
});
