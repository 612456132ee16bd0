import { AsyncLocalStorage } from 'node:async_hooks';

/** For whom a call is served. */
export interface Lane {
  /** Its account, or its address while the account is not known; undefined once the call is over. */
  readonly lane: string | undefined;
}

const calls = new AsyncLocalStorage<Lane | undefined>();

/** Does a call's work: what it asks of the database and of the processor is counted in the lane of that call. */
export function runInLane<T>(lane: Lane, work: () => T): T {
  return calls.run(lane, work);
}

/** Does work that a call has begun and that serves others too: it never waits behind the rest of what that account asks for. */
export function runForEverybody<T>(work: () => T): T {
  return calls.getStore() === undefined ? work() : calls.run(undefined, work);
}

/** The lane of the call that is served; undefined: it is over, or none is served. */
export function currentLane(): string | undefined {
  return calls.getStore()?.lane;
}

export interface LaneTurnsOptions {
  /** How many works of one lane go on in one turn of the event loop. */
  readonly atOnce: number;
  /** Milliseconds for which they may go on without a further turn; none when not said. */
  readonly slice?: number;
  readonly now?: () => number;
  /** Does a work in the next turn. */
  readonly onNextTurn?: (work: () => void) => void;
}

/** Turns of the event loop, of which each lane has its part: however much one has to do, all others go on between two turns. */
export interface LaneTurns {
  /** Undefined: this turn has room. Else resolves in the turn that has. */
  take(lane: string): Promise<void> | undefined;
  /** Resolves in a later turn, or at once while the slice of this one lasts. */
  next(lane: string): Promise<void>;
  waiting(lane: string): number;
}

/** Nothing is held between turns, so nothing can lock up. */
export function createLaneTurns({
  atOnce,
  slice = 0,
  now = () => performance.now(),
  onNextTurn = setImmediate,
}: LaneTurnsOptions): LaneTurns {
  /** How much was done in this turn. */
  const done = new Map<string, number>();
  const waiting = new Map<string, (() => void)[]>();
  let isScheduled = false;
  /** When this turn began. */
  let began = 0;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    onNextTurn(beginTurn);
  }

  function beginTurn(): void {
    isScheduled = false;
    done.clear();
    if (slice > 0) began = now();
    for (const [lane, works] of waiting) {
      const first = works.splice(0, atOnce);
      if (works.length === 0) waiting.delete(lane);
      done.set(lane, first.length);
      schedule();
      for (const go of first) go();
    }
  }

  function next(lane: string): Promise<void> {
    if (slice > 0 && done.has(lane) && now() - began < slice) return Promise.resolve();
    schedule();
    return new Promise((go) => {
      const works = waiting.get(lane);
      if (works === undefined) waiting.set(lane, [go]);
      else works.push(go);
    });
  }

  return {
    next,
    take(lane) {
      const before = done.get(lane) ?? 0;
      if (before >= atOnce || waiting.has(lane)) return next(lane);
      done.set(lane, before + 1);
      schedule();
      return undefined;
    },
    waiting: (lane) => waiting.get(lane)?.length ?? 0,
  };
}

const slices = createLaneTurns({ atOnce: 1, slice: 1 });

/**
 * Lets others go on in the midst of a long work. All long works of one account have a millisecond together in each turn of the event
 * loop, so that a hundred of them take the time of others as one does.
 */
export function nextTurn(): Promise<void> {
  return slices.next(currentLane() ?? '');
}

/** Does a work at the end of the turn of the event loop in which it was asked for. */
export type EndOfTurn = (work: () => void) => void;

/**
 * Answers that are made in one turn leave one after the other at its end. Each alone would wake its client, on another core, from the
 * sleep into which the one before sent it: with 32 callers on one machine, waking was half of what a call cost this process
 * (docs/decisions/0065). A lone caller does not wait for others: the end of a turn is its next step. Each work answers for its own failures.
 */
export function createEndOfTurn(): EndOfTurn {
  let waiting: (() => void)[] = [];
  const flush = () => {
    const leaving = waiting;
    waiting = [];
    for (const work of leaving) work();
  };
  return (work) => {
    if (waiting.push(work) === 1) setImmediate(flush);
  };
}
