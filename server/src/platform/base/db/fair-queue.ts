import { currentLane } from '#platform/kernel';
import type { Opening } from './port.ts';

/** The lane of work that serves all accounts: batches, jobs, sweeps, signals. */
export const SYSTEM_LANE = 'system';

/**
 * A call has one lane for all its scopes: a stranger's call that reads an account's rows takes no turn of that account. Outside
 * of calls the scope tells: jobs of an account take turns with its calls.
 */
export function laneOf(opening?: Pick<Opening, 'account' | 'user'>): string {
  return currentLane() ?? (opening?.account || opening?.user || SYSTEM_LANE);
}

/** Slots that lanes get in turn. A slot is a connection, which one transaction has until its end. */
export interface FairQueue {
  /** Undefined: the slot is the caller's at once. Else resolves when it is; rejects after `patience`. */
  enter(lane: string): Promise<void> | undefined;
  /** Gives a slot back: once for each `enter`. */
  leave(lane: string): void;
  /** How many wait in a lane, or in all. */
  waiting(lane?: string): number;
}

export interface FairQueueOptions {
  readonly slots: number;
  /** Milliseconds that a caller waits at most; without end when not said. */
  readonly patience?: number;
  /** Error of a caller whose patience is over. */
  readonly onLate?: () => Error;
}

/** One account has at most so much of all slots, and the system all but one: either finds a slot that the other can't hold. */
const SHARE = 0.3;

interface Waiter {
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface LaneState {
  readonly name: string;
  readonly most: number;
  used: number;
  /** The first one is served first. */
  readonly waiters: Waiter[];
}

/**
 * Each freed slot goes to the lane that has waited longest for its turn and has less than its share; after it each other one has its turn
 * before the lane is served again. So a caller waits for those before it in its own lane, and each time for one of each other lane,
 * however many wait there. A free slot is never kept from a lane below its share.
 */
export function createFairQueue({ slots, patience, onLate }: FairQueueOptions): FairQueue {
  const share = Math.max(1, Math.floor(slots * SHARE));
  const lanes = new Map<string, LaneState>();
  /** Lanes in which callers wait; the next one to be served first. */
  let turns: LaneState[] = [];
  let free = slots;
  let timer: NodeJS.Timeout | undefined;

  function stateOf(name: string): LaneState {
    const present = lanes.get(name);
    if (present !== undefined) return present;
    const most = name === SYSTEM_LANE ? Math.max(1, slots - 1) : share;
    const state: LaneState = { name, most, used: 0, waiters: [] };
    lanes.set(name, state);
    return state;
  }

  /** Gives one slot to the next lane that may have it. */
  function serveNext(): void {
    if (free === 0) return;
    const index = turns.findIndex(({ used, most }) => used < most);
    const [lane] = index === -1 ? [] : turns.splice(index, 1);
    const next = lane?.waiters.shift();
    if (lane === undefined || next === undefined) return;
    if (lane.waiters.length > 0) turns.push(lane);
    lane.used += 1;
    free -= 1;
    next.resolve();
  }

  function wait(lane: LaneState): Promise<void> {
    return new Promise((resolve, reject) => {
      if (lane.waiters.push({ since: performance.now(), resolve, reject }) === 1) turns.push(lane);
      if (patience !== undefined) timer ??= setTimeout(refuseLate, patience);
    });
  }

  /** Those who have waited too long are told so; they are the first of their lanes. */
  function refuseLate(): void {
    timer = undefined;
    if (patience === undefined || onLate === undefined) return;
    const late = performance.now() - patience;
    turns = turns.filter(({ name, used, waiters }) => {
      while ((waiters[0]?.since ?? Infinity) <= late) waiters.shift()?.reject(onLate());
      if (used === 0 && waiters.length === 0) lanes.delete(name);
      return waiters.length > 0;
    });
    const oldest = Math.min(...turns.map(({ waiters }) => waiters[0]?.since ?? Infinity));
    if (turns.length > 0) timer = setTimeout(refuseLate, Math.max(1, oldest - late));
  }

  return {
    enter(name) {
      const lane = stateOf(name);
      if (free === 0 || lane.used === lane.most) return wait(lane);
      lane.used += 1;
      free -= 1;
      return undefined;
    },
    leave(name) {
      const lane = lanes.get(name);
      if (lane === undefined || lane.used === 0) throw new Error('a slot was given back twice');
      lane.used -= 1;
      free += 1;
      if (turns.length > 0) serveNext();
      if (lane.used === 0 && lane.waiters.length === 0) lanes.delete(name);
    },
    waiting(name) {
      if (name !== undefined) return lanes.get(name)?.waiters.length ?? 0;
      return turns.reduce((sum, { waiters }) => sum + waiters.length, 0);
    },
  };
}
