import {
  type ActivityView,
  activityView,
  actorOf,
  type Audit,
  auditEvents,
  type AuditFilter,
  auditPage,
  type AuditPosition,
  auditPosition,
  type AuditRow,
  type AuditView,
  auditView,
  personalEvents,
  type RequestOrigin,
} from '#platform/audit';
import { commitPoint, type Database } from '#platform/db';
import type { Caller, Page } from '#platform/http';
import type { AccountId } from '#platform/kernel';
import { authorizeMember, type OrganizationRequest } from '../members/authorize-member.ts';
import type { Roles } from '../members/roles.ts';

const EXPORTED = commitPoint('accounts.audit-exported', 'the record that the audit was exported');
/** Kinds of events that members of an organization are told: its changes, its members, its grants. */
const MEMBERS_HEAR_OF = ['account', 'member', 'grant'];
/** Rows of an export that are read at a time. */
const BATCH = 500;

export interface AuditQuery {
  readonly after: AuditPosition | undefined;
  readonly limit: number;
}

/** A caller at work in an account of either kind, whose role the walk has looked at. */
export interface AccountRequest {
  readonly caller: Caller;
  readonly origin: RequestOrigin;
  readonly accountId: AccountId;
}

type AuditReadRequest = Pick<AccountRequest, 'caller' | 'accountId'>;

/** Events of an organization, or of whichever account a call is for. */
export interface AuditTrail {
  /** For admins and owners. */
  ofOrganization(
    request: OrganizationRequest,
    filter: AuditFilter,
    query: AuditQuery,
  ): Promise<Page<AuditView>>;
  /** All of it, a batch at a time, for admins and owners; that it was asked for is an event too. */
  exportOrganization(request: OrganizationRequest, filter: AuditFilter): Promise<AsyncGenerator<AuditView[]>>;
  activity(request: OrganizationRequest, query: AuditQuery): Promise<Page<ActivityView>>;
  /** Events of the account that the caller works in; for a personal one, also what its owner did as a person. */
  ofAccount(request: AccountRequest, filter: AuditFilter, query: AuditQuery): Promise<Page<AuditView>>;
  exportAccount(request: AccountRequest, filter: AuditFilter): Promise<AsyncGenerator<AuditView[]>>;
}

export function createAuditTrail(parts: {
  readonly db: Database;
  readonly audit: Audit;
  readonly roles: Roles;
}): AuditTrail {
  const { db, audit, roles } = parts;

  async function read({ caller, accountId }: AuditReadRequest, filter: AuditFilter, query: AuditQuery) {
    const kind = await roles.kindOf(caller.userId, accountId);
    const [rows] =
      kind === 'personal'
        ? await db.system('accounts.personal-audit', [
            personalEvents({ accountId, owner: caller.userId }, filter, query),
          ])
        : await db.tenant(accountId, [auditEvents(accountId, filter, query)]);
    return rows;
  }

  const readPage = async (reading: AuditReadRequest, filter: AuditFilter, { after, limit }: AuditQuery) =>
    auditPage(await read(reading, filter, { after, limit: limit + 1 }), limit, auditView);

  async function exportEvents({ caller, accountId, origin }: AccountRequest, filter: AuditFilter) {
    await db.tenant(accountId, EXPORTED, (tx) =>
      audit.recordIn(tx, { action: 'audit.exported', actor: actorOf(caller), accountId, origin }),
    );
    return batchesOf((query) => read({ caller, accountId }, filter, query), auditView);
  }

  return {
    async ofOrganization(request, filter, query) {
      const { accountId } = await authorizeMember(roles, request, 'admin');
      return readPage({ caller: request.caller, accountId }, filter, query);
    },
    async exportOrganization(request, filter) {
      const { accountId } = await authorizeMember(roles, request, 'admin');
      return exportEvents({ ...request, accountId }, filter);
    },
    ofAccount: readPage,
    exportAccount: exportEvents,
    async activity(request, { after, limit }) {
      const { accountId } = await authorizeMember(roles, request, 'viewer');
      const query = { after, limit: limit + 1, subjects: MEMBERS_HEAR_OF };
      const [rows] = await db.tenant(accountId, [auditEvents(accountId, {}, query)]);
      return auditPage(rows, limit, activityView);
    },
  };
}

/** Each batch is a transaction of its own: a slow reader holds nothing. */
export async function* batchesOf<View>(
  read: (query: AuditQuery) => Promise<AuditRow[]>,
  view: (row: AuditRow) => View,
): AsyncGenerator<View[]> {
  let after: AuditPosition | undefined;
  for (;;) {
    const rows = await read({ after, limit: BATCH });
    if (rows.length > 0) yield rows.map(view);
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return;
    after = auditPosition(last);
  }
}
