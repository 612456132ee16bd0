import { DatabaseAway } from '#platform/db';
import { AppError, inTime, within } from '#platform/kernel';

/** Milliseconds before a further try, at first and at most: a broken connection has a successor at once, a failover takes a while. */
const PAUSES: Pauses = { first: 100, longest: 1_000 };

export interface Pauses {
  readonly first: number;
  readonly longest: number;
}

/** Milliseconds after which a try counts as failed: a connection whose other end is gone without a word answers nothing for minutes. */
const PATIENCE = 10_000;

/** So often something is told to a database that is there, and fails at it; then nobody but a person can help. */
const TRIES = 20;

/** So much may wait at once, in memory: at 1 KB each a few megabytes, and more than a process admits in minutes. */
const MOST = 10_000;

/**
 * What can't be told any more, and why: `too_many` wait already, the database `refused` it too often, it no longer knows
 * what it is about (`unknown`: a failover has lost it), or the process ended (`late`).
 */
export type Forgotten = (
  facts: object,
  why: 'too_many' | 'refused' | 'unknown' | 'late',
  error: unknown,
) => void;

/** What this process knows and the database does not know for certain, because it was away when it was told. */
export interface RetryQueue {
  /**
   * Tells it again, with nobody waiting for it, until the database answers, whatever it answers. The same must be told twice
   * without harm. `facts` are logged if it never is. `over` is called when it is told, or forgotten.
   */
  add(facts: object, work: () => Promise<unknown>, over?: () => void): void;
  /** Told to a database that knows nothing of it: it is logged, as what is never told. */
  unknown(facts: object): void;
  /** How much is waiting. */
  readonly size: number;
  /** Waits until everything is told, so many milliseconds at most; what is left is forgotten then, each logged. Answers how much that was. */
  finish(milliseconds: number): Promise<number>;
}

interface Waiting {
  readonly facts: object;
  readonly work: () => Promise<unknown>;
  readonly over: () => void;
  failures: number;
  error: unknown;
}

/** Tells things again: one of them asks whether the database is back, and when it is the others follow at once. */
export function createRetryQueue(onForgotten: Forgotten = () => {}, pauses: Pauses = PAUSES): RetryQueue {
  const waiting = new Set<Waiting>();
  let under = false;
  let idle: (() => void)[] = [];

  function forget(item: Waiting, why: Parameters<Forgotten>[1]): void {
    waiting.delete(item);
    item.over();
    onForgotten(item.facts, why, item.error);
  }

  /** Whether the database answered. */
  async function told(item: Waiting): Promise<boolean> {
    try {
      await inTime(PATIENCE, item.work, () => new Late('the database did not answer in time'));
    } catch (error) {
      if (!(error instanceof AppError)) return failed(item, error);
    }
    waiting.delete(item);
    item.over();
    return true;
  }

  function failed(item: Waiting, error: unknown): boolean {
    item.error = error;
    if (error instanceof DatabaseAway || error instanceof Late) return false;
    item.failures += 1;
    if (item.failures >= TRIES) forget(item, 'refused');
    return true;
  }

  async function round(): Promise<boolean> {
    const [probe] = waiting;
    if (probe === undefined) return true;
    if (!(await told(probe))) {
      // The next one asks next time: this one may be what breaks.
      if (waiting.delete(probe)) waiting.add(probe);
      return false;
    }
    const answered = await Promise.all([...waiting].map(told));
    return answered.every(Boolean) && waiting.size === 0;
  }

  async function tellAll(): Promise<void> {
    for (let pause = pauses.first; waiting.size > 0; pause = Math.min(pause * 2, pauses.longest)) {
      await delay(pause);
      await round();
    }
  }

  function start(): void {
    if (under) return;
    under = true;
    void tellAll().finally(() => {
      under = false;
      for (const done of idle.splice(0)) done();
      if (waiting.size > 0) start();
    });
  }

  return {
    get size() {
      return waiting.size;
    },
    add(facts, work, over = () => {}) {
      const item: Waiting = { facts, work, over, failures: 0, error: undefined };
      if (waiting.size >= MOST) {
        over();
        return onForgotten(facts, 'too_many', undefined);
      }
      waiting.add(item);
      start();
    },
    unknown: (facts) => onForgotten(facts, 'unknown', undefined),
    async finish(milliseconds) {
      const empty = new Promise<void>((done) => (waiting.size === 0 ? done() : idle.push(done)));
      await within(milliseconds, empty);
      idle = [];
      const left = waiting.size;
      for (const item of waiting) forget(item, 'late');
      return left;
    },
  };
}

class Late extends Error {}

function delay(milliseconds: number): Promise<void> {
  return new Promise((go) => {
    setTimeout(go, milliseconds).unref();
  });
}
