import {
  type AccountState,
  type AccountStates,
  createAccountStates,
  rulesOf,
  windowKey,
} from './account-states.ts';
import type { Facts, PermitRow, SnapshotRow, Violation } from './facts.ts';
import { PRODUCTS, type Rule } from './products.ts';

/**
 * Goes through all that was written, transaction by transaction, and asks at each instant at which something changed: do
 * unexpired permits keep within every limit, and do the windows hold what permits charged, and nothing else? A denial that
 * charged something is a window that holds more than permits explain.
 */
export function examineLimits(facts: Facts): {
  readonly violations: Violation[];
  readonly states: AccountStates;
} {
  const states = createAccountStates();
  const violations: Violation[] = [];
  const sizes = sizesOf(facts.snapshots);
  const deaths = new Map(facts.holders.map(({ id, expires_at }) => [id, Date.parse(expires_at)]));
  const last = new Map<number, number>();
  for (const { tx, seq } of facts.trace) last.set(tx, seq);
  const pending = new Map<number, Map<AccountState, TransactionEffect>>();

  for (const change of facts.trace) {
    const entered = states.enter(change);
    const ofTx = pending.get(change.tx) ?? new Map<AccountState, TransactionEffect>();
    pending.set(change.tx, ofTx);
    if (entered !== undefined) {
      const { state, admitted, extended } = entered;
      const touched = ofTx.get(state) ?? { state, isMoved: false, admitted: [], extended: [] };
      touched.isMoved ||= change.about === 'meters' || change.about === 'credits';
      if (admitted !== undefined) touched.admitted.push(admitted);
      if (extended !== undefined) touched.extended.push(extended);
      ofTx.set(state, touched);
    }
    // The middle of a transaction is never seen.
    if (last.get(change.tx) !== change.seq) continue;
    pending.delete(change.tx);
    for (const touched of ofTx.values()) {
      const size = (name: string) => sizes(touched.state, name, change.at);
      violations.push(...checkState({ ...touched, size, deaths }));
    }
  }
  for (const state of states.all()) violations.push(...checkBookkeeping(state));
  return { violations, states };
}

/** What one transaction did to an account in a product. */
interface TransactionEffect {
  readonly state: AccountState;
  /** It wrote windows or credits, and so has the lock under which all of them are changed. */
  isMoved: boolean;
  readonly admitted: PermitRow[];
  readonly extended: PermitRow[];
}

interface JudgedEffect extends TransactionEffect {
  readonly size: (limit: string) => number | undefined;
  /** When each process's lease ran out. */
  readonly deaths: ReadonlyMap<string, number>;
}

function checkState(one: JudgedEffect): Violation[] {
  return [
    ...windowsPassed(one),
    ...slotsPassed(one),
    ...pauses(one),
    ...(one.isMoved ? checkBookkeeping(one.state) : []),
  ];
}

/**
 * Quotas, bursts and budgets: what was admitted must have had room, and what was extended in its budgets. An extension asks for
 * nothing else, and what was metered elsewhere may have passed a burst meanwhile.
 */
function windowsPassed({ state, admitted, extended, size }: JudgedEffect): Violation[] {
  const asked = new Map<string, { name: string; rule: Rule; permit: PermitRow }>();
  const ask = (permits: readonly PermitRow[], kinds: readonly Rule['kind'][]) => {
    for (const permit of permits)
      for (const [name, rule] of rulesOf(permit))
        if (kinds.includes(rule.kind))
          asked.set(windowKey(name, rule, Date.parse(permit.created_at)), { name, rule, permit });
  };
  ask(admitted, ['quota', 'burst', 'budget']);
  ask(extended, ['budget']);
  return [...asked].flatMap(([key, { name, rule, permit }]) => {
    const used = state.used.get(key) ?? 0;
    const most = size(name) ?? 0;
    if (used <= most) return [];
    return [
      { rule: `${rule.kind} passed`, says: `${used} of ${most} in ${key}`, rows: [permit, state.meter] },
    ];
  });
}

/** Slots at once, and bursts over a sliding minute. */
function slotsPassed({ state, admitted, size, deaths }: JudgedEffect): Violation[] {
  const [newest] = admitted.toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1));
  if (newest === undefined) return [];
  const at = Date.parse(newest.created_at);
  return rulesOf(newest).flatMap(([name, { kind }]): Violation[] => {
    const most = size(name) ?? 0;
    if (kind === 'concurrency') {
      const holding = [...state.open.values()].filter(
        (permit) => takes(permit, name) && isUnexpired(permit, at, deaths),
      );
      if (holding.length <= most) return [];
      return [{ rule: 'concurrency passed', says: `${holding.length} of ${most} ${name}`, rows: holding }];
    }
    if (kind !== 'sliding') return [];
    const within = newestWhile(state, (admission) => admission.at > at - 60_000);
    const units = within
      .filter((permit) => takes(permit, name))
      .reduce((sum, permit) => sum + permit.units, 0);
    if (units <= most) return [];
    return [
      { rule: 'sliding burst passed', says: `${units} of ${most} ${name} in 60 s`, rows: within.slice(-3) },
    ];
  });
}

