import type { Transaction } from '#platform/db';
import type { Caller, Origin } from '#platform/http';
import type { AccountId } from '#platform/kernel';
import type { ProductContext } from '#platform/product';

/** Who changes something, and for which workspace. */
export interface By {
  readonly accountId: AccountId;
  readonly caller: Caller;
  readonly origin: Origin;
}

/** Something that became of a scope. */
export interface NewChange extends By {
  readonly scopeId: string;
  /** `section.updated`: what it happened to, and what. */
  readonly kind: `${string}.${string}`;
  /** Ids, versions, names of fields: no text of a user. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** What becomes of scopes: a row of the activity and of the scope's changes, in the transaction of the change. */
export function createChanges({ activity }: ProductContext) {
  return {
    async recordIn(tx: Transaction, { scopeId, kind, data, ...by }: NewChange): Promise<void> {
      const [what = 'scope', action = 'updated'] = kind.split('.');
      const id = data[`${what}_id`];
      const target = { kind: what, id: typeof id === 'string' ? id : scopeId };
      await activity.recordIn(tx, { ...by, action, target, changes: { ...data, scope_id: scopeId } });
    },
    /** After the commit: readers of the scope hear of it. */
    moved(_scopeId: string): void {},
  };
}

export type Changes = ReturnType<typeof createChanges>;
