import type { Rule } from '../../../server/src/platform/limits/features.ts';
import { type Answer, deny } from './answers.ts';
import type { Change, NewPermit } from './changes.ts';
import { APART, checkWindow, failureCost, checkFailures, checkUsers } from './check-window.ts';
import { END_USERS, endUserOf, isOfEndUser, kindOfBound, perOfBound } from './key-bounds.ts';
import { checkCredits } from './check-credits.ts';
import { Draft } from './draft.ts';
import type { CheckInput, LimitCheck } from './limit-check.ts';
import { checkCooldown, checkConcurrency } from './check-concurrency.ts';
import { checkSliding } from './check-sliding.ts';
import {
  type Bounds,
  type Instant,
  type Request,
  SECOND,
  segmentAt,
  spenderOf,
  type State,
  keyOf,
  type OperatorBudget,
} from './state.ts';
import { presentEnds } from './windows.ts';

/** The answer to one request, and the changes to write for it: none, unless it got a permit. */
export interface Decision {
  readonly answer: Answer;
  readonly changes: readonly Change[];
  /** The instant of the decision, and the first instant at which it may differ. */
  readonly now: Instant;
  readonly until: Instant;
}

export interface DecisionResult {
  readonly decisions: readonly Decision[];
  /** The state once all changes are written: the next batch is decided on it. */
  readonly state: State;
}

/**
 * Decides requests of one account and product in their order, each on what those before it left. Pure: the same state,
 * requests and bounds have the same answer; PostgreSQL writes the changes only if their bounds still hold.
 */
export function decide(state: State, requests: readonly Request[], bounds: Bounds): DecisionResult {
  const draft = new Draft(state);
  const decisions = requests.map((request) => {
    const decision = decideOne(draft, request, bounds);
    draft.apply(decision.changes, decision.now);
    draft.freeKey(request, decision.now);
    return decision;
  });
  return { decisions, state: draft };
}

/** The answer to a request at this instant; nothing is charged. */
export function preview(state: State, request: Request, bounds: Bounds): Answer {
  return decideOne(state, request, bounds).answer;
}

function decideOne(before: State, request: Request, bounds: Bounds): Decision {
  const { now, cleaned, until } = instantOf(before, bounds);
  const state = cleaned.length === 0 ? before : new Draft(before);
  if (state instanceof Draft && cleaned.length > 0) state.apply(cleaned, now);
  const refused = refusalOf(state, request, { bounds, now });
  const done = (answer: Answer, changes: readonly Change[] = []): Decision => {
    return { answer, changes, now, until: now };
  };
  const repeat = answerRepeat(state, request, { bounds, now, refused });
  if (repeat !== undefined) return done(repeat.answer, repeat.changes);
  if (refused !== null) return done({ kind: 'refused', reason: refused });
  const segment = segmentAt(state.timeline, now);
  const asking: CheckInput = { state, request, bounds, now, segment };
  const lack = checkPlan(asking);
  if (lack !== undefined) return done(lack);
  const rules = rulesOf(asking);
  const looks = rules.map((rule) => checkLimit(rule, asking));
  if (!looks.every(({ isOpen }) => isOpen)) return done(firstDenial(rules, looks, request));
  const staked = denyAtStake(asking, looks);
  if (staked !== undefined) return done(staked);
  const budgets = operatorBudgetsOf(bounds.operatorBudgets, asking);
  if (budgets.closed !== undefined)
    return done({ kind: 'refused', reason: 'operator_budget_closed', budget: budgets.closed });
  return grant(asking, looks, { cleaned, until, budgets: budgets.ids });
}

/** When a request is decided, how windows ahead of it are cleaned that a wrong clock wrote, and until when that holds. */
interface DecisionTime {
  readonly now: Instant;
  readonly cleaned: readonly Change[];
  readonly until: Instant;
}

/** Never behind the meter's last instant; but one that a wrong clock wrote is not waited for, and its windows ahead are dropped. */
function instantOf(state: State, bounds: Bounds): DecisionTime {
  const seen = state.meters.get(state.product)?.seen ?? 0;
  if (seen <= bounds.now + APART) return { now: Math.max(bounds.now, seen), cleaned: [], until: Infinity };
  const { now } = bounds;
  const ends = presentEnds(state.zone, now);
  const isAhead = ({ start }: { readonly start: Instant }) => start > now && !ends.includes(start);
  const cleaned = [...state.meters].flatMap(([scope, { windows }]): Change[] => {
    const right = windows.filter((window) => !isAhead(window));
    return right.length === windows.length ? [] : [{ do: 'clean', scope, windows: right }];
  });
  const starts = [...state.meters.values()].flatMap(({ windows }) =>
    windows.filter(isAhead).map(({ start }) => start),
  );
  // A clock that comes that near, or past one of them, drops them no more.
  return { now, cleaned, until: Math.min(seen - APART, ...starts, ...ends) };
}

