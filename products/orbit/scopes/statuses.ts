import type { ScopeStatus } from './scope.ts';

/** Where a scope may go from each status. */
const MOVES: Readonly<Record<ScopeStatus, readonly ScopeStatus[]>> = {
  draft: ['in_review', 'archived'],
  in_review: ['draft', 'approved', 'archived'],
  approved: ['draft', 'in_review', 'sent', 'archived'],
  sent: ['draft', 'archived'],
  archived: ['draft'],
};

/** Where it may go from there. */
export function movesFrom(status: ScopeStatus): readonly ScopeStatus[] {
  return MOVES[status];
}

/** Whether its text is frozen: readers rely on it. */
export function isFrozen(status: ScopeStatus): boolean {
  return status === 'sent' || status === 'archived';
}
