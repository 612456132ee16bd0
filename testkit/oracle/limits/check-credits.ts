import type { Rule } from '../../../server/src/platform/limits/features.ts';
import { alertsOf } from './alerts.ts';
import { deny, requirePlan } from './answers.ts';
import type { Charge, Change, Draw } from './changes.ts';
import { fixAnchor } from './check-window.ts';
import type { CheckInput, LimitCheck } from './limit-check.ts';
import { type Credit, type Instant, segmentAt, sizeOf, type State } from './state.ts';
import { type Span, windowOf } from './windows.ts';

/** Credits that have not expired, and those that are owed, which do not. */
function liveCredits(rows: readonly Credit[], name: string, now: Instant): Credit[] {
  return rows.filter(
    ({ name: of, expiresAt, remaining }) =>
      of === name && (expiresAt === null || expiresAt > now || remaining < 0),
  );
}

function creditsOfPeriod(state: State, name: string, period: Instant): Credit[] {
  return state.credits.filter((credit) => credit.name === name && credit.period === period);
}

/** The share of the last window's rest that is rolled over, once: with the first credits of this window. */
function rolloverAmount(rule: Rule, state: State, starts: Instant): number {
  const { name, per, share, most } = rule;
  if (share === null || share === 0 || creditsOfPeriod(state, name, starts).length > 0) return 0;
  const last = starts - 1;
  const { starts: lastStarts } = windowOf(state, per ?? '', { now: last, stored: undefined });
  const given = creditsOfPeriod(state, name, lastStarts).find(({ source }) => source === 'plan');
  // They were never used in that window: all of them are left.
  const left = given?.remaining ?? sizeOf(segmentAt(state.timeline, last), name) ?? 0;
  return Math.min(Math.floor((left * share) / 100), most ?? Number.MAX_SAFE_INTEGER);
}

/** The rows with the credits that are due for this window; a bigger plan adds the difference, a smaller one takes nothing. */
function dueRows(
  rule: Rule,
  { state, now }: Pick<CheckInput, 'state' | 'now'>,
  size: number,
): { due: Credit[]; span: Span } {
  const span = windowOf(state, rule.per ?? '', { now, stored: undefined });
  const { name } = rule;
  const given = creditsOfPeriod(state, name, span.starts);
  const planned = size - (given.find(({ source }) => source === 'plan')?.amount ?? 0);
  const amounts = { plan: planned, rollover: rolloverAmount(rule, state, span.starts) };
  const due = (['plan', 'rollover'] as const).flatMap((source) => {
    const more = amounts[source];
    if (more <= 0) return [];
    const old = given.find((credit) => credit.source === source);
    if (old !== undefined)
      return [{ ...old, amount: old.amount + more, remaining: old.remaining + more, updatedAt: now }];
    // The row has no id yet: source, name and window identify it.
    const id = `${source} ${name} ${span.starts}`;
    const whole = { amount: more, taken: 0, remaining: more, expiresAt: span.ends, period: span.starts };
    return [{ id, name, source, ...whole, updatedAt: now }];
  });
  return { due, span };
}

/** Soonest expiry first; of those that expire together first what was given, then the plan's, at last what was bought. */
function burnOrder(a: Credit, b: Credit): number {
  const [first, second] = [a.expiresAt ?? Infinity, b.expiresAt ?? Infinity];
  if (first !== second) return first - second;
  const turn = turnOf(a) - turnOf(b);
  return turn === 0 ? (a.id < b.id ? -1 : 1) : turn;
}

const turnOf = ({ source }: Credit): number => (source === 'top_up' ? 2 : source === 'plan' ? 1 : 0);

function drawsOf(rows: readonly Credit[], units: number): Draw[] {
  let left = units;
  return rows.toSorted(burnOrder).flatMap(({ id, remaining }) => {
    const amount = Math.min(left, Math.max(0, remaining));
    left -= amount;
    return amount > 0 ? [{ id, amount }] : [];
  });
}

/** The rows with the credits that are due, after those that are owed were paid by the others; `changed`: those that differ from the state's. */
export function creditRows(rule: Rule, at: Pick<CheckInput, 'state' | 'now'>, size: number) {
  const { due, span } = dueRows(rule, at, size);
  const known = new Set(due.map(({ id }) => id));
  const all = [...at.state.credits.filter(({ id }) => !known.has(id)), ...due];
  const live = liveCredits(all, rule.name, at.now);
  const owing = live.filter(({ remaining }) => remaining < 0).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const owed = owing.reduce((sum, { remaining }) => sum - remaining, 0);
  const draws = drawsOf(live, owed);
  let left = draws.reduce((sum, { amount }) => sum + amount, 0);
  const moves = new Map(draws.map(({ id, amount }) => [id, -amount]));
  for (const { id, remaining } of owing) {
    const paid = Math.min(left, -remaining);
    left -= paid;
    if (paid > 0) moves.set(id, paid);
  }
  const rows = live.map((row) => {
    const move = moves.get(row.id);
    return move === undefined ? row : { ...row, remaining: row.remaining + move, updatedAt: at.now };
  });
  return { rows, span, changed: rows.filter(({ id }) => known.has(id) || moves.has(id)) };
}

/** Units that are there until they are used or expire. */
export function checkCredits(rule: Rule, asking: CheckInput): LimitCheck & { charges(): readonly Charge[] } {
  const { name } = rule;
  const { state, request, now, segment } = asking;
  const { units } = request;
  const size = sizeOf(segment, name);
  const { rows, changed: due, span } = creditRows(rule, asking, size ?? 0);
  const amount = rows.reduce((sum, row) => sum + row.amount - row.taken, 0);
  const balance = rows.reduce((sum, row) => sum + row.remaining, 0);
  const draws = drawsOf(rows, units);
  return {
    isOpen: units <= (size === null ? 0 : balance),
    until: rows.reduce((until, row) => Math.min(until, row.expiresAt ?? Infinity), span.ends),
    denial() {
      if (size === null) return requirePlan(name, units, { max: size, plan: segment.plan });
      if (units <= balance) return;
      const resetsAt = size > 0 && balance + size >= units ? span.ends : null;
      const used = amount - balance;
      return deny({ limit: name, of: 'credits', used, max: amount, size, resetsAt, needed: units }, asking);
    },
    changes: () => [
      { do: 'credits', name, due, draws },
      ...(rule.per === 'billing_period' ? fixAnchor(asking) : []),
      ...creditAlerts(rows, draws, { rule, span, product: state.product, now }),
    ],
    charges: () => draws.map((draw): Charge => [draw.id, name, 'credits', null, draw.amount]),
  };
}

/** Only credits count that had something left until now: credits that were used up long ago must not make new ones look used. */
function creditAlerts(
  rows: readonly Credit[],
  draws: readonly Draw[],
  of: { readonly rule: Rule; readonly span: Span; readonly product: string; readonly now: Instant },
): Change[] {
  const drawn = draws.reduce((sum, draw) => sum + draw.amount, 0);
  const live = rows.filter(
    ({ remaining, updatedAt, expiresAt }) =>
      (remaining > 0 || updatedAt === of.now) && (expiresAt === null || expiresAt > of.now),
  );
  const size = live.reduce((sum, row) => sum + row.amount - row.taken, 0);
  const before = live.reduce((sum, row) => sum + row.amount - row.taken - row.remaining, 0);
  const { starts, ends } = of.span;
  const at = { scope: of.product, name: of.rule.name, starts, kind: 'credits', resetsAt: ends };
  return alertsOf(of.product, at, { before, after: before + drawn, size });
}
