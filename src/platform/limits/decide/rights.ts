import type { Answer } from './answers.ts';
import type { Asking } from './limit.ts';
import {
  type Bounds,
  type Instant,
  type OperatorBudget,
  type Request,
  spenderOf,
  type State,
} from './state.ts';

/** Why a caller may not spend at all; null: they may. */
export function refusalOf(
  state: State,
  request: Request,
  at: { bounds: Bounds; now: Instant },
): string | null {
  const spender = state.spenders.get(spenderOf(request));
  if (spender === undefined) throw new Error('a spender of whom nothing was read');
  const { refused, keyExpiresAt, sessionExpiresAt } = spender;
  // By the clock itself, which may be behind the meter's last instant: as `accounts.standings` judges.
  const hasEnded = (end: Instant | null) => end !== null && end <= at.bounds.now;
  if (refused !== null && refused !== 'session_over') return refused;
  if (hasEnded(keyExpiresAt)) return 'key_revoked';
  if (refused !== null || hasEnded(sessionExpiresAt)) return 'session_over';
  const lease = at.bounds.leases.get(at.bounds.holder) ?? 0;
  return lease <= at.now ? 'holder_dead' : null;
}

/** Why a plan does not include a feature at all. */
export function planLacks({ request, segment }: Pick<Asking, 'request' | 'segment'>): Answer | undefined {
  const { plan, grants } = segment;
  if (plan === null) return { kind: 'plan_required', grant: null, plan };
  const option = request.rules.requires.find((name) => grants[name] !== true);
  if (option !== undefined) return { kind: 'plan_required', grant: option, needed: true, plan };
  // As JSON of PostgreSQL has them: the shortest name first.
  const needs = Object.entries(request.needs ?? {}).sort(
    ([a], [b]) => a.length - b.length || (a < b ? -1 : 1),
  );
  const lack = needs.find(([name, least]) => Number(grants[name] ?? 0) < least);
  return lack && { kind: 'plan_required', grant: lack[0], needed: lack[1], plan };
}

const matches = (of: string | null, value: string | null) => of === null || of === value;

/** The operator's budgets that a permit counts in when it is closed, whichever provider will have served it; and the closed one that refuses it. */
export function governing(
  budgets: readonly OperatorBudget[],
  { state, request, segment }: Asking,
): { readonly ids: readonly string[] | null; readonly closed: string | undefined } {
  const ours = budgets
    .filter(
      ({ product, feature, plan }) =>
        matches(product, state.product) && matches(feature, request.feature) && matches(plan, segment.plan),
    )
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const closed = ours.find((budget) => budget.closed && matches(budget.provider, request.provider));
  return { ids: ours.length === 0 ? null : ours.map(({ id }) => id), closed: closed?.id };
}
