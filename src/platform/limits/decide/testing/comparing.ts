import type { Answer } from '../answers.ts';
import type { Change } from '../changes.ts';
import { dueRows } from '../credits.ts';
import {
  type Bounds,
  type Credit,
  type Instant,
  segmentAt,
  sizeOf,
  type State,
  type Window,
} from '../state.ts';
import { anchorToKeep, presentEnds } from '../windows.ts';
import type { Row } from './asked.ts';
import { PRODUCT } from './rules.ts';
import { ruleOf } from '../../features.ts';

export const lineOf = ({ scope, name, starts, size, threshold }: Extract<Change, { do: 'alert' }>) =>
  `${scope} ${name} ${starts} ${size} ${threshold}`;

export type Names = ReadonlyMap<string, string>;
/** Credits that are given for a window are known by it; only the database gives them ids. */
const nameOf = ({ id, name, source, period }: Credit) =>
  period === null ? id : `${source} ${name} ${period}`;
export const namesOf = (credits: readonly Credit[]): Names =>
  new Map(credits.map((credit) => [credit.id, nameOf(credit)]));
export const renamed = (charges: readonly (readonly unknown[])[], names: Names) =>
  charges.map(([what, ...rest]) => [names.get(String(what)) ?? what, ...rest]);

/** What is told, in one form: of those after the first of a batch, PL/pgSQL tells only about when a slide or a place is free. */
export function tellable(answer: Answer, isFirst: boolean): unknown {
  if (answer.kind === 'granted') return { granted: answer.reserve };
  return plainly({ ...answer }, isFirst);
}

export function tellableRow({ granted, answer }: Row, isFirst: boolean): unknown {
  return granted === null ? plainly(answer ?? {}, isFirst) : { granted };
}

function plainly(answer: Readonly<Record<string, unknown>>, isFirst: boolean): unknown {
  const at = (key: string) => (typeof answer[key] === 'string' ? Date.parse(answer[key]) : answer[key]);
  const isRough = !isFirst && (answer['of'] === 'burst' || answer['of'] === 'concurrency');
  const times = 'now' in answer ? { now: at('now'), resets_at: isRough ? '' : at('resets_at') } : {};
  return { ...answer, ...times };
}

/**
 * A state in one form: PL/pgSQL writes what is due, and empty meters, for those that it denies too; and after a clock was set
 * back it drops what lies ahead of the meters that it looks at, and no others.
 */
export function shown(state: State, bounds: Bounds, isSetBack: boolean) {
  // One that was set back is not held at the meter's last instant: what is due is what is due at its own.
  const now = isSetBack ? bounds.now : Math.max(bounds.now, state.meters.get('gym')?.seen ?? 0);
  const ends = presentEnds(state.zone, now);
  const isRight = ({ start }: Window) => !isSetBack || start <= now || ends.includes(start);
  const meters = [...state.meters]
    .map(([scope, { windows }]) => [scope, windows.filter(isRight)] as const)
    .filter(([, windows]) => windows.length > 0);
  return {
    meters: Object.fromEntries(
      meters.map(([scope, windows]) => [
        scope,
        windows.toSorted((a, b) => (a.name + a.start < b.name + b.start ? -1 : 1)),
      ]),
    ),
    seen: state.meters.get('gym')?.seen ?? 0,
    open: state.open
      .map(({ id, state: at, holder, jobId, slots, dueAt }) => ({ id, at, holder, jobId, slots, dueAt }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    credits: creditsOf(state, now),
    anchor: state.anchor ?? anchorToKeep(state, now),
    keys: [...state.keys]
      .filter(([, { expiresAt, permit }]) => expiresAt > now && permit?.state !== 'voided')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { bodyHash, permit }]) => ({ key, bodyHash, permit })),
  };
}

function creditsOf(state: State, now: Instant) {
  const segment = segmentAt(state.timeline, now);
  const rules = Object.entries(PRODUCT.limits).flatMap(([name, limit]) =>
    limit.kind === 'credits' ? [ruleOf(name, limit)] : [],
  );
  const due = rules.flatMap((rule) => dueRows(rule, { state, now }, sizeOf(segment, rule.name) ?? 0).due);
  const given = new Set(due.map(({ id }) => id));
  return [...state.credits.filter(({ id }) => !given.has(id)), ...due]
    .map((credit) => `${nameOf(credit)} ${credit.remaining} of ${credit.amount} until ${credit.expiresAt}`)
    .sort();
}
