import type { AccountState, AccountStates } from './account-states.ts';
import type { Facts, GenerationRow, PermitRow, UsageAnswer, Violation } from './facts.ts';
import { PRODUCTS, windowStart } from './products.ts';

const OVER = new Set(['completed', 'failed', 'cancelled']);

/** What must be so when the faults are over and every lease and sweep has had its time: nothing is open, nothing is owed. */
export function examineEnds(facts: Facts): Violation[] {
  const permits = new Map(facts.permits.map((permit) => [permit.id, permit]));
  return [
    ...facts.permits
      .filter(({ state }) => state === 'queued' || state === 'running')
      .map((row) => ({ rule: 'a permit without an end', says: `${row.id} is ${row.state}`, rows: [row] })),
    ...facts.jobs
      .filter(({ kind, state }) => kind === 'reel.generate' && /ready|delayed|running/.test(state))
      .map((row) => ({ rule: 'a job without an end', says: `${row.id} is ${row.state}`, rows: [row] })),
    ...facts.generations.flatMap((generation) => checkEnded(generation, permits.get(generation.permit_id))),
    ...checkTold(facts),
  ];
}

function checkTold(facts: Facts): Violation[] {
  const rows = new Map(facts.generations.map((generation) => [generation.id, generation]));
  return [...facts.told]
    .filter(([id, status]) => rows.get(id)?.status !== status)
    .map(([id, status]) => ({
      rule: 'generation and row differ',
      says: `${id} is ${status} by the API`,
      rows: [rows.get(id)],
    }));
}

function checkEnded(generation: GenerationRow, permit: PermitRow | undefined): Violation[] {
  const { id, status, variants, written } = generation;
  const rows = [generation, permit];
  if (!OVER.has(status)) {
    return [{ rule: 'a generation without an end', says: `${id} is ${status}`, rows }];
  }
  if (status === 'completed' && (written < 1 || written > variants)) {
    return [{ rule: 'completed without its variants', says: `${written} of ${variants}`, rows }];
  }
  // Work that failed gives its quota back; work that was used does not.
  const due = status === 'cancelled' ? (written > 0 ? 'settled' : 'voided') : undefined;
  const expected = due ?? (status === 'completed' ? 'settled' : 'voided');
  if (permit === undefined || permit.state === expected) return [];
  return [{ rule: 'work and permit differ', says: `${status}, and its permit is ${permit.state}`, rows }];
}

/** What the API says is used is what the rows say; `at`: the database's time when it was asked. */
/** Instants, milliseconds. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

export function examineUsage(
  { usage, events }: Pick<Facts, 'usage' | 'events'>,
  states: AccountStates,
  at: Span,
): Violation[] {
  const rows = new Map(events.map((event) => [event.id, event]));
  return [...usage].flatMap(([account, answer]) => [
    ...answer.limits.flatMap((said) => usedUp(states.stateOf(account, said.product), said, at)),
    ...answer.events.flatMap((said): Violation[] => {
      const row = rows.get(said.id);
      if (row?.account_id === account && row.cost === said.cost_micros && row.state === said.status)
        return [];
      return [{ rule: 'usage and rows differ', says: `call ${said.id}`, rows: [said, row] }];
    }),
  ]);
}

function usedUp(state: AccountState, said: UsageAnswer['limits'][number], at: Span): Violation[] {
  const rule = PRODUCTS.get(said.product)?.limits[said.limit];
  if (rule === undefined || rule.kind === 'cooldown') return [];
  const start = windowStart(rule.per, at.until);
  // A window may have ended meanwhile.
  if (windowStart(rule.per, at.from) !== start) return [];
  const key = `${said.limit}@${start}`;
  const used = rule.kind === 'concurrency' ? state.open.size : (state.used.get(key) ?? 0);
  if (used === said.used) return [];
  const says = `${said.product}.${said.limit}: ${said.used} by the API, ${used} by the rows`;
  return [{ rule: 'usage and rows differ', says, rows: [said] }];
}