/** The feature's limits in the product's order, and after them the bounds of the key and of those that it comes from. */
function rulesOf({ state, request }: CheckInput): Rule[] {
  const bounds = state.spenders.get(spenderOf(request))?.keyBounds ?? [];
  const own = bounds.flatMap(({ keyId, name, most }, index): Rule[] => {
    const rule = {
      name,
      kind: kindOfBound(name),
      per: perOfBound(name),
      by: `key:${keyId}`,
      share: null,
      most,
    };
    if (!isOfEndUser(name)) return [rule];
    const one = { ...rule, by: `${rule.by}/user:${endUserOf(request)}` };
    const isLast = !bounds.slice(index + 1).some((next) => next.keyId === keyId && isOfEndUser(next.name));
    // The longest window comes last: who has it is counted.
    return isLast ? [one, { ...rule, name: 'key_users', kind: 'users', most: END_USERS }] : [one];
  });
  return [...request.rules.rules, ...own];
}

type AnyCheck = LimitCheck & Partial<ReturnType<typeof checkCredits>>;

function checkLimit(rule: Rule, asking: CheckInput): AnyCheck {
  switch (rule.kind) {
    case 'quota':
    case 'burst':
    case 'budget':
    case 'calls':
      return checkWindow(rule, asking);
    case 'users':
      return checkUsers(rule, asking);
    case 'failures':
      return checkFailures(rule, asking);
    case 'sliding':
      return checkSliding(rule, asking);
    case 'credits':
      return checkCredits(rule, asking);
    case 'concurrency':
      return checkConcurrency(rule, asking);
    case 'cooldown':
      return checkCooldown(rule, asking);
    default:
      throw new Error(`admission does not know limits of the kind ${rule.kind}`);
  }
}

function firstDenial(rules: readonly Rule[], looks: readonly LimitCheck[], request: Request): Answer {
  for (const [index, one] of looks.entries()) {
    const answer = one.denial();
    if (answer?.kind === 'denied' || answer?.kind === 'plan_required')
      return { ...answer, per: rules[index]?.per ?? null };
    if (answer !== undefined) return answer;
  }
  throw new Error(`all limits of ${request.feature} have room, and yet it was denied`);
}

/** A budget has less room than requested, but at least `least`: the permit carries what is left. */
function reserveOf({ reserve }: Request, looks: readonly AnyCheck[]): number {
  return Math.min(reserve, ...looks.map(({ left }) => left ?? Infinity));
}

/** Denies a call beside running ones if the failure of all of them would cost the operator more than allowed. It waits as for a slot. */
function denyAtStake(asking: CheckInput, looks: readonly AnyCheck[]): Answer | undefined {
  const { state, request, now } = asking;
  const rule = request.rules.rules.find(({ kind }) => kind === 'failures');
  const running = state.staked.filter(({ reserve, dueAt }) => reserve > 0 && dueAt > now);
  if (rule === undefined || request.state !== 'running' || running.length === 0) return undefined;
  const max = rule.most ?? 0;
  const used = failureCost(rule, asking) + running.reduce((sum, { reserve }) => sum + reserve, 0);
  if (used + reserveOf(request, looks) <= max) return undefined;
  const resetsAt = Math.max(now + SECOND, ...running.map(({ dueAt }) => dueAt));
  return deny({ limit: rule.name, of: 'concurrency', used, max, resetsAt }, asking);
}

function grant(
  { state, request, bounds, now, segment }: CheckInput,
  looks: readonly AnyCheck[],
  more: Pick<DecisionTime, 'cleaned' | 'until'> & { readonly budgets: readonly string[] | null },
): Decision {
  const reserve = reserveOf(request, looks);
  const charges = [
    ...looks.flatMap((one) => (one.charge === undefined ? [] : [one.charge()])),
    ...looks.flatMap((one) => one.charges?.() ?? []),
  ];
  const slots = looks.flatMap(({ slot }) => slot ?? []);
  const permit: NewPermit = {
    id: request.permitId,
    eventId: request.eventId,
    state: request.state,
    holder: bounds.holder,
    jobId: null,
    slots,
    dueAt: now + request.rules.longestSeconds * SECOND,
    units: request.units,
    reserve,
    charges,
    plan: segment.plan,
    operatorBudgets: more.budgets,
    createdAt: now,
  };
  const key: Change[] = request.key === undefined ? [] : [{ do: 'key', ...request.key, permit }];
  const limits = looks.flatMap((one) => one.changes(reserve));
  const changes: Change[] = [...more.cleaned, ...limits, { do: 'permit', permit }, ...key];
  return { answer: { kind: 'granted', reserve, charges, slots }, changes, now, until: untilOf() };

  function untilOf(): Instant {
    const next = state.timeline.find(({ from }) => from > now)?.from ?? Infinity;
    const { keyExpiresAt, sessionExpiresAt } = state.spenders.get(spenderOf(request)) ?? {};
    const lease = bounds.leases.get(bounds.holder) ?? now;
    const ends = looks.map(({ until }) => until ?? Infinity);
    return Math.min(more.until, next, lease, keyExpiresAt ?? Infinity, sessionExpiresAt ?? Infinity, ...ends);
  }
}

