import { type AccountId, AppError, type Transaction } from 'plinth/product';
import type { ScopeRow } from './scope.ts';
import { shownScope } from './replies.ts';
import { isFrozen } from './statuses.ts';
import { lockScope } from './store.ts';

/** Locks a scope whose text may be changed. Throws `scope_not_found`; `scope_frozen` of one that was sent or archived. */
export async function lockForChange(
  tx: Transaction,
  { accountId, scopeId }: { readonly accountId: AccountId; readonly scopeId: string },
): Promise<ScopeRow> {
  const [scope] = await tx.run(lockScope(accountId, scopeId));
  return assertOpen(scope);
}

/** The same of a scope that was read: undefined where there is none in use. */
export function assertOpen(scope: ScopeRow | undefined): ScopeRow {
  if (scope === undefined) throw noScope();
  if (isFrozen(scope.status)) throw new AppError('scope_frozen', { details: { status: scope.status } });
  return scope;
}

/** 412, with the current scope, so that the client need not read it again. */
export function outdatedError(present: ScopeRow): AppError {
  return new AppError('precondition_failed', { details: { current: shownScope(present) } });
}

export function noScope(): AppError {
  return new AppError('scope_not_found');
}
