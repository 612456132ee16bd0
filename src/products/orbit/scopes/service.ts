import type { Transaction } from '#platform/db';
import { type AccountId, AppError } from '#platform/kernel';
import type { ProductContext } from '#platform/product';
import type { Changes } from '../changes/service.ts';
import type { SectionRow } from '../sections/section.ts';
import { listSections } from '../sections/store.ts';
import type { Versions } from '../versions/service.ts';
import type { ScopeRow } from './scope.ts';
import { lockScope, readScope } from './store.ts';

export interface ScopesParts extends ProductContext {
  readonly changes: Changes;
  readonly versions: Versions;
}

/** A scope with its sections in their order. */
export interface WholeScope {
  readonly scope: ScopeRow;
  readonly sections: readonly SectionRow[];
}

/** Scopes of work. */
export function createScopes({ db }: ScopesParts) {
  /** Throws `scope_not_found`, for one in the trash too. */
  async function read(accountId: AccountId, scopeId: string): Promise<WholeScope> {
    const [[scope], sections] = await db.tenant(accountId, [
      readScope(accountId, scopeId),
      listSections(accountId, scopeId),
    ]);
    if (scope === undefined || scope.deleted_at !== null) throw noScope();
    return { scope, sections };
  }

  return { read };
}

export type Scopes = ReturnType<typeof createScopes>;

/** Locks a scope that may be changed. Throws `scope_not_found`; `scope_frozen` of one that was sent or archived. */
export async function lockForChange(
  tx: Transaction,
  { accountId, scopeId }: { readonly accountId: AccountId; readonly scopeId: string },
): Promise<ScopeRow> {
  const [scope] = await tx.run(lockScope(accountId, scopeId));
  if (scope === undefined) throw noScope();
  if (scope.status === 'sent' || scope.status === 'archived') throw new AppError('scope_frozen');
  return scope;
}

export function noScope(): AppError {
  return new AppError('scope_not_found');
}