function takes(permit: PermitRow, limit: string): boolean {
  return rulesOf(permit).some(([name]) => name === limit);
}

/** A permit counts while its job is not over; without a job while its process lives, and no longer than it was given for. */
function isUnexpired(permit: PermitRow, at: number, deaths: ReadonlyMap<string, number>): boolean {
  if (permit.job_id !== null || permit.state === 'queued') return true;
  return Math.min(Date.parse(permit.due_at), deaths.get(permit.holder) ?? Number.POSITIVE_INFINITY) > at;
}

function newestWhile(
  state: AccountState,
  holds: (one: AccountState['admissions'][number]) => boolean,
): PermitRow[] {
  const found: PermitRow[] = [];
  for (let at = state.admissions.length - 1; at >= 0; at -= 1) {
    const one = state.admissions[at];
    if (one === undefined || !holds(one)) break;
    found.push(one.permit);
  }
  return found.toReversed();
}

/** Between two permits of one subject lies the pause. */
function pauses({ state, admitted, size }: JudgedEffect): Violation[] {
  return admitted.flatMap((permit) => {
    const [pause] = rulesOf(permit).filter(([, { kind }]) => kind === 'cooldown');
    if (pause === undefined || permit.subject === null) return [];
    const at = Date.parse(permit.created_at);
    // A millisecond for what JSON's times are cut off by.
    const length = (size(pause[0]) ?? 0) * 1_000 - 1;
    const earlier = newestWhile(state, (admission) => admission.at > at - length).filter(
      (other) => other.id !== permit.id && other.subject === permit.subject && takes(other, pause[0]),
    );
    if (earlier.length === 0) return [];
    return [
      { rule: 'cooldown passed', says: `${pause[0]} of ${permit.subject}`, rows: [...earlier, permit] },
    ];
  });
}

function checkBookkeeping(state: AccountState): Violation[] {
  return [...checkMeter(state), ...credits(state)];
}

/** Every window of the meter holds what permits account for. */
function checkMeter({ product, meter, used, account }: AccountState): Violation[] {
  const limits = PRODUCTS.get(product)?.limits ?? {};
  return (meter?.names ?? []).flatMap((name, index) => {
    const rule = limits[name];
    if (rule === undefined || !['quota', 'burst', 'budget'].includes(rule.kind)) return [];
    const start = Number(meter?.starts[index]) / 1_000;
    const said = Number(meter?.used[index]);
    const explained = used.get(`${name}@${start}`) ?? 0;
    if (said === explained) return [];
    const says = `${product}.${name} of ${account}: the window says ${said}, its permits say ${explained}`;
    return [{ rule: 'window and permits differ', says, rows: [meter] }];
  });
}

/** Credits never fall below nothing, and permits account for all that is used. */
function credits(state: AccountState): Violation[] {
  const rows = [...state.credits.values()];
  const negative = rows.filter(({ remaining }) => remaining < 0);
  const violations: Violation[] = negative.map((row) => ({
    rule: 'credits negative',
    says: `${row.remaining} left of ${row.name}`,
    rows: [row],
  }));
  for (const name of new Set(rows.map((row) => row.name))) {
    const gone = rows
      .filter((row) => row.name === name)
      .reduce((sum, { amount, remaining }) => sum + amount - remaining, 0);
    const taken = state.used.get(`${name}@0`) ?? 0;
    if (gone !== taken) {
      const says = `${name} of ${state.account}: ${gone} gone, permits took ${taken}`;
      violations.push({ rule: 'credits and permits differ', says, rows });
    }
  }
  return violations;
}

/** A plan's size of a limit at an instant. */
function sizesOf(snapshots: readonly SnapshotRow[]) {
  const timelines = new Map(
    snapshots.map(({ account_id, product, timeline }) => [`${account_id} ${product}`, timeline]),
  );
  return ({ account, product }: AccountState, name: string, at: number): number | undefined => {
    const timeline = timelines.get(`${account} ${product}`) ?? timelines.get(`null ${product}`) ?? [];
    const segment = timeline.findLast(({ from }) => !(Date.parse(from) > at)) ?? timeline[0];
    const size = segment?.grants[name];
    return typeof size === 'number' ? size : undefined;
  };
}