interface RepeatResult {
  readonly answer: Answer;
  readonly changes: readonly Change[];
}

const answerOnly = (answer: Answer): RepeatResult => ({ answer, changes: [] });

/** The answer to a repeat of an Idempotency-Key; undefined: the key is new, or its permit was voided. */
function answerRepeat(
  state: State,
  request: Request,
  at: { readonly bounds: Bounds; readonly now: Instant; readonly refused: string | null },
): RepeatResult | undefined {
  const key = request.key && keyOf(request.key);
  const known = key === undefined ? undefined : state.keys.get(key);
  if (key === undefined || known === undefined || known.expiresAt <= at.now) return;
  if (known.bodyHash !== request.key?.bodyHash) return answerOnly({ kind: 'mismatch' });
  if (known.state === 'done') return answerOnly({ kind: 'replay', ...known.kept });
  const { permit } = known;
  if (permit === null) return answerOnly({ kind: 'running' });
  if (permit.state === 'voided') return;
  if (permit.state === 'settled') return answerOnly({ kind: 'outcome_unknown' });
  // Its job runs it, or its holder does.
  const isHeld = (at.bounds.leases.get(permit.holder) ?? 0) > at.now;
  if (permit.jobId !== null || isHeld) return answerOnly({ kind: 'running' });
  if (permit.state === 'running') return answerOnly({ kind: 'outcome_unknown' });
  if (at.refused !== null) return answerOnly({ kind: 'refused', reason: at.refused });
  const { id, reserve, pendingEvent: event } = permit;
  const fence = permit.fence + 1;
  return {
    answer: { kind: 'permit', adopted: true, id, fence, reserve, event },
    changes: [{ do: 'adopt', key, permitId: id, holder: at.bounds.holder, fence }],
  };
}

/** Why a caller may not spend at all; null: they may. */
function refusalOf(state: State, request: Request, at: { bounds: Bounds; now: Instant }): string | null {
  const spender = state.spenders.get(spenderOf(request));
  if (spender === undefined) throw new Error('a spender of whom nothing was read');
  const { refused, keyExpiresAt, sessionExpiresAt } = spender;
  // By the clock itself, which may be behind the meter's last instant, as in `accounts.standings`.
  const hasEnded = (end: Instant | null) => end !== null && end <= at.bounds.now;
  if (refused !== null && refused !== 'session_over') return refused;
  if (hasEnded(keyExpiresAt)) return 'key_revoked';
  if (refused !== null || hasEnded(sessionExpiresAt)) return 'session_over';
  const isUnnamed = request.endUser === undefined && spender.keyBounds.some(({ name }) => isOfEndUser(name));
  if (isUnnamed) return 'end_user_required';
  const lease = at.bounds.leases.get(at.bounds.holder) ?? 0;
  return lease <= at.now ? 'holder_dead' : null;
}

/** Why a plan does not include a feature at all. */
function checkPlan({ request, segment }: Pick<CheckInput, 'request' | 'segment'>): Answer | undefined {
  const { plan, grants } = segment;
  if (plan === null) return { kind: 'plan_required', grant: null, plan };
  const option = request.rules.requires.find((name) => grants[name] !== true);
  if (option !== undefined) return { kind: 'plan_required', grant: option, needed: true, plan };
  // As JSON of PostgreSQL has them: the shortest name first.
  const needs = Object.entries(request.needs ?? {}).sort(
    ([a], [b]) => a.length - b.length || (a < b ? -1 : 1),
  );
  const lack = needs.find(([name, least]) => Number(grants[name] ?? 0) < least);
  return (
    lack && {
      kind: 'plan_required',
      grant: lack[0],
      needed: lack[1],
      max: Number(grants[lack[0]] ?? 0),
      plan,
    }
  );
}

const matches = (of: string | null, value: string | null) => of === null || of === value;

/** The operator's budgets that a permit may count in, by any provider, and the closed one that refuses it. */
function operatorBudgetsOf(
  budgets: readonly OperatorBudget[],
  { state, request, segment }: CheckInput,
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
