import {
  type ActivityView,
  activityView,
  actorOf,
  type Audit,
  auditCursor,
  auditEvents,
  auditPage,
} from '#platform/audit';
import type { Database, Transaction } from '#platform/db';
import type { Caller, Origin, Page } from '#platform/http';
import type { AccountId } from '#platform/kernel';

/** A person's act in a product, as the other members of the account may read it. */
export interface NewActivity {
  readonly accountId: AccountId;
  readonly caller: Caller;
  readonly origin: Origin;
  /** The act, `approved` of a scope: it is kept as `orbit.scope.approved`. */
  readonly action: string;
  readonly target: { readonly kind: string; readonly id: string };
  /** Changed things, for owners and admins alone: ids, names of fields, numbers. A secret is refused, user text has no place here. */
  readonly changes?: Readonly<Record<string, unknown>>;
}

export interface ActivityQuery {
  /** The id of what it was done to; all when not said. */
  readonly target?: string | undefined;
  /** One user or key; all when not said. */
  readonly actor?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** A product's part of the audit: who did what in it. */
export interface Activity {
  /** Appends to it in the transaction of what was done: both are there, or neither. */
  recordIn(tx: Transaction, activity: NewActivity): Promise<void>;
  /** A page of an account's, newest first. */
  list(accountId: AccountId, query: ActivityQuery): Promise<Page<ActivityView>>;
}

export function createActivity(parts: {
  readonly db: Database;
  readonly audit: Audit;
  readonly product: string;
}): Activity {
  const { db, audit, product } = parts;
  return {
    recordIn: (tx, { accountId, caller, origin, action, target, changes }) =>
      audit.recordIn(tx, {
        action: `${product}.${target.kind}.${action}`,
        actor: actorOf(caller),
        accountId,
        target,
        origin,
        ...(changes === undefined ? {} : { changes }),
      }),
    async list(accountId, { target, actor, cursor, limit }) {
      const asked = { after: auditCursor(cursor), limit: limit + 1, subjects: [product] };
      const [rows] = await db.tenant(accountId, [auditEvents(accountId, { target, actor }, asked)]);
      return auditPage(rows, limit, activityView);
    },
  };
}
