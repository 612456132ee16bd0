import {
  type AccountId,
  type Caller,
  commitPoint,
  type Origin,
  type ProductContext,
  pruneChanges,
  type Transaction,
} from 'plinth/product';
import { recordChange, recordLine, SCOPE_CHANGES } from './store.ts';

const PRUNE = commitPoint('orbit.changes-pruned', 'changes that nobody comes back for are deleted');

/** How long a reader may be away and still be told each change that they missed. */
export const DAYS_KEPT = 7;

/** The signal that something became of a scope. */
export const CHANGED = 'orbit.changed';

/** The caller of a change, and the workspace. */
export interface By {
  readonly accountId: AccountId;
  readonly caller: Caller;
  readonly origin: Origin;
}

/** Something that became of a scope. */
export interface NewChange {
  readonly accountId: AccountId;
  /** Undefined: the server itself, in a job. */
  readonly caller?: Pick<Caller, 'userId'> | undefined;
  readonly origin?: Origin | undefined;
  readonly scopeId: string;
  /** `section.updated`: what it happened to, and what. */
  readonly kind: `${string}.${string}`;
  /** Ids, versions, names of fields: no text of a user. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Changes of scopes: a numbered row for those who follow it and a line of the feeds, in the transaction of the change. */
export function createChanges({ db, ids }: Pick<ProductContext, 'db' | 'ids'>) {
  return {
    /**
     * Call it late in the transaction: other changes of the scope wait from here to its commit. Answers the change's number: of a
     * scope they grow by one.
     */
    async recordIn(tx: Transaction, { accountId, scopeId, kind, data, caller }: NewChange): Promise<number> {
      const change = { accountId, scopeId, id: ids.next(), kind, data, actor: caller?.userId };
      const [row] = await tx.run(recordChange(change));
      return Number(row?.seq);
    },
    /** The same for what is of no scope: a line of the workspace's feed. */
    async recordLineIn(tx: Transaction, line: Omit<NewChange, 'scopeId'>): Promise<void> {
      const { accountId, kind, data, caller } = line;
      await tx.run(recordLine({ accountId, id: ids.next(), kind, data, actor: caller?.userId }));
    },
    /** After the commit: readers of the scope hear of it. One that is forgotten is seen some seconds later. */
    moved: (scopeId: string): void => db.signal(CHANGED, scopeId),
    /** Deletes changes older than seven days; a reader who comes back later must read anew. */
    async prune(): Promise<void> {
      await pruneChanges(db, SCOPE_CHANGES, { use: 'orbit.changes', point: PRUNE, days: DAYS_KEPT });
    },
  };
}

export type Changes = ReturnType<typeof createChanges>;
